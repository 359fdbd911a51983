//! `GET /v1/events` as a stream: connections that leave HTTP.

use std::time::Duration;

use crate::server::Server;
use crate::wire::{Answer, Wire};

const SSE: &str = "accept: text/event-stream";
const NDJSON: &str = "accept: application/x-ndjson";

fn check_head(answer: &Answer, content_type: &str) {
    answer.check(true);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some(content_type));
    assert_eq!(answer.header("cache-control"), Some("no-store, no-transform"));
    assert_eq!(answer.header("x-accel-buffering"), Some("no"));
    assert!(answer.varies_by("Accept"));
    assert_eq!(answer.header("content-length"), None);
    assert_eq!(answer.header("transfer-encoding"), None);
}

/// The next record of an NDJSON stream that is no heartbeat.
async fn record(wire: &mut Wire) -> serde_json::Value {
    let line = wire.until("\n").await;
    serde_json::from_str(&line).unwrap()
}

#[tokio::test]
async fn both_formats() {
    let server = Server::start().await;
    let token = server.guest("Ada").await;
    let bearer = format!("authorization: Bearer {token}");
    let (room, cursor) = server.room(&token, "tea").await;
    server.send(&token, &room, "before").await;
    let path = format!("/v1/events?after={cursor}");

    let mut lines = server.connect().await;
    lines.request("GET", &path, &[&bearer, NDJSON], "").await;
    let head = lines.head().await;
    check_head(&head, "application/x-ndjson");
    assert_eq!((head.version.as_str(), head.header("connection")), ("HTTP/1.1", Some("close")));
    assert_eq!(record(&mut lines).await["type"], "hello");
    assert_eq!(record(&mut lines).await["text"], "before");

    let mut events = server.connect().await;
    events.request("GET", &path, &[&bearer, SSE], "").await;
    check_head(&events.head().await, "text/event-stream");
    assert!(events.until("\n\n").await.starts_with("retry: "));
    let hello = events.until("\n\n").await;
    assert!(hello.starts_with("id: ") && hello.contains("\ndata: {\"type\":\"hello\""), "{hello}");
    let before = events.until("\n\n").await;
    assert!(before.contains("\"text\":\"before\""), "{before}");

    server.send(&token, &room, "after").await;
    assert_eq!(record(&mut lines).await["text"], "after");
    let after = events.until("\n\n").await;
    assert!(after.contains("\"text\":\"after\""), "{after}");

    // Last-Event-ID wins.
    let id = after.strip_prefix("id: ").unwrap().split('\n').next().unwrap();
    let mut resumed = server.connect().await;
    let last = format!("last-event-id: {id}");
    resumed.request("GET", &path, &[&bearer, SSE, &last], "").await;
    check_head(&resumed.head().await, "text/event-stream");
    resumed.until("\n\n").await;
    assert!(resumed.until("\n\n").await.contains(&format!("\"cursor\":\"{id}\"")));
    assert!(resumed.is_silent(Duration::from_millis(300)).await);
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_read() {
    let server = Server::with(|setup| setup.gateway.allow_origin = vec!["https://app.example".into()]).await;
    let cookie = server.cookie("Ada").await;
    let mut wire = server.connect().await;
    wire.request("GET", "/v1/events", &[&cookie, SSE, "origin: https://app.example"], "").await;
    let head = wire.head().await;
    check_head(&head, "text/event-stream");
    assert_eq!(head.header("access-control-allow-origin"), Some("https://app.example"));
    assert_eq!(head.header("access-control-allow-credentials"), Some("true"));
    assert!(head.varies_by("Origin"));
    // H11
    for origin in ["http://evil.example", "null"] {
        let origin = format!("origin: {origin}");
        let answer = server.ask("GET", "/v1/events", &[&cookie, SSE, &origin], "").await;
        assert_eq!(answer.code(), "origin_refused");
    }
    let answer = server.ask("GET", "/v1/events", &[SSE], "").await;
    assert_eq!(answer.code(), "unauthenticated");
}

#[tokio::test]
async fn after_other_requests_on_the_same_connection() {
    let server = Server::start().await;
    let token = server.guest("Ada").await;
    let bearer = format!("authorization: Bearer {token}");
    let mut wire = server.connect().await;
    for _ in 0..3 {
        assert_eq!(wire.ask("GET", "/v1/session", &[&bearer], "").await.status, 200);
    }
    wire.request("GET", "/v1/events", &[&bearer, NDJSON], "").await;
    check_head(&wire.head().await, "application/x-ndjson");
    assert_eq!(record(&mut wire).await["type"], "hello");
}

#[tokio::test]
async fn behind_pipelined_answers_that_the_peer_has_not_taken() {
    // Much more is owed than the kernel holds when the stream's turn comes.
    let server = Server::with(|setup| setup.gateway.limits_on = false).await;
    let token = server.guest("Ada").await;
    let (room, cursor) = server.room(&token, "tea").await;
    for _ in 0..30 {
        server.send(&token, &room, &"a".repeat(30_000)).await;
    }
    let bearer = format!("authorization: Bearer {token}");
    let mut wire = server.connect().await;
    let poll = format!("GET /v1/events?after={cursor} HTTP/1.1\r\nhost: a\r\n{bearer}\r\n\r\n");
    let stream = format!("GET /v1/events HTTP/1.1\r\nhost: a\r\n{bearer}\r\n{NDJSON}\r\n\r\n");
    let leftover = "GET /v1/server HTTP/1.1\r\nhost: a\r\n\r\n";
    wire.send(poll.repeat(12) + &stream + leftover).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    for _ in 0..12 {
        let answer = wire.answer().await;
        assert_eq!(answer.json()["events"].as_array().unwrap().len(), 30);
    }
    check_head(&wire.head().await, "application/x-ndjson");
    assert_eq!(record(&mut wire).await["type"], "hello");
    // What was pipelined behind the stream is never answered.
    server.send(&token, &room, "on").await;
    assert_eq!(record(&mut wire).await["text"], "on");
    assert!(wire.is_silent(Duration::from_millis(200)).await);
}

#[tokio::test]
async fn to_a_client_of_http_1_0() {
    // As nginx asks by default.
    let server = Server::start().await;
    let token = server.guest("Ada").await;
    for keep_alive in ["", "connection: keep-alive\r\n", "connection: close\r\n"] {
        let mut wire = server.connect().await;
        wire.send(format!(
            "GET /v1/events HTTP/1.0\r\nhost: a\r\n{keep_alive}authorization: Bearer {token}\r\n{SSE}\r\n\r\n"
        ))
        .await;
        let head = wire.head().await;
        check_head(&head, "text/event-stream");
        assert_eq!((head.version.as_str(), head.header("connection")), ("HTTP/1.0", Some("close")));
        assert!(wire.until("\n\n").await.starts_with("retry: "));
    }
}

#[tokio::test]
async fn head_shows_the_head_only() {
    let server = Server::start().await;
    let token = server.guest("Ada").await;
    let bearer = format!("authorization: Bearer {token}");
    let mut wire = server.connect().await;
    for _ in 0..2 {
        let head = wire.ask("HEAD", "/v1/events", &[&bearer, SSE], "").await;
        check_head(&head, "text/event-stream");
    }
    assert_eq!(wire.ask("GET", "/v1/session", &[&bearer], "").await.status, 200);
    assert_eq!(server.hub.streams(), 0);
}

#[tokio::test]
async fn with_a_body_that_nobody_reads() {
    let server = Server::start().await;
    let token = server.guest("Ada").await;
    let bearer = format!("authorization: Bearer {token}");
    for more in [&["content-length: 5"][..], &["content-length: 5", "expect: 100-continue"]] {
        let mut wire = server.connect().await;
        let lines: Vec<&str> = [bearer.as_str(), NDJSON].into_iter().chain(more.iter().copied()).collect();
        wire.request("GET", "/v1/events", &lines, "").await;
        check_head(&wire.head().await, "application/x-ndjson");
        assert_eq!(record(&mut wire).await["type"], "hello");
        wire.send("hello").await;
        assert!(wire.is_silent(Duration::from_millis(200)).await);
    }
}

#[tokio::test]
async fn a_peer_that_leaves_is_noticed() {
    let server = Server::start().await;
    let token = server.guest("Ada").await;
    let bearer = format!("authorization: Bearer {token}");
    let mut wires = Vec::new();
    for _ in 0..5 {
        let mut wire = server.connect().await;
        wire.request("GET", "/v1/events", &[&bearer, SSE], "").await;
        wire.head().await;
        wires.push(wire);
    }
    assert_eq!(server.hub.streams(), 5);
    wires.pop().unwrap().finish().await;
    drop(wires);
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if server.hub.streams() == 0 {
            return;
        }
    }
    panic!("{} streams are left", server.hub.streams());
}

#[tokio::test]
async fn a_sign_out_ends_the_stream() {
    let server = Server::start().await;
    let token = server.guest("Ada").await;
    let bearer = format!("authorization: Bearer {token}");
    let mut wire = server.connect().await;
    wire.request("GET", "/v1/events", &[&bearer, NDJSON], "").await;
    wire.head().await;
    record(&mut wire).await;
    server.json(&token, "DELETE", "/v1/session", "").await;
    let rest = String::from_utf8(wire.rest().await).unwrap();
    assert!(rest.contains("\"type\":\"end\"") && rest.contains("\"signed_out\""), "{rest}");
    let answer = server.ask("GET", "/v1/events", &[&bearer, SSE], "").await;
    assert_eq!(answer.code(), "unauthenticated");
}
