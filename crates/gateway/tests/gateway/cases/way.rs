//! The ways in which a command comes.

use serde_json::{Value, json};

use crate::http2_client::Http2;
use crate::server::Server;
use crate::socket::{Over, Socket, TEXT, masked};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    RestHttp1,
    RestHttp2,
    FrameHttp1,
    FrameHttp2,
}

impl Way {
    pub(super) const ALL: [Self; 4] = [Self::RestHttp1, Self::RestHttp2, Self::FrameHttp1, Self::FrameHttp2];

    pub(super) fn is_frame(self) -> bool {
        matches!(self, Self::FrameHttp1 | Self::FrameHttp2)
    }
}

enum Connection {
    Http1,
    Http2(Http2),
    Socket(Box<Socket>),
}

/// A member of a room who asks in one of the ways.
pub(super) struct Member<'a> {
    pub(super) way: Way,
    pub(super) token: String,
    pub(super) account: String,
    pub(super) room: String,
    server: &'a Server,
    connection: Connection,
}

impl<'a> Member<'a> {
    /// A new guest in the room `tea`.
    pub(super) async fn arrive(server: &'a Server, way: Way) -> Self {
        let token = server.guest("Mallory").await;
        let room = server.room(&token, "tea").await.0;
        let session = server.json(&token, "GET", "/v1/session", "").await.json();
        let account = session["account"]["id"].as_str().unwrap().to_owned();
        Self { connection: connect(server, way, &token).await, way, token, account, room, server }
    }

    /// The same member, who asks in another way.
    pub(super) async fn by(&self, way: Way) -> Self {
        Self {
            way,
            token: self.token.clone(),
            account: self.account.clone(),
            room: self.room.clone(),
            server: self.server,
            connection: connect(self.server, way, &self.token).await,
        }
    }

    /// A request, or the frame that means the same; its result or problem, `{}` if there is nothing to tell.
    async fn ask(&mut self, method: &str, path: &str, body: &str, frame: &str) -> Value {
        let answer = match &mut self.connection {
            Connection::Http1 => self.server.json(&self.token, method, path, body).await,
            Connection::Http2(http2) => http2.json(&self.token, method, path, body).await,
            Connection::Socket(socket) => {
                socket.send(masked(TEXT, frame.as_bytes())).await;
                loop {
                    let message = socket.json().await;
                    match message["type"].as_str() {
                        Some("reply") => return message["result"].clone(),
                        Some("problem") => return message["problem"].clone(),
                        _ => {}
                    }
                }
            }
        };
        if answer.body.is_empty() { json!({}) } else { answer.json() }
    }

    /// Sends these bytes as the body of a message to post, or as a whole frame.
    pub(super) async fn raw(&mut self, text: &str) -> Value {
        let path = format!("/v1/conversations/{}/messages", self.room);
        let lines = [&*format!("authorization: Bearer {}", self.token), "content-type: application/json"]
            .map(str::to_owned);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        match &mut self.connection {
            Connection::Http1 => self.server.ask("POST", &path, &lines, text).await.json(),
            Connection::Http2(http2) => http2.ask("POST", &path, &lines, text).await.json(),
            Connection::Socket(_) => self.ask("POST", &path, text, text).await,
        }
    }

    /// Posts with these fields.
    pub(super) async fn send(&mut self, fields: &str) -> Value {
        let room = self.room.clone();
        let frame = format!(r#"{{"id":"1","command":"send_message","conversation":"{room}",{fields}}}"#);
        self.ask("POST", &format!("/v1/conversations/{room}/messages"), &format!("{{{fields}}}"), &frame)
            .await
    }

    /// Posts a text, as it stands in JSON.
    pub(super) async fn say(&mut self, text: &str) -> Value {
        self.send(&format!(r#""client_id":"{}","text":"{text}""#, uuid::Uuid::now_v7())).await
    }

    /// Deletes the message at a place, whatever that is.
    pub(super) async fn delete(&mut self, seq: &str) -> Value {
        let room = self.room.clone();
        let frame = format!(r#"{{"id":"1","command":"delete_message","conversation":"{room}","seq":{seq}}}"#);
        self.ask("DELETE", &format!("/v1/conversations/{room}/messages/{seq}"), "", &frame).await
    }

    /// Opens a room by a name that needs no escapes in JSON.
    pub(super) async fn open(&mut self, slug: &str) -> Value {
        let frame = json!({"id": "1", "command": "open_room", "slug": slug, "role": "owner"}).to_string();
        let path: String = slug.bytes().map(|byte| format!("%{byte:02X}")).collect();
        self.ask("PUT", &format!("/v1/rooms/{path}"), "", &frame).await
    }

    /// Acknowledges a cursor, as it stands in JSON.
    pub(super) async fn acknowledge(&mut self, cursor: &str) -> Value {
        let frame = format!(r#"{{"id":"1","command":"ack","cursor":{cursor}}}"#);
        self.ask("POST", "/v1/ack", &format!(r#"{{"cursor":{cursor}}}"#), &frame).await
    }

    /// Every message of the room.
    pub(super) async fn messages(&self) -> Vec<Value> {
        let path = format!("/v1/conversations/{}/messages?limit=200", self.room);
        let page = self.server.json(&self.token, "GET", &path, "").await.json();
        page["messages"].as_array().unwrap().clone()
    }
}

async fn connect(server: &Server, way: Way, token: &str) -> Connection {
    match way {
        Way::RestHttp1 => Connection::Http1,
        Way::RestHttp2 => Connection::Http2(Http2::connect(server).await),
        Way::FrameHttp1 => Connection::Socket(Box::new(Socket::open(server, Over::Http1, token, &[]).await)),
        Way::FrameHttp2 => Connection::Socket(Box::new(Socket::open(server, Over::Http2, token, &[]).await)),
    }
}
