//! How often one may write in a conversation, come into conversations, invite, and try tokens of invitations.

use std::sync::Arc;
use std::time::Duration;

use chinwag_gateway::{GatewayOptions, Rate, SlowRate};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::server::Server;
use crate::socket::{Over, Socket, TEXT, masked};
use crate::wire::{Answer, Wire};

const MINUTE: Duration = Duration::from_secs(60);

async fn limited(change: impl FnOnce(&mut GatewayOptions)) -> Server {
    Server::with(|setup| change(&mut setup.gateway)).await
}

async fn hits(server: &Server, limit: &str) -> u64 {
    let text = Wire::connect(server.admin).await.ask("GET", "/metrics", &[], "").await.text();
    let name = format!("chinwag_gateway_limit_hits_total{{limit=\"{limit}\"}} ");
    text.lines().find_map(|line| line.strip_prefix(&name)).expect("the metric").parse().unwrap()
}

/// Asks by a WebSocket; gives what answers.
async fn by_frame(socket: &mut Socket, mut command: Value) -> Value {
    command["id"] = "1".into();
    socket.send(masked(TEXT, command.to_string().as_bytes())).await;
    loop {
        let message = socket.json().await;
        if message["id"] == "1" {
            return message;
        }
    }
}

/// Refused for now, by REST and by a frame alike; says in how many seconds there may be another.
fn refused(answer: &Answer) -> u64 {
    assert_eq!((answer.status, answer.code().as_str()), (429, "too_many_requests"), "{}", answer.text());
    let told = answer.json()["retry_after_seconds"].as_u64().unwrap();
    assert_eq!(answer.header("retry-after"), Some(told.to_string().as_str()));
    told
}

fn refused_frame(message: &Value) -> u64 {
    assert_eq!(message["problem"]["code"], "too_many_requests", "{message}");
    message["problem"]["retry_after_seconds"].as_u64().unwrap()
}

async fn rows(server: &Server, token: &str, conversation: &str) -> usize {
    let path = format!("/v1/conversations/{conversation}/messages");
    server.json(token, "GET", &path, "").await.json()["messages"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_conversation_takes_so_many_messages_of_all_its_members() {
    let server = limited(|options| options.sends_per_conversation = Rate { burst: 3, per_second: 1 }).await;
    let (ada, bob, eve) = (server.guest("Ada").await, server.guest("Bob").await, server.guest("Eve").await);
    let (tea, _) = server.room(&ada, "tea").await;
    server.room(&bob, "tea").await;
    let (other, _) = server.room(&ada, "other").await;
    // Who may not write there uses nothing up.
    let mut absent = None;
    for _ in 0..10 {
        let answer = server.send(&eve, &tea, "hi").await;
        assert_eq!(answer.code(), "not_found");
        absent = Some(answer.text());
    }
    let id = uuid::Uuid::now_v7().to_string();
    let path = format!("/v1/conversations/{tea}/messages");
    let body = json!({"client_id": id, "text": "late"}).to_string();
    let mut socket = Socket::open(&server, Over::Http1, &bob, &[]).await;
    let frame = json!({"command": "send_message", "conversation": tea, "client_id": id, "text": "late"});
    let begun = Instant::now();
    for token in [&ada, &bob, &ada] {
        assert_eq!(server.send(token, &tea, "hi").await.status, 201);
    }
    assert_eq!(refused(&server.json(&ada, "POST", &path, &body).await), 1);
    assert_eq!(refused_frame(&by_frame(&mut socket, frame.clone()).await), 1);
    let eves = server.send(&eve, &tea, "hi").await;
    assert_eq!((eves.code(), Some(eves.text())), ("not_found".to_owned(), absent), "it tells her nothing");
    let stored = rows(&server, &ada, &tea).await;
    assert!(begun.elapsed() < Duration::from_secs(1), "or there may have been another by now");
    assert_eq!(stored, 3, "what is refused is not stored");
    assert!(hits(&server, "sends_per_conversation").await >= 3);
    assert_eq!(server.send(&ada, &other, "hi").await.status, 201);
    // Later the same is stored, once.
    let deadline = Instant::now() + MINUTE;
    let sent = loop {
        let answer = server.json(&ada, "POST", &path, &body).await;
        if answer.status == 201 {
            break answer.text();
        }
        refused(&answer);
        assert!(Instant::now() < deadline, "no room");
        sleep(Duration::from_millis(20)).await;
    };
    loop {
        let again = server.json(&ada, "POST", &path, &body).await;
        if again.status == 201 {
            assert_eq!(again.text(), sent);
            break;
        }
        refused(&again);
        assert!(Instant::now() < deadline, "no room");
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(rows(&server, &ada, &tea).await, 4);
}

#[tokio::test]
async fn who_may_not_write_and_hangs_up_uses_nothing_up() {
    // None comes back by itself.
    let server = limited(|options| options.sends_per_conversation = Rate { burst: 3, per_second: 0 }).await;
    let (ada, eve) = (server.guest("Ada").await, server.guest("Eve").await);
    let (tea, _) = server.room(&ada, "tea").await;
    let path = format!("/v1/conversations/{tea}/messages");
    let bearer = format!("authorization: Bearer {eve}");
    for _ in 0..50 {
        let body = json!({"client_id": uuid::Uuid::now_v7(), "text": "hi"}).to_string();
        let lines = [bearer.as_str(), "content-type: application/json"];
        server.connect().await.request("POST", &path, &lines, &body).await;
    }
    let deadline = Instant::now() + MINUTE;
    let mut stored = 0;
    while stored < 3 {
        // Some of Eve's may be decided still.
        if server.send(&ada, &tea, "hi").await.status == 201 {
            stored += 1;
        } else {
            assert!(Instant::now() < deadline, "{stored}");
            sleep(Duration::from_millis(20)).await;
        }
    }
    refused(&server.send(&ada, &tea, "one too many").await);
}

#[tokio::test]
async fn one_device_alone_does_not_use_up_what_a_conversation_takes() {
    let GatewayOptions { sends_per_conversation, commands_per_device, .. } = GatewayOptions::default();
    assert!(sends_per_conversation.burst > commands_per_device.burst);
    assert!(sends_per_conversation.per_second > commands_per_device.per_second);
}

#[tokio::test]
async fn an_account_comes_into_so_many_conversations() {
    let server = limited(|options| options.joins_per_account = Rate { burst: 4, per_second: 1 }).await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let group = json!({"client_id": uuid::Uuid::now_v7(), "title": "Crew"}).to_string();
    let crew = server.json(&bob, "POST", "/v1/groups", &group).await.field("id");
    let token = server.json(&bob, "POST", &format!("/v1/conversations/{crew}/invites"), "{}").await;
    let accept = format!("/v1/invites/{}", token.field("token"));
    let bob_id = server.json(&bob, "GET", "/v1/account", "").await.field("id");
    let direct = format!("/v1/direct/{bob_id}");
    let mut socket = Socket::open(&server, Over::Http1, &ada, &[]).await;

    let begun = Instant::now();
    server.room(&ada, "tea").await;
    for _ in 0..20 {
        // In already, or refused for another reason.
        server.room(&ada, "tea").await;
        let nobody = format!("/v1/direct/{}", uuid::Uuid::now_v7());
        assert_eq!(server.json(&ada, "PUT", &nobody, "").await.status, 404);
        let unknown = server.json(&ada, "PUT", "/v1/direct", r#"{"username":"nobody"}"#).await;
        assert_eq!(unknown.status, 404);
    }
    assert_eq!(server.json(&ada, "POST", &accept, "").await.status, 200);
    assert_eq!(server.json(&ada, "POST", &accept, "").await.status, 200);
    assert_eq!(server.json(&ada, "PUT", &direct, "").await.status, 201);
    assert_eq!(server.json(&ada, "PUT", &direct, "").await.status, 200);
    let mine = json!({"client_id": uuid::Uuid::now_v7(), "title": "Mine"}).to_string();
    assert_eq!(server.json(&ada, "POST", "/v1/groups", &mine).await.status, 201);
    // By now some have come back: as many as seconds have gone by.
    let mut opened = 0;
    let answer = loop {
        let answer = server.json(&ada, "PUT", &format!("/v1/rooms/more-{opened}"), "").await;
        if answer.status != 201 {
            break answer;
        }
        opened += 1;
        assert!(opened <= begun.elapsed().as_secs() + 1, "{opened}");
    };
    assert_eq!(refused(&answer), 1);
    let asked = [
        json!({"command": "open_room", "slug": "by-frame"}),
        json!({"command": "open_direct_by_name", "username": "nobody"}),
    ];
    for frame in asked {
        let message = by_frame(&mut socket, frame).await;
        // One may have come back.
        if message["problem"]["code"] == "too_many_requests" {
            assert_eq!(refused_frame(&message), 1);
        }
    }
    assert!(hits(&server, "joins_per_account").await >= 1);
    // Others have their own.
    server.room(&bob, "tea").await;
}

#[tokio::test]
async fn an_account_makes_so_many_invitations() {
    let server = limited(|options| options.invites_per_account = SlowRate { burst: 2, every: MINUTE }).await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let body = json!({"client_id": uuid::Uuid::now_v7(), "title": "Crew"}).to_string();
    let crew = server.json(&ada, "POST", "/v1/groups", &body).await.field("id");
    let path = format!("/v1/conversations/{crew}/invites");
    let first = server.json(&ada, "POST", &path, "{}").await;
    let (first, link) = (first.field("id"), first.field("token"));
    assert_eq!(server.json(&bob, "POST", &format!("/v1/invites/{link}"), "").await.status, 200);
    // What is refused for another reason does not count.
    for _ in 0..5 {
        assert_eq!(server.json(&bob, "POST", &path, "{}").await.code(), "forbidden");
        let absent = format!("/v1/conversations/{}/invites", uuid::Uuid::now_v7());
        assert_eq!(server.json(&ada, "POST", &absent, "{}").await.code(), "not_found");
        assert_eq!(server.json(&ada, "POST", &path, r#"{"uses":0}"#).await.code(), "invalid_field");
    }
    assert_eq!(server.json(&ada, "POST", &path, "{}").await.status, 201);
    let seconds = refused(&server.json(&ada, "POST", &path, "{}").await);
    assert!((50..=60).contains(&seconds), "{seconds}");
    let mut socket = Socket::open(&server, Over::Http2, &ada, &[]).await;
    let frame = json!({"command": "create_invite", "conversation": crew});
    assert!((50..=60).contains(&refused_frame(&by_frame(&mut socket, frame).await)));
    // Making one void makes no room for another.
    assert_eq!(server.json(&ada, "DELETE", &format!("{path}/{first}"), "").await.status, 204);
    refused(&server.json(&ada, "POST", &path, "{}").await);
    assert_eq!(server.json(&ada, "GET", &path, "").await.json()["invites"].as_array().unwrap().len(), 1);
    assert_eq!(hits(&server, "invites_per_account").await, 3);
}

#[tokio::test]
async fn z7_guessing_invitations_is_slow_and_locks_nobody_else_out() {
    let server = limited(|options| {
        options.wrong_invites_per_device = SlowRate { burst: 3, every: MINUTE };
        options.wrong_invites_per_address = SlowRate { burst: 5, every: MINUTE };
        options.trusted_proxy = Arc::new(|address| address.is_loopback());
    })
    .await;
    let ada = server.guest("Ada").await;
    let body = json!({"client_id": uuid::Uuid::now_v7(), "title": "Crew"}).to_string();
    let crew = server.json(&ada, "POST", "/v1/groups", &body).await.field("id");
    let made = server.json(&ada, "POST", &format!("/v1/conversations/{crew}/invites"), "{}").await;
    let good = made.field("token");
    let ask = async |token: &str, method: &str, from: &str, link: &str| {
        let (bearer, from) = (format!("authorization: Bearer {token}"), format!("x-forwarded-for: {from}"));
        server.ask(method, &format!("/v1/invites/{link}"), &[&bearer, &from], "").await
    };
    // All in one /64.
    let [one, two, three] = ["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:3:4:5:6"];
    let elsewhere = "2001:db8:1:3::1";
    let (eve, mallory, bob) =
        (server.guest("Eve").await, server.guest("Mallory").await, server.guest("Bob").await);
    // Good ones do not count.
    for _ in 0..10 {
        assert_eq!(ask(&eve, "GET", one, &good).await.status, 200);
    }
    // However they are tried, by one device only so often …
    assert_eq!(ask(&eve, "GET", one, "AAAAAAAAAAAAAAAAAAAAAA").await.code(), "not_found");
    assert_eq!(ask(&eve, "POST", two, "BBBBBBBBBBBBBBBBBBBBBB").await.code(), "not_found");
    let from = format!("x-forwarded-for: {three}");
    let mut socket = Socket::open(&server, Over::Http2, &eve, &[&from]).await;
    let guess = json!({"command": "accept_invite", "token": "CCCCCCCCCCCCCCCCCCCCCC"});
    assert_eq!(by_frame(&mut socket, guess.clone()).await["problem"]["code"], "not_found");
    assert!((50..=60).contains(&refused_frame(&by_frame(&mut socket, guess).await)));
    // … a good one no more than a wrong one, from elsewhere neither.
    for (method, from, link) in
        [("GET", one, good.as_str()), ("POST", one, &good), ("GET", one, "DDDD"), ("POST", elsewhere, &good)]
    {
        let seconds = refused(&ask(&eve, method, from, link).await);
        assert!((50..=60).contains(&seconds), "{seconds}");
    }
    assert_eq!(hits(&server, "wrong_invites_per_device").await, 5);
    // Others at that address go on …
    assert_eq!(ask(&bob, "GET", one, &good).await.status, 200);
    // … until it has tried too many: five, of which three were Eve's.
    for _ in 0..2 {
        assert_eq!(ask(&mallory, "GET", two, "EEEE").await.code(), "not_found");
    }
    refused(&ask(&mallory, "GET", three, "EEEE").await);
    refused(&ask(&bob, "POST", one, &good).await);
    let from = format!("x-forwarded-for: {two}");
    let mut socket = Socket::open(&server, Over::Http1, &bob, &[&from]).await;
    let accept = json!({"command": "accept_invite", "token": good});
    refused_frame(&by_frame(&mut socket, accept.clone()).await);
    assert_eq!(hits(&server, "wrong_invites_per_address").await, 3);
    // From elsewhere it is good, and nothing is held against who was only refused.
    let from = format!("x-forwarded-for: {elsewhere}");
    let mut socket = Socket::open(&server, Over::Http1, &bob, &[&from]).await;
    assert_eq!(by_frame(&mut socket, accept).await["type"], "reply");
}

#[tokio::test]
async fn with_limits_off_none_of_these_hold() {
    let none = SlowRate { burst: 0, every: MINUTE };
    let server = limited(|options| {
        options.limits_on = false;
        options.sends_per_conversation = Rate { burst: 0, per_second: 1 };
        options.joins_per_account = Rate { burst: 0, per_second: 1 };
        options.invites_per_account = none;
        options.wrong_invites_per_device = none;
        options.wrong_invites_per_address = none;
    })
    .await;
    let ada = server.guest("Ada").await;
    let (tea, _) = server.room(&ada, "tea").await;
    assert_eq!(server.send(&ada, &tea, "hi").await.status, 201);
    let body = json!({"client_id": uuid::Uuid::now_v7(), "title": "Crew"}).to_string();
    let crew = server.json(&ada, "POST", "/v1/groups", &body).await.field("id");
    let made = server.json(&ada, "POST", &format!("/v1/conversations/{crew}/invites"), "{}").await;
    assert_eq!(made.status, 201);
    assert_eq!(server.json(&ada, "GET", "/v1/invites/AAAA", "").await.code(), "not_found");
}
