//! P15: polls that are given up, and far too many of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;

use super::scene::scene;
use crate::http2_client::Http2;
use crate::http2_wire::{CANCEL, END_HEADERS, END_STREAM, Frames, HEADERS, RST_STREAM, frame, head, literal};
use crate::server::Server;
use crate::socket::Over;
use crate::wire::Wire;

async fn held(server: &Server) -> u32 {
    let text = Wire::connect(server.admin).await.ask("GET", "/metrics", &[], "").await.text();
    text.lines().find_map(|line| line.strip_prefix("chinwag_hub_polls ")).unwrap().parse().unwrap()
}

pub(super) async fn until_held(server: &Server, expected: u32) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while held(server).await != expected {
        assert!(tokio::time::Instant::now() < deadline, "{} are held, not {expected}", held(server).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn p15_polls_that_are_given_up() {
    scene(async |server| {
        let token = server.guest("Mallory").await;
        let cursor = server.json(&token, "GET", "/v1/events", "").await.field("cursor");
        let (path, bearer) = (format!("/v1/events?after={cursor}&wait=30"), format!("Bearer {token}"));
        let mut wires = Vec::new();
        for _ in 0..2 {
            let mut wire = server.connect().await;
            wire.request("GET", &path, &[&format!("authorization: {bearer}")], "").await;
            wires.push(wire);
        }
        let mut peer = Frames::connect(server, &[]).await;
        for stream in [1, 3] {
            let block = [head("GET", &path), literal("authorization", &bearer)].concat();
            assert!(peer.send(&frame(HEADERS, END_HEADERS | END_STREAM, stream, &block)).await);
        }
        until_held(server, 4).await;
        for wire in &wires {
            wire.socket().set_zero_linger().unwrap();
        }
        drop(wires);
        until_held(server, 2).await;
        assert!(peer.send(&frame(RST_STREAM, 0, 1, &CANCEL.to_be_bytes())).await);
        until_held(server, 1).await;
        drop(peer);
        until_held(server, 0).await;
    })
    .await;
}

#[tokio::test]
async fn p15_five_thousand_polls() {
    const CONNECTIONS: usize = 50;
    const EACH: usize = 100;
    scene(async |server| {
        for over in Over::ALL {
            let token = server.guest("Mallory").await;
            let cursor = server.json(&token, "GET", "/v1/events", "").await.field("cursor");
            let path = format!("/v1/events?after={cursor}&wait=3");
            let bearer = format!("authorization: Bearer {token}");
            let (mut polls, asked) = (JoinSet::new(), Arc::new(AtomicUsize::new(0)));
            for _ in 0..CONNECTIONS {
                if over == Over::Http1 {
                    // One after the other on each, and on all of them until there were enough.
                    let (mut wire, asked) = (server.connect().await, asked.clone());
                    let (path, bearer) = (path.clone(), bearer.clone());
                    polls.spawn(async move {
                        let mut answers = Vec::new();
                        while asked.fetch_add(1, Ordering::Relaxed) < CONNECTIONS * EACH {
                            answers.push(wire.ask("GET", &path, &[&bearer], "").await);
                        }
                        answers
                    });
                    continue;
                }
                let connection = Http2::connect(server).await;
                for _ in 0..EACH {
                    let (connection, path, bearer) = (connection.clone(), path.clone(), bearer.clone());
                    polls.spawn(async move { vec![connection.ask("GET", &path, &[&bearer], "").await] });
                }
            }
            let mut most = 0;
            let mut answers = Vec::new();
            while let Some(answered) = polls.join_next().await {
                answers.extend(answered.unwrap());
                if answers.len() % 250 == 0 {
                    most = most.max(held(server).await);
                }
            }
            assert!(most <= 4, "{most} are held");
            assert_eq!(answers.len(), CONNECTIONS * EACH);
            let mut refused = 0;
            for answer in answers {
                if answer.status == 429 {
                    assert_eq!(answer.code(), "too_many_requests");
                    refused += 1;
                    continue;
                }
                // The one that is held longest goes when another one comes, with its own place: nothing is lost by it.
                assert_eq!(answer.status, 200, "{}", answer.text());
                assert_eq!(answer.json()["events"], serde_json::json!([]));
            }
            assert!(refused > 0, "so many are too many, {over:?}");
        }
    })
    .await;
}
