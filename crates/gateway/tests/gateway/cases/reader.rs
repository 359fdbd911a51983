//! The ways in which records come.

use std::collections::VecDeque;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;
use tokio::time::timeout;

use crate::http2_client::Http2;
use crate::server::Server;
use crate::socket::{Over, Socket};
use crate::wire::Wire;

/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    Poll,
    Lines,
    Events,
    WebSocket,
}

impl Transport {
    pub(super) const ALL: [(Self, Over); 8] = [
        (Self::Poll, Over::Http1),
        (Self::Poll, Over::Http2),
        (Self::Lines, Over::Http1),
        (Self::Lines, Over::Http2),
        (Self::Events, Over::Http1),
        (Self::Events, Over::Http2),
        (Self::WebSocket, Over::Http1),
        (Self::WebSocket, Over::Http2),
    ];

    pub(super) fn accept(self) -> &'static str {
        match self {
            Self::Poll | Self::WebSocket => "accept: application/json",
            Self::Lines => "accept: application/x-ndjson",
            Self::Events => "accept: text/event-stream",
        }
    }
}

/// One reading connection of a device.
pub(super) struct Reader<'a> {
    source: Source<'a>,
    records: VecDeque<Value>,
}

enum Source<'a> {
    Poll { server: &'a Server, http2: Option<Http2>, token: String, cursor: String },
    Http1(Wire),
    Http2(Incoming, Vec<u8>),
    Socket(Box<Socket>),
}

impl<'a> Reader<'a> {
    /// Reads on from a cursor.
    pub(super) async fn open(
        server: &'a Server,
        (transport, over): (Transport, Over),
        token: &str,
        cursor: &str,
    ) -> Self {
        let (bearer, after) = (format!("authorization: Bearer {token}"), format!("last-event-id: {cursor}"));
        let lines = [bearer.as_str(), &after, transport.accept()];
        let source = match (transport, over) {
            (Transport::Poll, over) => {
                let http2 = if over == Over::Http2 { Some(Http2::connect(server).await) } else { None };
                Source::Poll { server, http2, token: token.to_owned(), cursor: cursor.to_owned() }
            }
            (Transport::WebSocket, over) => {
                Source::Socket(Box::new(Socket::open(server, over, token, &[&after]).await))
            }
            (_, Over::Http1) => {
                let mut wire = server.connect().await;
                wire.request("GET", "/v1/events", &lines, "").await;
                assert_eq!(wire.head().await.status, 200);
                Source::Http1(wire)
            }
            (_, Over::Http2) => {
                Source::Http2(Http2::connect(server).await.stream("/v1/events", &lines).await, Vec::new())
            }
        };
        Self { source, records: VecDeque::new() }
    }

    /// The next record that is neither `hello` nor a heartbeat.
    pub(super) async fn record(&mut self) -> Value {
        loop {
            let record = self.any_record().await;
            if record["type"] != "hello" && record["type"] != "heartbeat" {
                return record;
            }
        }
    }

    async fn any_record(&mut self) -> Value {
        loop {
            if let Some(record) = self.records.pop_front() {
                return record;
            }
            match &mut self.source {
                Source::Poll { server, http2, token, cursor } => {
                    let path = format!("/v1/events?after={cursor}&wait=10");
                    let answer = match http2 {
                        Some(http2) => http2.json(token, "GET", &path, "").await,
                        None => server.json(token, "GET", &path, "").await,
                    };
                    assert_eq!(answer.status, 200, "{}", answer.text());
                    let answer = answer.json();
                    *cursor = answer["cursor"].as_str().unwrap().to_owned();
                    self.records.extend(answer["events"].as_array().unwrap().iter().cloned());
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

/// A line of NDJSON, or the `data` of an event.
fn record_in(line: &str) -> Option<Value> {
    let json = line.strip_prefix("data: ").unwrap_or(line);
    json.starts_with('{').then(|| serde_json::from_str(json).unwrap())
}
