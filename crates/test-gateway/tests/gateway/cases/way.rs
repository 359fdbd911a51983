//! The ways in which a command comes.

use chinwag_websocket::Deflater;
use serde_json::{Value, json};

use crate::http2_client::Http2;
use crate::server::Server;
use crate::socket::{COMPRESSED, DEFLATE, Over, Socket, TEXT, masked};
use crate::wire::Wire;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    RestHttp1,
    RestHttp2,
    FrameHttp1,
    FrameHttp2,
    FrameCompressed,
}

impl Way {
    pub(super) const ALL: [Self; 5] =
        [Self::RestHttp1, Self::RestHttp2, Self::FrameHttp1, Self::FrameHttp2, Self::FrameCompressed];

    pub(super) fn is_frame(self) -> bool {
        matches!(self, Self::FrameHttp1 | Self::FrameHttp2 | Self::FrameCompressed)
    }
}

/// The same one for everything, so that what goes wrong ends no connection.
enum Connection {
    Http1(Wire),
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
    pub(super) async fn ask(
        &mut self,
        method: &str,
        path: &str,
        body: impl AsRef<[u8]>,
        frame: impl AsRef<[u8]>,
    ) -> Value {
        let bearer = format!("authorization: Bearer {}", self.token);
        let lines = [bearer.as_str(), "content-type: application/json"];
        let (kind, frame) = match self.way {
            // What does not get smaller goes as it is.
            Way::FrameCompressed => match Deflater::new(0).deflate(frame.as_ref()) {
                Some(deflated) => (COMPRESSED, deflated),
                None => (TEXT, frame.as_ref().to_vec()),
            },
            _ => (TEXT, frame.as_ref().to_vec()),
        };
        let answer = match &mut self.connection {
            Connection::Http1(wire) => wire.ask(method, path, &lines, body).await,
            Connection::Http2(http2) => http2.ask(method, path, &lines, body).await,
            Connection::Socket(socket) => {
                socket.send(masked(kind, &frame)).await;
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
    pub(super) async fn raw(&mut self, text: impl AsRef<[u8]>) -> Value {
        let path = format!("/v1/conversations/{}/messages", self.room);
        self.ask("POST", &path, &text, &text).await
    }

    /// Posts with these fields.
    pub(super) async fn send(&mut self, fields: &str) -> Value {
        let room = self.room.clone();
        let frame = format!(r#"{{"id":"1","command":"send_message","conversation":"{room}",{fields}}}"#);
        self.ask("POST", &format!("/v1/conversations/{room}/messages"), format!("{{{fields}}}"), frame).await
    }

    /// Posts a text, as it stands in JSON.
    pub(super) async fn say(&mut self, text: &str) -> Value {
        self.send(&format!(r#""client_id":"{}","text":"{text}""#, uuid::Uuid::now_v7())).await
    }

    /// Deletes the message at a place, whatever that is.
    pub(super) async fn delete(&mut self, seq: &str) -> Value {
        let room = self.room.clone();
        let frame = format!(r#"{{"id":"1","command":"delete_message","conversation":"{room}","seq":{seq}}}"#);
        self.ask("DELETE", &format!("/v1/conversations/{room}/messages/{seq}"), "", frame).await
    }

    /// Opens a room by a name that needs no escapes in JSON.
    pub(super) async fn open(&mut self, slug: &str) -> Value {
        let mut frame = json!({"id": "1", "command": "open_room", "slug": slug});
        // Rights that nobody has by asking for them.
        let wished = json!({"role": "owner", "account": "x", "admin": true});
        frame.as_object_mut().unwrap().extend(wished.as_object().unwrap().clone());
        let path: String = slug.bytes().map(|byte| format!("%{byte:02X}")).collect();
        self.ask("PUT", &format!("/v1/rooms/{path}"), wished.to_string(), frame.to_string()).await
    }

    /// Acknowledges a cursor, as it stands in JSON.
    pub(super) async fn acknowledge(&mut self, cursor: &str) -> Value {
        let frame = format!(r#"{{"id":"1","command":"ack","cursor":{cursor}}}"#);
        self.ask("POST", "/v1/ack", format!(r#"{{"cursor":{cursor}}}"#), frame).await
    }

    /// Every message of the room.
    pub(super) async fn messages(&self) -> Vec<Value> {
        let path = format!("/v1/conversations/{}/messages?limit=200", self.room);
        let page = self.server.json(&self.token, "GET", &path, "").await.json();
        page["messages"].as_array().unwrap().clone()
    }

    /// All that is stored of the member: who it is, its rooms and their messages.
    pub(super) async fn stored(&self) -> Vec<Value> {
        let session = self.server.json(&self.token, "GET", "/v1/session", "").await.json();
        let mut sync = self.server.json(&self.token, "GET", "/v1/sync", "").await.json();
        // The place of the log moves with what others do.
        sync.as_object_mut().unwrap().remove("cursor");
        let mut stored = self.messages().await;
        stored.extend([session, sync]);
        stored
    }
}

async fn connect(server: &Server, way: Way, token: &str) -> Connection {
    let (over, lines) = match way {
        Way::RestHttp1 => return Connection::Http1(server.connect().await),
        Way::RestHttp2 => return Connection::Http2(Http2::connect(server).await),
        Way::FrameHttp1 => (Over::Http1, &[][..]),
        Way::FrameHttp2 => (Over::Http2, &[][..]),
        Way::FrameCompressed => (Over::Http1, &[DEFLATE][..]),
    };
    Connection::Socket(Box::new(Socket::open(server, over, token, lines).await))
}
