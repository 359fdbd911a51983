//! A hundred streams on one HTTP/2 connection, one of which its peer stops taking from.

use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use h2::ext::Protocol;
use h2::{Reason, RecvStream, SendStream};
use http::{Method, Request};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::server::Server;
use crate::socket::{TEXT, parse};
use crate::wire::Wire;

/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(60);
const STREAMS: usize = 100;
/// What the peer takes of one stream before it says that it wants more.
const WINDOW: u32 = 65_535;
/// Together far beyond the window of a stream, the server's buffers, and the outbox of a live stream.
const MESSAGES: usize = 300;
const MESSAGE_BYTES: usize = 2_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    WebSocket,
    Sse,
    Lines,
}

/// One stream. Dropping its sending side would reset it.
struct Opened(RecvStream, SendStream<Bytes>);

async fn connect(server: &Server) -> SendRequest<Bytes> {
    let socket = TcpStream::connect(server.address).await.unwrap();
    let (requests, connection) = h2::client::Builder::new()
        .initial_window_size(WINDOW)
        // So large that the window of the connection never holds up one stream for another.
        .initial_connection_window_size(1 << 30)
        .handshake(socket)
        .await
        .unwrap();
    tokio::spawn(connection);
    // Whether the server allows extended CONNECT stands in its SETTINGS, which come before this answer.
    let mut requests = requests.ready().await.unwrap();
    let uri = format!("http://{}/v1/server", server.address);
    let (answer, _) = requests.send_request(Request::get(uri).body(()).unwrap(), true).unwrap();
    assert_eq!(answer.await.unwrap().status(), 200);
    requests
}

async fn open(
    requests: &SendRequest<Bytes>,
    server: &Server,
    form: Form,
    token: &str,
    cursor: &str,
) -> Opened {
    let mut requests = requests.clone().ready().await.unwrap();
    let mut request = Request::builder()
        .uri(format!("http://{}/v1/events?after={cursor}", server.address))
        .header("authorization", format!("Bearer {token}"));
    request = match form {
        Form::WebSocket => request
            .method(Method::CONNECT)
            .extension(Protocol::from_static("websocket"))
            .header("sec-websocket-version", "13"),
        Form::Sse => request.header("accept", "text/event-stream"),
        Form::Lines => request.header("accept", "application/x-ndjson"),
    };
    let (answer, sending) =
        requests.send_request(request.body(()).unwrap(), form != Form::WebSocket).unwrap();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), 200);
    Opened(answer.into_body(), sending)
}

/// Reads until `"text":"last"` has come.
async fn read_all(Opened(mut stream, _sending): Opened) -> Vec<u8> {
    const LAST: &[u8] = b"\"text\":\"last\"";
    let mut bytes = Vec::new();
    let mut looked_at = 0;
    while !bytes[looked_at..].windows(LAST.len()).any(|window| window == LAST) {
        looked_at = bytes.len().saturating_sub(LAST.len());
        let data = stream.data().await.expect("not the end").expect("no error");
        stream.flow_control().release_capacity(data.len()).unwrap();
        bytes.extend_from_slice(&data);
    }
    bytes
}

/// Reads and never says that it wants more. Gives the number of bytes that came, and why no more did.
async fn stall(Opened(mut stream, _sending): Opened) -> (usize, h2::Error) {
    let mut count = 0;
    loop {
        match stream.data().await.expect("an error, not the end in order") {
            Ok(data) => count += data.len(),
            Err(error) => return (count, error),
        }
    }
}

/// The texts of the messages in a stream.
fn texts(form: Form, bytes: &[u8]) -> Vec<String> {
    let mut records: Vec<Value> = Vec::new();
    if form == Form::WebSocket {
        let mut rest = bytes;
        while let Some((first, payload, used)) = parse(rest) {
            rest = &rest[used..];
            if first == TEXT {
                records.push(serde_json::from_slice(&payload).unwrap());
            }
        }
    } else {
        let prefix = if form == Form::Sse { "data: " } else { "" };
        let lines = std::str::from_utf8(bytes).unwrap().lines();
        let lines = lines.filter_map(|line| line.strip_prefix(prefix));
        records.extend(lines.filter_map(|line| serde_json::from_str::<Value>(line).ok()));
    }
    records.iter().filter_map(|record| record["text"].as_str().map(str::to_owned)).collect()
}

async fn metric(server: &Server, name: &str) -> String {
    let text = Wire::connect(server.admin).await.ask("GET", "/metrics", &[], "").await.text();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.expect("the metric").to_owned()
}

async fn one_stalled(form: Form) {
    let server = Server::with(|setup| {
        setup.gateway.limits_on = false;
        setup.hub.stall = Duration::from_secs(5);
    })
    .await;
    let sender = server.guest("Sender").await;
    let (room, _) = server.room(&sender, "tea").await;
    let mut tokens = Vec::new();
    let mut cursor = String::new();
    for number in 0..STREAMS {
        let token = server.guest(&format!("Guest {number}")).await;
        cursor = server.room(&token, "tea").await.1;
        tokens.push(token);
    }

    let requests = connect(&server).await;
    let stalled = open(&requests, &server, form, &tokens[0], &cursor).await;
    let stalled = tokio::spawn(stall(stalled));
    let mut readers = JoinSet::new();
    for token in &tokens[1..] {
        readers.spawn(read_all(open(&requests, &server, form, token, &cursor).await));
    }

    let padding = "x".repeat(MESSAGE_BYTES);
    let sent: Vec<String> = (0..MESSAGES).map(|number| format!("{number} {padding}")).collect();
    for text in &sent {
        assert_eq!(server.send(&sender, &room, text).await.status, 201);
    }
    let (count, error) = timeout(PATIENCE, stalled).await.expect("cut in time").unwrap();
    assert!(count <= WINDOW as usize, "{count}");
    assert!(error.is_reset() && error.is_remote(), "{error}");
    assert_eq!(error.reason(), Some(Reason::CANCEL));
    assert_eq!(metric(&server, "chinwag_hub_stalled_total").await, "1");
    assert_eq!(metric(&server, "chinwag_hub_streams").await, (STREAMS - 1).to_string());

    // Its connection goes on, with the others on it and for new ones.
    assert_eq!(server.send(&sender, &room, "last").await.status, 201);
    let all: Vec<&str> = sent.iter().map(String::as_str).chain(["last"]).collect();
    for _ in 1..STREAMS {
        let read = timeout(PATIENCE, readers.join_next()).await.expect("all in time");
        let bytes = read.expect("one more reader").unwrap();
        assert!(texts(form, &bytes) == all, "each message once, in order");
    }
    let again = open(&requests, &server, form, &tokens[0], &cursor).await;
    let bytes = timeout(PATIENCE, read_all(again)).await.expect("what it missed, in time");
    assert!(texts(form, &bytes) == all, "what it missed");
}

#[tokio::test]
async fn one_of_a_hundred_websockets() {
    one_stalled(Form::WebSocket).await;
}

#[tokio::test]
async fn one_of_a_hundred_streams_of_server_sent_events() {
    one_stalled(Form::Sse).await;
}

#[tokio::test]
async fn one_of_a_hundred_streams_of_lines() {
    one_stalled(Form::Lines).await;
}
