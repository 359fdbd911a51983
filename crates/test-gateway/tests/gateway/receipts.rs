//! How far others are: who is told, and who is not.

use std::time::Duration;

use chinwag_chat::{Received, Reply, Request};
use chinwag_protocol::Seq;
use chinwag_store::Store;
use serde_json::{Value, json};

use crate::server::Server;

/// One that tells at once.
async fn server() -> Server {
    Server::with(|setup| setup.hub.receipts_every = Duration::from_millis(10)).await
}

/// A guest: its token and its id.
async fn guest(server: &Server, name: &str) -> (String, String) {
    let token = server.guest(name).await;
    let session = server.json(&token, "GET", "/v1/session", "").await.json();
    (token, session["account"]["id"].as_str().unwrap().to_owned())
}

async fn now(server: &Server, token: &str) -> String {
    server.json(token, "GET", "/v1/events", "").await.field("cursor")
}

/// Polls on until a receipt of an account comes that says this; nothing of that account says less after that.
async fn told(server: &Server, token: &str, cursor: &mut String, account: &str, says: Value) {
    loop {
        let path = format!("/v1/events?after={cursor}&wait=30");
        let poll = server.json(token, "GET", &path, "").await.json();
        assert_ne!(poll["events"], json!([]), "nothing comes any more");
        *cursor = poll["cursor"].as_str().unwrap().to_owned();
        for event in poll["events"].as_array().unwrap() {
            let is_it = event["type"] == "receipt" && event["account"] == account;
            if is_it && says.as_object().unwrap().iter().all(|(name, value)| event[name] == *value) {
                return;
            }
        }
    }
}

async fn says(server: &Server, token: &str, chat: &str, text: &str) -> u64 {
    server.send(token, chat, text).await.json()["seq"].as_u64().unwrap()
}

/// What the hub does now and then. Whether anybody was told.
async fn tell(server: &Server, account: &str, chat: &str, delivered: Option<u64>) -> bool {
    let (account, conversation) = (account.parse().unwrap(), chat.parse().unwrap());
    let delivered = delivered.map(Seq::new);
    let before = server.store.head().await.unwrap();
    let all = vec![Received { account, conversation, delivered }];
    assert_eq!(server.store.submit(Request::Receive(all)).await, Ok(Reply::Done));
    server.store.head().await.unwrap() > before
}

#[tokio::test]
async fn two_are_told_what_the_other_has_got_and_read() {
    let server = server().await;
    let ((ada, _), (bob, bob_id)) = (guest(&server, "Ada").await, guest(&server, "Bob").await);
    let (mut adas, bobs) = (now(&server, &ada).await, now(&server, &bob).await);
    let opened = server.json(&ada, "PUT", &format!("/v1/direct/{bob_id}"), "").await.json();
    let chat = opened["conversation"]["id"].as_str().unwrap().to_owned();
    let at = format!("/v1/conversations/{chat}");
    says(&server, &ada, &chat, "one").await;
    server.json(&bob, "POST", &format!("{at}/accept"), "").await;
    let second = says(&server, &ada, &chat, "two").await;

    let poll = server.json(&bob, "GET", &format!("/v1/events?after={bobs}"), "").await;
    let bobs = poll.field("cursor");
    let ack = json!({ "cursor": bobs }).to_string();
    assert_eq!(server.json(&bob, "POST", "/v1/ack", &ack).await.status, 204);
    told(
        &server,
        &ada,
        &mut adas,
        &bob_id,
        json!({"conversation": chat, "delivered_seq": second, "version": 1}),
    )
    .await;
    let receipts = server.json(&ada, "GET", &format!("{at}/receipts"), "").await.json();
    assert_eq!(receipts["receipts"], json!([{"account": bob_id, "delivered_seq": second, "version": 1}]));
    let readers = format!("{at}/messages/{second}/readers");
    assert_eq!(server.json(&ada, "GET", &readers, "").await.json(), json!({"readers": [], "next": null}));

    let read = format!(r#"{{"seq":{second}}}"#);
    assert_eq!(server.json(&bob, "PUT", &format!("{at}/read"), &read).await.status, 204);
    told(
        &server,
        &ada,
        &mut adas,
        &bob_id,
        json!({"read_seq": second, "delivered_seq": second, "version": 2}),
    )
    .await;
    for (seq, expected) in [(1, 1), (second, 1)] {
        let page = server.json(&ada, "GET", &format!("{at}/messages/{seq}/readers"), "").await.json();
        assert_eq!(page["readers"].as_array().unwrap().len(), expected);
        assert_eq!((&page["readers"][0]["id"], &page["readers"][0]["name"]), (&json!(bob_id), &json!("Bob")));
        let page = server.json(&bob, "GET", &format!("{at}/messages/{seq}/readers"), "").await.json();
        assert_eq!(page["readers"], json!([]), "nobody stands in one's own list");
    }
    for seq in ["0", "9", "x", "9007199254740993"] {
        let answer = server.json(&ada, "GET", &format!("{at}/messages/{seq}/readers"), "").await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{seq}");
    }
    // Coming from a cursor, too, and only the last of them.
    let poll = server.json(&ada, "GET", &format!("/v1/events?after={bobs}"), "").await.json();
    let events = poll["events"].as_array().unwrap();
    let receipts: Vec<&Value> = events.iter().filter(|event| event["type"] == "receipt").collect();
    assert_eq!(receipts.len(), 1, "{events:?}");
    assert_eq!(receipts[0]["version"], 2);
}

#[tokio::test]
async fn strangers_and_the_blocked_are_told_nothing() {
    let server = Server::start().await;
    let ((ada, ada_id), (bob, bob_id)) = (guest(&server, "Ada").await, guest(&server, "Bob").await);
    let opened = server.json(&ada, "PUT", &format!("/v1/direct/{bob_id}"), "").await.json();
    let chat = opened["conversation"]["id"].as_str().unwrap().to_owned();
    let at = format!("/v1/conversations/{chat}");
    let seq = says(&server, &ada, &chat, "one").await;
    let read = format!(r#"{{"seq":{seq}}}"#);
    assert_eq!(server.json(&bob, "PUT", &format!("{at}/read"), &read).await.status, 204);
    assert!(!tell(&server, &bob_id, &chat, Some(seq)).await, "a request");
    server.json(&bob, "POST", &format!("{at}/accept"), "").await;
    let blocks = format!("/v1/blocks/{ada_id}");
    assert_eq!(server.json(&bob, "PUT", &blocks, "").await.status, 204);
    assert!(!tell(&server, &bob_id, &chat, Some(seq)).await, "blocked");
    assert!(!tell(&server, &ada_id, &chat, Some(seq)).await, "by whom one blocks");
    let hidden = says(&server, &ada, &chat, "hidden").await;
    assert_eq!(server.json(&bob, "DELETE", &blocks, "").await.status, 204);
    assert!(tell(&server, &bob_id, &chat, Some(hidden)).await, "of what was read before");
    let receipts = server.json(&ada, "GET", &format!("{at}/receipts"), "").await.json();
    assert_eq!(receipts["receipts"][0]["delivered_seq"], seq, "of what it cannot have seen nothing is said");
    assert!(!tell(&server, &bob_id, &chat, Some(hidden)).await);
    assert!(!tell(&server, &bob_id, &chat, Some(99)).await, "there is no such message");
}

#[tokio::test]
async fn rooms_and_who_does_not_want_to_are_told_nothing() {
    let server = Server::start().await;
    let ((ada, ada_id), (bob, bob_id)) = (guest(&server, "Ada").await, guest(&server, "Bob").await);
    let (room, _) = server.room(&ada, "tea").await;
    server.room(&bob, "tea").await;
    let seq = says(&server, &ada, &room, "one").await;
    assert!(!tell(&server, &bob_id, &room, Some(seq)).await, "in a room");

    let made = r#"{"client_id":"0197a3b0-0000-7000-8000-000000000009","title":"Crew"}"#;
    let crew = server.json(&ada, "POST", "/v1/groups", made).await.json()["id"].as_str().unwrap().to_owned();
    let at = format!("/v1/conversations/{crew}");
    let add = json!({ "accounts": [bob_id] }).to_string();
    assert_eq!(server.json(&ada, "POST", &format!("{at}/members"), &add).await.status, 200);
    let seq = says(&server, &ada, &crew, "one").await;

    let preferences = "/v1/account/preferences";
    assert_eq!(
        server.json(&bob, "GET", preferences, "").await.json(),
        json!({"receipts": true, "version": 0})
    );
    for _ in 0..2 {
        let answer = server.json(&bob, "PATCH", preferences, r#"{"receipts":false}"#).await.json();
        assert_eq!(answer, json!({"receipts": false, "version": 1}));
    }
    assert!(!tell(&server, &bob_id, &crew, Some(seq)).await, "who does not want to tell");
    let (mut adas, bobs) = (now(&server, &ada).await, now(&server, &bob).await);
    let answer = says(&server, &bob, &crew, "two").await;
    assert!(tell(&server, &ada_id, &crew, Some(answer)).await);
    told(&server, &ada, &mut adas, &ada_id, json!({"delivered_seq": answer})).await;
    let poll = server.json(&bob, "GET", &format!("/v1/events?after={bobs}"), "").await.json();
    let types: Vec<&Value> = poll["events"].as_array().unwrap().iter().map(|event| &event["type"]).collect();
    assert_eq!(types, ["message"], "who does not tell is not told");
    for path in [format!("{at}/receipts"), format!("{at}/messages/{seq}/readers")] {
        let answer = server.json(&bob, "GET", &path, "").await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden"));
    }
    let answer = server.json(&bob, "PATCH", preferences, r#"{"receipts":true}"#).await.json();
    assert_eq!(answer, json!({"receipts": true, "version": 2}));
    assert!(tell(&server, &bob_id, &crew, Some(seq)).await);
}
