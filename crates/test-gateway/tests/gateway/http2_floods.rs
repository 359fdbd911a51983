//! Peers that abuse HTTP/2, each beside somebody who does not (case P11).

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep, timeout};

use crate::cases::beside;
use crate::http2_wire::{
    CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, Frames, HEADERS,
    INITIAL_WINDOW_SIZE, PING, RST_STREAM, SETTINGS, WINDOW_UPDATE, frame, head, literal, setting,
};
use crate::server::Server;
use crate::wire::Wire;

/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(30);
const FLOOD: usize = 10_000;
const LARGEST_WINDOW: [u8; 4] = [0x7f, 0xff, 0xff, 0xff];

/// The stream of a connection's request of this number, from 0.
fn stream(number: usize) -> u32 {
    2 * u32::try_from(number).unwrap() + 1
}

async fn metric(server: &Server, name: &str) -> u64 {
    let text = Wire::connect(server.admin).await.ask("GET", "/metrics", &[], "").await.text();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.expect("the metric").parse().unwrap()
}

/// Waits until a metric is as expected.
async fn until_metric(server: &Server, name: &str, expected: u64) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let value = metric(server, name).await;
        if value == expected {
            return;
        }
        assert!(Instant::now() < deadline, "{name} is {value}, not {expected}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Sends frames until they have all been sent or the server hangs up, which it must, for this reason.
async fn is_told_to_go(server: &Server, reason: u32, frames: impl Iterator<Item = Vec<u8>>) {
    beside(server, async {
        let mut peer = Frames::connect(server, &[]).await;
        for bytes in frames {
            if !peer.send(&bytes).await {
                break;
            }
        }
        assert_eq!(peer.closed().await.goaway, Some(reason));
    })
    .await;
    until_metric(server, "chinwag_gateway_http2_offences_total", 1).await;
    until_metric(server, "chinwag_gateway_http2_streams", 0).await;
}

#[tokio::test]
async fn rapid_resets() {
    let server = Server::start().await;
    let frames = (0..FLOOD).map(|number| {
        let request = frame(HEADERS, END_HEADERS | END_STREAM, stream(number), &head("GET", "/v1/server"));
        [request, frame(RST_STREAM, 0, stream(number), &CANCEL.to_be_bytes())].concat()
    });
    is_told_to_go(&server, ENHANCE_YOUR_CALM, frames).await;
}

#[tokio::test]
async fn resets_of_requests_in_work() {
    let server = Server::with(|setup| {
        // One of each beside every request.
        setup.gateway.http2.control_frames.burst = 10_000;
    })
    .await;
    let waiting = |number| frame(HEADERS, END_HEADERS, stream(number), &head("POST", "/v1/guests"));
    // Each is in work when it is taken back: the answer to the ping says so.
    beside(&server, async {
        let mut peer = Frames::connect(&server, &[]).await;
        for number in 0..FLOOD {
            let ping = frame(PING, 0, 0, &(number as u64).to_be_bytes());
            if !peer.send(&[waiting(number), ping].concat()).await {
                break;
            }
            let seen = peer.until("an answer", |seen| seen.closed || seen.pongs.len() > number).await;
            if seen.closed || !peer.send(&frame(RST_STREAM, 0, stream(number), &CANCEL.to_be_bytes())).await {
                break;
            }
        }
        assert_eq!(peer.closed().await.goaway, Some(ENHANCE_YOUR_CALM));
    })
    .await;
    until_metric(&server, "chinwag_gateway_http2_offences_total", 1).await;
    until_metric(&server, "chinwag_gateway_http2_streams", 0).await;
}

#[tokio::test]
async fn resets_that_the_server_is_made_to_send() {
    // CVE-2025-8671: a window beyond what it can be is an error of the stream.
    let server = Server::start().await;
    let frames = (0..FLOOD).map(|number| {
        let request = frame(HEADERS, END_HEADERS, stream(number), &head("POST", "/v1/guests"));
        [request, frame(WINDOW_UPDATE, 0, stream(number), &LARGEST_WINDOW)].concat()
    });
    is_told_to_go(&server, ENHANCE_YOUR_CALM, frames).await;
}

#[tokio::test]
async fn continuations_without_end() {
    let server = Server::start().await;
    let begin = frame(HEADERS, END_STREAM, 1, &head("GET", "/v1/server"));
    let nothing = std::iter::repeat_n(frame(CONTINUATION, 0, 1, &[]), FLOOD);
    is_told_to_go(&server, ENHANCE_YOUR_CALM, std::iter::once(begin).chain(nothing)).await;
}

#[tokio::test]
async fn a_header_without_end() {
    let server = Server::start().await;
    // A literal of 16 MiB, in frames as large as they may be.
    let mut block = head("GET", "/v1/server");
    block.extend_from_slice(&[0x00, 0x01, b'x', 0x7f, 0x81, 0xff, 0xff, 0x07]);
    let begin = frame(HEADERS, END_STREAM, 1, &block);
    let rest = std::iter::repeat_n(frame(CONTINUATION, 0, 1, &[b'x'; 16 << 10]), 1024);
    is_told_to_go(&server, ENHANCE_YOUR_CALM, std::iter::once(begin).chain(rest)).await;
}

/// A request with one header of 3,900 bytes, repeated by a byte each.
fn bomb(repeated: usize) -> Vec<u8> {
    let mut block = head("GET", "/v1/server");
    // Into the dynamic table, whose newest entry is 62.
    block.extend_from_slice(&[0x40, 0x01, b'x', 0x7f, 0xbd, 0x1d]);
    block.resize(block.len() + 3_900, b'x');
    block.resize(block.len() + repeated, 0x80 | 62);
    block
}

#[tokio::test]
async fn headers_that_unpack_to_too_much() {
    let server = Server::start().await;
    beside(&server, async {
        let mut peer = Frames::connect(&server, &[]).await;
        assert!(peer.send(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &bomb(30))).await);
        let seen = peer.until("an answer", |seen| !seen.answers.is_empty()).await;
        let block = &seen.answers[0].1;
        // 431, in Huffman's code or plain.
        let is_431 = block[1..].starts_with(&[0x83, 0x69, 0x90, 0xff]) || block[1..].starts_with(b"\x03431");
        assert!(is_431, "{block:x?}");
        // The connection goes on.
        assert!(peer.send(&frame(HEADERS, END_HEADERS | END_STREAM, 3, &head("GET", "/v1/server"))).await);
        let seen = peer.until("an answer", |seen| seen.ended.contains(&3)).await;
        let is_200 = seen.answers.iter().any(|(stream, block)| *stream == 3 && block[0] == 0x88);
        assert!(is_200 && seen.goaway.is_none(), "{seen:?}");
    })
    .await;
    let far_too_much = [frame(HEADERS, END_HEADERS | END_STREAM, 1, &bomb(10_000))];
    is_told_to_go(&server, ENHANCE_YOUR_CALM, far_too_much.into_iter()).await;
}

#[tokio::test]
async fn empty_data() {
    let server = Server::start().await;
    let begin = frame(HEADERS, END_HEADERS, 1, &head("POST", "/v1/guests"));
    let nothing = std::iter::repeat_n(frame(DATA, 0, 1, &[]), FLOOD);
    is_told_to_go(&server, ENHANCE_YOUR_CALM, std::iter::once(begin).chain(nothing)).await;
}

/// An extended CONNECT that opens a WebSocket.
fn websocket(token: &str) -> Vec<u8> {
    [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "http"),
        (":path", "/v1/events"),
        (":authority", "127.0.0.1"),
        ("sec-websocket-version", "13"),
        ("authorization", &format!("Bearer {token}")),
    ]
    .iter()
    .flat_map(|(name, value)| literal(name, value))
    .collect()
}

#[tokio::test]
async fn empty_data_of_a_websocket() {
    let server = Server::start().await;
    let token = server.guest("Mallory").await;
    let begin = frame(HEADERS, END_HEADERS, 1, &websocket(&token));
    let nothing = std::iter::repeat_n(frame(DATA, 0, 1, &[]), FLOOD);
    is_told_to_go(&server, ENHANCE_YOUR_CALM, std::iter::once(begin).chain(nothing)).await;
}

#[tokio::test]
async fn rapid_resets_of_event_streams() {
    let server = Server::with(|setup| setup.gateway.limits_on = false).await;
    let token = server.guest("Mallory").await;
    let bearer = literal("authorization", &format!("Bearer {token}"));
    let events = [head("GET", "/v1/events"), bearer, literal("accept", "text/event-stream")].concat();
    for (flags, block) in [(END_HEADERS | END_STREAM, events), (END_HEADERS, websocket(&token))] {
        // Each is open when it is taken back: its answer has begun.
        beside(&server, async {
            let mut peer = Frames::connect(&server, &[]).await;
            for number in 0..FLOOD {
                if !peer.send(&frame(HEADERS, flags, stream(number), &block)).await {
                    break;
                }
                let seen = peer.until("an answer", |seen| seen.closed || seen.answers.len() > number).await;
                if seen.closed
                    || !peer.send(&frame(RST_STREAM, 0, stream(number), &CANCEL.to_be_bytes())).await
                {
                    break;
                }
            }
            assert_eq!(peer.closed().await.goaway, Some(ENHANCE_YOUR_CALM));
        })
        .await;
    }
}

/// Readers behind a proxy who leave together.
#[tokio::test]
async fn event_streams_that_were_read_may_be_taken_back() {
    let server = Server::with(|setup| {
        setup.gateway.limits_on = false;
        setup.gateway.http2.read_for = Duration::ZERO;
    })
    .await;
    let token = server.guest("Ada").await;
    let bearer = literal("authorization", &format!("Bearer {token}"));
    let events = [head("GET", "/v1/events"), bearer, literal("accept", "text/event-stream")].concat();
    let mut peer = Frames::connect(&server, &[]).await;
    for number in 0..150 {
        assert!(peer.send(&frame(HEADERS, END_HEADERS | END_STREAM, stream(number), &events)).await);
        let seen = peer.until("an answer", |seen| seen.closed || seen.answers.len() > number).await;
        assert!(!seen.closed, "{:?}", seen.goaway);
        assert!(peer.send(&frame(RST_STREAM, 0, stream(number), &CANCEL.to_be_bytes())).await);
    }
}

#[tokio::test]
async fn ten_thousand_streams() {
    let server = Server::start().await;
    let frames =
        (0..FLOOD).map(|number| frame(HEADERS, END_HEADERS, stream(number), &head("POST", "/v1/guests")));
    is_told_to_go(&server, ENHANCE_YOUR_CALM, frames).await;
}

/// Sends the same frame over and over. Whoever reads the answers is told to go; for whoever does not, the server stops
/// reading, and closes in the end.
async fn control_frames(control: &[u8], answers: impl Fn(&crate::http2_wire::Seen) -> usize) {
    let server = Server::start().await;
    // As many as allowed are answered; the first SETTINGS count, too.
    let mut peer = Frames::connect(&server, &[]).await;
    assert!(peer.send(&control.repeat(90)).await);
    let seen = peer.until("all answers", |seen| answers(seen) >= 90).await;
    assert_eq!(seen.goaway, None);
    is_told_to_go(&server, ENHANCE_YOUR_CALM, std::iter::repeat_n(control.repeat(100), FLOOD / 100)).await;
    until_metric(&server, "chinwag_gateway_limit_hits_total{limit=\"http2.control_frames\"}", 1).await;

    let server = Server::with(|setup| {
        setup.gateway.http2.control_frames.burst = 1_000_000_000;
        setup.gateway.http2.ping_interval = Duration::from_millis(500);
        setup.gateway.http2.ping_timeout = Duration::from_secs(3);
    })
    .await;
    beside(&server, async {
        let (_unread, mut write) = Frames::begin(&server, &[]).await;
        let many = control.repeat(FLOOD);
        // The kernel holds megabytes before the server is at a loss for where to write.
        let flooding = async { while write.write_all(&many).await.is_ok() {} };
        timeout(PATIENCE, flooding).await.expect("the server hangs up");
    })
    .await;
    until_metric(&server, "chinwag_gateway_http2_dead_total", 1).await;
}

#[tokio::test]
async fn settings() {
    let change = frame(SETTINGS, 0, 0, &setting(INITIAL_WINDOW_SIZE, 70_000));
    control_frames(&change, |seen| seen.settings_acks).await;
}

#[tokio::test]
async fn pings() {
    control_frames(&frame(PING, 0, 0, b"flooding"), |seen| seen.pongs.len()).await;
}

#[tokio::test]
async fn windows_of_nothing() {
    const REQUESTS: usize = 100;
    let server = Server::with(|setup| setup.gateway.response_timeout = Duration::from_millis(500)).await;
    beside(&server, async {
        let mut peer = Frames::connect(&server, &setting(INITIAL_WINDOW_SIZE, 0)).await;
        for number in 0..REQUESTS {
            let request =
                frame(HEADERS, END_HEADERS | END_STREAM, stream(number), &head("GET", "/v1/server"));
            assert!(peer.send(&request).await);
        }
        let seen = peer.until("all reset", |seen| seen.resets.len() == REQUESTS).await;
        assert!(seen.resets.iter().all(|(_, reason)| *reason == CANCEL), "{seen:?}");
        assert_eq!((seen.answers.len(), seen.ended.len(), seen.goaway), (REQUESTS, 0, None));
        // Who opens the windows again is served again.
        assert!(peer.send(&frame(SETTINGS, 0, 0, &setting(INITIAL_WINDOW_SIZE, 65_535))).await);
        let again = stream(REQUESTS);
        assert!(
            peer.send(&frame(HEADERS, END_HEADERS | END_STREAM, again, &head("GET", "/v1/server"))).await
        );
        peer.until("an answer", |seen| seen.ended.contains(&again)).await;
    })
    .await;
    until_metric(&server, "chinwag_gateway_responses_not_taken_total", REQUESTS as u64).await;
}
