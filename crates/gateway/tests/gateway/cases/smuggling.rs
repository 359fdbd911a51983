//! P1: requests whose end is not clear, so that what follows them could be taken for another's.

use super::scene::{scene, scene_with};
use crate::http2_wire::{DATA, END_HEADERS, END_STREAM, Frames, HEADERS, frame, head, literal};
use crate::server::Server;

const POST: &str = "POST /v1/guests HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";

/// Sends a request with another one behind it: one answer comes, then the end, and the other one is not done.
async fn one_answer(server: &Server, token: &str, request: &str) -> u16 {
    let mut wire = server.connect().await;
    let hidden =
        format!("PUT /v1/rooms/smuggled HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\n\r\n");
    wire.send(format!("{request}{hidden}")).await;
    let status = wire.head().await.status;
    let rest = String::from_utf8(wire.rest().await).unwrap();
    assert!(!rest.contains("HTTP/1.1"), "{request:?} got more: {rest}");
    status
}

async fn is_not_smuggled(server: &Server, token: &str) {
    let sync = server.json(token, "GET", "/v1/sync", "").await.json();
    assert_eq!(sync["conversations"], serde_json::json!([]));
}

#[tokio::test]
async fn p1_heads_that_contradict_themselves() {
    scene(async |server| {
        let token = server.guest("Mallory").await;
        for lines in [
            "content-length: 2\r\ncontent-length: 3\r\n\r\n{}",
            "content-length: 2, 3\r\n\r\n{}",
            "content-length: x\r\n\r\n{}",
            "content-length: +2\r\n\r\n{}",
            "content-length: -2\r\n\r\n{}",
            "content-length: 0x2\r\n\r\n{}",
            "content-length: 2 2\r\n\r\n{}",
            "content-length: \r\n\r\n{}",
            "content-length: 18446744073709551618\r\n\r\n{}",
            "content-length : 2\r\n\r\n{}",
            "content-length\t: 2\r\n\r\n{}",
            " content-length: 2\r\n\r\n{}",
            "x: a\r\n content-length: 2\r\n\r\n{}",
            "x: a\r\n\tb\r\n\r\n",
            "x: a\0b\r\n\r\n",
            "x\0: a\r\n\r\n",
            "x: a\rb\r\n\r\n",
            ": a\r\n\r\n",
            "transfer-encoding : chunked\r\n\r\n0\r\n\r\n",
            "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
            "transfer-encoding: chunkedx\r\n\r\n0\r\n\r\n",
            "transfer-encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
            "transfer-encoding: identity\r\n\r\n{}",
            "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
            "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n",
            "transfer-encoding: chunked;q=1\r\n\r\n0\r\n\r\n",
            "transfer-encoding: \u{b}chunked\r\n\r\n0\r\n\r\n",
            "transfer_encoding: chunked\r\ntransfer-encoding: x\r\n\r\n0\r\n\r\n",
        ] {
            assert_eq!(one_answer(server, &token, &format!("{POST}{lines}")).await, 400, "{lines:?}");
        }
        let old = POST.replace("HTTP/1.1", "HTTP/1.0");
        let old = one_answer(server, &token, &format!("{old}transfer-encoding: chunked\r\n\r\n0\r\n\r\n")).await;
        assert_eq!(old, 400);
        // Both: the chunks count, and whatever the length could mean, nothing is read after them (RFC 9112, section 6.3).
        for lines in [
            "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            "transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            "transfer-encoding: chunked\r\ncontent-length: 5\r\nconnection: keep-alive\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            "Content-Length: 5\r\nTransfer-Encoding:\tCHUNKED \r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        ] {
            assert_eq!(one_answer(server, &token, &format!("{POST}{lines}")).await, 400, "{lines:?}");
        }
        is_not_smuggled(server, &token).await;
    })
    .await;
}

#[tokio::test]
async fn p1_chunks_that_are_none() {
    scene_with(
        |setup| setup.gateway.body_timeout = std::time::Duration::from_millis(500),
        async |server| {
            let token = server.guest("Mallory").await;
            for chunks in [
                "ffffffffffffffffff\r\n{}\r\n0\r\n\r\n",
                "10000000000000002\r\n{}\r\n0\r\n\r\n",
                "-2\r\n{}\r\n0\r\n\r\n",
                "+2\r\n{}\r\n0\r\n\r\n",
                "0x2\r\n{}\r\n0\r\n\r\n",
                "g\r\n{}\r\n0\r\n\r\n",
                "\r\n{}\r\n0\r\n\r\n",
                "2\n{}\n0\n\n",
                "2\r\n{}0\r\n\r\n",
                "2\r\n{}xx0\r\n\r\n",
                "2;a=b\nc\r\n{}\r\n0\r\n\r\n",
                "2\r{}\r\n0\r\n\r\n",
                "2\r\n{}\r\n0\r\nx",
            ] {
                let request = format!("{POST}transfer-encoding: chunked\r\n\r\n{chunks}");
                let status = one_answer(server, &token, &request).await;
                assert!(matches!(status, 400 | 408 | 413), "{chunks:?}: {status}");
            }
            is_not_smuggled(server, &token).await;
        },
    )
    .await;
}

#[tokio::test]
async fn p1_over_http2() {
    scene(async |server| {
        // What framed HTTP/1.1 has no meaning here, and a length must be that of the data (RFC 9113, section 8.1.1).
        let with = |lines: &[(&str, &str)]| {
            let mut block = head("POST", "/v1/guests");
            for (name, value) in lines {
                block.extend(literal(name, value));
            }
            block
        };
        for lines in [
            &[("transfer-encoding", "chunked")][..],
            &[("connection", "keep-alive")],
            &[("upgrade", "h2c")],
            &[("te", "chunked")],
            &[("content-length", "5"), ("content-length", "2")],
            &[("content-length", "5")],
            &[("content-length", "1")],
            &[("content-length", "x")],
            &[("X-Upper", "a")],
            &[("x a", "b")],
            &[("x", "a\r\ntransfer-encoding: chunked")],
            &[("x", "a\0b")],
            &[(":path", "/v1/rooms/smuggled")],
            &[(":extra", "a")],
            &[(":status", "200")],
            &[("host", "elsewhere.example")],
        ] {
            let mut peer = Frames::connect(server, &[]).await;
            peer.send(&frame(HEADERS, END_HEADERS, 1, &with(lines))).await;
            peer.send(&frame(DATA, END_STREAM, 1, b"{}")).await;
            let over = |seen: &crate::http2_wire::Seen| {
                seen.closed || seen.goaway.is_some() || !seen.resets.is_empty() || !seen.answers.is_empty()
            };
            let seen = peer.until("a refusal", over).await;
            // 400 by the static table, unless the stream or the connection was ended for it.
            let answered = seen.answers.iter().all(|(_, block)| block[0] == 0x8c);
            assert!(answered, "{lines:?} {seen:?}");
        }
    })
    .await;
}
