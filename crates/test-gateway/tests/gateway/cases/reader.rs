//! The ways in which records come.

use std::collections::VecDeque;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::browser::Browser;
use crate::http2_client::{Http2, head_of};
use crate::server::Server;
use crate::socket::{HANDSHAKE, Over, Socket, connect};
use crate::wire::{Answer, Wire};

/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between short polls.
const INTERVAL: Duration = Duration::from_millis(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    /// Asks again and again.
    ShortPoll,
    LongPoll,
    Lines,
    Events,
    WebSocket,
}

impl Transport {
    pub(crate) const ALL: [(Self, Over); 10] = [
        (Self::ShortPoll, Over::Http1),
        (Self::ShortPoll, Over::Http2),
        (Self::LongPoll, Over::Http1),
        (Self::LongPoll, Over::Http2),
        (Self::Lines, Over::Http1),
        (Self::Lines, Over::Http2),
        (Self::Events, Over::Http1),
        (Self::Events, Over::Http2),
        (Self::WebSocket, Over::Http1),
        (Self::WebSocket, Over::Http2),
    ];

    /// Those that do not end.
    pub(super) fn streams() -> impl Iterator<Item = (Self, Over)> {
        Self::ALL.into_iter().filter(|(transport, _)| !matches!(transport, Self::ShortPoll | Self::LongPoll))
    }

    pub(super) fn accept(self) -> &'static str {
        match self {
            Self::ShortPoll | Self::LongPoll | Self::WebSocket => "accept: application/json",
            Self::Lines => "accept: application/x-ndjson",
            Self::Events => "accept: text/event-stream",
        }
    }
}

/// One reading connection of a device.
pub(crate) struct Reader<'a> {
    source: Source<'a>,
    records: VecDeque<Value>,
}

enum Source<'a> {
    Poll { server: &'a Server, over: Over, lines: Vec<String>, accounts: String, query: String, wait: u8 },
    Http1(Wire),
    Http2(Incoming, Vec<u8>),
    Socket(Box<Socket>),
}

impl<'a> Reader<'a> {
    /// Reads on from a cursor.
    pub(crate) async fn open(server: &'a Server, way: (Transport, Over), token: &str, cursor: &str) -> Self {
        Self::open_with(server, way, token, &format!("after={cursor}")).await
    }

    /// Reads on from a cursor for these accounts of a browser, which are separated by commas.
    pub(crate) async fn open_for(
        browser: &Browser<'a>,
        way: (Transport, Over),
        accounts: &str,
        cursor: &str,
    ) -> Self {
        let accounts = format!("accounts={accounts}&");
        Self::open_by(browser.server, way, browser.lines(), accounts, format!("after={cursor}")).await
    }

    /// Reads from now on, and looks at what these parameters name.
    pub(crate) async fn open_looking(
        server: &'a Server,
        way: (Transport, Over),
        token: &str,
        view: &str,
    ) -> Self {
        let lines = vec![format!("authorization: Bearer {token}")];
        let now = server.json(token, "GET", "/v1/events", "").await.field("cursor");
        Self::open_by(server, way, lines, format!("{view}&"), format!("after={now}")).await
    }

    /// Reads what this query asks for.
    pub(super) async fn open_with(
        server: &'a Server,
        way: (Transport, Over),
        token: &str,
        query: &str,
    ) -> Self {
        let lines = vec![format!("authorization: Bearer {token}")];
        Self::open_by(server, way, lines, String::new(), query.to_owned()).await
    }

    /// Reads what `accounts` and this query ask for, with these header lines; what each poll repeats is the first.
    async fn open_by(
        server: &'a Server,
        (transport, over): (Transport, Over),
        lines: Vec<String>,
        accounts: String,
        query: String,
    ) -> Self {
        let path = format!("/v1/events?{accounts}{query}");
        let credentials: Vec<&str> = lines.iter().map(String::as_str).collect();
        let with_accept = [&credentials[..], &[transport.accept()]].concat();
        let source = match (transport, over) {
            (Transport::ShortPoll | Transport::LongPoll, over) => {
                let wait = if transport == Transport::LongPoll { 30 } else { 0 };
                Source::Poll { server, over, lines, accounts, query, wait }
            }
            (Transport::WebSocket, over) => {
                Source::Socket(Box::new(Socket::open_by(server, &path, over, &credentials).await))
            }
            (_, Over::Http1) => {
                let mut wire = server.connect().await;
                wire.request("GET", &path, &with_accept, "").await;
                assert_eq!(wire.head().await.status, 200);
                Source::Http1(wire)
            }
            (_, Over::Http2) => {
                Source::Http2(Http2::connect(server).await.stream(&path, &with_accept).await.1, Vec::new())
            }
        };
        Self { source, records: VecDeque::new() }
    }

    /// The next record that is neither `hello` nor a heartbeat.
    pub(crate) async fn record(&mut self) -> Value {
        loop {
            let record = self.any_record().await;
            if record["type"] != "hello" && record["type"] != "heartbeat" {
                return record;
            }
        }
    }

    /// The end of a stream, in order and with nothing before it; of a WebSocket, its code.
    pub(crate) async fn end(self) -> Option<u16> {
        assert!(self.records.is_empty());
        match self.source {
            Source::Poll { .. } => {}
            Source::Http1(mut wire) => {
                let rest = String::from_utf8(wire.rest().await).unwrap();
                assert!(rest.lines().all(str::is_empty), "{rest:?}");
            }
            Source::Http2(body, read) => {
                let rest = [read, body.collect().await.unwrap().to_bytes().to_vec()].concat();
                assert!(rest.iter().all(|byte| *byte == b'\n'), "{rest:?}");
            }
            Source::Socket(mut socket) => return socket.closed().await,
        }
        None
    }

    /// The next record.
    pub(super) async fn any_record(&mut self) -> Value {
        loop {
            if let Some(record) = self.records.pop_front() {
                return record;
            }
            match &mut self.source {
                Source::Poll { server, over, lines, accounts, query, wait } => {
                    let path = format!("/v1/events?{accounts}{query}&wait={wait}");
                    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
                    let answer = match over {
                        Over::Http1 => server.ask("GET", &path, &lines, "").await,
                        Over::Http2 => Http2::connect(server).await.ask("GET", &path, &lines, "").await,
                    };
                    assert_eq!(answer.status, 200, "{}", answer.text());
                    let answer = answer.json();
                    *query = format!("after={}", answer["cursor"].as_str().unwrap());
                    self.records.extend(answer["events"].as_array().unwrap().iter().cloned());
                    if self.records.is_empty() && *wait == 0 {
                        sleep(INTERVAL).await;
                    }
                }
                Source::Http1(wire) => self.records.extend(record_in(&wire.until("\n").await)),
                Source::Http2(body, read) => {
                    let frame = timeout(PATIENCE, body.frame()).await.expect("something in time");
                    read.extend_from_slice(&frame.expect("no end").unwrap().into_data().unwrap());
                    while let Some(end) = read.iter().position(|byte| *byte == b'\n') {
                        let line: Vec<u8> = read.drain(..=end).collect();
                        self.records.extend(record_in(std::str::from_utf8(&line).unwrap()));
                    }
                }
                Source::Socket(socket) => return socket.json().await,
            }
        }
    }
}

/// The head of a stream that is opened and left again, over this protocol.
pub(super) async fn head_of_stream(
    server: &Server,
    (transport, over): (Transport, Over),
    lines: &[&str],
) -> Answer {
    let with_accept = [lines, &[transport.accept()]].concat();
    match (transport, over) {
        (Transport::WebSocket, Over::Http2) => {
            head_of(&connect(server, Some("websocket"), lines).await.into_parts().0)
        }
        (_, Over::Http2) => Http2::connect(server).await.stream("/v1/events", &with_accept).await.0,
        (_, Over::Http1) => {
            let mut wire = server.connect().await;
            let handshake = if transport == Transport::WebSocket { &HANDSHAKE[..] } else { &[] };
            wire.request("GET", "/v1/events", &[&with_accept, handshake].concat(), "").await;
            wire.head().await
        }
    }
}

/// A line of NDJSON, or the `data` of an event.
fn record_in(line: &str) -> Option<Value> {
    let json = line.strip_prefix("data: ").unwrap_or(line);
    json.starts_with('{').then(|| serde_json::from_str(json).unwrap())
}
