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
use crate::socket::{HANDSHAKE, Over, connect_to};

/// How a cursor is named: in the query, or in a header.
const PLACES: [&str; 2] = ["after", "last-event-id"];

/// The code with which reading from here is refused.
async fn refusal(
    server: &Server,
    (transport, over): (Transport, Over),
    token: &str,
    (place, cursor): (&str, &str),
) -> Value {
    let bearer = format!("authorization: Bearer {token}");
    let wait = if transport == Transport::LongPoll { "wait=30" } else { "wait=0" };
    let (mut path, mut lines) = (format!("/v1/events?{wait}"), vec![bearer.as_str(), transport.accept()]);
    let header = format!("{place}: {cursor}");
    if place == "after" {
        path.push_str("&after=");
        path.extend(cursor.bytes().map(|byte| format!("%{byte:02X}")));
    } else {
        lines.push(&header);
    }
    let problem = match (transport, over) {
        (Transport::WebSocket, Over::Http1) => {
            server.ask("GET", &path, &[&HANDSHAKE[..], &lines].concat(), "").await.json()
        }
        (Transport::WebSocket, Over::Http2) => {
            let answer = connect_to(server, &path, Some("websocket"), &lines).await;
            serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap()
        }
        (_, Over::Http1) => server.ask("GET", &path, &lines, "").await.json(),
        (_, Over::Http2) => Http2::connect(server).await.ask("GET", &path, &lines, "").await.json(),
    };
    problem["code"].clone()
}

/// With each of its characters changed, in turn.
fn tampered(cursor: &str) -> Vec<String> {
    let change = |at: usize| {
        let mut bytes = cursor.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    (0..cursor.len()).map(change).collect()
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
        let flipped = tampered(&before);
        let beyond = server.hub.cursor(Pos::new(1_000_000)).as_str().to_owned();
        let (short, long) = (&before[1..], format!("{before}="));
        let bad: Vec<&str> = ["-1", "0", "1", "xyzzy", short, &foreign, &long, "' OR 1=1--", "null"]
            .into_iter()
            .chain(flipped.iter().map(String::as_str))
            .collect();
        for transport in Transport::ALL {
            // Each asks so often at most.
            let eve_too = server.guest("Eve").await;
            for place in PLACES {
                for cursor in &bad {
                    let code = refusal(server, transport, &eve_too, (place, cursor)).await;
                    assert_eq!(code, "invalid_cursor", "{transport:?} {place} {cursor}");
                }
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
        }
        for transport in Transport::ALL {
            // Beyond the head: a gap, not the whole log, and not silence. Then what comes from now on.
            let mut reader = Reader::open(server, transport, &eve, &beyond).await;
            let gap = reader.record().await;
            assert_eq!((&gap["type"], &gap["reason"]), (&json!("gap"), &json!("ahead")), "{transport:?}");
            let text = format!("xyzzy after the gap by {transport:?}");
            assert_eq!(server.send(&eve, &hers, &text).await.status, 201);
            assert_eq!(reader.record().await["text"], text, "{transport:?}");
        }
        for way in Way::ALL {
            let mut member = Member::arrive(server, way).await;
            for bad in bad.iter().chain([&&*beyond]) {
                let told = member.acknowledge(&json!(bad).to_string()).await;
                assert_eq!(told["code"], "invalid_cursor", "{way:?} {bad}");
            }
            for bad in ["-1", "null", "{}"] {
                assert_eq!(member.acknowledge(bad).await["code"], "invalid_field", "{way:?} {bad}");
            }
        }
        // A page of the list of conversations is asked for by a place of its own.
        for next in ["-1", "xyzzy", &before, &foreign] {
            let path = format!("/v1/sync?next={next}");
            assert_eq!(server.json(&eve, "GET", &path, "").await.code(), "invalid_query", "{next}");
            let http2 = Http2::connect(server).await;
            assert_eq!(http2.json(&eve, "GET", &path, "").await.code(), "invalid_query", "{next}");
        }
    })
    .await;
}

/// E5, for who reads: asking as somebody else shows nothing but one's own.
#[tokio::test]
async fn e5_privileges_in_a_query() {
    scene(async |server| {
        let (ada, eve) = (server.guest("Ada").await, server.guest("Eve").await);
        let (secret_room, cursor) = server.room(&ada, "ada-alone").await;
        server.send(&ada, &secret_room, "xyzzy").await;
        let (hers, _) = server.room(&eve, "eve-alone").await;
        server.send(&eve, &hers, "xyzzy of Eve").await;
        let session = server.json(&ada, "GET", "/v1/session", "").await.json();
        let (account, device) = (&session["account"]["id"], &session["device"]["id"]);
        let query = format!(
            "after={cursor}&account={account}&device={device}&conversation={secret_room}&role=owner&admin=true"
        );
        for transport in Transport::ALL {
            let mut reader = Reader::open_with(server, transport, &eve, &query.replace('"', "")).await;
            loop {
                let record = reader.record().await;
                assert_ne!(record["conversation"], json!(secret_room), "{transport:?}");
                if record["text"] == "xyzzy of Eve" {
                    break;
                }
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
            for (said, transport) in (4..).zip(Transport::ALL) {
                // Who asks from there acknowledges it, too.
                let mut ahead = Reader::open(server, transport, &member.token, last.as_str().unwrap()).await;
                assert_eq!(server.send(&other, &member.room, &format!("xyzzy {said}")).await.status, 201);
                for number in 4..=said {
                    let text = format!("xyzzy {number}");
                    assert_eq!(ahead.record().await["text"], text, "{way:?} {transport:?}");
                }
                let mut reader = Reader::open(server, transport, &member.token, &start).await;
                for number in 0..=said {
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
