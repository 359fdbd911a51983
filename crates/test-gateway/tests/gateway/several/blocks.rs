//! What one account may see and another may not, in one stream.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::cases::reader::{Reader, Transport};
use crate::server::{Server, Setup};

/// Ada blocks Bob, who writes to her all the same; Cyd has to do with neither.
struct Scene<'a> {
    browser: Browser<'a>,
    ada: String,
    bob: String,
    cyd: String,
    chat: String,
    before: String,
}

impl<'a> Scene<'a> {
    async fn set(server: &'a Server) -> Self {
        let (browser, [ada, bob, cyd]) = Browser::with(server, ["Ada", "Bob", "Cyd"]).await;
        let chat = browser.direct(&ada, &bob).await;
        browser.direct(&bob, &ada).await;
        let blocking = browser.ask("PUT", &format!("/v1/blocks/{bob}"), Some(&ada), "").await;
        assert_eq!(blocking.status, 204);
        let before = browser.cursor(&ada).await;
        Self { browser, ada, bob, cyd, chat, before }
    }

    /// Bob writes, and takes it back.
    async fn talk(&self) {
        self.browser.send(&self.bob, &self.chat, "hello?").await;
        let path = format!("/v1/conversations/{}/messages", self.chat);
        let page = self.browser.ask("GET", &path, Some(&self.bob), "").await.json();
        let seq = page["messages"].as_array().unwrap().last().unwrap()["seq"].as_u64().unwrap();
        let path = format!("{path}/{seq}");
        assert_eq!(self.browser.ask("DELETE", &path, Some(&self.bob), "").await.status, 200);
    }

    /// What each set of accounts is told of the two rows: their types, and for whom alone they are.
    fn expected(&self) -> [(String, [(&'static str, Value); 2]); 5] {
        let Self { ada, bob, cyd, .. } = self;
        let (null, bobs) = (Value::Null, json!(bob));
        let plain = || [("message", null.clone()), ("delete", null.clone())];
        let hidden = || [("hidden", null.clone()), ("hidden", null.clone())];
        [
            (ada.clone(), hidden()),
            // Who is blocked does not learn of it, with whomever he shares the browser but her.
            (bob.clone(), plain()),
            (format!("{bob},{cyd}"), plain()),
            (format!("{ada},{cyd}"), hidden()),
            (format!("{ada},{bob}"), [("message", bobs.clone()), ("delete", bobs)]),
        ]
    }

    async fn check(&self, reader: &mut Reader<'_>, told: &[(&str, Value); 2], what: &str) {
        for (kind, account) in told {
            let record = reader.record().await;
            assert_eq!(
                (record["type"].as_str().unwrap(), &record["account"]),
                (*kind, account),
                "{what}: {record}"
            );
            assert_eq!(record["conversation"], json!(self.chat));
            if *kind == "hidden" {
                assert_eq!(record.as_object().unwrap().len(), 4, "{record}");
            }
        }
    }
}

#[tokio::test]
async fn what_one_blocks_comes_for_the_other_live() {
    let server = Server::start().await;
    let scene = Scene::set(&server).await;
    for way in Transport::ALL {
        for (accounts, told) in scene.expected() {
            let now = scene.browser.cursor(&scene.ada).await;
            let mut reader = Reader::open_for(&scene.browser, way, &accounts, &now).await;
            scene.talk().await;
            scene.check(&mut reader, &told, &format!("{way:?} {accounts}")).await;
        }
    }
}

#[tokio::test]
async fn what_one_blocks_comes_for_the_other_replayed() {
    let from_the_window = |_: &mut Setup| {};
    let from_the_store = |setup: &mut Setup| setup.hub.window_bytes_max = 1;
    let changes: [fn(&mut Setup); 2] = [from_the_window, from_the_store];
    for change in changes {
        let server = Server::with(change).await;
        let scene = Scene::set(&server).await;
        scene.talk().await;
        for way in Transport::ALL {
            for (accounts, told) in scene.expected() {
                let mut reader = Reader::open_for(&scene.browser, way, &accounts, &scene.before).await;
                scene.check(&mut reader, &told, &format!("{way:?} {accounts}")).await;
            }
        }
    }
}
