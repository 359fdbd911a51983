//! Requests and streams over each way.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use chinwag_client::{
    BackoffOptions, Client, ClientError, ClientOptions, EventReader, Protocol, ReaderOptions, Session,
    TlsRoots, Transport,
};
use chinwag_protocol::{Code, Cursor};
use http::StatusCode;
use tokio::time::timeout;

use crate::stub::{EVERY_WAY, Over, Quirks, Stub, record, start, start_with, until};

const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) async fn session(stub: &Stub) -> Session {
    let client = Client::with_options(&stub.url, &stub.options).expect("the URL is good");
    client.session("token").await.expect("the stub knows everyone")
}

pub(crate) fn reader(session: &Session, transport: Transport) -> EventReader {
    let options = ReaderOptions {
        poll_interval: Duration::from_millis(1),
        backoff: BackoffOptions { first: Duration::ZERO, longest: Duration::ZERO },
        ..ReaderOptions::default()
    };
    session.events(transport, Some(Cursor::from_text("c0")), options)
}

pub(crate) async fn take(reader: &mut EventReader, count: usize) -> Vec<String> {
    let mut taken = Vec::new();
    for _ in 0..count {
        let record = timeout(DEADLINE, reader.next()).await.expect("a record comes in time");
        taken.push(record.expect("nothing is refused").cursor().expect("it has a place").to_string());
    }
    taken
}

fn records(count: usize) -> Vec<String> {
    // The third is longer than what is read at once, the fourth than a frame of HTTP/2.
    let lengths = [0, 300, 9_000, 40_000];
    (1..=count).map(|number| record(number, &"é".repeat(lengths[number % 4]))).collect()
}

fn cursors(from: usize, to: usize) -> Vec<String> {
    (from..=to).map(|number| format!("c{number}")).collect()
}

#[tokio::test]
async fn everything_is_read_once_every_way_and_across_changes() {
    for over in EVERY_WAY {
        let stub = start(over, records(20)).await;
        let session = session(&stub).await;
        for first in Transport::ALL {
            for second in Transport::ALL {
                let mut reader = reader(&session, first);
                assert_eq!(take(&mut reader, 11).await, cursors(1, 11), "{first}, {over:?}");
                reader.switch(second);
                assert_eq!(take(&mut reader, 9).await, cursors(12, 20), "{first} to {second}, {over:?}");
            }
        }
    }
}

#[tokio::test]
async fn http_2_shares_one_connection() {
    for tls in [false, true] {
        let stub = start(Over { protocol: Protocol::Http2, tls }, records(2)).await;
        let session = session(&stub).await;
        let mut readers: Vec<_> =
            Transport::ALL.into_iter().map(|transport| reader(&session, transport)).collect();
        for reader in &mut readers {
            assert_eq!(take(reader, 2).await, ["c1", "c2"]);
        }
        session.ack(&Cursor::from_text("c2")).await.expect("the stub takes it");
        assert_eq!(stub.shared.lock().accepted, 1);
    }
}

#[tokio::test]
async fn a_lost_connection_is_made_anew() {
    for over in EVERY_WAY {
        for transport in Transport::ALL {
            let stub = start(over, records(4)).await;
            let session = session(&stub).await;
            let mut reader = reader(&session, transport);
            assert_eq!(take(&mut reader, 2).await, ["c1", "c2"]);
            let before = stub.shared.lock().accepted;
            stub.drop_connections();
            let mut answer = session.ack(&Cursor::from_text("c2")).await;
            if matches!(answer, Err(ClientError::Transport(_))) {
                // The connection may break while the command is under way.
                answer = session.ack(&Cursor::from_text("c2")).await;
            }
            answer.expect("there is a server");
            assert_eq!(take(&mut reader, 2).await, ["c3", "c4"], "{transport}, {over:?}");
            assert!(stub.shared.lock().accepted > before);
        }
    }
}

#[tokio::test]
async fn refusals_are_told() {
    for over in EVERY_WAY {
        for transport in Transport::ALL {
            let stub = start(over, records(1)).await;
            let session = session(&stub).await;
            stub.shared.lock().refusals.push_back(StatusCode::UNAUTHORIZED);
            let mut reader = reader(&session, transport);
            let refusal = timeout(DEADLINE, reader.next()).await.expect("an answer comes").unwrap_err();
            assert_eq!(refusal.code(), Some(Code::Unauthenticated), "{transport}, {over:?}");
            assert_eq!(take(&mut reader, 1).await, ["c1"]);
        }
    }
}

#[tokio::test]
async fn over_http_2_a_websocket_is_only_asked_for_where_it_is_taken() {
    let quirks = Quirks { no_extended_connect: true, ..Quirks::default() };
    let stub = start_with(Over { protocol: Protocol::Http2, tls: false }, records(1), quirks).await;
    let session = session(&stub).await;
    assert!(matches!(session.websocket(None).await, Err(ClientError::Protocol(_))));
    assert_eq!(stub.shared.lock().asked, ["GET /v1/session"]);
}

#[tokio::test]
async fn a_server_without_alpn_speaks_http_1() {
    let quirks = Quirks { no_alpn: true, ..Quirks::default() };
    let stub = start_with(Over { protocol: Protocol::Http1, tls: true }, records(1), quirks).await;
    session(&stub).await;
    let options = ClientOptions { protocol: Protocol::Http2, ..stub.options.clone() };
    let client = Client::with_options(&stub.url, &options).unwrap();
    assert!(matches!(client.session("token").await, Err(ClientError::Protocol(_))));
}

#[tokio::test]
async fn certificates_are_checked() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let stub = start(Over { protocol, tls: true }, Vec::new()).await;
        let other = start(Over { protocol, tls: true }, Vec::new()).await;
        for (url, tls_roots) in [
            (&stub.url, other.options.tls_roots),
            (&stub.url, TlsRoots::System),
            (&stub.url, TlsRoots::These(Vec::new())),
            (&stub.url.replace("127.0.0.1", "localhost"), stub.options.tls_roots.clone()),
        ] {
            let client = Client::with_options(url, &ClientOptions { protocol, tls_roots }).unwrap();
            let refused = client.session("token").await;
            assert!(matches!(refused, Err(ClientError::Protocol(_))), "{refused:?}");
        }
        assert!(stub.shared.lock().asked.is_empty());
    }
    assert!(TlsRoots::from_pem(b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").is_err());
}

#[tokio::test]
async fn the_versions_do_not_understand_each_other() {
    for (theirs, ours) in [(Protocol::Http1, Protocol::Http2), (Protocol::Http2, Protocol::Http1)] {
        for tls in [false, true] {
            let stub = start(Over { protocol: theirs, tls }, Vec::new()).await;
            let options = ClientOptions { protocol: ours, ..stub.options.clone() };
            let client = Client::with_options(&stub.url, &options).unwrap();
            let answer = timeout(DEADLINE, client.session("token")).await.expect("it is noticed");
            assert!(
                matches!(answer, Err(ClientError::Protocol(_) | ClientError::Transport(_))),
                "{theirs:?}, tls {tls}: {answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_stream_that_nobody_reads_stalls_no_other() {
    let stub = start(Over { protocol: Protocol::Http2, tls: false }, records(200)).await;
    let session = session(&stub).await;
    let mut stalled = Vec::new();
    for transport in [Transport::Stream, Transport::Sse, Transport::WebSocket, Transport::Stream] {
        let mut reader = reader(&session, transport);
        take(&mut reader, 1).await;
        stalled.push(reader);
    }
    for transport in Transport::ALL {
        assert_eq!(take(&mut reader(&session, transport), 200).await, cursors(1, 200), "{transport}");
    }
    for reader in &mut stalled {
        assert_eq!(take(reader, 199).await, cursors(2, 200));
    }
    until("one connection did it all", || stub.shared.lock().accepted == 1).await;
}

#[tokio::test]
async fn a_reader_that_nobody_polls_holds_up_no_command() {
    for over in EVERY_WAY {
        for transport in Transport::ALL {
            let stub = start(over, records(2)).await;
            let client = Client::with_options(&stub.url, &stub.options).expect("the URL is good");
            let session = session(&stub).await.by_way_of(&client);
            let mut reader = reader(&session, transport);
            // It is polled once, and so begins to connect.
            let polled = poll_fn(|cx| Poll::Ready(pin!(reader.next()).poll(cx))).await;
            assert!(polled.is_pending());
            let answer = session.ack(&Cursor::from_text("c0")).await;
            assert!(answer.is_ok(), "{transport}, {over:?}: {answer:?}");
            assert_eq!(take(&mut reader, 2).await, ["c1", "c2"]);
        }
    }
}
