//! A hand-made server with a log of records, which breaks its answers as it is told to.

use std::collections::VecDeque;
use std::sync::Arc;

use chinwag_websocket::handshake::server::{Supported, accept};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What to do to the next request for events.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// Close after so many bytes of the answer's body.
    Cut(usize),
    /// Close instead of answering.
    Ignore,
    /// This whole answer instead.
    Answer(String),
    /// Answer in pieces of so many bytes, each sent for itself.
    Pieces(usize),
    /// Never answer.
    Hold,
}

#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// JSON of the records; the cursor of number i, from 1 on, is `c<i>`.
    records: Vec<String>,
    faults: VecDeque<Fault>,
    /// `transport after` of each request for events.
    pub(crate) asked: Vec<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Stub {
    pub(crate) url: String,
    pub(crate) shared: Arc<Mutex<Shared>>,
}

/// A `heartbeat`, the simplest record that there is, with something to tell it by.
pub(crate) fn record(number: usize, rest: &str) -> String {
    format!(r#"{{"type":"heartbeat","heads":[],"cursor":"c{number}","x":"{rest}"}}"#)
}

impl Stub {
    pub(crate) async fn start(records: Vec<String>, faults: Vec<Fault>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("the port is known"));
        let shared = Arc::new(Mutex::new(Shared { records, faults: faults.into(), asked: Vec::new() }));
        let stub = Self { url, shared };
        let serving = stub.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, serving.shared.clone()));
            }
        });
        stub
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.shared.lock().asked.clone()
    }
}

async fn serve(mut socket: TcpStream, shared: Arc<Mutex<Shared>>) {
    socket.set_nodelay(true).expect("the socket is open");
    while let Some(head) = read_head(&mut socket).await {
        if head.starts_with("GET /v1/session ") {
            let json = r#"{"account":{"id":"00000000-0000-0000-0000-000000000001","name":"A"},
                "device":{"id":"00000000-0000-0000-0000-000000000002"}}"#;
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{json}",
                json.len()
            );
            socket.write_all(answer.as_bytes()).await.expect("the client reads");
            continue;
        }
        let (answer_head, body, fault) = {
            let mut shared = shared.lock();
            let after = head.split_once("after=c").map_or(0, |(_, rest)| {
                rest.chars()
                    .map_while(|c| c.to_digit(10))
                    .fold(0, |number, digit| number * 10 + digit as usize)
            });
            let transport = ["ndjson", "event-stream", "websocket"]
                .into_iter()
                .find(|name| head.contains(name))
                .unwrap_or("poll");
            shared.asked.push(format!("{transport} {after}"));
            let (answer_head, body) = answer(transport, &head, &shared.records, after);
            (answer_head, body, shared.faults.pop_front())
        };
        let (cut, piece) = match fault {
            Some(Fault::Ignore) => return,
            Some(Fault::Hold) => std::future::pending().await,
            Some(Fault::Answer(answer)) => {
                let _ = socket.write_all(answer.as_bytes()).await;
                return;
            }
            Some(Fault::Cut(bytes)) => (bytes.min(body.len()), usize::MAX),
            Some(Fault::Pieces(bytes)) => (body.len(), bytes),
            None => (body.len(), usize::MAX),
        };
        if socket.write_all(answer_head.as_bytes()).await.is_err() {
            return;
        }
        for piece in body[..cut].chunks(piece) {
            if socket.write_all(piece).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
        if cut < body.len() {
            return;
        }
        if !answer_head.contains("content-length") {
            // A stream stays open until the reader goes.
            while socket.read(&mut [0; 64]).await.is_ok_and(|count| count > 0) {}
            return;
        }
    }
}

fn answer(transport: &str, head: &str, records: &[String], after: usize) -> (String, Vec<u8>) {
    let rest = records.iter().enumerate().skip(after);
    let (media_type, body) = match transport {
        "websocket" => {
            return (switching_protocols(head), rest.flat_map(|(_, json)| text_frame(json)).collect());
        }
        "ndjson" => ("application/x-ndjson", rest.map(|(_, json)| format!("{json}\n")).collect::<String>()),
        "event-stream" => (
            "text/event-stream",
            rest.map(|(index, json)| format!("id: c{}\ndata: {json}\n\n", index + 1)).collect(),
        ),
        _ => {
            let events: Vec<&str> = rest.map(|(_, json)| json.as_str()).collect();
            let cursor = records.len();
            let body = format!(r#"{{"events":[{}],"cursor":"c{cursor}","more":false}}"#, events.join(","));
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            return (head, body.into_bytes());
        }
    };
    (format!("HTTP/1.1 200 OK\r\ncontent-type: {media_type}\r\nconnection: close\r\n\r\n"), body.into_bytes())
}

/// The answer to an upgrade that is in order.
fn switching_protocols(head: &str) -> String {
    let mut request = http::Request::get("/");
    for line in head.lines().skip(1) {
        if let Some((name, value)) = line.split_once(": ") {
            request = request.header(name, value);
        }
    }
    let (request, ()) = request.body(()).expect("the head is good").into_parts();
    let supported = Supported { protocols: &["chinwag.v1.json"], deflate: false };
    let accepted = accept(&request, &supported).expect("the handshake is good");
    let mut answer = "HTTP/1.1 101 Switching Protocols\r\n".to_owned();
    for (name, value) in accepted.response().headers() {
        answer += &format!("{name}: {}\r\n", value.to_str().expect("a field is ASCII"));
    }
    answer + "\r\n"
}

/// A text message as a server frames it.
pub(crate) fn text_frame(text: &str) -> Vec<u8> {
    let length = text.len();
    let mut frame = if length < 126 {
        vec![0x81, length as u8]
    } else {
        vec![0x81, 126, (length >> 8) as u8, length as u8]
    };
    frame.extend(text.as_bytes());
    frame
}

async fn read_head(socket: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.ok()?);
    }
    Some(String::from_utf8(head).expect("a head is ASCII"))
}
