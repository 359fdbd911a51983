//! Guests, their tokens and cookies.

use std::sync::Arc;

use crate::server::Server;

const JSON: &str = "content-type: application/json";
const KEY: &str = "idempotency-key: 0123456789abcdef";

#[tokio::test]
async fn tokens_and_cookies() {
    let server = Server::start().await;
    let token = server.guest("Ada").await;
    assert_eq!(token.len(), 43);

    let body = r#"{"name":"Ada","session":"cookie"}"#;
    let answer = server.ask("POST", "/v1/guests", &[JSON], body).await;
    assert!(answer.json().get("token").is_none());
    let set = answer.header("set-cookie").unwrap();
    let id = answer.json()["account"]["id"].as_str().unwrap().to_owned();
    assert!(set.starts_with(&format!("chinwag-{id}=")), "{set}");
    assert!(set.ends_with("; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax"), "{set}");

    let cookie = server.cookie("Bob").await;
    let session = server.ask("GET", "/v1/session", &[&cookie], "").await;
    assert_eq!(session.json()["account"]["name"], "Bob");
    // Where both are sent, the header counts.
    let bearer = format!("authorization: Bearer {token}");
    let session = server.ask("GET", "/v1/session", &[&cookie, &bearer], "").await;
    assert_eq!(session.json()["account"]["name"], "Ada");
    let session = server.ask("GET", "/v1/session", &[&cookie, "authorization: Bearer x"], "").await;
    assert_eq!(session.code(), "unauthenticated");

    let origin = format!("origin: {}", server.origin());
    let out = server.ask("DELETE", "/v1/session", &[&cookie, &origin], "").await;
    assert_eq!(out.status, 204);
    let name = cookie.strip_prefix("cookie: ").unwrap().split_once('=').unwrap().0;
    let cleared = format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    assert_eq!(out.header("set-cookie"), Some(cleared.as_str()));
    assert_eq!(server.ask("GET", "/v1/session", &[&cookie], "").await.status, 401);
}

#[tokio::test]
async fn cookies_are_secure_behind_tls() {
    let server = Server::with(|setup| setup.gateway.trusted_proxy = Arc::new(|_| true)).await;
    let body = r#"{"name":"Ada","session":"cookie"}"#;
    let lines =
        [JSON, "x-forwarded-proto: https", "x-forwarded-host: chat.example", "origin: https://chat.example"];
    let answer = server.ask("POST", "/v1/guests", &lines, body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert!(answer.header("set-cookie").unwrap().ends_with("; Secure"));
    let untrusting = Server::start().await;
    let answer = untrusting.ask("POST", "/v1/guests", &[JSON, "x-forwarded-proto: https"], body).await;
    assert!(!answer.header("set-cookie").unwrap().contains("Secure"));
}

#[tokio::test]
async fn a_retry_gets_the_first_answer() {
    let server = Server::start().await;
    let ask = async |lines: &[&str], body: &str| server.ask("POST", "/v1/guests", lines, body).await;
    let first = ask(&[JSON, KEY], r#"{"name":"Ada"}"#).await;
    assert_eq!(first.status, 201);
    let again = ask(&[JSON, KEY], r#"{ "name": "Ada", "session": "token" }"#).await;
    assert_eq!((again.status, again.json()), (201, first.json()));
    assert_eq!(server.json(&again.field("token"), "GET", "/v1/session", "").await.status, 200);

    assert_eq!(ask(&[JSON, KEY], r#"{"name":"Eve"}"#).await.code(), "idempotency_key_reused");
    let cookie = r#"{"name":"Ada","session":"cookie"}"#;
    assert_eq!(ask(&[JSON, KEY], cookie).await.code(), "idempotency_key_reused");

    let other = "idempotency-key: another-key-12345";
    let first = ask(&[JSON, other], cookie).await;
    let again = ask(&[JSON, other], cookie).await;
    assert_eq!(first.json(), again.json());
    assert!(first.header("set-cookie").is_some());
    assert_eq!(first.header("set-cookie"), again.header("set-cookie"));

    let without = ask(&[JSON], r#"{"name":"Ada"}"#).await.json();
    assert_ne!(without, ask(&[JSON], r#"{"name":"Ada"}"#).await.json());
}

#[tokio::test]
async fn bad_keys_and_names() {
    let server = Server::start().await;
    let long = format!("idempotency-key: {}", "k".repeat(129));
    let longest = format!("idempotency-key: {}", "k".repeat(128));
    for bad in [
        &["idempotency-key: short"][..],
        &[&long],
        &["idempotency-key: 0123456789 abcdef"],
        &[KEY, KEY],
        &["idempotency-key: 0123456789abcdefé"],
        &["idempotency-key: "],
    ] {
        let lines: Vec<&str> = [JSON].into_iter().chain(bad.iter().copied()).collect();
        let answer = server.ask("POST", "/v1/guests", &lines, r#"{"name":"Ada"}"#).await;
        assert_eq!(answer.code(), "invalid_header", "{bad:?}");
    }
    assert_eq!(server.ask("POST", "/v1/guests", &[JSON, &longest], r#"{"name":"Ada"}"#).await.status, 201);
    for bad in ["", " Ada", "A\\u202eB", "\\u0000"] {
        let answer = server.ask("POST", "/v1/guests", &[JSON], &format!("{{\"name\":\"{bad}\"}}")).await;
        assert_eq!(answer.code(), "invalid_name", "{bad}");
    }
    let answer = server.ask("POST", "/v1/guests", &[JSON], "{\"name\":\"Аda\"}").await;
    assert_eq!(answer.json()["account"]["lookalike"], true);
}

#[tokio::test]
async fn a_ticket_reads_once() {
    let server = Server::start().await;
    let token = server.guest("Ada").await;
    let given = server.json(&token, "POST", "/v1/tickets", "").await;
    assert_eq!((given.status, given.json()["expires_in_seconds"].as_u64()), (201, Some(30)));
    let path = format!("/v1/events?ticket={}", given.field("ticket"));
    let read = server.ask("GET", &path, &[], "").await;
    assert_eq!(read.status, 200, "{}", read.text());
    assert_eq!(server.ask("GET", &path, &[], "").await.code(), "unauthenticated");
    // It says who reads, and nothing else.
    let given = server.json(&token, "POST", "/v1/tickets", "").await;
    let path = format!("/v1/session?ticket={}", given.field("ticket"));
    assert_eq!(server.ask("GET", &path, &[], "").await.code(), "unauthenticated");
    // It is worth nothing once its device is signed out.
    assert_eq!(server.json(&token, "DELETE", "/v1/session", "").await.status, 204);
    let path = format!("/v1/events?ticket={}", given.field("ticket"));
    assert_eq!(server.ask("GET", &path, &[], "").await.code(), "unauthenticated");
    assert_eq!(server.ask("POST", "/v1/tickets", &[], "").await.code(), "unauthenticated");
}
