//! P3: peers that are slow at whatever they do.

use std::time::Duration;

use tokio::task::JoinSet;

use super::scene::scene_with;
use crate::http2_wire::{
    CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, Frames, HEADERS, INITIAL_WINDOW_SIZE, Seen,
    WINDOW_UPDATE, frame, head, setting,
};
use crate::server::Setup;
use crate::socket::{Over, Socket, TEXT, masked};
use crate::wire::Wire;

/// Of each kind.
const PEERS: usize = 30;

fn impatient(setup: &mut Setup) {
    setup.gateway.head_timeout = Duration::from_millis(500);
    setup.gateway.body_timeout = Duration::from_millis(500);
    setup.gateway.response_timeout = Duration::from_millis(500);
    setup.gateway.http2.ping_interval = Duration::from_millis(300);
    setup.gateway.http2.ping_timeout = Duration::from_secs(2);
    setup.hub.message_timeout = Duration::from_millis(1_500);
    // More often than a message may take: looks at a stream come with it.
    setup.hub.heartbeat = Duration::from_secs(1);
}

/// Does it as many times as there are peers, all at once.
async fn peers<F: Future<Output = ()> + Send + 'static>(peer: impl Fn() -> F) {
    let peers: JoinSet<()> = (0..PEERS).map(|_| peer()).collect();
    peers.join_all().await;
}

/// Heads and bodies that stop in the middle, and such as come byte by byte.
#[tokio::test]
async fn p3_slow_heads_and_bodies() {
    scene_with(impatient, async |server| {
        let (address, post) = (server.address, "POST /v1/guests HTTP/1.1\r\nhost: a\r\n");
        for (start, answer) in [
            ("", ""),
            ("G", ""),
            ("GET /v1/server HTTP/1.1\r\nhost: a\r\nx: ", ""),
            (
                &*format!("{post}content-type: application/json\r\ncontent-length: 100\r\n\r\n{{"),
                "HTTP/1.1 408",
            ),
            (
                &format!(
                    "{post}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n64\r\n{{"
                ),
                "HTTP/1.1 408",
            ),
        ] {
            for drips in [false, true] {
                peers(|| {
                    let (start, answer) = (start.to_owned(), answer.to_owned());
                    async move {
                        let mut wire = Wire::connect(address).await;
                        wire.send(&start).await;
                        let said = if drips { wire.drip(b'a').await } else { wire.rest().await };
                        assert!(said.starts_with(answer.as_bytes()), "{start:?}: {said:?}");
                    }
                })
                .await;
            }
        }
    })
    .await;
}

/// What each of them has seen when it was as wanted.
async fn drip(peers: Vec<Frames>, bytes: &[u8], wanted: fn(&Seen) -> bool) -> Vec<Seen> {
    let drips = peers.into_iter().map(|mut peer| {
        let bytes = bytes.to_owned();
        async move { peer.drip(&bytes, wanted).await }
    });
    drips.collect::<JoinSet<_>>().join_all().await
}

/// The same over HTTP/2, by peers who answer pings all the time.
#[tokio::test]
async fn p3_slow_heads_and_bodies_over_http2() {
    scene_with(impatient, async |server| {
        let post = frame(HEADERS, END_HEADERS, 1, &head("POST", "/v1/guests"));
        for drips in [false, true] {
            let mut bodies = Vec::new();
            for _ in 0..PEERS {
                let mut peer = Frames::connect(server, &[]).await;
                peer.send(&post).await;
                bodies.push(peer);
            }
            let byte = if drips { frame(DATA, 0, 1, b" ") } else { Vec::new() };
            for seen in drip(bodies, &byte, |seen| seen.ended.contains(&1)).await {
                let block = &seen.answers[0].1;
                // In Huffman's code or plain.
                let is_408 = block.windows(3).any(|bytes| bytes == b"408" || bytes == [0x68, 0x0f, 0x7f]);
                assert!(is_408 && seen.goaway.is_none(), "{seen:?}");
            }
        }
        // A head that goes on without end leaves no room for the answer to a ping.
        let mut heads = Vec::new();
        for _ in 0..PEERS {
            let mut peer = Frames::connect(server, &[]).await;
            peer.send(&frame(HEADERS, 0, 1, &head("POST", "/v1/guests"))).await;
            heads.push(peer);
        }
        for seen in drip(heads, &frame(CONTINUATION, 0, 1, &[]), |seen| seen.closed).await {
            assert_eq!(seen.answers, []);
        }
    })
    .await;
}

/// Who takes an answer byte by byte.
#[tokio::test]
async fn p3_slow_readers_over_http2() {
    scene_with(impatient, async |server| {
        let mut readers = Vec::new();
        for _ in 0..PEERS {
            let mut peer = Frames::connect(server, &setting(INITIAL_WINDOW_SIZE, 1)).await;
            peer.send(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &head("GET", "/v1/openapi.json"))).await;
            readers.push(peer);
        }
        let byte = frame(WINDOW_UPDATE, 0, 1, &1u32.to_be_bytes());
        for seen in drip(readers, &byte, |seen| !seen.resets.is_empty()).await {
            assert_eq!((seen.resets, seen.goaway), (vec![(1, CANCEL)], None));
        }
    })
    .await;
}

/// A message of a WebSocket that comes byte by byte, or fragment by fragment.
#[tokio::test]
async fn p3_slow_messages() {
    scene_with(impatient, async |server| {
        let token = server.guest("Mallory").await;
        for over in Over::ALL {
            // The first one is masked with zeros.
            for (start, more) in [
                (&[TEXT, 0x80 | 100, 0, 0, 0, 0, b' '][..], &b" "[..]),
                (&masked(0x01, b" "), &masked(0x00, b" ")),
                (&masked(0x01, b" "), b""),
            ] {
                let mut socket = Socket::open(server, over, &token, &[]).await;
                socket.send(start).await;
                assert_eq!(socket.drip(more).await, Some(1008), "{over:?}");
            }
        }
    })
    .await;
}
