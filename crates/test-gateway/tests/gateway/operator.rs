//! What those who run the server do on the admin listener, and what people notice of it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::per_address::connect_from;
use crate::server::{ADMIN_TOKEN, Server};
use crate::socket::HANDSHAKE;
use crate::wire::Wire;

const JSON: &str = "content-type: application/json";
const PASSWORD: &str = "correct horse";

async fn sign_up(server: &Server, username: &str) -> (String, String) {
    let body = json!({"username": username, "password": PASSWORD}).to_string();
    let answer = server.ask("POST", "/v1/accounts", &[JSON], body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    (answer.field("token"), answer.json()["account"]["id"].as_str().unwrap().to_owned())
}

async fn sign_in(server: &Server, username: &str, password: &str) -> String {
    let body = json!({"username": username, "password": password}).to_string();
    let answer = server.ask("POST", "/v1/sessions", &[JSON], body).await;
    if answer.status == 201 { "ok".to_owned() } else { answer.code() }
}

async fn is_signed_in(server: &Server, token: &str) -> bool {
    server.json(token, "GET", "/v1/session", "").await.status == 200
}

#[tokio::test]
async fn only_the_token_lets_in_and_guesses_are_slowed() {
    let server = Server::start().await;
    let (token, _) = sign_up(&server, "ada").await;
    let key = server.key("shop").await;
    let longer = format!("{ADMIN_TOKEN}x");
    for wrong in ["", "x", token.as_str(), key.as_str(), longer.as_str()] {
        assert_eq!(server.admin_as(wrong, "GET", "/admin/v1/settings", "").await.code(), "unauthenticated");
    }
    for lines in [&[][..], &["authorization: Basic YTpi"][..]] {
        let answer = Wire::connect(server.admin).await.ask("GET", "/admin/v1/settings", lines, "").await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Bearer")));
    }
    let mut last = String::new();
    for _ in 0..10 {
        let answer = server.admin_as("guess", "GET", "/admin/v1/settings", "").await;
        last = answer.code();
        if answer.status == 429 {
            assert!(answer.header("retry-after").is_some());
        }
    }
    assert_eq!(last, "too_many_requests");
    assert_eq!(server.admin("GET", "/admin/v1/settings", "").await.status, 200, "who knows it goes on");
    // It is nothing on the chat server, where there is no such path.
    let bearer = format!("authorization: Bearer {ADMIN_TOKEN}");
    assert_eq!(server.ask("GET", "/admin/v1/settings", &[&bearer], "").await.status, 404);
    let none = Server::with(|setup| setup.gateway.admin_token = None).await;
    let answer = none.admin("GET", "/admin/v1/settings", "").await;
    assert_eq!((answer.code().as_str(), answer.status), ("unauthenticated", 401));
    assert_eq!(Wire::connect(none.admin).await.ask("GET", "/ready", &[], "").await.status, 200);
}

#[tokio::test]
async fn a_ban_ends_streams_and_refuses_sign_ins() {
    let server = Server::start().await;
    let (ada, id) = sign_up(&server, "ada").await;
    let bearer = format!("authorization: Bearer {ada}");
    let mut stream = server.connect().await;
    stream.request("GET", "/v1/events", &[&bearer, "accept: application/x-ndjson"], "").await;
    assert_eq!(stream.head().await.status, 200);
    server.operate("PUT", "/admin/v1/accounts/ada/ban", "{\"seconds\":3600}").await;
    assert!(stream.until("\"type\":\"end\"").await.contains("hello"));
    assert!(!is_signed_in(&server, &ada).await);
    assert_eq!(sign_in(&server, "ada", PASSWORD).await, "account_banned");
    assert_eq!(sign_in(&server, "ada", "wrong horse").await, "wrong_credentials");
    let shown = server.operate("GET", "/admin/v1/accounts/ada", "").await;
    assert_eq!((&shown["account"]["id"], &shown["devices"]), (&json!(id), &json!([])));
    assert!(shown["banned"]["until"].is_string(), "{shown}");
    let listed = server.operate("GET", "/admin/v1/accounts?username=AD", "").await;
    assert_eq!(listed["accounts"][0]["banned"], shown["banned"]);
    server.operate("DELETE", &format!("/admin/v1/accounts/{id}/ban"), "").await;
    assert_eq!(sign_in(&server, "ada", PASSWORD).await, "ok");
    for (path, body) in [("eve", "{}"), ("00000000-0000-0000-0000-000000000000", "{}")] {
        assert_eq!(
            server.admin("PUT", &format!("/admin/v1/accounts/{path}/ban"), body).await.code(),
            "not_found"
        );
    }
    let zero = server.admin("PUT", "/admin/v1/accounts/ada/ban", "{\"seconds\":0}").await;
    assert_eq!(zero.code(), "invalid_field");
}

#[tokio::test]
async fn a_reset_password_is_the_only_one() {
    let server = Server::start().await;
    let (ada, _) = sign_up(&server, "ada").await;
    let new = server.operate("POST", "/admin/v1/accounts/ada/password", "").await;
    let new = new["password"].as_str().unwrap();
    assert!(!is_signed_in(&server, &ada).await);
    assert_eq!(sign_in(&server, "ada", PASSWORD).await, "wrong_credentials");
    assert_eq!(sign_in(&server, "ada", new).await, "ok");
    let gus = server.guest("Gus").await;
    let id = server.json(&gus, "GET", "/v1/account", "").await.field("id");
    let refused = server.admin("POST", &format!("/admin/v1/accounts/{id}/password"), "").await;
    assert_eq!(refused.code(), "forbidden");
    server.operate("DELETE", &format!("/admin/v1/accounts/{id}/devices"), "").await;
    assert!(!is_signed_in(&server, &gus).await);
}

#[tokio::test]
async fn a_deleted_account_is_gone_like_by_its_owner() {
    let server = Server::start().await;
    let ((ada, _), (bob, bob_id)) = (sign_up(&server, "ada").await, sign_up(&server, "bob").await);
    let (room, _) = server.room(&ada, "tea").await;
    server.room(&bob, "tea").await;
    assert_eq!(server.send(&bob, &room, "shame").await.status, 201);
    let refused = server.admin("DELETE", "/admin/v1/accounts/ada", "").await;
    assert_eq!((refused.status, refused.code().as_str()), (409, "last_owner"));
    assert!(refused.text().contains("chinwag admin rooms hand-over"), "{}", refused.text());
    server.operate("DELETE", "/admin/v1/accounts/bob", "").await;
    assert!(!is_signed_in(&server, &bob).await);
    assert_eq!(sign_in(&server, "bob", PASSWORD).await, "wrong_credentials");
    let history = server.json(&ada, "GET", &format!("/v1/conversations/{room}/messages"), "").await;
    assert!(!history.text().contains("shame"), "{}", history.text());
    for gone in ["bob", bob_id.as_str(), "nobody", "00000000-0000-0000-0000-000000000000"] {
        let again = server.admin("DELETE", &format!("/admin/v1/accounts/{gone}"), "").await;
        assert_eq!(again.code(), "not_found", "{gone}");
    }
}

#[tokio::test]
async fn a_deleted_message_is_told_in_the_servers_name() {
    let server = Server::start().await;
    let ada = server.guest("Ada").await;
    let (room, cursor) = server.room(&ada, "tea").await;
    let seq = server.send(&ada, &room, "shame").await.json()["seq"].as_u64().unwrap();
    let messages = server.operate("GET", "/admin/v1/conversations/tea/messages", "").await;
    assert_eq!(
        (&messages["messages"][0]["text"], &messages["messages"][0]["seq"]),
        (&json!("shame"), &json!(seq))
    );
    server.operate("DELETE", &format!("/admin/v1/conversations/Tea/messages/{seq}"), "").await;
    server.operate("DELETE", &format!("/admin/v1/conversations/{room}/messages/{seq}"), "").await;
    let poll = server.json(&ada, "GET", &format!("/v1/events?after={cursor}"), "").await;
    assert!(!poll.text().contains("shame"), "{}", poll.text());
    let records: Vec<Value> = poll.json()["events"].as_array().unwrap().clone();
    let deletion = records.iter().find(|record| record["type"] == "delete").unwrap();
    assert_eq!((&deletion["target"], &deletion["sender"]["name"]), (&json!(seq), &json!("Server")));
    for path in
        ["tea/messages/99", "tea/messages/x", "tea/messages/99999999999999999999", "nowhere/messages/1"]
    {
        let refused = server.admin("DELETE", &format!("/admin/v1/conversations/{path}"), "").await;
        assert_eq!(refused.code(), "not_found", "{path}");
    }
}

#[tokio::test]
async fn a_closed_room_is_gone_until_it_is_reopened() {
    let server = Server::start().await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let (room, cursor) = server.room(&ada, "tea").await;
    server.room(&bob, "tea").await;
    let closed = server.operate("PUT", "/admin/v1/conversations/tea/closure", "").await;
    assert_eq!(closed, json!({"removed": 2, "more": false}));
    let poll = server.json(&ada, "GET", &format!("/v1/events?after={cursor}"), "").await;
    assert!(poll.text().contains("\"change\":\"removed\""), "{}", poll.text());
    assert_eq!(server.json(&bob, "PUT", "/v1/rooms/tea", "").await.code(), "closed");
    assert_eq!(server.send(&bob, &room, "hello").await.code(), "not_found");
    let rooms = server.operate("GET", "/admin/v1/rooms?prefix=T", "").await;
    assert!(rooms["rooms"][0]["closed"]["since"].is_string(), "{rooms}");
    server.operate("DELETE", "/admin/v1/conversations/tea/closure", "").await;
    server.room(&ada, "tea").await;
    let bob_id = server.json(&bob, "GET", "/v1/account", "").await.field("id");
    let body = json!({"account": bob_id}).to_string();
    server.operate("POST", "/admin/v1/conversations/tea/owner", &body).await;
    let members = server.operate("GET", "/admin/v1/conversations/tea/members", "").await;
    let role = |name: &str| {
        let mut rows = members["members"].as_array().unwrap().iter();
        rows.find(|row| row["name"] == name).unwrap()["role"].as_str().unwrap().to_owned()
    };
    assert_eq!((role("Ada"), role("Bob")), ("admin".to_owned(), "owner".to_owned()));
    server.operate("DELETE", &format!("/admin/v1/conversations/tea/members/{bob_id}"), "").await;
    assert_eq!(server.send(&bob, &room, "hello").await.code(), "not_found");
    let direct = server.json(&ada, "PUT", &format!("/v1/direct/{bob_id}"), "").await;
    let direct = direct.json()["conversation"]["id"].as_str().unwrap().to_owned();
    for (method, path, body) in [
        ("PUT", "closure", ""),
        ("DELETE", &format!("members/{bob_id}"), ""),
        ("POST", "owner", body.as_str()),
    ] {
        let refused = server.admin(method, &format!("/admin/v1/conversations/{direct}/{path}"), body).await;
        assert_eq!(refused.code(), "forbidden", "{path}");
    }
}

#[tokio::test]
async fn nobody_comes_from_a_banned_address() {
    let server = Server::start().await;
    let from = async |address: &str| {
        let mut wire = connect_from(&server, address).await;
        wire.ask("GET", "/v1/server", &[], "").await
    };
    assert_eq!(from("127.0.9.1").await.status, 200);
    let ada = server.guest("Ada").await;
    let (room, _) = server.room(&ada, "tea").await;
    let bearer = format!("authorization: Bearer {ada}");
    let reading = async |address: &str, lines: &[&str], path: &str| {
        let mut wire = connect_from(&server, address).await;
        wire.request("GET", path, &[&[bearer.as_str()], lines].concat(), "").await;
        wire
    };
    let ndjson = ["accept: application/x-ndjson"];
    let mut cut = Vec::new();
    for lines in [&ndjson[..], &["accept: text/event-stream"][..], &HANDSHAKE[..]] {
        let mut stream = reading("127.0.9.1", lines, "/v1/events").await;
        assert!(matches!(stream.head().await.status, 200 | 101), "{lines:?}");
        cut.push(stream);
    }
    let mut kept = reading("127.0.8.1", &ndjson, "/v1/events").await;
    assert_eq!(kept.head().await.status, 200);
    let cursor = server.json(&ada, "GET", "/v1/sync", "").await.field("cursor");
    let mut held = reading("127.0.9.1", &[], &format!("/v1/events?wait=20&after={cursor}")).await;

    let body = json!({"range": "127.0.9.7/24"}).to_string();
    let banned = server.operate("POST", "/admin/v1/addresses", &body).await;
    assert_eq!(banned["range"], "127.0.9.0/24");
    assert_eq!(server.send(&ada, &room, "after it").await.status, 201);
    assert!(kept.until("after it").await.contains("hello"));
    for mut stream in cut {
        let rest = stream.rest().await;
        assert!(!String::from_utf8_lossy(&rest).contains("after it"));
    }
    assert_eq!(held.answer().await.code(), "address_banned");
    let refused = from("127.0.9.1").await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "address_banned"));
    assert_eq!(from("127.0.8.1").await.status, 200);
    // The admin listener answers whoever runs the server, wherever they are.
    let listed = server.operate("GET", "/admin/v1/addresses", "").await;
    assert_eq!(listed["addresses"].as_array().unwrap().len(), 1);
    assert_eq!(server.admin("DELETE", "/admin/v1/addresses?range=127.0.9.1", "").await.code(), "not_found");
    server.operate("DELETE", "/admin/v1/addresses?range=127.0.9.0/24", "").await;
    assert_eq!(from("127.0.9.1").await.status, 200);
    for wrong in ["0.0.0.0/0", "::/0", "here"] {
        let body = json!({"range": wrong}).to_string();
        assert_eq!(
            server.admin("POST", "/admin/v1/addresses", &body).await.code(),
            "invalid_field",
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn behind_a_trusted_proxy_it_is_the_clients_address() {
    let server = Server::with(|setup| {
        setup.gateway.trusted_proxy = std::sync::Arc::new(|address| address.is_loopback());
    })
    .await;
    server.operate("POST", "/admin/v1/addresses", "{\"range\":\"2001:db8:1:2::9\"}").await;
    for (client, status) in [("2001:db8:1:2::1", 403), ("2001:db8:1:3::1", 200), ("192.0.2.1", 200)] {
        let line = format!("x-forwarded-for: {client}");
        assert_eq!(server.ask("GET", "/v1/server", &[&line], "").await.status, status, "{client}");
    }
}

#[tokio::test]
async fn what_is_closed_says_so() {
    let server = Server::start().await;
    let ada = server.guest("Ada").await;
    server.room(&ada, "tea").await;
    let all = json!({"sign_up": false, "guests": false, "room_creation": false});
    assert_eq!(server.operate("PATCH", "/admin/v1/settings", &all.to_string()).await, all);
    let guest = server.ask("POST", "/v1/guests", &[JSON], "{\"name\":\"Bob\"}").await;
    assert_eq!((guest.status, guest.code().as_str()), (403, "guests_closed"));
    let body = json!({"username": "bob", "password": PASSWORD}).to_string();
    assert_eq!(server.ask("POST", "/v1/accounts", &[JSON], &body).await.code(), "sign_up_closed");
    let registration = server.json(&ada, "POST", "/v1/account/registration", &body).await;
    assert_eq!(registration.code(), "sign_up_closed");
    assert_eq!(server.json(&ada, "PUT", "/v1/rooms/coffee", "").await.code(), "room_creation_closed");
    assert_eq!(server.json(&ada, "PUT", "/v1/rooms/tea", "").await.status, 200);
    let open = server.operate("PATCH", "/admin/v1/settings", "{\"guests\":true}").await;
    assert_eq!(open, json!({"sign_up": false, "guests": true, "room_creation": false}));
    server.guest("Bob").await;
}

#[tokio::test]
async fn lists_come_in_pages() {
    let server = Server::with(|setup| setup.gateway.limits_on = false).await;
    let ada = server.guest("Ada").await;
    for number in 0..5 {
        server.room(&ada, &format!("r{number}")).await;
    }
    let mut after = String::new();
    let mut slugs = Vec::new();
    loop {
        let page = server.operate("GET", &format!("/admin/v1/rooms?prefix=r&limit=2{after}"), "").await;
        let rooms = page["rooms"].as_array().unwrap();
        slugs.extend(rooms.iter().map(|room| room["slug"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(slugs, ["r0", "r1", "r2", "r3", "r4"]);
    let accounts = server.operate("GET", "/admin/v1/accounts?limit=1", "").await;
    assert_eq!(accounts["accounts"].as_array().unwrap().len(), 1);
    for wrong in ["accounts?limit=0", "accounts?after=x", "rooms?limit=x"] {
        assert_eq!(
            server.admin("GET", &format!("/admin/v1/{wrong}"), "").await.code(),
            "invalid_query",
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn keys_are_shown_once_and_revoked() {
    let server = Server::start().await;
    let key = server.key("shop").await;
    let listed = server.operate("GET", "/admin/v1/keys", "").await;
    assert!(!listed.to_string().contains(&key));
    let made = &listed["keys"][0];
    assert_eq!((&made["name"], &made["last_used_at"]), (&json!("shop"), &Value::Null));
    let create = async || server.json(&key, "POST", "/v1/server/accounts", "{\"name\":\"Bot\"}").await;
    assert_eq!(create().await.status, 201);
    assert!(server.operate("GET", "/admin/v1/keys", "").await["keys"][0]["last_used_at"].is_string());
    server.operate("DELETE", &format!("/admin/v1/keys/{}", made["id"].as_str().unwrap()), "").await;
    assert_eq!(create().await.code(), "unauthenticated");
    assert_eq!(server.admin("DELETE", "/admin/v1/keys/x", "").await.code(), "not_found");
    assert_eq!(
        server.admin("POST", "/admin/v1/keys", "{\"name\":\"a\\u001bb\"}").await.code(),
        "invalid_name"
    );
}

#[tokio::test]
async fn the_admin_listener_answers_while_the_server_is_full() {
    let server = Server::with(|setup| {
        setup.gateway.connections_max = 1;
        setup.gateway.head_timeout = Duration::from_secs(60);
    })
    .await;
    let _held = server.connect().await;
    assert_eq!(server.admin("GET", "/admin/v1/settings", "").await.status, 200);
}
