//! What becomes of messages: edits, answers, reactions, pins, and how they are read.

use serde_json::{Value, json};

use crate::server::Server;

const THUMB: &str = "%F0%9F%91%8D";
const LAUGH: &str = "%F0%9F%98%82";

/// Ada's room, in which Bob is too.
struct Scene<'s> {
    server: &'s Server,
    ada: String,
    bob: String,
    room: String,
}

impl<'s> Scene<'s> {
    async fn new(server: &'s Server) -> Self {
        let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
        let room = server.room(&ada, "tea").await.0;
        server.room(&bob, "tea").await;
        Self { server, ada, bob, room }
    }

    fn at(&self, rest: &str) -> String {
        format!("/v1/conversations/{}{rest}", self.room)
    }

    /// What must work: its body.
    async fn does(&self, who: &str, method: &str, rest: &str, body: &str) -> Value {
        let answer = self.server.json(who, method, &self.at(rest), body).await;
        assert!(answer.status < 300, "{method} {rest} {body} got {}", answer.status);
        if answer.body.is_empty() { json!({}) } else { answer.json() }
    }

    async fn refused(&self, who: &str, method: &str, rest: &str, body: &str) -> String {
        self.server.json(who, method, &self.at(rest), body).await.code()
    }

    /// A message by its place in a page.
    async fn message(&self, who: &str, at: usize) -> Value {
        self.does(who, "GET", "/messages", "").await["messages"][at].take()
    }

    /// Every record that a poll gives from the beginning on, by its type.
    async fn records(&self, who: &str, after: &str, kind: &str) -> Vec<Value> {
        let path = format!("/v1/events?after={after}&wait=0");
        let poll = self.server.json(who, "GET", &path, "").await.json();
        let events = poll["events"].as_array().unwrap().iter();
        events.filter(|record| record["type"] == kind).cloned().collect()
    }

    async fn cursor(&self, who: &str) -> String {
        let poll = self.server.json(who, "GET", "/v1/events?wait=0", "").await.json();
        poll["cursor"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn an_edited_message_reads_the_same_by_every_way() {
    let server = Server::start().await;
    let scene = Scene::new(&server).await;
    let (ada, bob) = (&scene.ada, &scene.bob);
    let before = scene.cursor(bob).await;
    server.send(ada, &scene.room, "one").await;
    let body = r#"{"text":"@all two","entities":[{"type":"mention_all","offset":0,"length":4}]}"#;
    let edited = scene.does(ada, "PATCH", "/messages/1", body).await;
    assert_eq!(edited["seq"], 2);
    assert_eq!(scene.does(ada, "PATCH", "/messages/1", body).await, edited, "nothing changes");
    let entities = json!([{"type": "mention_all", "offset": 0, "length": 4}]);
    for page in [
        scene.does(bob, "GET", "/messages", "").await,
        scene.does(bob, "GET", "/messages?seqs=1,2,3", "").await,
        scene.does(bob, "GET", "/messages?around=1&limit=1", "").await,
        server.json(bob, "PUT", "/v1/rooms/tea", "").await.json(),
    ] {
        let messages = page["messages"].as_array().unwrap();
        assert_eq!(messages.len(), 1, "{page}");
        assert_eq!((&messages[0]["text"], &messages[0]["entities"]), (&json!("@all two"), &entities));
        assert_eq!(messages[0]["edited_at"], edited["sent_at"]);
    }
    // The window of recent events gives the present text, too.
    let message = &scene.records(bob, &before, "message").await[0];
    assert_eq!((&message["text"], &message["edited_at"]), (&json!("@all two"), &edited["sent_at"]));
    let edit = &scene.records(bob, &before, "edit").await[0];
    assert_eq!((&edit["seq"], &edit["target"], &edit["text"]), (&json!(2), &json!(1), &json!("@all two")));
    assert_eq!((&edit["entities"], &edit["sender"]["name"]), (&entities, &json!("Ada")));
}

#[tokio::test]
async fn nothing_of_a_deleted_message_is_left() {
    let server = Server::start().await;
    let scene = Scene::new(&server).await;
    let (ada, bob) = (&scene.ada, &scene.bob);
    let before = scene.cursor(bob).await;
    server.send(ada, &scene.room, "secret one").await;
    scene.does(ada, "PATCH", "/messages/1", r#"{"text":"secret two"}"#).await;
    scene.does(bob, "PUT", &format!("/messages/1/reactions/{THUMB}"), "").await;
    scene.does(ada, "PUT", "/pins/1", "").await;
    let body = json!({
        "client_id": "0197a3b0-0000-7000-8000-000000000001", "text": "yes", "reply_to": 1,
    });
    scene.does(bob, "POST", "/messages", &body.to_string()).await;
    scene.does(ada, "DELETE", "/messages/1", "").await;

    let message = scene.message(bob, 0).await;
    assert_eq!((&message["text"], &message["deleted"]), (&json!(""), &json!(true)));
    for absent in ["reactions", "mine", "pinned", "marked", "edited_at", "entities"] {
        assert_eq!(message.get(absent), None, "{absent}");
    }
    assert_eq!(scene.message(bob, 1).await["reply_to"], 1, "the answer still says to what");
    assert_eq!(scene.does(bob, "GET", "/pins", "").await["messages"], json!([]));
    assert_eq!(scene.refused(bob, "GET", "/messages/1/reactions", "").await, "not_found");
    for (method, rest, body) in [
        ("PATCH", "/messages/1".to_owned(), r#"{"text":"three"}"#),
        ("PUT", format!("/messages/1/reactions/{THUMB}"), ""),
        ("DELETE", format!("/messages/1/reactions/{THUMB}"), ""),
        ("PUT", "/pins/1".to_owned(), ""),
        ("DELETE", "/pins/1".to_owned(), ""),
    ] {
        assert_eq!(scene.refused(ada, method, &rest, body).await, "not_found", "{method} {rest}");
    }
    let poll = server.json(bob, "GET", &format!("/v1/events?after={before}&wait=0"), "").await;
    let told = String::from_utf8_lossy(&poll.body).into_owned();
    assert!(!told.contains("secret"), "{told}");
    assert_eq!(scene.records(bob, &before, "edit").await[0]["deleted"], true);
}

#[tokio::test]
async fn reactions_are_counted() {
    let server = Server::start().await;
    let scene = Scene::new(&server).await;
    let (ada, bob) = (&scene.ada, &scene.bob);
    server.send(ada, &scene.room, "hello").await;
    let before = scene.cursor(ada).await;
    let first = scene.does(ada, "PUT", &format!("/messages/1/reactions/{LAUGH}"), "").await;
    assert_eq!(first["seq"], 2);
    assert_eq!(scene.does(ada, "PUT", &format!("/messages/1/reactions/{LAUGH}"), "").await, first);
    scene.does(bob, "PUT", &format!("/messages/1/reactions/{LAUGH}"), "").await;
    // Without its variation selector it is the same emoji.
    scene.does(bob, "PUT", "/messages/1/reactions/%E2%9D%A4", "").await;
    let message = scene.message(bob, 0).await;
    let counts = json!([{"emoji": "😂", "count": 2}, {"emoji": "❤️", "count": 1}]);
    assert_eq!((&message["reactions"], &message["mine"]), (&counts, &json!(["❤️", "😂"])));
    assert_eq!(message["marked"], 4);
    assert_eq!(scene.message(ada, 0).await["mine"], json!(["😂"]));

    // Who, a page at a time.
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = scene.does(ada, "GET", &format!("/messages/1/reactions?limit=1{after}"), "").await;
        let entry = &page["reactions"][0];
        seen.push(format!(
            "{} {}",
            entry["account"]["name"].as_str().unwrap(),
            entry["emoji"].as_str().unwrap()
        ));
        let Some(next) = page["next"].as_str() else { break };
        let next: String = next.bytes().map(|byte| format!("%{byte:02X}")).collect();
        after = format!("&after={next}");
    }
    seen.sort();
    assert_eq!(seen, ["Ada 😂", "Bob ❤️", "Bob 😂"]);
    for after in ["x", "0197a3b0-0000-7000-8000-000000000001", "x+%F0%9F%91%8D"] {
        let rest = format!("/messages/1/reactions?after={after}");
        assert_eq!(scene.refused(ada, "GET", &rest, "").await, "invalid_query", "{after}");
    }

    let back = scene.does(bob, "DELETE", &format!("/messages/1/reactions/{LAUGH}"), "").await;
    assert_eq!(back["seq"], 5);
    let again = server.json(bob, "DELETE", &scene.at(&format!("/messages/1/reactions/{LAUGH}")), "").await;
    assert_eq!(again.status, 204);
    let told: Vec<(Value, Value)> = scene
        .records(ada, &before, "reaction")
        .await
        .iter()
        .map(|record| (record["emoji"].clone(), record["on"].clone()))
        .collect();
    let on = |emoji: &str, on: bool| (json!(emoji), json!(on));
    assert_eq!(told, [on("😂", true), on("😂", true), on("❤️", true), on("😂", false)]);
}

#[tokio::test]
async fn there_are_so_many_reactions() {
    let server = Server::start().await;
    let scene = Scene::new(&server).await;
    let (ada, bob) = (&scene.ada, &scene.bob);
    server.send(ada, &scene.room, "hello").await;
    // U+1F600 and those that follow.
    let emoji = |number: u32| {
        let face = char::from_u32(0x1f600 + number).unwrap().to_string();
        face.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>()
    };
    for number in 0..20 {
        scene.does(ada, "PUT", &format!("/messages/1/reactions/{}", emoji(number)), "").await;
    }
    for who in [ada, bob] {
        let rest = format!("/messages/1/reactions/{}", emoji(20));
        assert_eq!(scene.refused(who, "PUT", &rest, "").await, "too_many_reactions");
    }
    // One that is there is no other.
    scene.does(bob, "PUT", &format!("/messages/1/reactions/{}", emoji(3)), "").await;
    scene.does(ada, "DELETE", &format!("/messages/1/reactions/{}", emoji(0)), "").await;
    scene.does(bob, "PUT", &format!("/messages/1/reactions/{}", emoji(20)), "").await;
}

#[tokio::test]
async fn pinned_messages_come_newest_first() {
    let server = Server::start().await;
    let scene = Scene::new(&server).await;
    let (ada, bob) = (&scene.ada, &scene.bob);
    for number in 1..=102 {
        server.send(ada, &scene.room, &format!("number {number}")).await;
    }
    let first = scene.does(ada, "PUT", "/pins/2", "").await;
    assert_eq!(scene.does(ada, "PUT", "/pins/2", "").await, first);
    scene.does(ada, "PUT", "/pins/1", "").await;
    let seqs = |list: &Value| -> Vec<u64> {
        let messages = list["messages"].as_array().unwrap().iter();
        messages.map(|message| message["seq"].as_u64().unwrap()).collect()
    };
    let list = scene.does(bob, "GET", "/pins", "").await;
    assert_eq!(seqs(&list), [1, 2]);
    assert_eq!(list["messages"][0]["pinned"], true);
    scene.does(ada, "DELETE", "/pins/1", "").await;
    assert_eq!(server.json(ada, "DELETE", &scene.at("/pins/1"), "").await.status, 204);
    assert_eq!(seqs(&scene.does(bob, "GET", "/pins", "").await), [2]);
    for number in 3..=101 {
        scene.does(ada, "PUT", &format!("/pins/{number}"), "").await;
    }
    assert_eq!(scene.refused(ada, "PUT", "/pins/102", "").await, "too_many_pins");
    // A deleted one makes room.
    scene.does(ada, "DELETE", "/messages/2", "").await;
    scene.does(ada, "PUT", "/pins/102", "").await;
    assert_eq!(seqs(&scene.does(bob, "GET", "/pins", "").await)[..3], [102, 101, 100]);
}

#[tokio::test]
async fn messages_are_read_one_by_one_and_around_one() {
    let server = Server::start().await;
    let scene = Scene::new(&server).await;
    let (ada, bob) = (&scene.ada, &scene.bob);
    for number in 1..=9 {
        server.send(ada, &scene.room, &format!("number {number}")).await;
    }
    scene.does(ada, "PATCH", "/messages/2", r#"{"text":"two"}"#).await;
    let texts = |page: &Value| -> Vec<String> {
        let messages = page["messages"].as_array().unwrap().iter();
        messages.map(|message| message["text"].as_str().unwrap().to_owned()).collect()
    };
    // In the order of their rows, each once; what is no message is none.
    let list = scene.does(bob, "GET", "/messages?seqs=9,2,2,10,99,9223372036854775807", "").await;
    assert_eq!(texts(&list), ["two", "number 9"]);
    assert_eq!(list.get("from_seq"), None);
    for (around, limit, expected) in [
        (5, 3, vec!["number 4", "number 5", "number 6"]),
        (1, 3, vec!["number 1", "two", "number 3"]),
        // The last row is an edit, which is no message.
        (99, 3, vec!["number 8", "number 9"]),
        (5, 1, vec!["number 5"]),
    ] {
        let page = scene.does(bob, "GET", &format!("/messages?around={around}&limit={limit}"), "").await;
        assert_eq!(texts(&page), expected, "{around}");
    }
    let many: Vec<String> = (1..=51).map(|number: u32| number.to_string()).collect();
    for query in [
        "seqs=".to_owned(),
        "seqs=x".to_owned(),
        "seqs=1,,2".to_owned(),
        "seqs=-1".to_owned(),
        "seqs=1&limit=1".to_owned(),
        "seqs=1&after=1".to_owned(),
        "seqs=99999999999999999999".to_owned(),
        format!("seqs={}", many.join(",")),
        "around=1&before=2".to_owned(),
        "around=x".to_owned(),
    ] {
        assert_eq!(
            scene.refused(bob, "GET", &format!("/messages?{query}"), "").await,
            "invalid_query",
            "{query}"
        );
    }
    let eve = server.guest("Eve").await;
    for query in ["seqs=1", "around=1"] {
        assert_eq!(scene.refused(&eve, "GET", &format!("/messages?{query}"), "").await, "not_found");
    }
}

/// A retry is one only if everything is the same.
#[tokio::test]
async fn a_retry_names_and_answers_the_same() {
    let server = Server::start().await;
    let scene = Scene::new(&server).await;
    let ada = &scene.ada;
    server.send(ada, &scene.room, "first").await;
    let mut body = json!({
        "client_id": "0197a3b0-0000-7000-8000-000000000001",
        "text": "@all yes",
        "reply_to": 1,
        "forwarded": true,
        "entities": [{"type": "mention_all", "offset": 0, "length": 4}],
    });
    let sent = scene.does(ada, "POST", "/messages", &body.to_string()).await;
    assert_eq!(scene.does(ada, "POST", "/messages", &body.to_string()).await, sent);
    let message = scene.message(ada, 1).await;
    assert_eq!((&message["reply_to"], &message["forwarded"]), (&json!(1), &json!(true)));
    for (field, other) in [
        ("reply_to", json!(2)),
        ("forwarded", json!(false)),
        ("entities", json!([])),
        ("entities", json!([{"type": "mention_all", "offset": 0, "length": 3}])),
    ] {
        let right = std::mem::replace(&mut body[field], other);
        let refused = scene.refused(ada, "POST", "/messages", &body.to_string()).await;
        assert_eq!(refused, "client_id_reused", "{field}");
        body[field] = right;
    }
    body["client_id"] = json!("0197a3b0-0000-7000-8000-000000000002");
    body["reply_to"] = json!(9);
    assert_eq!(scene.refused(ada, "POST", "/messages", &body.to_string()).await, "not_found");
}

/// Whoever is blocked must not notice, and whoever blocks sees nothing of it.
#[tokio::test]
async fn who_is_blocked_reacts_and_edits_for_themselves() {
    let server = Server::start().await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let id = |token: String| {
        let server = &server;
        async move {
            let session = server.json(&token, "GET", "/v1/session", "").await.json();
            session["account"]["id"].as_str().unwrap().to_owned()
        }
    };
    let (ada_id, bob_id) = (id(ada.clone()).await, id(bob.clone()).await);
    let opened = server.json(&ada, "PUT", &format!("/v1/direct/{bob_id}"), "").await.json();
    let room = opened["conversation"]["id"].as_str().unwrap().to_owned();
    let scene = Scene { server: &server, ada: ada.clone(), bob: bob.clone(), room };
    server.send(&ada, &scene.room, "hello").await;
    server.send(&bob, &scene.room, "hi").await;
    let before = scene.cursor(&bob).await;
    server.json(&bob, "PUT", &format!("/v1/blocks/{ada_id}"), "").await;

    // Ada reacts to Bob's message, and edits her own.
    scene.does(&ada, "PUT", &format!("/messages/2/reactions/{THUMB}"), "").await;
    scene.does(&ada, "PATCH", "/messages/1", r#"{"text":"not for you"}"#).await;
    server.json(&bob, "DELETE", &format!("/v1/blocks/{ada_id}"), "").await;
    scene.does(&bob, "PUT", &format!("/messages/2/reactions/{THUMB}"), "").await;

    let hers = scene.does(&ada, "GET", "/messages", "").await;
    assert_eq!(hers["messages"][0]["text"], "not for you");
    assert_eq!(hers["messages"][1]["reactions"], json!([{"emoji": "👍", "count": 2}]));
    assert_eq!(hers["messages"][1]["mine"], json!(["👍"]));
    let his = scene.does(&bob, "GET", "/messages", "").await;
    assert_eq!(his["messages"].as_array().unwrap().len(), 1, "{his}");
    assert_eq!(his["messages"][0]["reactions"], json!([{"emoji": "👍", "count": 1}]));
    let page = scene.does(&bob, "GET", "/messages/2/reactions", "").await;
    assert_eq!(page["reactions"].as_array().unwrap().len(), 1);
    assert_eq!(
        scene.does(&ada, "GET", "/messages/2/reactions", "").await["reactions"].as_array().unwrap().len(),
        2
    );

    let hidden = scene.records(&bob, &before, "hidden").await;
    assert_eq!(hidden.len(), 2, "{hidden:?}");
    assert_eq!((hidden[0].get("target"), &hidden[1]["target"]), (None, &json!(1)));
    let told = server.json(&bob, "GET", &format!("/v1/events?after={before}&wait=0"), "").await;
    assert!(!String::from_utf8_lossy(&told.body).contains("not for you"));
    assert_eq!(scene.records(&bob, &before, "reaction").await.len(), 1);
    assert_eq!(scene.records(&ada, &before, "edit").await[0]["text"], "not for you");
    // What Ada takes back was never there for Bob.
    scene.does(&ada, "DELETE", &format!("/messages/2/reactions/{THUMB}"), "").await;
    let his = scene.does(&bob, "GET", "/messages", "").await;
    assert_eq!(his["messages"][0]["reactions"], json!([{"emoji": "👍", "count": 1}]));
}
