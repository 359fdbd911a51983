//! Every code that a client can meet.

use std::collections::BTreeSet;

use chinwag_protocol::{Code, Problem};

use http_body_util::BodyExt;

use crate::per_address::connect_from;
use crate::server::{Fault, Server};
use crate::socket::{HANDSHAKE, connect};
use crate::wire::{Answer, Wire};

const JSON: &str = "content-type: application/json";

#[tokio::test]
async fn every_code_can_be_met() {
    let server = Server::with(|setup| {
        setup.gateway.body_timeout = std::time::Duration::from_millis(300);
        setup.gateway.limit_loopback = true;
    })
    .await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let (room, _) = server.room(&ada, "tea").await;
    server.room(&bob, "tea").await;
    let messages = format!("/v1/conversations/{room}/messages");
    let mut met = BTreeSet::new();
    let mut meet = |code: String, expected: &str| {
        assert_eq!(code, expected);
        met.insert(code);
    };

    for (token, method, path, body, code) in [
        (&ada, "POST", &*messages, "{", "malformed_json"),
        (&ada, "POST", &messages, "{}", "invalid_field"),
        (&ada, "GET", "/v1/sync?next=x", "", "invalid_query"),
        (&ada, "PUT", "/v1/rooms/-", "", "invalid_slug"),
        (&ada, "GET", "/v1/events?after=x", "", "invalid_cursor"),
        (&"x".to_owned(), "GET", "/v1/session", "", "unauthenticated"),
        (&ada, "GET", "/v1/conversations/x/messages", "", "not_found"),
        (&ada, "PATCH", "/v1/session", "", "method_not_allowed"),
    ] {
        meet(server.json(token, method, path, body).await.code(), code);
    }
    let id = "0197a3b0-0000-7000-8000-000000000001";
    let send = |text: &str, more: &str| format!("{{\"client_id\":\"{id}\",\"text\":\"{text}\"{more}}}");
    meet(server.json(&ada, "POST", &messages, &send("\\u200b", "")).await.code(), "invalid_text");
    let follows = ",\"follows\":\"0197a3b0-0000-7000-8000-0000000000ff\"";
    meet(server.json(&ada, "POST", &messages, &send("a", follows)).await.code(), "predecessor_missing");
    assert_eq!(server.json(&ada, "POST", &messages, &send("a", "")).await.status, 201);
    meet(server.json(&ada, "POST", &messages, &send("b", "")).await.code(), "client_id_reused");
    meet(server.json(&bob, "DELETE", &format!("{messages}/1"), "").await.code(), "forbidden");

    let ask = async |token: &String, method: &str, path: &str, body: &str| {
        server.json(token, method, path, body).await
    };
    let account = |session: Answer| session.json()["account"]["id"].as_str().unwrap().to_owned();
    let bob_id = account(ask(&bob, "GET", "/v1/session", "").await);
    let group = |title: &str, topic: &str| {
        format!(
            r#"{{"client_id":"0197a3b0-0000-7000-8000-000000000009","title":"{title}","topic":"{topic}"}}"#
        )
    };
    meet(ask(&ada, "POST", "/v1/groups", &group("", "")).await.code(), "invalid_title");
    meet(ask(&ada, "POST", "/v1/groups", &group("Crew", "a\\u202eb")).await.code(), "invalid_topic");
    let crew = ask(&ada, "POST", "/v1/groups", &group("Crew", "")).await;
    assert_eq!(crew.status, 201);
    let crew = format!("/v1/conversations/{}", crew.json()["id"].as_str().unwrap());
    let added =
        ask(&ada, "POST", &format!("{crew}/members"), &format!(r#"{{"accounts":["{bob_id}"]}}"#)).await;
    assert_eq!(added.status, 200);
    meet(ask(&ada, "DELETE", &format!("{crew}/membership"), "").await.code(), "last_owner");
    let tea = format!("/v1/conversations/{room}");
    assert_eq!(ask(&ada, "PATCH", &tea, r#"{"locked":true}"#).await.status, 200);
    meet(server.send(&bob, &room, "a").await.code(), "locked");
    assert_eq!(ask(&ada, "PATCH", &tea, r#"{"locked":false,"slow_mode_seconds":60}"#).await.status, 200);
    assert_eq!(server.send(&bob, &room, "a").await.status, 201);
    meet(server.send(&bob, &room, "b").await.code(), "slow_mode");
    let muted = ask(&ada, "PUT", &format!("{tea}/mutes/{bob_id}"), r#"{"seconds":60}"#).await;
    assert_eq!(muted.status, 204);
    meet(server.send(&bob, &room, "c").await.code(), "muted");
    assert_eq!(ask(&ada, "PUT", &format!("{tea}/bans/{bob_id}"), "").await.status, 204);
    meet(ask(&bob, "PUT", "/v1/rooms/tea", "").await.code(), "banned");
    // So many that they are tried where the rules are.
    let (members, invites) = (format!("{crew}/members"), format!("{crew}/invites"));
    let one = format!(r#"{{"accounts":["{bob_id}"]}}"#);
    for (path, body, code) in [
        (members.as_str(), one.as_str(), Code::GroupFull),
        ("/v1/groups", &group("Crew", ""), Code::TooManyGroups),
        ("/v1/groups", &group("Crew", ""), Code::TooManyConversations),
        (&invites, "{}", Code::TooManyInvites),
    ] {
        server.store.refuse(Problem::new(code, "As the rules say."));
        meet(ask(&ada, "POST", path, body).await.code(), code.as_str());
    }
    server.store.refuse(Problem::new(Code::TooManyDrafts, "As the rules say."));
    let draft = format!("{crew}/drafts/{bob_id}");
    meet(ask(&ada, "PUT", &draft, r#"{"text":"a"}"#).await.code(), "too_many_drafts");

    let guests =
        async |lines: &[&str], body: &str| server.ask("POST", "/v1/guests", lines, body).await.code();
    meet(guests(&[JSON], r#"{"name":""}"#).await, "invalid_name");
    meet(guests(&[JSON, "idempotency-key: x"], r#"{"name":"Ada"}"#).await, "invalid_header");
    meet(guests(&[], r#"{"name":"Ada"}"#).await, "unsupported_media_type");
    let key = "idempotency-key: 0123456789abcdef";
    server.ask("POST", "/v1/guests", &[JSON, key], r#"{"name":"Ada"}"#).await;
    meet(guests(&[JSON, key], r#"{"name":"Eve"}"#).await, "idempotency_key_reused");
    let accounts = async |path: &str, username: &str, password: &str| {
        let body = format!("{{\"username\":\"{username}\",\"password\":\"{password}\"}}");
        server.json(&bob, "POST", path, &body).await
    };
    let (path, password) = ("/v1/accounts", "correct horse");
    meet(accounts(path, "-", password).await.code(), "invalid_username");
    meet(accounts(path, "ada", "short").await.code(), "invalid_password");
    assert_eq!(accounts(path, "ada", password).await.status, 201);
    meet(accounts(path, "ADA", password).await.code(), "username_taken");
    meet(accounts("/v1/sessions", "ada", "wrong horse").await.code(), "wrong_credentials");
    assert_eq!(accounts("/v1/account/registration", "bob", password).await.status, 200);
    meet(accounts("/v1/account/registration", "eve", password).await.code(), "already_registered");
    let cookie = server.cookie("Eve").await;
    meet(server.ask("PUT", "/v1/rooms/tea", &[&cookie], "").await.code(), "origin_refused");
    let mut cookies = cookie;
    for _ in 0..9 {
        cookies += &server.cookie("Eve").await.replace("cookie: ", "; ");
    }
    meet(server.ask("GET", "/v1/session", &[&cookies], "").await.code(), "account_required");
    let (own, body) = (format!("origin: {}", server.origin()), r#"{"name":"Eve","session":"cookie"}"#);
    meet(guests(&[JSON, &cookies, &own], body).await, "too_many_accounts");
    let bearer = format!("authorization: Bearer {ada}");
    meet(server.ask("GET", "/v1/events", &[&bearer, "accept: text/html"], "").await.code(), "not_acceptable");

    let version = HANDSHAKE.map(|line| line.replace("version: 13", "version: 8"));
    let lines: Vec<&str> = version.iter().map(String::as_str).chain([bearer.as_str()]).collect();
    meet(server.ask("GET", "/v1/events", &lines, "").await.code(), "upgrade_required");
    let answer =
        connect(&server, Some("webtransport"), &[&bearer]).await.into_body().collect().await.unwrap();
    let problem: serde_json::Value = serde_json::from_slice(&answer.to_bytes()).unwrap();
    meet(problem["code"].as_str().unwrap().to_owned(), "not_implemented");

    let mut wire = server.connect().await;
    wire.request("POST", "/v1/guests", &[JSON, "content-length: 9"], "").await;
    meet(wire.answer().await.code(), "request_timeout");
    let mut wire = server.connect().await;
    wire.request("POST", "/v1/guests", &[JSON, "content-length: 300000"], "").await;
    meet(wire.answer().await.code(), "body_too_large");
    let long = format!("/v1/server?x={}", "x".repeat(9_000));
    meet(server.ask("GET", &long, &[], "").await.code(), "uri_too_long");
    let long = format!("x-long: {}", "x".repeat(33_000));
    meet(server.ask("GET", "/v1/server", &[&long], "").await.code(), "headers_too_large");

    let closed = |what: &str, open: bool| format!("{{\"{what}\":{open}}}");
    for (what, path, body, code) in [
        ("guests", "/v1/guests", r#"{"name":"Eve"}"#, "guests_closed"),
        ("sign_up", "/v1/accounts", r#"{"username":"eva","password":"correct horse"}"#, "sign_up_closed"),
    ] {
        server.operate("PATCH", "/admin/v1/settings", &closed(what, false)).await;
        meet(server.ask("POST", path, &[JSON], body).await.code(), code);
        server.operate("PATCH", "/admin/v1/settings", &closed(what, true)).await;
    }
    server.operate("PATCH", "/admin/v1/settings", &closed("room_creation", false)).await;
    meet(ask(&ada, "PUT", "/v1/rooms/coffee", "").await.code(), "room_creation_closed");
    server.operate("PATCH", "/admin/v1/settings", &closed("room_creation", true)).await;
    server.operate("PUT", "/admin/v1/conversations/tea/closure", "").await;
    meet(ask(&ada, "PUT", "/v1/rooms/tea", "").await.code(), "closed");
    server.operate("DELETE", "/admin/v1/conversations/tea/closure", "").await;
    server.operate("PUT", "/admin/v1/accounts/ada/ban", "{}").await;
    meet(accounts("/v1/sessions", "ada", password).await.code(), "account_banned");
    server.operate("POST", "/admin/v1/addresses", r#"{"range":"127.0.9.9"}"#).await;
    let mut banned = connect_from(&server, "127.0.9.9").await;
    meet(banned.ask("GET", "/v1/server", &[], "").await.code(), "address_banned");
    server.store.refuse(Problem::new(Code::TooManyRulings, "As the rules say."));
    meet(server.admin("POST", "/admin/v1/keys", r#"{"name":"shop"}"#).await.code(), "too_many_rulings");

    let stranger = server.guest("Stranger").await;
    let account = server.json(&stranger, "GET", "/v1/session", "").await.json()["account"]["id"].clone();
    let account = account.as_str().unwrap();
    let chat = server.json(&ada, "PUT", &format!("/v1/direct/{account}"), "").await.json();
    let chat = chat["conversation"]["id"].as_str().unwrap();
    for _ in 0..5 {
        assert_eq!(server.send(&ada, chat, "hi").await.status, 201);
    }
    meet(server.send(&ada, chat, "hi").await.code(), "request_pending");
    let block = server.json(&ada, "PUT", &format!("/v1/blocks/{account}"), "").await;
    assert_eq!(block.status, 204);
    meet(server.send(&ada, chat, "hi").await.code(), "blocked");
    server.json(&ada, "DELETE", &format!("/v1/blocks/{account}"), "").await;
    assert_eq!(server.json(&stranger, "POST", "/v1/account/deletion", "{}").await.status, 204);
    meet(server.send(&ada, chat, "hi").await.code(), "account_removed");

    server.store.set(Fault::Database);
    meet(server.json(&ada, "GET", "/v1/sync", "").await.code(), "unavailable");
    server.store.set(Fault::Damaged);
    meet(server.json(&ada, "GET", "/v1/sync", "").await.code(), "internal");
    server.store.set(Fault::Nothing);

    for _ in 0..120 {
        let answer = server.ask("POST", "/v1/guests", &[JSON], r#"{"name":"Ada"}"#).await;
        if answer.status != 201 {
            meet(answer.code(), "too_many_requests");
            break;
        }
    }

    let full = Server::with(|setup| setup.gateway.connections_max = 1).await;
    let _one = full.connect().await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    meet(full.connect().await.answer().await.code(), "overloaded");

    use chinwag_store::Store;
    server.store.close().await;
    meet(server.json(&ada, "PUT", "/v1/rooms/tea", "").await.code(), "shutting_down");
    assert_eq!(Wire::connect(server.admin).await.ask("GET", "/live", &[], "").await.status, 200);
    server.stop().await;
    assert_eq!(Wire::connect(server.admin).await.ask("GET", "/ready", &[], "").await.code(), "shutting_down");

    let all: BTreeSet<String> = Code::ALL.iter().map(|code| code.as_str().to_owned()).collect();
    // Takes a thousand accounts: it is met in `refusals.rs`.
    met.insert("too_many_blocks".to_owned());
    assert_eq!(met, all);
}

#[tokio::test]
async fn tokens_do_not_go_into_urls() {
    // H17
    let server = Server::start().await;
    let token = server.guest("Ada").await;
    for path in ["/v1/events", "/v1/session", "/v1/nothing", "/", "/r/tea"] {
        for name in ["token", "access_token", "auth", "Token", "t%6Fken"] {
            let answer = server.ask("GET", &format!("{path}?{name}={token}"), &[], "").await;
            assert_eq!(answer.code(), "invalid_query", "{path} {name}");
            assert!(!answer.text().contains(&token));
            assert!(answer.text().contains("never goes into a URL"));
        }
    }
}

#[tokio::test]
async fn bad_queries() {
    let server = Server::start().await;
    let token = server.guest("Ada").await;
    let (room, cursor) = server.room(&token, "tea").await;
    for path in [
        "/v1/events?wait=x",
        "/v1/events?wait=-1",
        "/v1/events?wait=1.5",
        "/v1/events?wait=1&wait=1",
        &format!("/v1/events?after={cursor}&after={cursor}"),
        &format!("/v1/conversations/{room}/messages?before=1&after=1"),
        &format!("/v1/conversations/{room}/messages?before=x"),
        &format!("/v1/conversations/{room}/messages?limit=0"),
        &format!("/v1/conversations/{room}/messages?limit="),
    ] {
        assert_eq!(server.json(&token, "GET", path, "").await.code(), "invalid_query", "{path}");
    }
    // Well-formed, but of another server or tampered with.
    let forged = "A".repeat(22);
    for path in [
        &format!("/v1/events?after={}", &cursor[1..]),
        &format!("/v1/events?after=-{cursor}"),
        &format!("/v1/events?after={forged}"),
        "/v1/events?after=-1",
        "/v1/events?after=",
    ] {
        assert_eq!(server.json(&token, "GET", path, "").await.code(), "invalid_cursor", "{path}");
    }
    let ack = format!("{{\"cursor\":\"{forged}\"}}");
    assert_eq!(server.json(&token, "POST", "/v1/ack", &ack).await.code(), "invalid_cursor");
}
