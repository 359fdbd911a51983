//! The reader against a hand-made server that breaks its answers.

mod bytes;
mod stub;

use std::time::Duration;

use chinwag_client::{BackoffOptions, Client, ClientError, EventReader, ReaderOptions, Session, Transport};
use chinwag_protocol::{Code, Cursor, Record};
use stub::{Fault, Stub, record};
use tokio::time::timeout;

/// Longer than anything here takes.
const DEADLINE: Duration = Duration::from_secs(120);

const STREAMS: [Transport; 3] = [Transport::Stream, Transport::Sse, Transport::WebSocket];

fn options() -> ReaderOptions {
    ReaderOptions {
        poll_interval: Duration::from_millis(1),
        long_poll_wait: Duration::from_secs(1),
        backoff: BackoffOptions { first: Duration::ZERO, longest: Duration::ZERO },
        random: Box::new(|| 0.5),
    }
}

async fn session(stub: &Stub) -> Session {
    let client = Client::new(&stub.url).expect("the URL is good");
    client.session("token").await.expect("the stub knows everyone")
}

async fn reader(stub: &Stub, transport: Transport, options: ReaderOptions) -> EventReader {
    session(stub).await.events(transport, Some(Cursor::from_text("c0")), options)
}

async fn next(reader: &mut EventReader) -> Result<String, ClientError> {
    let record = timeout(DEADLINE, reader.next()).await.expect("a record comes in time")?;
    Ok(record.cursor().map(ToString::to_string).unwrap_or_default())
}

async fn take(reader: &mut EventReader, count: usize) -> Vec<String> {
    let mut taken = Vec::new();
    for _ in 0..count {
        taken.push(next(reader).await.expect("nothing is refused"));
    }
    taken
}

fn records() -> Vec<String> {
    ["plain", "käse", "茶", "👩‍👩‍👧", ""]
        .iter()
        .enumerate()
        .map(|(index, text)| record(index + 1, text))
        .collect()
}

const CURSORS: [&str; 5] = ["c1", "c2", "c3", "c4", "c5"];

#[tokio::test]
async fn everything_is_read_once_on_every_transport() {
    for transport in Transport::ALL {
        let stub = Stub::start(records(), vec![]).await;
        let mut reader = reader(&stub, transport, options()).await;
        assert_eq!(take(&mut reader, 5).await, CURSORS, "{transport}");
        assert_eq!(reader.cursor(), Some(&Cursor::from_text("c5")));
    }
}

#[tokio::test]
async fn answers_may_come_in_pieces_of_any_size() {
    for transport in Transport::ALL {
        for size in [1, 2, 3, 5, 7, 64] {
            let stub = Stub::start(records(), vec![Fault::Pieces(size)]).await;
            let mut reader = reader(&stub, transport, options()).await;
            assert_eq!(take(&mut reader, 5).await, CURSORS, "{transport} in pieces of {size}");
            assert_eq!(stub.asked().len(), 1, "{transport} in pieces of {size}");
        }
    }
}

#[tokio::test]
async fn an_answer_cut_at_any_byte_loses_and_repeats_nothing() {
    for transport in Transport::ALL {
        for cut in 0..450 {
            let stub = Stub::start(records(), vec![Fault::Cut(cut), Fault::Ignore]).await;
            let mut reader = reader(&stub, transport, options()).await;
            assert_eq!(take(&mut reader, 5).await, CURSORS, "{transport} cut at {cut}");
        }
    }
}

#[tokio::test]
async fn after_a_cut_the_last_whole_record_counts() {
    let streams =
        [(Transport::Stream, 1), (Transport::Sse, "id: c1\ndata: \n\n".len()), (Transport::WebSocket, 2)];
    for (transport, framing) in streams {
        let first = record(1, "plain").len() + framing;
        for (cut, asked_again) in [(first - 1, 0), (first, 1), (first + 1, 1)] {
            let stub = Stub::start(records(), vec![Fault::Cut(cut)]).await;
            let mut reader = reader(&stub, transport, options()).await;
            assert_eq!(take(&mut reader, 5).await, CURSORS);
            let asked = stub.asked();
            assert!(asked[1].ends_with(&format!(" {asked_again}")), "{transport} cut at {cut}: {asked:?}");
        }
    }
}

#[tokio::test]
async fn a_change_of_transport_goes_on_from_what_was_yielded() {
    for first in Transport::ALL {
        for second in Transport::ALL {
            for yielded in 0..=5 {
                let stub = Stub::start(records(), vec![]).await;
                let mut reader = reader(&stub, first, options()).await;
                let mut taken = take(&mut reader, yielded).await;
                reader.switch(second);
                assert_eq!(reader.transport(), second);
                if yielded < 5 {
                    taken.extend(take(&mut reader, 5 - yielded).await);
                }
                assert_eq!(taken, CURSORS, "{first} to {second} after {yielded}");
            }
        }
    }
}

#[tokio::test]
async fn dropping_the_future_loses_nothing() {
    for transport in Transport::ALL {
        let stub = Stub::start(records(), vec![Fault::Pieces(1), Fault::Cut(40), Fault::Pieces(3)]).await;
        let mut reader = reader(&stub, transport, options()).await;
        let mut taken = Vec::new();
        let reading = async {
            while taken.len() < 5 {
                // Gives up before every single thing that the future waits for.
                tokio::select! {
                    biased;
                    record = reader.next() => taken.push(record.unwrap().cursor().unwrap().to_string()),
                    () = tokio::task::yield_now() => {}
                }
            }
        };
        timeout(DEADLINE, reading).await.expect("the records come in time");
        assert_eq!(taken, CURSORS, "{transport}");
    }
}

#[tokio::test]
async fn a_record_of_an_unknown_type_moves_the_cursor() {
    for transport in STREAMS {
        let unknown = r#"{"type":"parade","cursor":"c2"}"#.to_owned();
        let stub = Stub::start(vec![record(1, ""), unknown, record(3, "")], vec![]).await;
        let mut reader = reader(&stub, transport, options()).await;
        take(&mut reader, 1).await;
        assert_eq!(timeout(DEADLINE, reader.next()).await.unwrap().unwrap(), Record::Unknown);
        assert_eq!(reader.cursor(), Some(&Cursor::from_text("c2")));
        reader.switch(transport);
        assert_eq!(take(&mut reader, 1).await, ["c3"]);
        assert_eq!(stub.asked().last().unwrap().split(' ').next_back(), Some("2"));
    }
}

#[tokio::test]
async fn a_signed_out_reader_asks_never_again() {
    for transport in STREAMS {
        let end = r#"{"type":"end","reason":"signed_out","reconnect_ms":null,"cursor":"c1"}"#.to_owned();
        let stub = Stub::start(vec![end], vec![]).await;
        let mut reader = reader(&stub, transport, options()).await;
        take(&mut reader, 1).await;
        for _ in 0..2 {
            assert_eq!(next(&mut reader).await.unwrap_err().code(), Some(Code::Unauthenticated));
            reader.switch(transport);
        }
        assert_eq!(stub.asked().len(), 1);
    }
}

fn refusal(code: &str, status: u16, headers: &str) -> Fault {
    let body = format!(r#"{{"type":"","title":"","status":{status},"code":"{code}","detail":""}}"#);
    Fault::Answer(format!(
        "HTTP/1.1 {status} No\r\ncontent-type: application/problem+json\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    ))
}

#[tokio::test]
async fn a_refusal_that_does_not_pass_is_returned() {
    for transport in Transport::ALL {
        let faults = vec![refusal("invalid_cursor", 400, ""), refusal("unheard_of", 418, "")];
        let stub = Stub::start(records(), faults).await;
        let mut reader = reader(&stub, transport, options()).await;
        assert_eq!(next(&mut reader).await.unwrap_err().code(), Some(Code::InvalidCursor), "{transport}");
        assert_eq!(next(&mut reader).await.unwrap_err().code(), Some(Code::Unknown), "{transport}");
        assert_eq!(take(&mut reader, 5).await, CURSORS);
    }
}

#[tokio::test]
async fn what_is_no_chinwag_server_is_returned() {
    let portal = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>";
    for transport in Transport::ALL {
        let stub = Stub::start(records(), vec![Fault::Answer(portal.to_owned())]).await;
        let mut reader = reader(&stub, transport, options()).await;
        assert!(matches!(next(&mut reader).await, Err(ClientError::Protocol(_))), "{transport}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_server_names_when_to_come_back() {
    let end =
        |number| format!(r#"{{"type":"end","reason":"restart","reconnect_ms":8000,"cursor":"c{number}"}}"#);
    for transport in STREAMS {
        let faults = vec![refusal("overloaded", 503, "retry-after: 7\r\n")];
        let stub = Stub::start(vec![end(1), record(2, "")], faults).await;
        let mut reader = reader(&stub, transport, options()).await;
        let start = tokio::time::Instant::now();
        take(&mut reader, 1).await;
        assert_eq!(start.elapsed().as_secs(), 7, "{transport}: Retry-After is waited for");
        take(&mut reader, 1).await;
        assert_eq!(
            start.elapsed().as_secs(),
            7 + 4,
            "{transport}: half of the window, as the randomness has it"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn failures_are_waited_out_longer_and_longer() {
    for transport in Transport::ALL {
        let stub = Stub::start(records(), vec![Fault::Ignore; 6]).await;
        let options = ReaderOptions { random: Box::new(|| 0.5), ..ReaderOptions::default() };
        let mut reader = reader(&stub, transport, options).await;
        let start = tokio::time::Instant::now();
        take(&mut reader, 5).await;
        let waited = start.elapsed().as_secs();
        assert_eq!(waited, 1 + 2 + 4 + 8 + 15 + 15, "{transport}");
        assert_eq!(reader.failures(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_falls_silent_is_left() {
    for transport in STREAMS {
        let hello = r#"{"type":"hello","protocol":1,"server":"s","heartbeat_ms":25000,"limits":{"message_bytes":1,
            "name_characters":1,"slug_characters":1,"page_messages":1,"poll_seconds":1,"polls_held":1},
            "cursor":"c1","pad":""}"#;
        let stub = Stub::start(vec![hello.replace('\n', "")], vec![]).await;
        let mut reader = reader(&stub, transport, options()).await;
        take(&mut reader, 1).await;
        stub.shared.lock().asked.clear();
        let start = tokio::time::Instant::now();
        let silence = timeout(Duration::from_secs(3_600), async {
            // Asked for in vain again and again: that must not put the end off.
            while stub.asked().is_empty() {
                let _ = timeout(Duration::from_secs(1), reader.next()).await;
            }
        });
        silence.await.expect("the reader notices");
        // The heartbeat's 25 s and 10 s more, as far as waits of a second can tell.
        assert!((35..=36).contains(&start.elapsed().as_secs()), "{transport}: {:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_comes_is_not_waited_for() {
    for transport in Transport::ALL {
        let stub = Stub::start(records(), vec![Fault::Hold]).await;
        let mut reader = reader(&stub, transport, options()).await;
        let record = timeout(Duration::from_secs(60), reader.next()).await;
        assert!(record.expect("the reader asks again").is_ok(), "{transport}");
        assert_eq!(stub.asked().len(), 2);
    }
}
