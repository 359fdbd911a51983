//! What a stream says of itself: hello, heartbeats, its end.

use std::time::Duration;

use chinwag_client::{EventReader, NdjsonParser, Transport};
use chinwag_protocol::{EndReason, Poll, Record};
use http::Request;
use http::header::{ACCEPT, AUTHORIZATION};
use http_body_util::BodyExt;

use crate::lines::Rooms;
use crate::only_here::OnlyHere;
use crate::posting::{cursor_of_now, post, reader, reader_from_now};
use crate::server::{Setup, TestServer, open, within};
use crate::way::Carrier;

const STREAMS: [Transport; 3] = [Transport::Stream, Transport::Sse, Transport::WebSocket];

/// The next record of a kind.
async fn next_of(reader: &mut EventReader, wanted: impl Fn(&Record) -> bool) -> Record {
    let reading = async {
        loop {
            let record = reader.next().await.expect("reading is not refused");
            if wanted(&record) {
                return record;
            }
        }
    };
    within("a record of its kind", reading).await
}

#[tokio::test]
async fn hello_comes_first_and_says_what_the_server_says() {
    let server = TestServer::start().await;
    let ada = server.guest("Ada").await;
    let tea = open(&ada, "tea").await;
    let start = cursor_of_now(&ada).await;
    post(&ada, tea, "one").await;
    let told = within("server", ada.client().server()).await.expect("the server tells of itself");
    assert_eq!((told.protocol, told.heartbeat_ms), (1, 25_000));
    assert_eq!(
        (told.limits.message_bytes, told.limits.page_messages, told.limits.polls_held),
        (32_768, 200, 4)
    );
    for transport in STREAMS {
        let mut reader = reader(&ada, transport, &start);
        let first = within("a record", reader.next()).await.expect("reading is not refused");
        let Record::Hello { protocol, server, heartbeat_ms, limits, cursor, .. } = first else {
            panic!("{transport}: first came {first:?}");
        };
        assert_eq!((protocol, server, heartbeat_ms), (1, told.server.clone(), 25_000));
        assert_eq!(limits, told.limits);
        assert_eq!(cursor, start, "{transport}: nothing was sent yet");
        let second = within("a record", reader.next()).await.expect("reading is not refused");
        assert_eq!(Rooms(vec![(tea, "tea")]).line(&second), "tea 1 #1 Ada: one");
    }
}

#[tokio::test]
async fn the_first_record_is_large_enough_to_show_a_proxy_that_holds_it_back() {
    let server = TestServer::start().await;
    let ada = server.guest("Ada").await;
    for (media_type, end) in [("application/x-ndjson", "\n"), ("text/event-stream", "\n\n")] {
        let request = Request::get("/v1/events")
            .header(ACCEPT, media_type)
            .header(AUTHORIZATION, format!("Bearer {}", ada.token()))
            .body(bytes::Bytes::new())
            .expect("the request is good");
        let open = ada.client().http().open(request, Duration::from_secs(30)).await;
        let mut answer = open.expect("a stream may be read");
        assert_eq!(answer.headers()["cache-control"], "no-store, no-transform");
        assert_eq!(answer.headers()["x-accel-buffering"], "no");
        assert!(!answer.headers().contains_key("content-length"));
        let mut text = String::new();
        let hello = async {
            while !text.contains(r#""type":"hello""#) || !text.ends_with(end) {
                let frame =
                    answer.body_mut().frame().await.expect("the stream goes on").expect("it is not cut");
                let bytes = frame.into_data().expect("there are no trailers");
                text.push_str(std::str::from_utf8(&bytes).expect("hello is ASCII"));
            }
        };
        within("hello", hello).await;
        let data = match media_type {
            "application/x-ndjson" => text.as_str(),
            _ => {
                let rest = text.strip_prefix("retry: ").expect("retry comes first");
                let (retry, rest) = rest.split_once("\n\nid: ").expect("then the record with its id");
                assert!((1_000..=3_000).contains(&retry.parse::<u32>().expect("retry is a number")));
                let (id, data) = rest.split_once("\ndata: ").expect("then its data");
                assert!(data.contains(&format!(r#""cursor":"{id}""#)), "the id is the cursor");
                data
            }
        };
        let mut parser = NdjsonParser::new(1 << 20);
        parser.push(data.as_bytes()).expect("hello is not large");
        let hello = parser.next_line().expect("hello is one line");
        assert_eq!(parser.next_line(), None, "hello comes alone");
        assert!(serde_json::from_slice::<Record>(&hello).is_ok());
        assert!(text.len() >= 2_048, "{media_type}: {} bytes", text.len());
    }
}

#[tokio::test]
async fn a_heartbeat_carries_the_place_and_the_heads() {
    let server = TestServer::start_with(Setup::only_here(OnlyHere::Heartbeat(Duration::from_secs(1)))).await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let (tea, news) = (open(&ada, "tea").await, open(&ada, "news").await);
    let rooms = Rooms(vec![(tea, "tea"), (news, "news")]);
    open(&bob, "tea").await;
    for text in ["one", "two"] {
        post(&ada, tea, text).await;
    }
    post(&ada, news, "not for Bob").await;
    let expected = [
        (Transport::Stream, "heartbeat tea 2", "heartbeat tea 3"),
        (Transport::Sse, "heartbeat tea 3", "heartbeat tea 4"),
        (Transport::WebSocket, "heartbeat tea 4", "heartbeat tea 5"),
    ];
    for (transport, before, after) in expected {
        let mut beating = reader_from_now(&bob, transport).await;
        let beat = next_of(&mut beating, |record| matches!(record, Record::Heartbeat { .. })).await;
        assert_eq!(rooms.line(&beat), before);
        let place = beat.cursor().expect("a heartbeat has a place").clone();
        drop(beating);
        post(&ada, tea, "later").await;
        let mut again = reader(&bob, transport, &place);
        assert!(rooms.read(&mut again, 1).await[0].ends_with("Ada: later"));
        let beat = next_of(&mut again, |record| matches!(record, Record::Heartbeat { .. })).await;
        assert_eq!(rooms.line(&beat), after, "traffic moves the heads");
    }
}

#[tokio::test]
async fn a_stream_ends_itself_and_the_reader_comes_back() {
    let server = TestServer::start_with(Setup::only_here(OnlyHere::Lifetime(Duration::from_secs(1)))).await;
    let ada = server.guest("Ada").await;
    let tea = open(&ada, "tea").await;
    let rooms = Rooms(vec![(tea, "tea")]);
    for transport in STREAMS {
        let mut reader = reader_from_now(&ada, transport).await;
        for number in 0..2 {
            let end = next_of(&mut reader, |record| matches!(record, Record::End { .. })).await;
            assert!(
                matches!(end, Record::End { reason: EndReason::Lifetime, reconnect_ms: Some(500), .. }),
                "{transport}: {end:?}"
            );
            let text = format!("{transport} {number}");
            post(&ada, tea, &text).await;
            let message = next_of(&mut reader, |record| !matches!(record, Record::Hello { .. })).await;
            assert!(rooms.line(&message).ends_with(&text), "{transport}: {message:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_stops_tells_its_streams_to_come_back() {
    for carrier in Carrier::all() {
        let server = TestServer::start_with(Setup { alone: true, ..Setup::over(carrier) }).await;
        let ada = server.guest("Ada").await;
        let tea = open(&ada, "tea").await;
        let rooms = Rooms(vec![(tea, "tea")]);
        let mut readers = Vec::new();
        for transport in STREAMS {
            readers.push(reader_from_now(&ada, transport).await);
        }
        post(&ada, tea, "one").await;
        let data = server.stop().await;
        let mut places = Vec::new();
        for reader in &mut readers {
            let expected = ["tea 1 #1 Ada: one", "end Restart Some(2000)"];
            assert_eq!(rooms.read(reader, 2).await, expected, "{} over {carrier:?}", reader.transport());
            places.push(reader.cursor().expect("something was read").clone());
        }
        let server = TestServer::start_on(data, Setup::over(carrier)).await;
        let ada = server.resume(&ada).await;
        post(&ada, tea, "two").await;
        for (transport, place) in STREAMS.into_iter().zip(&places) {
            let lines = rooms.read(&mut reader(&ada, transport, place), 1).await;
            assert_eq!(lines, ["tea 2 #2 Ada: two"], "{transport} over {carrier:?}");
        }
    }
}

#[tokio::test]
async fn last_event_id_wins_over_after() {
    let server = TestServer::start().await;
    let ada = server.guest("Ada").await;
    let tea = open(&ada, "tea").await;
    let first = post(&ada, tea, "one").await;
    let second = post(&ada, tea, "two").await;
    let request = Request::get(format!("/v1/events?after={}", first.cursor))
        .header(AUTHORIZATION, format!("Bearer {}", ada.token()))
        .header("last-event-id", second.cursor.as_str())
        .body(bytes::Bytes::new())
        .expect("the request is good");
    let asking = ada.client().http().call(request, Duration::from_secs(30));
    let answer = within("a poll", asking).await.expect("the server answers");
    let poll: Poll = serde_json::from_slice(answer.body()).expect("the answer is a poll's");
    assert_eq!(poll, Poll { events: Vec::new(), cursor: second.cursor, more: false });
}
