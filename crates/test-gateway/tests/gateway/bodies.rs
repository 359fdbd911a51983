//! Heads and bodies that are too large, too slow or wrong.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::server::Server;

const JSON: &str = "content-type: application/json";

#[tokio::test]
async fn body_limits() {
    let server = Server::start().await;
    let token = server.guest("Ada").await;
    let (room, _) = server.room(&token, "tea").await;
    let path = format!("/v1/conversations/{room}/messages");
    // The largest text, every byte of it escaped, fits.
    let text = "\\u0041".repeat(32_768);
    let answer = server.send(&token, &room, &text).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let answer = server.send(&token, &room, &"a".repeat(32_769)).await;
    assert_eq!(answer.code(), "invalid_text");
    // Announced, and told before it is sent, with and without 100-continue.
    let bearer = format!("authorization: Bearer {token}");
    for more in ["x-more: 1", "expect: 100-continue"] {
        let mut wire = server.connect().await;
        wire.request("POST", &path, &[&bearer, JSON, more, "content-length: 262145"], "").await;
        assert_eq!(wire.answer().await.code(), "body_too_large");
        assert!(wire.rest().await.is_empty());
    }
    // Sent whole without waiting: the answer is still readable.
    let mut wire = server.connect().await;
    wire.request("POST", &path, &[&bearer, JSON], &" ".repeat(700_000)).await;
    assert_eq!(wire.answer().await.code(), "body_too_large");
    // And closed, not reset: some systems throw away what they have received when a reset comes.
    assert!(wire.rest().await.is_empty());
    // Not announced.
    let mut wire = server.connect().await;
    wire.request("POST", &path, &[&bearer, JSON, "transfer-encoding: chunked"], "").await;
    for _ in 0..5 {
        wire.send(format!("ffff\r\n{}\r\n", " ".repeat(0xffff))).await;
    }
    assert_eq!(wire.answer().await.code(), "body_too_large");
    // The limit itself is allowed.
    let body = format!("{{\"client_id\":\"{}\",\"text\":\"a\"", uuid::Uuid::now_v7());
    let body = format!("{body}{}}}", " ".repeat(262_144 - body.len() - 1));
    assert_eq!(server.json(&token, "POST", &path, &body).await.status, 201);
    // P4
    for encoding in ["gzip", "br", "deflate", "identity, gzip"] {
        let line = format!("content-encoding: {encoding}");
        let answer = server.ask("POST", &path, &[&bearer, JSON, &line], "{}").await;
        assert_eq!(answer.code(), "unsupported_media_type");
    }
}

#[tokio::test]
async fn expect_continue() {
    let server = Server::start().await;
    let mut wire = server.connect().await;
    let body = r#"{"name":"Ada"}"#;
    let length = format!("content-length: {}", body.len());
    wire.request("POST", "/v1/guests", &[JSON, &length, "expect: 100-continue"], "").await;
    assert_eq!(wire.until("\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
    wire.send(body).await;
    assert_eq!(wire.answer().await.status, 201);
}

#[tokio::test]
async fn p3_slow_peers() {
    let server = Server::with(|setup| {
        setup.gateway.head_timeout = Duration::from_millis(400);
        setup.gateway.body_timeout = Duration::from_millis(400);
    })
    .await;
    // P3: a head that never ends.
    let start = Instant::now();
    let mut slow = server.connect().await;
    slow.send("GET /v1/server HTTP/1.1\r\nhost: a\r\n").await;
    let mut silent = server.connect().await;
    let mut slow_body = server.connect().await;
    slow_body.request("POST", "/v1/guests", &[JSON, "content-length: 100"], "").await;
    slow_body.send("{").await;
    // Nobody else waits.
    assert_eq!(server.ask("GET", "/v1/server", &[], "").await.status, 200);
    assert_eq!(slow_body.answer().await.code(), "request_timeout");
    assert!(slow_body.rest().await.is_empty());
    assert!(slow.rest().await.is_empty());
    assert!(silent.rest().await.is_empty());
    assert!(start.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn p3_and_r2_a_peer_that_does_not_read_is_cut() {
    let server = Server::with(|setup| {
        setup.gateway.response_timeout = Duration::from_millis(500);
        setup.gateway.limits_on = false;
    })
    .await;
    let token = server.guest("Ada").await;
    let (room, cursor) = server.room(&token, "tea").await;
    for _ in 0..30 {
        server.send(&token, &room, &"a".repeat(30_000)).await;
    }
    let mut wire = server.connect().await;
    let bearer = format!("authorization: Bearer {token}");
    let path = format!("/v1/events?after={cursor}");
    // More than any kernel buffer takes.
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\n{bearer}\r\n\r\n").repeat(40);
    wire.send(request).await;
    let metric = async |name: &str| {
        let answer = crate::wire::Wire::connect(server.admin).await.ask("GET", "/metrics", &[], "").await;
        let text = answer.text();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap().parse::<u32>().unwrap()
    };
    let before = metric("chinwag_gateway_connections").await;
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if metric("chinwag_gateway_connections").await < before
            && metric("chinwag_gateway_responses_not_taken_total").await == 1
        {
            return;
        }
    }
    panic!("still connected");
}

#[tokio::test]
async fn p3_a_peer_that_reads_byte_by_byte_is_cut() {
    let server = Server::with(|setup| {
        setup.gateway.response_timeout = Duration::from_millis(700);
        setup.gateway.limits_on = false;
    })
    .await;
    let token = server.guest("Ada").await;
    let (room, cursor) = server.room(&token, "tea").await;
    for _ in 0..30 {
        server.send(&token, &room, &"a".repeat(30_000)).await;
    }
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut socket = socket.connect(server.address).await.unwrap();
    let request =
        format!("GET /v1/events?after={cursor} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let start = Instant::now();
    let mut bytes = [0; 2_000];
    let mut taken = 0;
    // It takes something all the time, and would take a minute for all of it.
    while let Ok(Ok(count @ 1..)) = timeout(Duration::from_secs(10), socket.read(&mut bytes)).await {
        taken += count;
        assert!(start.elapsed() < Duration::from_secs(30), "still there after {taken} bytes");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(taken < 900_000, "{taken}");
    let metrics = crate::wire::Wire::connect(server.admin).await.ask("GET", "/metrics", &[], "").await;
    assert!(metrics.text().contains("chinwag_gateway_responses_not_taken_total 1\n"));
    // Others do not notice.
    assert_eq!(server.ask("GET", "/v1/server", &[], "").await.status, 200);
}

#[tokio::test]
async fn heads() {
    // P2: hyper answers these itself, with a bare status.
    let server = Server::start().await;
    let many = (0..200).map(|n| format!("x-{n}: 1\r\n")).collect::<String>();
    let huge = format!("x: {}\r\n", "x".repeat(70_000));
    for lines in [many, huge] {
        let mut wire = server.connect().await;
        wire.send(format!("GET /v1/server HTTP/1.1\r\nhost: a\r\n{lines}\r\n")).await;
        assert_eq!(wire.head().await.status, 431);
        assert!(wire.rest().await.is_empty());
    }
    // P1: one refusal, then the connection is closed.
    for bad in [
        "GET /v1/server HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
        "GET /v1/server HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n",
        "GET /v1/server HTTP/1.1\r\nhost : a\r\n\r\n",
        "GET /v1/server HTTP/1.1\r\nhost: a\r\n folded: b\r\n\r\n",
        "GET /v1/server HTTP/1.1\r\nhost: a\0b\r\n\r\n",
        "GET /v1/server HTTP/9.9\r\nhost: a\r\n\r\n",
        "POST /v1/guests HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\n\r\n",
        "nonsense\r\n\r\n",
    ] {
        let mut wire = server.connect().await;
        wire.send(bad).await;
        let answer = wire.head().await;
        assert!(matches!(answer.status, 400 | 505), "{bad:?} {answer:?}");
        let rest = wire.rest().await;
        assert!(!String::from_utf8_lossy(&rest).contains("HTTP/1.1"), "{bad:?}");
    }
    // `cases/smuggling.rs` has more of these, with bodies that would be taken.
    assert_eq!(server.ask("GET", "/v1/server", &[], "").await.status, 200);
}
