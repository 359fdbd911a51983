//! The gateway with a real store and hub, asked without sockets.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::body::Body;
use chinwag_hub::{Commands, Hub, HubOptions, Publisher};
use chinwag_protocol::{Actor, CursorCipher, Event, Timestamp};
use chinwag_store::{Clock, Sqlite, SqliteOptions, Tail};
use http::Request;
use http_body_util::BodyExt;
use serde_json::Value;
use tempfile::TempDir;

use crate::app::{App, Shared};
use crate::client::Peer;
use crate::front::Front;
use crate::limits::Limits;
use crate::metrics::GatewayMetrics;
use crate::options::GatewayOptions;
use crate::routes;
use crate::sessions::Sessions;
use crate::tickets::Tickets;

pub(super) struct Server {
    pub(super) app: App,
    front: Front,
    _folder: TempDir,
}

/// A signed-in device.
#[derive(Debug, Clone)]
pub(super) struct Guest {
    pub(super) account: String,
    token: String,
    pub(super) actor: Actor,
}

struct Chain(Arc<Publisher>, Arc<Sessions>);

impl Tail for Chain {
    fn publish(&self, events: &[Event]) {
        self.0.publish(events);
        self.1.publish(events);
    }
}

impl Server {
    pub(super) fn start(limits_on: bool) -> Self {
        let folder = TempDir::new().unwrap();
        let clock: Clock = Arc::new(|| Timestamp::from_millis(1_000_000));
        let opened = Sqlite::open(folder.path(), SqliteOptions::default()).unwrap();
        let options = HubOptions::default();
        let cipher = CursorCipher::new(opened.secrets().cursor);
        let publisher = Publisher::new(cipher, opened.epochs(), opened.head().unwrap(), &[], &options);
        let sessions = Sessions::new();
        let tail = Arc::new(Chain(publisher.clone(), sessions.clone()));
        let store = opened.start(chinwag_chat::decide, clock.clone(), tail).unwrap();
        let hub = Hub::start(publisher, store.clone(), &clock, options);
        let app = App::new(Shared {
            store,
            hub,
            sessions,
            tickets: Tickets::default(),
            clock,
            limits: Limits::new(limits_on),
            options: GatewayOptions::default(),
            metrics: GatewayMetrics::default(),
            stopping: AtomicBool::new(false),
        });
        let front = Front::new(app.clone(), routes::router(app.clone()), 1);
        Self { app, front, _folder: folder }
    }

    /// A request of REST; its status and body, `{}` if it has none.
    pub(super) async fn rest(&self, token: &str, method: &str, path: &str, body: &str) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(path).header("host", "chat.example");
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let peer = Peer { address: "192.0.2.1:1".parse().unwrap(), tls: false };
        let response = self.front.answer(request, peer).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, if body.is_empty() { serde_json::json!({}) } else { serde_json::from_slice(&body).unwrap() })
    }

    pub(super) async fn ask(&self, guest: &Guest, (method, path, body): (&str, &str, &str)) -> (u16, Value) {
        self.rest(&guest.token, method, path, body).await
    }

    /// A frame, and what answers it.
    pub(super) async fn frame(&self, guest: &Guest, text: &str) -> Value {
        serde_json::from_str(&self.app.answer(guest.actor, text.to_owned()).await).unwrap()
    }

    /// The code of the refusal of a frame, and the `id` in it.
    pub(super) async fn refusal(&self, guest: &Guest, text: &str) -> (String, Value) {
        let answer = self.frame(guest, text).await;
        assert_eq!(answer["type"], "problem", "{text:.200} got {answer}");
        (answer["problem"]["code"].as_str().unwrap().to_owned(), answer["id"].clone())
    }

    pub(super) async fn guest(&self, name: &str) -> Guest {
        let (status, made) = self.rest("", "POST", "/v1/guests", &format!("{{\"name\":\"{name}\"}}")).await;
        assert_eq!(status, 201);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let account = text(&made["account"]["id"]);
        let actor =
            Actor { account: account.parse().unwrap(), device: text(&made["device"]["id"]).parse().unwrap() };
        Guest { account, token: text(&made["token"]), actor }
    }

    /// Opens a room; gives its id.
    pub(super) async fn room(&self, guest: &Guest, slug: &str) -> String {
        let (_, opened) = self.ask(guest, ("PUT", &format!("/v1/rooms/{slug}"), "")).await;
        opened["conversation"]["id"].as_str().unwrap().to_owned()
    }
}
