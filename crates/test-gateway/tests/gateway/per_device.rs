//! What one device may have and do: its streams, how often it reads and writes, its tickets.

use std::time::Duration;

use chinwag_gateway::Rate;
use tokio::time::{Instant, sleep};

use crate::server::Server;
use crate::socket::{HANDSHAKE, Over, Socket, connect};
use crate::wire::Wire;

pub(crate) async fn metric(server: &Server, name: &str) -> u64 {
    let text = Wire::connect(server.admin).await.ask("GET", "/metrics", &[], "").await.text();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.expect("the metric").parse().unwrap()
}

async fn hits(server: &Server, limit: &str) -> u64 {
    metric(server, &format!("chinwag_gateway_limit_hits_total{{limit=\"{limit}\"}}")).await
}

#[tokio::test]
async fn streams_of_one_device() {
    let server = Server::with(|setup| setup.gateway.streams_per_device_max = 3).await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let bearer = format!("authorization: Bearer {ada}");
    let accepts = ["accept: text/event-stream", "accept: application/x-ndjson"];
    let mut held = Vec::new();
    for accept in accepts {
        let mut wire = server.connect().await;
        wire.request("GET", "/v1/events", &[&bearer, accept], "").await;
        assert_eq!(wire.head().await.status, 200);
        held.push(wire);
    }
    let socket = Socket::open(&server, Over::Http2, &ada, &[]).await;
    // None of any kind more …
    for accept in accepts {
        let answer = server.ask("GET", "/v1/events", &[&bearer, accept], "").await;
        assert_eq!((answer.status, answer.code().as_str()), (429, "too_many_requests"));
    }
    let lines: Vec<&str> = HANDSHAKE.into_iter().chain([bearer.as_str()]).collect();
    assert_eq!(server.ask("GET", "/v1/events", &lines, "").await.code(), "too_many_requests");
    assert_eq!(connect(&server, Some("websocket"), &[&bearer]).await.status(), 429);
    assert_eq!(hits(&server, "streams_per_device_max").await, 4);
    // … but polls, HEAD, and whoever else there is.
    assert_eq!(server.json(&ada, "GET", "/v1/events", "").await.status, 200);
    assert_eq!(server.ask("HEAD", "/v1/events", &[&bearer, accepts[0]], "").await.status, 200);
    let _bob = Socket::open(&server, Over::Http1, &bob, &[]).await;
    // Whoever leaves makes room.
    drop(socket);
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let mut wire = server.connect().await;
        wire.request("GET", "/v1/events", &[&bearer, accepts[0]], "").await;
        if wire.answer_or_head(200).await.status == 200 {
            return;
        }
        assert!(Instant::now() < deadline, "no room");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn reading_too_often_is_refused_however_one_reads() {
    let server = Server::with(|setup| {
        setup.gateway.reads_per_device = Rate { burst: 0, per_second: 1 };
        setup.gateway.tickets_per_device_max = 2;
    })
    .await;
    let ada = server.guest("Ada").await;
    let bearer = format!("authorization: Bearer {ada}");
    let (room, _) = server.room(&ada, "tea").await;
    for path in ["/v1/events", "/v1/session", "/v1/sync", &format!("/v1/conversations/{room}/messages")] {
        assert_eq!(server.json(&ada, "GET", path, "").await.code(), "too_many_requests", "{path}");
    }
    assert_eq!(connect(&server, Some("websocket"), &[&bearer]).await.status(), 429);
    for _ in 0..2 {
        let ticket = server.json(&ada, "POST", "/v1/tickets", "").await.field("ticket");
        let path = format!("/v1/events?ticket={ticket}");
        assert_eq!(server.ask("GET", &path, &[], "").await.code(), "too_many_requests");
    }
    // Tickets that are not used are few.
    for status in [201, 201, 429] {
        assert_eq!(server.json(&ada, "POST", "/v1/tickets", "").await.status, status);
    }
    assert_eq!(hits(&server, "tickets_per_device_max").await, 1);
    assert_eq!(server.send(&ada, &room, "writing is another matter").await.status, 201);
}
