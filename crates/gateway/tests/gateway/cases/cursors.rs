//! E11 to E13: cursors that are wrong, and one device that reads in every way.

use chinwag_protocol::Pos;
use chinwag_store::Store;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::reader::{Reader, Transport};
use super::scene::scene;
use super::way::{Member, Way};
use crate::http2_client::Http2;
use crate::server::Server;
use crate::socket::{HANDSHAKE, Over, connect};

/// The code with which reading from here is refused.
async fn refusal(server: &Server, (transport, over): (Transport, Over), token: &str, cursor: &str) -> Value {
    let (bearer, after) = (format!("authorization: Bearer {token}"), format!("last-event-id: {cursor}"));
    let lines = [bearer.as_str(), &after, transport.accept()];
    let handshake = [&HANDSHAKE[..], &lines].concat();
    let problem = match (transport, over) {
        (Transport::WebSocket, Over::Http1) => server.ask("GET", "/v1/events", &handshake, "").await.json(),
        (Transport::WebSocket, Over::Http2) => {
            let answer = connect(server, Some("websocket"), &lines).await;
            serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap()
        }
        (_, Over::Http1) => server.ask("GET", "/v1/events", &lines, "").await.json(),
        (_, Over::Http2) => Http2::connect(server).await.ask("GET", "/v1/events", &lines, "").await.json(),
    };
    problem["code"].clone()
}

#[tokio::test]
async fn e11_cursors_that_are_wrong() {
    let elsewhere = Server::start().await;
    let of_elsewhere = elsewhere.guest("Ada").await;
    let (_, foreign) = elsewhere.room(&of_elsewhere, "tea").await;
    scene(async |server| {
        let (ada, eve) = (server.guest("Ada").await, server.guest("Eve").await);
        let (secret_room, before) = server.room(&ada, "ada-alone").await;
        server.send(&ada, &secret_room, "xyzzy").await;
        let (hers, _) = server.room(&eve, "eve-alone").await;
        server.send(&eve, &hers, "xyzzy of Eve").await;
        let mut flipped = before.clone().into_bytes();
        flipped[3] = if flipped[3] == b'A' { b'B' } else { b'A' };
        let flipped = String::from_utf8(flipped).unwrap();
        let beyond = server.hub.cursor(Pos::new(1_000_000)).as_str().to_owned();
        let short = &before[1..];
        for transport in Transport::ALL {
            for bad in
                ["-1", "0", "1", "xyzzy", short, &flipped, &foreign, &format!("{before}="), "' OR 1=1--"]
            {
                let code = refusal(server, transport, &eve, bad).await;
                assert_eq!(code, "invalid_cursor", "{transport:?} {bad}");
            }
            // Another's place is a place: what lies after it is one's own and nobody else's.
            let mut reader = Reader::open(server, transport, &eve, &before).await;
            loop {
                let record = reader.record().await;
                assert_ne!(record["conversation"], json!(secret_room), "{transport:?}");
                if record["text"] == "xyzzy of Eve" {
                    break;
                }
            }
            // Beyond the head: a gap, not the whole log, and not silence.
            let gap = Reader::open(server, transport, &eve, &beyond).await.record().await;
            assert_eq!((&gap["type"], &gap["reason"]), (&json!("gap"), &json!("ahead")), "{transport:?}");
        }
        for way in Way::ALL {
            let mut member = Member::arrive(server, way).await;
            for bad in ["-1", "xyzzy", &flipped, &foreign, &beyond] {
                assert_eq!(
                    member.acknowledge(&format!("\"{bad}\"")).await["code"],
                    "invalid_cursor",
                    "{way:?} {bad}"
                );
            }
            for bad in ["-1", "null", "{}"] {
                assert_eq!(member.acknowledge(bad).await["code"], "invalid_field", "{way:?} {bad}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn e12_acknowledging_what_never_came() {
    scene(async |server| {
        for way in Way::ALL {
            let mut member = Member::arrive(server, way).await;
            let other = server.guest("Ada").await;
            server.room(&other, "tea").await;
            let start = server.json(&member.token, "GET", "/v1/events", "").await.field("cursor");
            for number in 0..3 {
                assert_eq!(server.send(&other, &member.room, &format!("xyzzy {number}")).await.status, 201);
            }
            // The place of an answer is ahead of everything that this device has read.
            let last = member.say("xyzzy 3").await["cursor"].clone();
            assert_eq!(member.acknowledge(&last.to_string()).await, json!({}), "{way:?}");
            let head = server.store.head().await.unwrap();
            let future = server.hub.cursor(Pos::new(head.get() + 5)).as_str().to_owned();
            assert_eq!(
                member.acknowledge(&format!("\"{future}\"")).await["code"],
                "invalid_cursor",
                "{way:?}"
            );
            for transport in Transport::ALL {
                let mut reader = Reader::open(server, transport, &member.token, &start).await;
                for number in 0..4 {
                    let text = format!("xyzzy {number}");
                    assert_eq!(reader.record().await["text"], text, "{way:?} {transport:?}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn e13_one_device_in_every_way_at_once() {
    const MESSAGES: usize = 30;
    scene(async |server| {
        let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
        let (room, cursor) = server.room(&ada, "tea").await;
        server.room(&bob, "tea").await;
        let mut readers = Vec::new();
        for transport in Transport::ALL {
            readers.push((transport, Reader::open(server, transport, &ada, &cursor).await));
        }
        let speaking = async {
            for number in 1..=MESSAGES {
                assert_eq!(server.send(&bob, &room, &format!("xyzzy {number}")).await.status, 201);
            }
        };
        let reading = async {
            for (transport, reader) in &mut readers {
                for number in 1..=MESSAGES {
                    let record = reader.record().await;
                    assert_eq!(
                        (&record["seq"], &record["type"]),
                        (&json!(number), &json!("message")),
                        "{transport:?}"
                    );
                }
            }
        };
        tokio::join!(speaking, reading);
        // Nothing comes a second time before what is said next.
        server.send(&bob, &room, "xyzzy at last").await;
        for (transport, mut reader) in readers {
            assert_eq!(reader.record().await["text"], "xyzzy at last", "{transport:?}");
        }
    })
    .await;
}
