//! The scripted server's HTTP/1.1, WebSocket, streams and polls.

use std::sync::Arc;

use chinwag_websocket::frame::{Header, Opcode};
use chinwag_websocket::handshake::server::{Supported, accept};
use chinwag_websocket::{Connection, Event, Limits, Message, Role};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::unbounded_channel;

use crate::scripted::{Answer, Sent, State};

type Shared = Arc<Mutex<State>>;

/// A request, taken apart as far as these tests need.
struct Request {
    method: String,
    path: String,
    query: String,
    head: String,
    body: Value,
}

/// Answers requests on one connection until it ends or becomes a stream.
pub(crate) async fn serve(mut socket: TcpStream, state: Shared) {
    socket.set_nodelay(true).unwrap();
    let mut input = Vec::new();
    while let Some(request) = read_request(&mut socket, &mut input).await {
        let path: Vec<&str> = request.path.split('/').skip(2).collect();
        let member = request.member();
        let answer = match (request.method.as_str(), &path[..]) {
            ("GET", ["server"]) => (200, json!({"protocol": 1, "server": "scripted"})),
            ("POST", ["guests"]) => (201, state.lock().guest(request.body["name"].as_str().unwrap())),
            ("PUT", ["rooms", slug]) => (200, state.lock().open_room(slug, member)),
            ("POST", ["conversations", room, "messages"]) => {
                let (answer, mut answers) = unbounded_channel();
                let sent = sent(&request.body, room, member, None, answer);
                state.lock().take(sent);
                match answers.recv().await.map(|answer| answer.result) {
                    Some(Ok(result)) => (201, result),
                    Some(Err(problem)) => (503, problem),
                    // It will never be answered.
                    None => std::future::pending().await,
                }
            }
            ("GET", ["events"]) if request.has("upgrade: websocket") => {
                return websocket(socket, &request, state).await;
            }
            ("GET", ["events"]) if request.has("accept: text/event-stream") => {
                return stream(socket, &request, state, "text/event-stream").await;
            }
            ("GET", ["events"]) if request.has("accept: application/x-ndjson") => {
                return stream(socket, &request, state, "application/x-ndjson").await;
            }
            ("GET", ["events"]) => (200, poll(&request, &state).await),
            _ => (404, Value::Null),
        };
        let (status, body) = (answer.0, answer.1.to_string());
        let kind = if status < 400 { "application/json" } else { "application/problem+json" };
        let head =
            format!("HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
        if socket.write_all((head + &body).as_bytes()).await.is_err() {
            return;
        }
    }
}

fn sent(
    body: &Value,
    room: &str,
    sender: usize,
    id: Option<String>,
    answer: tokio::sync::mpsc::UnboundedSender<Answer>,
) -> Sent {
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    Sent { room: room.parse().unwrap(), sender, client_id: text("client_id"), text: text("text"), answer, id }
}

async fn poll(request: &Request, state: &Shared) -> Value {
    let mut changes = state.lock().changes();
    loop {
        let (records, cursor) = state.lock().records(request.member(), request.after());
        if !records.is_empty() || !request.query.contains("wait=") {
            let events: Vec<Value> =
                records.iter().map(|record| serde_json::from_str(record).unwrap()).collect();
            return json!({"events": events, "cursor": cursor.to_string(), "more": false});
        }
        changes.changed().await.unwrap();
    }
}

async fn stream(mut socket: TcpStream, request: &Request, state: Shared, kind: &str) {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\n\r\n");
    socket.write_all(head.as_bytes()).await.unwrap();
    let framed = |record: &str| match kind {
        "text/event-stream" => format!("id: x\ndata: {record}\n\n"),
        _ => format!("{record}\n"),
    };
    let (mut changes, mut after) = (state.lock().changes(), request.after());
    let mut output = framed(&hello(after));
    loop {
        let (records, cursor) = state.lock().records(request.member(), after);
        after = cursor;
        records.iter().for_each(|record| output += &framed(record));
        if socket.write_all(output.as_bytes()).await.is_err() || changes.changed().await.is_err() {
            return;
        }
        output.clear();
    }
}

async fn websocket(mut socket: TcpStream, request: &Request, state: Shared) {
    let mut parts = http::Request::get("/v1/events");
    for (name, value) in request.head.lines().skip(1).filter_map(|line| line.split_once(": ")) {
        parts = parts.header(name, value);
    }
    let supported = Supported { protocols: &["chinwag.v1.json"], deflate: false };
    let response = accept(&parts.body(()).unwrap().into_parts().0, &supported).unwrap().response();
    let mut head = "HTTP/1.1 101 Switching Protocols\r\n".to_owned();
    for (name, value) in response.headers() {
        head += &format!("{name}: {}\r\n", value.to_str().unwrap());
    }
    socket.write_all((head + "\r\n").as_bytes()).await.unwrap();

    let mut connection = Connection::new(Role::Server, Limits::default(), None);
    let frame = |json: &str| Header::new(Opcode::Text, json.len()).frame(json.as_bytes());
    let (answer, mut answers) = unbounded_channel::<Answer>();
    let (mut changes, mut after) = (state.lock().changes(), request.after());
    let mut output = frame(&hello(after));
    let mut input = [0; 4096];
    loop {
        let (records, cursor) = state.lock().records(request.member(), after);
        after = cursor;
        records.iter().for_each(|record| output.extend(frame(record)));
        if socket.write_all(&output).await.is_err() {
            return;
        }
        output.clear();
        tokio::select! {
            changed = changes.changed() => changed.unwrap(),
            Some(answer) = answers.recv() => {
                let json = match answer.result {
                    Ok(result) => format!(r#"{{"type":"reply","id":{},"result":{result}}}"#, json!(answer.id)),
                    Err(problem) => {
                        // In the order of a server's own frames, which the tool looks for.
                        format!(r#"{{"type":"problem","id":{},"problem":{problem}}}"#, json!(answer.id))
                    }
                };
                output.extend(frame(&json));
            }
            count = socket.read(&mut input) => {
                let Ok(1..) = count else { return };
                let mut bytes = &input[..count.unwrap()];
                while let Some(event) = connection.receive(&mut bytes).unwrap() {
                    let Event::Message(Message::Text(text)) = event else { continue };
                    let command: Value = serde_json::from_str(&text).unwrap();
                    let id = command["id"].as_str().map(str::to_owned);
                    let room = command["conversation"].as_str().unwrap();
                    let sent = sent(&command, room, request.member(), id, answer.clone());
                    state.lock().take(sent);
                }
            }
        }
    }
}

fn hello(after: usize) -> String {
    json!({"type": "hello", "protocol": 1, "server": "scripted", "heartbeat_ms": 60_000, "cursor": after.to_string(),
        "pad": "", "limits": chinwag_protocol::Limits::default()})
    .to_string()
}

impl Request {
    fn has(&self, field: &str) -> bool {
        self.head.to_ascii_lowercase().contains(&format!("\r\n{field}"))
    }

    /// The token is the member's number.
    fn member(&self) -> usize {
        let head = self.head.to_ascii_lowercase();
        let token = head.split_once("authorization: bearer ").map_or("0", |(_, rest)| rest);
        token.lines().next().unwrap().parse().unwrap()
    }

    fn after(&self) -> usize {
        self.query.split('&').find_map(|part| part.strip_prefix("after=")?.parse().ok()).unwrap_or(0)
    }
}

async fn read_request(socket: &mut TcpStream, input: &mut Vec<u8>) -> Option<Request> {
    let end = loop {
        match input.windows(4).position(|window| window == b"\r\n\r\n") {
            Some(end) => break end + 4,
            None if socket.read_buf(input).await.ok()? == 0 => return None,
            None => {}
        }
    };
    let head = String::from_utf8(input[..end].to_vec()).unwrap();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().unwrap())
    });
    let whole = end + length.unwrap_or(0);
    while input.len() < whole {
        if socket.read_buf(input).await.ok()? == 0 {
            return None;
        }
    }
    let body = serde_json::from_slice(&input[end..whole]).unwrap_or_default();
    input.drain(..whole);
    let mut words = head.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Some(Request { method, path: path.to_owned(), query: query.to_owned(), head, body })
}
