//! HTTP/2 where it is not like HTTP/1.1.

use std::time::Duration;

use crate::http2_wire::{END_HEADERS, END_STREAM, Frames, HEADERS, frame, head};
use crate::server::Server;
use crate::wire::Wire;

async fn metrics(server: &Server) -> String {
    Wire::connect(server.admin).await.ask("GET", "/metrics", &[], "").await.text()
}

#[tokio::test]
async fn a_peer_that_answers_no_ping() {
    let server = Server::with(|setup| {
        setup.gateway.http2.ping_interval = Duration::from_millis(100);
        setup.gateway.http2.ping_timeout = Duration::from_millis(300);
    })
    .await;
    let mut peer = Frames::connect(&server, &[]).await;
    // A request that waits for its body does not keep the connection.
    assert!(peer.send(&frame(HEADERS, END_HEADERS, 1, &head("POST", "/v1/guests"))).await);
    assert_eq!(peer.closed().await.answers, []);
    let metrics = metrics(&server).await;
    assert!(metrics.contains("chinwag_gateway_http2_dead_total 1\n"), "{metrics}");
    assert!(metrics.contains("chinwag_gateway_http2_streams 0\n"), "{metrics}");
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let server = Server::with(|setup| setup.gateway.head_timeout = Duration::from_millis(300)).await;
    let mut peer = Frames::connect(&server, &[]).await;
    assert!(peer.send(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &head("GET", "/v1/server"))).await);
    let seen = peer.closed().await;
    assert_eq!((seen.ended, seen.goaway), (vec![1], Some(0)));
}

#[tokio::test]
async fn p3_slow_heads_and_bodies() {
    let server = Server::with(|setup| {
        setup.gateway.head_timeout = Duration::from_millis(400);
        setup.gateway.body_timeout = Duration::from_millis(400);
    })
    .await;
    // A body that does not end: 408, and the connection goes on.
    let mut peer = Frames::connect(&server, &[]).await;
    assert!(peer.send(&frame(HEADERS, END_HEADERS, 1, &head("POST", "/v1/guests"))).await);
    let seen = peer.until("an answer", |seen| seen.ended.contains(&1)).await;
    let block = &seen.answers[0].1;
    // In Huffman's code or plain.
    let is_408 = block.windows(3).any(|bytes| bytes == b"408" || bytes == [0x68, 0x0f, 0x7f]);
    assert!(is_408 && seen.goaway.is_none(), "{block:x?}");
    // A head that does not end, and a preface that nothing follows.
    let mut slow = Frames::connect(&server, &[]).await;
    assert!(slow.send(&frame(HEADERS, END_STREAM, 1, &head("GET", "/v1/server"))).await);
    let mut silent = Frames::connect(&server, &[]).await;
    assert_eq!(server.ask("GET", "/v1/server", &[], "").await.status, 200);
    for peer in [&mut slow, &mut silent] {
        assert_eq!(peer.closed().await.answers, []);
    }
    assert!(metrics(&server).await.contains("chinwag_gateway_limit_hits_total{limit=\"body_timeout\"} 1\n"));
}

#[tokio::test]
async fn connect_without_a_protocol() {
    let server = Server::start().await;
    let mut peer = Frames::connect(&server, &[]).await;
    // The method is a literal, and there is neither scheme nor path (RFC 9113, section 8.5).
    let block = [&b"\x02\x07CONNECT\x01\x0e127.0.0.1:8080"[..]].concat();
    assert!(peer.send(&frame(HEADERS, END_HEADERS, 1, &block)).await);
    assert!(peer.send(&frame(HEADERS, END_HEADERS | END_STREAM, 3, &head("GET", "/v1/server"))).await);
    let seen = peer.until("both answers", |seen| seen.answers.len() == 2 && seen.ended.len() == 2).await;
    for (stream, block) in &seen.answers {
        // 200, by the static table.
        assert_eq!(block[0] == 0x88, *stream == 3, "{seen:?}");
    }
    assert_eq!(seen.goaway, None);
}
