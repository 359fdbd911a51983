//! A guest who asks in both ways.

use serde_json::{Value, json};

use crate::server::Server;
use crate::socket::{Over, Socket, TEXT, masked};

pub(super) struct Guest<'a> {
    pub(super) account: String,
    pub(super) device: String,
    server: &'a Server,
    token: String,
    socket: Socket,
}

impl<'a> Guest<'a> {
    /// A new one, whose WebSocket is open.
    pub(super) async fn arrive(server: &'a Server, over: Over, name: &str) -> Self {
        let token = server.guest(name).await;
        let session = server.json(&token, "GET", "/v1/session", "").await.json();
        let account = session["account"]["id"].as_str().unwrap().to_owned();
        let device = session["device"]["id"].as_str().unwrap().to_owned();
        let socket = Socket::open(server, over, &token, &[]).await;
        Self { account, device, server, token, socket }
    }

    /// The same device with another WebSocket.
    pub(super) async fn again(&self, over: Over) -> Self {
        let (server, account, token) = (self.server, self.account.clone(), self.token.clone());
        let (socket, device) = (Socket::open(server, over, &token, &[]).await, self.device.clone());
        Self { account, device, server, token, socket }
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// A request of REST; its status and body, `{}` if it has none.
    pub(super) async fn rest(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let answer = self.server.json(&self.token, method, path, body).await;
        (answer.status, if answer.body.is_empty() { json!({}) } else { answer.json() })
    }

    /// Opens a room; gives its id.
    pub(super) async fn room(&self, slug: &str) -> String {
        self.server.room(&self.token, slug).await.0
    }

    pub(super) async fn say(&mut self, text: &str) {
        self.socket.send(masked(TEXT, text.as_bytes())).await;
    }

    /// The next answer, past any records.
    pub(super) async fn answer(&mut self) -> Value {
        loop {
            let message = self.socket.json().await;
            if message["type"] == "reply" || message["type"] == "problem" {
                return message;
            }
        }
    }

    /// A text message, and what answers it.
    pub(super) async fn frame(&mut self, text: &str) -> Value {
        self.say(text).await;
        self.answer().await
    }

    /// The code of the refusal of a text message, and the `id` in it.
    pub(super) async fn refusal(&mut self, text: &str) -> (String, Value) {
        let answer = self.frame(text).await;
        assert_eq!(answer["type"], "problem", "{text:.200} got {answer}");
        (answer["problem"]["code"].as_str().unwrap().to_owned(), answer["id"].clone())
    }
}
