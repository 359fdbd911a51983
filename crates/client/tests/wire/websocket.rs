//! WebSockets: commands and their answers, pings, the end.

use std::time::Duration;

use chinwag_client::{
    BackoffOptions, ClientError, CloseCode, Protocol, ReaderOptions, Received, Transport, WebSocket,
};
use chinwag_protocol::{ClientId, Code, ConversationId, Cursor, FrameCommand, Pong, Record, Seq};
use serde_json::Value;
use tokio::time::{Instant, timeout};

use crate::protocols::{reader, session, take};
use crate::stub::{EVERY_WAY, Over, Stub, Then, record, start, until};

const PLAIN: Over = Over { protocol: Protocol::Http1, tls: false };
const DEADLINE: Duration = Duration::from_secs(60);

async fn open(stub: &Stub) -> WebSocket {
    session(stub).await.websocket(Some(&Cursor::from_text("c0"))).await.expect("the stub accepts")
}

fn conversation() -> ConversationId {
    serde_json::from_str(r#""00000000-0000-0000-0000-000000000003""#).expect("an id")
}

fn client_id() -> ClientId {
    serde_json::from_str(r#""00000000-0000-0000-0000-000000000004""#).expect("an id")
}

async fn next_cursor(socket: &mut WebSocket) -> String {
    match timeout(DEADLINE, socket.next()).await.expect("something comes").expect("it is open") {
        Received::Record(_, cursor) => cursor.to_string(),
        other => panic!("no record: {other:?}"),
    }
}

#[tokio::test]
async fn commands_are_answered_as_over_http() {
    for over in EVERY_WAY {
        let stub = start(over, vec![record(1, &"tea ".repeat(100))]).await;
        let mut socket = open(&stub).await;
        assert!(socket.is_deflated());
        let sent = socket.send_message(conversation(), client_id(), "tea", None).await.expect("it is stored");
        assert_eq!((sent.seq, sent.cursor), (Seq::new(7), Cursor::from_text("c7")));
        let deleted = socket.delete(conversation(), Seq::new(17)).await.expect("it is deleted");
        assert_eq!(deleted.seq, Seq::new(7));
        let refused = socket.leave(conversation()).await.unwrap_err();
        assert_eq!(refused.code(), Some(Code::NotFound), "{over:?}");
        socket.ack(&Cursor::from_text("c7")).await.expect("it is taken");
        socket.sign_out().await.expect("it is done");
        // What came beside the answers has waited, in its order.
        assert_eq!(next_cursor(&mut socket).await, "c1");
        for _ in 0..5 {
            assert_eq!(next_cursor(&mut socket).await, "c77");
        }
    }
}

#[tokio::test]
async fn answers_can_be_taken_as_they_come() {
    for over in EVERY_WAY {
        let stub = start(over, Vec::new()).await;
        let mut socket = open(&stub).await;
        for _ in 0..5 {
            // Not answered: the stub knows them with other ids.
            socket.begin(FrameCommand::SignOut).await.expect("it is sent");
        }
        let id = socket.begin(FrameCommand::Ping(Pong { data: Some("pong?".to_owned()) })).await.unwrap();
        socket.ping(b"are you there").await.unwrap();
        socket.send_text("what?").await.unwrap();
        let mut got = Vec::new();
        while got.len() < 7 {
            got.push(match timeout(DEADLINE, socket.next()).await.expect("something comes").unwrap() {
                Received::Record(record, cursor) => {
                    assert!(matches!(*record, Record::Heartbeat { .. }));
                    cursor.to_string()
                }
                Received::Reply { id, result } => {
                    let result: Value = serde_json::from_str(result.get()).unwrap();
                    format!("{id} {}", result.get("data").map_or("", |data| data.as_str().unwrap()))
                }
                Received::Problem { id, problem } => format!("{id:?} {}", problem.code),
                Received::Pong(payload) => String::from_utf8(payload).unwrap(),
            });
        }
        assert_eq!(id, "6");
        // The fifth `sign_out` has the id that the stub answers.
        got.sort();
        assert_eq!(
            got,
            ["5 ", "6 pong?", "None malformed_json", "are you there", "c77", "c77", "c77"].map(str::to_owned)
        );
    }
}

#[tokio::test]
async fn a_server_that_must_be_read_before_it_reads() {
    for over in EVERY_WAY {
        let stub = start(over, Vec::new()).await;
        stub.shared.lock().then.push_back(Then::Flood(4_000));
        let mut socket = open(&stub).await;
        // Hardly to be compressed.
        let mut state = 1_u32;
        let text: String = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(b' ' + (state >> 24) as u8 % 90)
        })
        .take(800_000)
        .collect();
        for _ in 0..20 {
            let sending = socket.send_text(&text);
            timeout(DEADLINE, sending).await.expect("the stub reads in the end").expect("it is open");
        }
        for number in 1..=4_000 {
            assert_eq!(next_cursor(&mut socket).await, format!("c{number}"), "{over:?}");
        }
    }
}

#[tokio::test]
async fn what_nobody_takes_has_a_limit() {
    let stub = start(PLAIN, Vec::new()).await;
    stub.shared.lock().then.push_back(Then::Flood(5_000));
    let mut socket = open(&stub).await;
    let stuck = timeout(DEADLINE, socket.sign_out()).await.expect("it is noticed").unwrap_err();
    assert!(stuck.may_pass(), "{stuck:?}");
    for number in 1..=5_000 {
        assert_eq!(next_cursor(&mut socket).await, format!("c{number}"));
    }
}

#[tokio::test]
async fn a_client_closes() {
    for over in EVERY_WAY {
        let stub = start(over, vec![record(1, "")]).await;
        let socket = open(&stub).await;
        let closed = socket.close(CloseCode::GOING_AWAY, "enough").await.expect("the stub closes too");
        assert_eq!(closed, Some(1001), "{over:?}");
        assert_eq!(stub.shared.lock().closed, [1001]);

        let session = session(&stub).await;
        let mut reader = reader(&session, Transport::WebSocket);
        take(&mut reader, 1).await;
        reader.switch(Transport::Poll);
        until("the reader closes", || stub.shared.lock().closed == [1001, 1000]).await;
    }
}

#[tokio::test]
async fn a_server_closes() {
    for over in EVERY_WAY {
        for (code, expected) in [(4001, Some(4001)), (1012, Some(1012)), (0, None)] {
            let stub = start(over, vec![record(1, "")]).await;
            stub.shared.lock().then.push_back(Then::Close(code));
            let mut socket = open(&stub).await;
            assert_eq!(next_cursor(&mut socket).await, "c1");
            for _ in 0..2 {
                let closed = timeout(DEADLINE, socket.next()).await.expect("it ends").unwrap_err();
                let ClientError::Closed { code, .. } = closed else { panic!("{closed:?}") };
                assert_eq!(code, expected, "{over:?}");
            }
            let closed = socket.send_message(conversation(), client_id(), "tea", None).await;
            assert!(closed.is_err());
            until("the client answers", || stub.shared.lock().closed == [code]).await;
        }
    }
}

/// The server closes, and the reader comes back after so many seconds.
async fn comes_back_after(code: u16, seconds: f64) {
    let stub = start(PLAIN, vec![record(1, ""), record(2, "")]).await;
    let session = session(&stub).await;
    let options = ReaderOptions {
        backoff: BackoffOptions { first: Duration::from_secs(2), longest: Duration::from_secs(30) },
        random: Box::new(|| 0.5),
        ..ReaderOptions::default()
    };
    let mut reader = session.events(Transport::WebSocket, Some(Cursor::from_text("c0")), options);
    take(&mut reader, 2).await;
    {
        let mut shared = stub.shared.lock();
        shared.records.truncate(2);
        shared.then.push_back(Then::Close(code));
    }
    // The WebSocket that the stub closes at once.
    reader.switch(Transport::WebSocket);
    let asked = stub.shared.lock().asked.len();
    let start = Instant::now();
    let again = async {
        loop {
            let _ = timeout(Duration::from_millis(50), reader.next()).await;
            if stub.shared.lock().asked.len() == asked + 2 {
                return start.elapsed().as_secs_f64();
            }
        }
    };
    let waited = timeout(Duration::from_secs(3_600), again).await.expect("it comes back");
    assert!((seconds..seconds + 0.5).contains(&waited), "{code}: {waited}");
}

#[tokio::test(start_paused = true)]
async fn close_codes_say_when_to_come_back() {
    // Half of half a second, and half of the first window.
    for (code, seconds) in [
        (4000, 0.25),
        (1000, 1.0),
        (1001, 1.0),
        (1008, 1.0),
        (1011, 1.0),
        (1012, 1.0),
        (1013, 1.0),
        (4002, 1.0),
        (4999, 1.0),
        (0, 1.0),
        (1002, 1.0),
        (1003, 1.0),
        (1007, 1.0),
        (1009, 1.0),
    ] {
        comes_back_after(code, seconds).await;
    }
}

#[tokio::test]
async fn some_close_codes_are_told() {
    for code in [1002, 1003, 1007, 1009] {
        let stub = start(PLAIN, vec![record(1, "")]).await;
        stub.shared.lock().then.push_back(Then::Close(code));
        let session = session(&stub).await;
        let mut reader = reader(&session, Transport::WebSocket);
        take(&mut reader, 1).await;
        let told = timeout(DEADLINE, reader.next()).await.expect("it is told").unwrap_err();
        assert!(matches!(told, ClientError::Closed { code: told, .. } if told == Some(code)), "{told:?}");
    }
}

#[tokio::test]
async fn who_was_signed_out_never_comes_back() {
    let stub = start(PLAIN, vec![record(1, "")]).await;
    stub.shared.lock().then.push_back(Then::Close(4001));
    let session = session(&stub).await;
    let mut reader = reader(&session, Transport::WebSocket);
    take(&mut reader, 1).await;
    let asked = stub.shared.lock().asked.len();
    for _ in 0..3 {
        let refused = timeout(DEADLINE, reader.next()).await.expect("it is told").unwrap_err();
        assert_eq!(refused.code(), Some(Code::Unauthenticated));
        reader.switch(Transport::WebSocket);
    }
    assert_eq!(stub.shared.lock().asked.len(), asked);
}

#[tokio::test]
async fn a_server_that_breaks_the_protocol_is_told_so() {
    let hidden = |json: &str| [&[0x81, json.len() as u8], json.as_bytes()].concat();
    for (bytes, code) in [
        (vec![0x81, 0x80, 1, 2, 3, 4], 1002),
        (vec![0x82, 1, 0], 1003),
        (vec![0x81, 1, 0xff], 1007),
        (hidden("<html>"), 1007),
        (hidden(r#"{"type":"message","cursor":"c9"}"#), 1007),
        (vec![0x81, 127, 0, 0, 0, 0, 0, 0x80, 0, 1], 1009),
    ] {
        let stub = start(PLAIN, vec![record(1, "")]).await;
        // What comes after it does not count.
        let sent = [bytes.clone(), hidden(&record(9, ""))].concat();
        stub.shared.lock().then.push_back(Then::Send(sent));
        let mut socket = open(&stub).await;
        assert_eq!(next_cursor(&mut socket).await, "c1");
        let broken = timeout(DEADLINE, socket.next()).await.expect("it is noticed").unwrap_err();
        assert!(matches!(broken, ClientError::Protocol(_)), "{bytes:?}: {broken:?}");
        until("the client says so", || stub.shared.lock().closed == [code]).await;
    }
}
