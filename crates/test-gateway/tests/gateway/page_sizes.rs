//! Pages that are asked for too large, or too deep (case R6).

use std::time::{Duration, Instant};

use crate::http2_client::Http2;
use crate::server::Server;
use crate::socket::{Over, Socket, TEXT, masked};
use crate::wire::Answer;

const ROWS: u64 = 230;

/// A GET over each protocol.
async fn get(server: &Server, token: &str, path: &str) -> [Answer; 2] {
    let http2 = Http2::connect(server).await;
    [server.json(token, "GET", path, "").await, http2.json(token, "GET", path, "").await]
}

/// A server with a room of so many messages, and who is in it.
async fn server_with_room(count: u64, text: &str) -> (Server, String, String) {
    let server = Server::with(|setup| setup.gateway.limits_on = false).await;
    let ada = server.guest("Ada").await;
    let (room, _) = server.room(&ada, "tea").await;
    for _ in 0..count {
        assert_eq!(server.send(&ada, &room, text).await.status, 201);
    }
    (server, ada, room)
}

#[tokio::test]
async fn r6_numbers_of_messages() {
    let (server, ada, room) = server_with_room(ROWS, "a").await;
    let path = format!("/v1/conversations/{room}/messages");
    // How much is asked for, and the rows that come.
    let table = [
        ("limit=1000000000", Ok((31, 230))),
        ("limit=18446744073709551615", Ok((31, 230))),
        ("limit=1000000000&before=1", Ok((1, 0))),
        ("limit=1000000000&before=2", Ok((1, 1))),
        ("limit=1000000000&before=18446744073709551615", Ok((31, 230))),
        ("limit=1000000000&after=0", Ok((1, 200))),
        ("limit=1000000000&after=9223372036854775807", Ok((231, 230))),
        ("limit=1000000000&after=18446744073709551615", Ok((231, 230))),
        ("limit=100000000000000000000", Ok((31, 230))),
        ("limit=-1", Err("invalid_query")),
        ("limit=1e9", Err("invalid_query")),
        ("before=18446744073709551616", Ok((181, 230))),
        ("before=-1", Err("invalid_query")),
    ];
    for (query, expected) in table {
        let target = format!("{path}?{query}");
        for answer in get(&server, &ada, &target).await {
            let (status, page) = (answer.status, answer.json());
            match expected {
                Ok((from, to)) => {
                    assert_eq!(status, 200, "{query}: {page}");
                    assert_eq!(
                        (page["from_seq"].as_i64(), page["to_seq"].as_i64()),
                        (Some(from), Some(to)),
                        "{query}"
                    );
                    assert_eq!(page["messages"].as_array().unwrap().len() as i64, to + 1 - from, "{query}");
                }
                Err(code) => assert_eq!((status, page["code"].as_str()), (400, Some(code)), "{query}"),
            }
        }
    }
}

#[tokio::test]
async fn r6_waits_of_polls() {
    let server = Server::with(|setup| setup.hub.limits.poll_seconds = 1).await;
    let ada = server.guest("Ada").await;
    let now = server.json(&ada, "GET", "/v1/events", "").await.field("cursor");
    for wait in ["1000000000", "18446744073709551615", "100000000000000000000"] {
        let started = Instant::now();
        for answer in get(&server, &ada, &format!("/v1/events?after={now}&wait={wait}")).await {
            assert_eq!(
                (answer.status, answer.json()["events"].as_array().unwrap().len()),
                (200, 0),
                "{wait}"
            );
        }
        // One after the other, each as long as is allowed.
        let (least, most) = (Duration::from_millis(1_900), Duration::from_secs(20));
        assert!((least..most).contains(&started.elapsed()), "{wait}: {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn r6_bytes_of_messages() {
    // Every byte of it is escaped.
    const COUNT: u64 = 25;
    let text = "\\\"".repeat(32_000);
    let (server, ada, room) = server_with_room(COUNT, &text).await;
    let path = format!("/v1/conversations/{room}/messages?limit=200");
    for answer in get(&server, &ada, &path).await {
        assert!((900_000..1_100_000).contains(&answer.body.len()), "{}", answer.body.len());
    }
    // Back to the beginning and forth to the end, without a hole.
    for (direction, begin) in [("before", COUNT + 1), ("after", 0)] {
        let (mut at, mut seen) = (begin, 0);
        while seen < COUNT {
            let page = server.json(&ada, "GET", &format!("{path}&{direction}={at}"), "").await.json();
            let (from, to) = (page["from_seq"].as_u64().unwrap(), page["to_seq"].as_u64().unwrap());
            let messages = page["messages"].as_array().unwrap();
            assert_eq!(messages.len() as u64, to + 1 - from);
            assert!(!messages.is_empty());
            assert_eq!(
                (messages[0]["seq"].as_u64(), messages.last().unwrap()["seq"].as_u64()),
                (Some(from), Some(to))
            );
            seen += messages.len() as u64;
            if direction == "before" {
                assert_eq!(to, at - 1);
                at = from;
            } else {
                assert_eq!(from, at + 1);
                at = to;
            }
        }
        assert_eq!(seen, COUNT);
    }
    // Whoever opens a room gets less: by WebSocket, it may have to wait.
    let http2 = Http2::connect(&server).await;
    for opened in [
        server.json(&ada, "PUT", "/v1/rooms/tea", "").await,
        http2.json(&ada, "PUT", "/v1/rooms/tea", "").await,
    ] {
        assert!(opened.body.len() < 80_000, "{}", opened.body.len());
        assert_eq!(opened.json()["messages"].as_array().unwrap().len(), 1);
    }
    for over in Over::ALL {
        let mut socket = Socket::open(&server, over, &ada, &[]).await;
        socket.send(masked(TEXT, br#"{"id":"1","command":"open_room","slug":"tea"}"#)).await;
        loop {
            let message = socket.json().await;
            if message["type"] == "reply" {
                assert_eq!(message["result"]["from_seq"], COUNT);
                assert_eq!(message["result"]["to_seq"], COUNT);
                break;
            }
        }
    }
}
