//! What one device may have and do: its streams, how often it reads and writes, its tickets.

use std::time::Duration;

use chinwag_gateway::Rate;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::server::Server;
use crate::socket::{HANDSHAKE, Over, Socket, TEXT, connect, masked};
use crate::wire::Wire;

const JSON: &str = "content-type: application/json";

async fn metric(server: &Server, name: &str) -> u64 {
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

/// Somebody floods a room, while in another one a message after the other is heard at once.
async fn flooded(server: &Server, flood: impl Future<Output = usize>) {
    const OTHERS: usize = 20;
    let (bob, carol) = (server.guest("Bob").await, server.guest("Carol").await);
    let (room, _) = server.room(&bob, "quiet").await;
    let (_, mut cursor) = server.room(&carol, "quiet").await;
    let others = async {
        for number in 0..OTHERS {
            let text = format!("{number}");
            assert_eq!(server.send(&bob, &room, &text).await.status, 201);
            // As soon as it is acknowledged it is there: not one behind.
            let poll = server.json(&carol, "GET", &format!("/v1/events?after={cursor}"), "").await;
            assert_eq!(poll.json()["events"].as_array().unwrap().len(), 1);
            assert_eq!(poll.json()["events"][0]["text"], text);
            cursor = poll.field("cursor");
        }
    };
    let (refused, ()) = tokio::join!(flood, others);
    assert!(refused > 0, "the flood is held back");
    assert!(hits(server, "commands_per_device").await >= refused as u64);
}

#[tokio::test]
async fn r3_a_flood_of_messages_by_rest() {
    const FLOOD: usize = 800;
    let server = Server::start().await;
    let eve = server.guest("Eve").await;
    let (room, _) = server.room(&eve, "loud").await;
    let flood = async {
        let mut wire = server.connect().await;
        let bearer = format!("authorization: Bearer {eve}");
        let (mut stored, mut refused) = (0, 0);
        for _ in 0..FLOOD {
            let body = json!({ "client_id": uuid::Uuid::now_v7(), "text": "noise" }).to_string();
            let path = format!("/v1/conversations/{room}/messages");
            let answer = wire.ask("POST", &path, &[&bearer, JSON], &body).await;
            match answer.status {
                201 => stored += 1,
                _ => {
                    assert_eq!((answer.status, answer.code().as_str()), (429, "too_many_requests"));
                    refused += 1;
                }
            }
        }
        assert!(stored >= 499, "{stored} of the burst");
        refused
    };
    Box::pin(flooded(&server, flood)).await;
}

#[tokio::test]
async fn r3_a_flood_of_messages_by_websocket() {
    const FLOOD: usize = 800;
    for over in Over::ALL {
        let server = Server::start().await;
        let eve = server.guest("Eve").await;
        let (room, _) = server.room(&eve, "loud").await;
        let flood = async {
            let mut socket = Socket::open(&server, over, &eve, &[]).await;
            let (mut asked, mut answered, mut refused) = (0, 0, 0);
            while answered < FLOOD {
                // As many as are taken at once, and a few that wait.
                while asked < FLOOD && asked < answered + 20 {
                    let id = uuid::Uuid::now_v7();
                    let frame = json!({
                        "id": asked.to_string(), "command": "send_message", "conversation": room,
                        "client_id": id, "text": "noise",
                    });
                    socket.send(masked(TEXT, frame.to_string().as_bytes())).await;
                    asked += 1;
                }
                let message = socket.json().await;
                match message["type"].as_str() {
                    Some("reply") => answered += 1,
                    Some("problem") => {
                        assert_eq!(message["problem"]["code"], "too_many_requests");
                        answered += 1;
                        refused += 1;
                    }
                    _ => {}
                }
            }
            refused
        };
        Box::pin(flooded(&server, flood)).await;
    }
}
