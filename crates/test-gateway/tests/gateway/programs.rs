//! What programs with keys do: accounts of their own, and devices in them.

use chinwag_gateway::Rate;
use serde_json::json;

use crate::server::Server;
use crate::wire::Answer;

const BOT: &str = "{\"name\":\"Bot\"}";

async fn create(server: &Server, key: &str, idempotency: Option<&str>, body: &str) -> Answer {
    let bearer = format!("authorization: Bearer {key}");
    let mut lines = vec![bearer, "content-type: application/json".to_owned()];
    lines.extend(idempotency.map(|idempotency| format!("idempotency-key: {idempotency}")));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    server.ask("POST", "/v1/server/accounts", &lines, body).await
}

#[tokio::test]
async fn a_program_talks_as_the_accounts_that_it_makes() {
    let server = Server::start().await;
    // Nobody else comes in.
    server.operate("PATCH", "/admin/v1/settings", "{\"guests\":false,\"sign_up\":false}").await;
    let key = server.key("shop").await;
    let bot = create(&server, &key, None, BOT).await;
    assert_eq!(bot.status, 201, "{}", bot.text());
    let ada = create(&server, &key, None, "{\"name\":\"Ada\",\"device_name\":\"Laptop\"}").await.json();
    let ada = ada["account"]["id"].as_str().unwrap();
    let group = json!({"client_id": uuid::Uuid::now_v7(), "title": "Order 17"}).to_string();
    let group = server.json(&bot.field("token"), "POST", "/v1/groups", &group).await.field("id");
    let path = format!("/v1/conversations/{group}/members");
    let added =
        server.json(&bot.field("token"), "POST", &path, &json!({"accounts": [ada]}).to_string()).await;
    assert_eq!(added.json()["added"], json!([ada]));
    assert_eq!(server.send(&bot.field("token"), &group, "on its way").await.status, 201);
    let path = format!("/v1/server/accounts/{ada}/devices");
    let device =
        server.json(&key, "POST", &path, "{\"device_name\":\"Phone\",\"expires_seconds\":3600}").await;
    assert_eq!(device.status, 201, "{}", device.text());
    assert!(device.json()["expires_at"].is_string());
    let token = device.field("token");
    let history = server.json(&token, "GET", &format!("/v1/conversations/{group}/messages"), "").await;
    assert!(history.text().contains("on its way"));
    let id = device.json()["device"]["id"].as_str().unwrap().to_owned();
    assert_eq!(server.json(&key, "DELETE", &format!("{path}/{id}"), "").await.status, 204);
    assert_eq!(server.json(&token, "GET", "/v1/session", "").await.status, 401);
    assert_eq!(server.json(&key, "DELETE", &format!("{path}/{id}"), "").await.code(), "not_found");
    assert_eq!(server.json(&key, "DELETE", &path, "").await.status, 204);
    for (body, code) in [
        ("{\"expires_seconds\":0}", "invalid_field"),
        ("{\"expires_seconds\":31536001}", "invalid_field"),
        ("{\"device_name\":\"\"}", "invalid_name"),
    ] {
        assert_eq!(server.json(&key, "POST", &path, body).await.code(), code, "{body}");
    }
}

#[tokio::test]
async fn a_retry_gets_the_first_answer_of_its_own_program() {
    let server = Server::start().await;
    let (shop, forum) = (server.key("shop").await, server.key("forum").await);
    let idempotency = Some("0123456789abcdef");
    let first = create(&server, &shop, idempotency, BOT).await;
    assert_eq!(create(&server, &shop, idempotency, BOT).await.json(), first.json());
    let other = create(&server, &shop, idempotency, "{\"name\":\"Other\"}").await;
    assert_eq!(other.code(), "idempotency_key_reused");
    // Another program, or a guest, with the same key gets an account of its own.
    let theirs = create(&server, &forum, idempotency, BOT).await;
    assert_ne!(theirs.json()["account"]["id"], first.json()["account"]["id"]);
    let lines = ["content-type: application/json", "idempotency-key: 0123456789abcdef"];
    let guest = server.ask("POST", "/v1/guests", &lines, BOT).await;
    assert_ne!(guest.field("token"), first.field("token"));
}

#[tokio::test]
async fn other_accounts_do_not_exist_for_programs() {
    let server = Server::start().await;
    let key = server.key("shop").await;
    let ada = server.guest("Ada").await;
    let ada = server.json(&ada, "GET", "/v1/account", "").await.field("id");
    let absent = "0197a3b0-0000-7000-8000-0000000000ff";
    for (method, rest, body) in
        [("POST", "", "{}"), ("DELETE", "", ""), ("DELETE", "/0197a3b0-0000-7000-8000-0000000000ff", "")]
    {
        let path = |account: &str| format!("/v1/server/accounts/{account}/devices{rest}");
        let theirs = server.json(&key, method, &path(&ada), body).await;
        let nobodys = server.json(&key, method, &path(absent), body).await;
        assert_eq!((theirs.status, theirs.text()), (404, nobodys.text()), "{method} {rest}");
        assert_eq!(server.json(&key, method, &path("x"), body).await.status, 404);
    }
}

#[tokio::test]
async fn a_key_is_no_token_and_a_token_no_key() {
    let server = Server::start().await;
    let key = server.key("shop").await;
    let ada = server.guest("Ada").await;
    assert_eq!(create(&server, &ada, None, BOT).await.code(), "unauthenticated");
    assert_eq!(server.json(&key, "GET", "/v1/session", "").await.code(), "unauthenticated");
    assert_eq!(server.json(&key, "PUT", "/v1/rooms/tea", "").await.code(), "unauthenticated");
}

#[tokio::test]
async fn each_program_has_its_rate() {
    let server =
        Server::with(|setup| setup.gateway.requests_per_key = Rate { burst: 2, per_second: 1 }).await;
    let (shop, forum) = (server.key("shop").await, server.key("forum").await);
    let mut refused = None;
    for _ in 0..6 {
        let answer = create(&server, &shop, None, BOT).await;
        if answer.status != 201 {
            refused = Some(answer);
        }
    }
    let refused = refused.unwrap();
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
    assert_eq!(create(&server, &forum, None, BOT).await.status, 201);
}
