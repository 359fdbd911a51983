//! Who is there, who types, and who may know of either.

use std::time::Duration;

use serde_json::{Value, json};

use crate::cases::reader::{Reader, Transport};
use crate::server::Server;
use crate::socket::{Over, Socket, TEXT, masked};

/// Nobody's.
const ABSENT: &str = "0197a3b0-0000-7000-8000-0000000000ff";

/// Somebody with one device.
struct Person {
    token: String,
    id: String,
}

impl Person {
    async fn arrive(server: &Server, name: &str) -> Self {
        let token = server.guest(name).await;
        let session = server.json(&token, "GET", "/v1/session", "").await.json();
        Self { token, id: session["account"]["id"].as_str().unwrap().to_owned() }
    }

    /// What must work.
    async fn does(&self, server: &Server, method: &str, path: &str, body: &str) -> Value {
        let answer = server.json(&self.token, method, path, body).await;
        assert!(answer.status < 300, "{method} {path} {body}: {}", answer.text());
        if answer.body.is_empty() { json!({}) } else { answer.json() }
    }

    async fn comes(&self, server: &Server) -> Socket {
        Socket::open(server, Over::Http1, &self.token, &[]).await
    }

    async fn shows(&self, server: &Server, status: &str) {
        self.does(server, "PUT", "/v1/presence", &json!({"status": status}).to_string()).await;
    }

    async fn types(&self, server: &Server, conversation: &str, on: bool) {
        let path = format!("/v1/conversations/{conversation}/typing");
        self.does(server, "POST", &path, &json!({"on": on}).to_string()).await;
    }

    /// The signals that a poll has, sorted.
    async fn sees(&self, server: &Server, view: &str) -> Vec<String> {
        let answer = self.does(server, "GET", &format!("/v1/events?{view}"), "").await;
        let events = answer["events"].as_array().unwrap().iter();
        let mut signals: Vec<String> =
            events.filter(|event| event.get("cursor").is_none()).map(Value::to_string).collect();
        signals.sort();
        signals
    }
}

async fn group(server: &Server, owner: &Person, members: &[&Person]) -> String {
    let body = json!({"client_id": uuid::Uuid::now_v7(), "title": "Crew"}).to_string();
    let made = owner.does(server, "POST", "/v1/groups", &body).await;
    let id = made["id"].as_str().unwrap().to_owned();
    let accounts: Vec<&str> = members.iter().map(|member| member.id.as_str()).collect();
    let path = format!("/v1/conversations/{id}/members");
    owner.does(server, "POST", &path, &json!({"accounts": accounts}).to_string()).await;
    id
}

/// Writes to somebody who has never heard of it.
async fn begin_chat(server: &Server, from: &Person, to: &Person) -> String {
    let chat = from.does(server, "PUT", &format!("/v1/direct/{}", to.id), "").await;
    let id = chat["conversation"]["id"].as_str().unwrap().to_owned();
    assert_eq!(server.send(&from.token, &id, "hello").await.status, 201);
    id
}

/// Whose devices go at once, and that takes every request.
async fn server() -> Server {
    Server::with(|setup| {
        setup.gateway.limits_on = false;
        setup.hub.presence_grace = Duration::from_millis(50);
        setup.hub.poll_signals_after = Duration::from_millis(50);
        setup.hub.signals_every = Duration::from_millis(20);
    })
    .await
}

fn shown(person: &str, status: &str) -> Value {
    json!({"type": "presence", "account": person, "status": status})
}

/// Z9, Z10: who sees whom, of people all of whom are online but one.
#[tokio::test]
async fn presence_is_for_those_who_share_a_group_or_a_chat_and_do_not_block() {
    let server = server().await;
    let names = ["Ada", "Bob", "Eve", "Cat", "Dan", "Tom", "Fay", "Gil", "Hal", "Ida", "Jim", "Sam"];
    let mut people = Vec::new();
    for name in names {
        people.push(Person::arrive(&server, name).await);
    }
    let [ada, bob, eve, cat, dan, tom, fay, gil, hal, ida, jim, sam] = &people[..] else { unreachable!() };
    group(&server, ada, &[bob, fay, gil, hal, ida, jim]).await;
    server.room(&ada.token, "tea").await;
    server.room(&eve.token, "tea").await;
    let chat = begin_chat(&server, ada, cat).await;
    cat.does(&server, "POST", &format!("/v1/conversations/{chat}/accept"), "").await;
    begin_chat(&server, dan, ada).await;
    begin_chat(&server, ada, tom).await;
    ada.does(&server, "PUT", &format!("/v1/blocks/{}", fay.id), "").await;
    gil.does(&server, "PUT", &format!("/v1/blocks/{}", ada.id), "").await;
    let mut sockets = Vec::new();
    for person in [ada, bob, eve, cat, dan, tom, fay, gil, hal, ida, sam] {
        sockets.push(person.comes(&server).await);
    }
    hal.shows(&server, "invisible").await;
    ida.shows(&server, "away").await;
    // Until what Hal showed is over.
    let path = format!("view_accounts={}", hal.id);
    loop {
        let seen = ada.sees(&server, &path).await;
        if seen[0].contains("offline") {
            assert!(seen[0].contains("last_seen_at"), "as of one whose devices went: {seen:?}");
            break;
        }
    }

    let table = [
        ("oneself", ada, "online"),
        ("in a group", bob, "online"),
        ("in a room", eve, "offline"),
        ("in a chat that both have taken up", cat, "online"),
        ("who began a chat that she has not taken up", dan, "offline"),
        ("with whom she began a chat that he has not taken up", tom, "offline"),
        ("in a group, whom she blocks", fay, "offline"),
        ("in a group, who blocks her", gil, "offline"),
        ("in a group and away", ida, "away"),
        ("in a group and never there", jim, "offline"),
        ("a stranger", sam, "offline"),
    ];
    for (why, other, expected) in table {
        let seen = ada.sees(&server, &format!("view_accounts={}", other.id)).await;
        assert_eq!(seen, [shown(&other.id, expected).to_string()], "{why}");
        // It is the same the other way round; she is online.
        if other.id != ada.id {
            let back = if expected == "offline" && other.id != jim.id { "offline" } else { "online" };
            let seen = other.sees(&server, &format!("view_accounts={}", ada.id)).await;
            assert_eq!(seen, [shown(&ada.id, back).to_string()], "seen by one {why}");
        }
    }
    let absent = ada.sees(&server, &format!("view_accounts={ABSENT}")).await;
    assert_eq!(absent, [shown(ABSENT, "offline").to_string()]);

    // All of them at once, and what changes who may see whom.
    let change = async |what: &Person, method: &str, path: String, other: &Person, expected: &str| {
        what.does(&server, method, &path, "").await;
        let seen = ada.sees(&server, &format!("view_accounts={}", other.id)).await;
        assert!(seen[0].contains(expected), "{method} {path}: {seen:?}");
    };
    change(ada, "PUT", format!("/v1/blocks/{}", bob.id), bob, "\"offline\"}").await;
    change(ada, "DELETE", format!("/v1/blocks/{}", bob.id), bob, "\"online\"}").await;
    change(gil, "DELETE", format!("/v1/blocks/{}", ada.id), gil, "\"online\"}").await;
    hal.shows(&server, "online").await;
    let seen = ada.sees(&server, &path).await;
    assert_eq!(seen, [shown(&hal.id, "online").to_string()]);
    // Who goes was seen.
    drop(sockets);
    loop {
        let seen = ada.sees(&server, &format!("view_accounts={}", cat.id)).await;
        if seen[0].contains("offline") {
            assert!(seen[0].contains("last_seen_at"), "{seen:?}");
            break;
        }
    }
}

/// Reads until a record is this.
async fn until(reader: &mut Reader<'_>, expected: &Value) {
    loop {
        let record = reader.record().await;
        if record == *expected {
            return;
        }
        let kind = record["type"].as_str().unwrap();
        assert!(["presence", "typing", "message", "members"].contains(&kind), "{record}");
    }
}

#[tokio::test]
async fn what_changes_comes_over_every_transport() {
    let server = server().await;
    let ada = Person::arrive(&server, "Ada").await;
    for way in Transport::ALL.into_iter().filter(|(transport, _)| *transport != Transport::LongPoll) {
        let bob = Person::arrive(&server, "Bob").await;
        let crew = group(&server, &ada, &[&bob]).await;
        let bobs = bob.comes(&server).await;
        let view = format!("view_accounts={}&view_conversations={crew}", bob.id);
        let mut reader = Reader::open_looking(&server, way, &ada.token, &view).await;
        let typing = |on: bool| json!({"type": "typing", "conversation": crew, "account": bob.id, "on": on});
        until(&mut reader, &shown(&bob.id, "online")).await;
        bob.shows(&server, "away").await;
        until(&mut reader, &shown(&bob.id, "away")).await;
        bob.shows(&server, "online").await;
        until(&mut reader, &shown(&bob.id, "online")).await;
        bob.types(&server, &crew, true).await;
        until(&mut reader, &typing(true)).await;
        if way.0 != Transport::ShortPoll {
            // The answer to a poll says who types, and not who does no more.
            assert_eq!(server.send(&bob.token, &crew, "done").await.status, 201);
            until(&mut reader, &typing(false)).await;
        }
        drop(bobs);
        loop {
            let record = reader.record().await;
            if record["account"] == bob.id.as_str() && record["status"] == "offline" {
                assert!(record["last_seen_at"].is_string(), "{record}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_change_ends_a_held_poll() {
    let server = server().await;
    let (ada, bob) = (Person::arrive(&server, "Ada").await, Person::arrive(&server, "Bob").await);
    let eve = Person::arrive(&server, "Eve").await;
    group(&server, &ada, &[&bob]).await;
    let sockets = (bob.comes(&server).await, eve.comes(&server).await);
    let now = server.json(&ada.token, "GET", "/v1/events", "").await.field("cursor");
    let path = format!("/v1/events?after={now}&wait=10&view_accounts={},{}", bob.id, eve.id);
    let started = std::time::Instant::now();
    let mut poll = std::pin::pin!(server.json(&ada.token, "GET", &path, ""));
    let answer = loop {
        let toggle = async {
            bob.shows(&server, "away").await;
            bob.shows(&server, "online").await;
        };
        tokio::select! {
            answer = &mut poll => break answer,
            () = toggle => {}
        }
    };
    assert!(started.elapsed() < Duration::from_secs(5));
    let events = answer.json()["events"].as_array().unwrap().clone();
    assert_eq!(events.len(), 2, "all that it looks at: {events:?}");
    // What a stranger does ends none.
    let path = format!("/v1/events?after={now}&wait=1&view_accounts={}", eve.id);
    let mut poll = std::pin::pin!(server.json(&ada.token, "GET", &path, ""));
    let started = std::time::Instant::now();
    let answer = loop {
        tokio::select! {
            answer = &mut poll => break answer,
            () = async { eve.shows(&server, "away").await; eve.shows(&server, "online").await; } => {}
        }
    };
    assert!(started.elapsed() > Duration::from_millis(900), "{}", answer.text());
    assert_eq!(answer.json()["events"], json!([shown(&eve.id, "offline")]));
    drop(sockets);
}

/// Nothing that it does shows in what another gets, nor in when.
#[tokio::test]
async fn an_invisible_account_sends_nothing() {
    let server = server().await;
    let [ada, hal, bob] = [
        Person::arrive(&server, "Ada").await,
        Person::arrive(&server, "Hal").await,
        Person::arrive(&server, "Bob").await,
    ];
    let crew = group(&server, &ada, &[&hal, &bob]).await;
    let (tea, _) = server.room(&ada.token, "tea").await;
    for person in [&hal, &bob] {
        server.room(&person.token, "tea").await;
    }
    let _bobs = bob.comes(&server).await;
    hal.shows(&server, "invisible").await;
    let mut adas = ada.comes(&server).await;
    let view =
        json!({"id": "1", "command": "view", "accounts": [hal.id, bob.id], "conversations": [crew, tea]});
    adas.send(masked(TEXT, view.to_string().as_bytes())).await;
    let mut first = Vec::new();
    while first.len() < 4 {
        first.push(adas.json().await);
    }
    assert!(first.contains(&shown(&hal.id, "offline")), "{first:?}");
    assert!(first.contains(&json!({"type": "present", "conversation": tea, "count": 2})), "{first:?}");

    for _ in 0..3 {
        let hals = hal.comes(&server).await;
        hal.types(&server, &crew, true).await;
        hal.types(&server, &tea, true).await;
        hal.does(&server, "GET", "/v1/events", "").await;
        drop(hals);
    }
    // What he writes is seen, and says nothing else.
    assert_eq!(server.send(&hal.token, &crew, "boo").await.status, 201);
    bob.types(&server, &tea, true).await;
    let mut came = Vec::new();
    while came.last().is_none_or(|last: &Value| last["type"] != "typing") {
        came.push(adas.json().await);
    }
    let kinds: Vec<&str> = came.iter().map(|record| record["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["message", "typing"], "{came:?}");
    assert_eq!(came[1]["account"], bob.id.as_str());
    let present = ada.does(&server, "GET", &format!("/v1/conversations/{tea}/present"), "").await;
    let mut there = [&ada.id, &bob.id];
    there.sort();
    let ids: Vec<&str> =
        present["accounts"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(ids, there);
}

#[tokio::test]
async fn a_room_tells_how_many_are_there_and_who() {
    let server = server().await;
    let mut people = Vec::new();
    for name in ["Ada", "Bob", "Eve", "Gil"] {
        people.push(Person::arrive(&server, name).await);
        server.room(&people.last().unwrap().token, "tea").await;
    }
    let [ada, bob, eve, gil] = &people[..] else { unreachable!() };
    let (tea, _) = server.room(&ada.token, "tea").await;
    let adas = ada.comes(&server).await;
    let bobs = bob.comes(&server).await;
    let eves = eve.comes(&server).await;
    let way = (Transport::Lines, Over::Http1);
    let mut reader =
        Reader::open_looking(&server, way, &ada.token, &format!("view_conversations={tea}")).await;
    assert_eq!(reader.record().await, json!({"type": "present", "conversation": tea, "count": 3}));

    let page = async |person: &Person, rest: &str| -> (Vec<String>, Value) {
        let path = format!("/v1/conversations/{tea}/present?{rest}");
        let page = person.does(&server, "GET", &path, "").await;
        let ids = page["accounts"].as_array().unwrap().iter();
        (ids.map(|account| account["id"].as_str().unwrap().to_owned()).collect(), page["next"].clone())
    };
    let mut there = [&ada.id, &bob.id, &eve.id].map(Clone::clone).to_vec();
    there.sort();
    assert_eq!(page(gil, "").await, (there.clone(), Value::Null));
    let (first, next) = page(ada, "limit=2").await;
    assert_eq!((first, next.as_str()), (there[..2].to_vec(), Some(there[1].as_str())));
    let after = format!("limit=2&after={}", there[1]);
    assert_eq!(page(ada, &after).await, (there[2..].to_vec(), Value::Null));
    // Who blocks or is blocked is not shown to the other.
    bob.does(&server, "PUT", &format!("/v1/blocks/{}", ada.id), "").await;
    assert!(!page(ada, "").await.0.contains(&bob.id) && !page(bob, "").await.0.contains(&ada.id));

    let crew = group(&server, ada, &[bob]).await;
    let stranger = Person::arrive(&server, "Sam").await;
    for (person, place, code) in [
        (ada, crew.as_str(), "forbidden"),
        (&stranger, crew.as_str(), "not_found"),
        (&stranger, tea.as_str(), "not_found"),
        (&stranger, ABSENT, "not_found"),
    ] {
        let answer =
            server.json(&person.token, "GET", &format!("/v1/conversations/{place}/present"), "").await;
        assert_eq!(answer.code(), code);
    }
    // Who goes is counted no more; five seconds are the least between two counts.
    drop(eves);
    assert_eq!(reader.record().await, json!({"type": "present", "conversation": tea, "count": 2}));
    drop((adas, bobs));
}

/// Z1: typing shows to members who look, and not to whom the typist blocks.
#[tokio::test]
async fn typing_is_for_members_whom_the_typist_does_not_block() {
    let server = server().await;
    let names = ["Ada", "Bob", "Fay", "Rea", "Mut", "Sam"];
    let mut people = Vec::new();
    for name in names {
        people.push(Person::arrive(&server, name).await);
    }
    let [ada, bob, fay, rea, mute, sam] = &people[..] else { unreachable!() };
    let crew = group(&server, ada, &[bob, fay, rea, mute]).await;
    let at = format!("/v1/conversations/{crew}");
    ada.does(&server, "PUT", &format!("{at}/members/{}/role", rea.id), r#"{"role":"read_only"}"#).await;
    ada.does(&server, "PUT", &format!("{at}/mutes/{}", mute.id), r#"{"seconds":60}"#).await;
    bob.does(&server, "PUT", &format!("/v1/blocks/{}", fay.id), "").await;
    let chat = begin_chat(&server, bob, sam).await;
    let mut sockets = Vec::new();
    for person in &people {
        sockets.push(person.comes(&server).await);
    }
    for typist in [bob, rea, mute] {
        typist.types(&server, &crew, true).await;
    }
    bob.types(&server, &chat, true).await;
    let typing = |conversation: &str, account: &Person| {
        json!({"type": "typing", "conversation": conversation, "account": account.id, "on": true}).to_string()
    };
    let view = format!("view_conversations={crew},{chat}");
    let table = [
        ("a member", ada, vec![typing(&crew, bob)]),
        ("oneself", bob, vec![]),
        ("whom he blocks", fay, vec![]),
        ("a member who only reads", rea, vec![typing(&crew, bob)]),
        ("no member, and a chat that he has not taken up", sam, vec![]),
    ];
    for (who, person, expected) in table {
        assert_eq!(person.sees(&server, &view).await, expected, "{who}");
    }
    let nobody = |place: &str| format!("/v1/conversations/{place}/typing");
    let foreign = server.json(&sam.token, "POST", &nobody(&crew), r#"{"on":true}"#).await;
    let absent = server.json(&sam.token, "POST", &nobody(ABSENT), r#"{"on":true}"#).await;
    assert_eq!((foreign.status, &foreign.body), (404, &absent.body));

    sam.does(&server, "POST", &format!("/v1/conversations/{chat}/accept"), "").await;
    bob.types(&server, &crew, false).await;
    assert_eq!(ada.sees(&server, &view).await, Vec::<String>::new());
    sam.types(&server, &chat, true).await;
    assert_eq!(bob.sees(&server, &view).await, [typing(&chat, sam)]);
    bob.does(&server, "PUT", &format!("/v1/blocks/{}", sam.id), "").await;
    assert_eq!(bob.sees(&server, &view).await, Vec::<String>::new(), "a block ends it at once");
    drop(sockets);
}

#[tokio::test]
async fn a_view_belongs_to_a_stream_of_the_device() {
    let server = server().await;
    let (ada, bob) = (Person::arrive(&server, "Ada").await, Person::arrive(&server, "Bob").await);
    group(&server, &ada, &[&bob]).await;
    let bearer = format!("authorization: Bearer {}", ada.token);
    let mut stream = server.connect().await;
    stream.request("GET", "/v1/events", &[&bearer, "accept: text/event-stream"], "").await;
    assert_eq!(stream.head().await.status, 200);
    stream.until("\n\n").await;
    let hello = stream.until("\n\n").await;
    let hello: Value = serde_json::from_str(hello.split_once("data: ").unwrap().1).unwrap();
    let set = |accounts: Vec<&str>| json!({"stream": hello["stream"], "accounts": accounts}).to_string();
    ada.does(&server, "POST", "/v1/view", &set(vec![&bob.id])).await;
    let signal = stream.until("\n\n").await;
    let expected = format!(r#"{{"type":"presence","account":"{}","status":"offline"}}"#, bob.id);
    assert_eq!(signal, format!("data: {expected}\n\n"), "without an id");

    // Another's stream is like none.
    let other = server.json(&bob.token, "POST", "/v1/view", &set(vec![])).await;
    let none = json!({"stream": ABSENT}).to_string();
    let none = server.json(&bob.token, "POST", "/v1/view", &none).await;
    assert_eq!((other.status, &other.body), (404, &none.body));
    let many: Vec<&str> = vec![&bob.id; 201];
    let answer = server.json(&ada.token, "POST", "/v1/view", &set(many)).await;
    assert_eq!(answer.code(), "invalid_field");
    for (query, code) in [
        (format!("view_accounts={}", vec![ABSENT; 201].join(",")), "invalid_query"),
        ("view_accounts=bob".to_owned(), "invalid_query"),
        (format!("view_conversations={ABSENT}&view_as={}", bob.id), "unauthenticated"),
    ] {
        let answer = server.json(&ada.token, "GET", &format!("/v1/events?{query}"), "").await;
        assert_eq!(answer.code(), code, "{query:.80}");
    }
    for body in [r#"{"status":"gone"}"#, r#"{}"#] {
        assert_eq!(server.json(&ada.token, "PUT", "/v1/presence", body).await.code(), "invalid_field");
    }
}
