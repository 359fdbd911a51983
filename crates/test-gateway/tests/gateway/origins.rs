//! Which pages may do what.

use std::sync::Arc;

use crate::server::Server;

const JSON: &str = "content-type: application/json";
const APP: &str = "https://app.example";

async fn server() -> Server {
    Server::with(|setup| setup.gateway.allow_origin = vec![APP.to_owned()]).await
}

#[tokio::test]
async fn cookies_and_origins() {
    let server = server().await;
    let cookie = server.cookie("Ada").await;
    let own = server.origin();
    let bearer = format!("authorization: Bearer {}", server.guest("Bob").await);
    let port = server.address.port();

    // Origin, Sec-Fetch-Site, may read, may change.
    let table: &[(&str, &str, bool, bool)] = &[
        ("", "", true, false),
        ("", "none", true, false),
        ("", "same-origin", true, false),
        ("", "same-site", false, false),
        ("", "cross-site", false, false),
        (&own, "", true, true),
        (&own, "same-origin", true, true),
        (APP, "cross-site", true, true),
        (APP, "same-site", true, true),
        ("null", "", false, false),
        ("null", "cross-site", false, false),
        ("http://evil.example", "", false, false),
        ("http://evil.example", "same-origin", false, false),
        (&format!("{own}.evil.example"), "", false, false),
        (&format!("https://127.0.0.1:{port}"), "", false, false),
        ("http://127.0.0.1", "", false, false),
        (&format!("http://127.0.0.1:{}", port ^ 1), "", false, false),
        (&format!("http://localhost:{port}"), "", false, false),
        (&format!("http://127.0.0.1.:{port}"), "", false, false),
        (&format!("http://a@127.0.0.1:{port}"), "", false, false),
        ("https://app.example.evil", "", false, false),
        ("https://evilapp.example", "", false, false),
        ("https://app.example:8443", "", false, false),
        ("http://app.example", "", false, false),
    ];
    for (origin, site, may_read, may_change) in table {
        let origin_line = format!("origin: {origin}");
        let site_line = format!("sec-fetch-site: {site}");
        let mut said = Vec::new();
        if !origin.is_empty() {
            said.push(origin_line.as_str());
        }
        if !site.is_empty() {
            said.push(site_line.as_str());
        }
        let with = |lines: &[&'static str], credential: &str| {
            let mut all: Vec<String> = said.iter().map(|line| (*line).to_owned()).collect();
            all.extend(lines.iter().map(|line| (*line).to_owned()));
            all.push(credential.to_owned());
            all
        };
        for (method, path, body, allowed) in [
            ("GET", "/v1/session", "", *may_read),
            ("HEAD", "/v1/session", "", *may_read),
            ("GET", "/v1/events", "", *may_read),
            ("PUT", "/v1/rooms/tea", "", *may_change),
            ("POST", "/v1/ack", "{}", *may_change),
            ("DELETE", "/v1/session/none", "", *may_change),
        ] {
            let lines = with(if body.is_empty() { &[] } else { &[JSON] }, &cookie);
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let answer = server.ask(method, path, &lines, body).await;
            assert_eq!(answer.status != 403, allowed, "{origin:?} {site:?} {method} {path}: {answer:?}");
            if !allowed && method != "HEAD" {
                assert_eq!(answer.code(), "origin_refused");
            }
            // Never reflected unless allowed, and never with credentials.
            let echoed = answer.header("access-control-allow-origin");
            let is_allowed = *origin == own || *origin == APP;
            assert_eq!(echoed, is_allowed.then_some(*origin));
            assert_eq!(answer.header("access-control-allow-credentials"), is_allowed.then_some("true"));
        }
        // A program's header is no cookie: no page can send it unless CORS lets it.
        let lines = with(&[], &bearer);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert!(server.ask("PUT", "/v1/rooms/tea", &lines, "").await.status < 300);
    }
    // None of it has signed anybody out.
    assert_eq!(server.ask("GET", "/v1/session", &[&cookie], "").await.status, 200);
}

#[tokio::test]
async fn other_pages_get_no_cookie() {
    let server = server().await;
    let body = r#"{"name":"Ada","session":"cookie"}"#;
    for (lines, status) in [
        (&[JSON][..], 201),
        (&[JSON, "origin: https://app.example"], 201),
        (&[JSON, "origin: http://evil.example"], 403),
        (&[JSON, "origin: null"], 403),
        (&[JSON, "sec-fetch-site: cross-site"], 403),
    ] {
        let answer = server.ask("POST", "/v1/guests", lines, body).await;
        assert_eq!(answer.status, status, "{lines:?}");
        assert_eq!(answer.header("set-cookie").is_some(), status == 201);
    }
}

#[tokio::test]
async fn forms_change_nothing() {
    // P13: what a page of another site can send without asking first.
    let server = server().await;
    let cookie = server.cookie("Ada").await;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let kind = format!("content-type: {kind}");
        let evil = "origin: http://evil.example";
        let answer = server.ask("POST", "/v1/ack", &[&cookie, &kind, evil], "{}").await;
        assert_eq!(answer.code(), "origin_refused");
        let own = format!("origin: {}", server.origin());
        let answer = server.ask("POST", "/v1/ack", &[&cookie, &kind, &own], "{}").await;
        assert_eq!(answer.code(), "unsupported_media_type");
        let answer = server.ask("POST", "/v1/guests", &[&kind, evil], r#"{"name":"Ada"}"#).await;
        assert_eq!(answer.code(), "unsupported_media_type");
    }
}

#[tokio::test]
async fn preflights() {
    let server = server().await;
    let own = server.origin();
    for origin in [own.as_str(), APP] {
        let line = format!("origin: {origin}");
        let asked = ["access-control-request-method: PUT", "access-control-request-headers: authorization"];
        let answer = server.ask("OPTIONS", "/v1/rooms/tea", &[&line, asked[0], asked[1]], "").await;
        assert_eq!(answer.status, 204);
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
        assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
        assert_eq!(answer.header("access-control-max-age"), Some("600"));
        assert!(answer.header("access-control-allow-methods").unwrap().contains("PUT"));
        let headers = answer.header("access-control-allow-headers").unwrap().to_ascii_lowercase();
        for name in ["authorization", "content-type", "idempotency-key", "last-event-id", "if-none-match"] {
            assert!(headers.contains(name), "{name}");
        }
    }
    for origin in ["null", "http://evil.example", "https://app.example.evil"] {
        let line = format!("origin: {origin}");
        let answer =
            server.ask("OPTIONS", "/v1/rooms/tea", &[&line, "access-control-request-method: PUT"], "").await;
        assert_eq!(answer.code(), "origin_refused");
        assert!(answer.headers.iter().all(|(name, _)| !name.starts_with("access-control")));
    }
}

#[tokio::test]
async fn the_own_origin_behind_a_proxy() {
    let server = Server::with(|setup| setup.gateway.trusted_proxy = Arc::new(|_| true)).await;
    let cookie = server.cookie("Ada").await;
    for (lines, status) in [
        (
            &["origin: https://chat.example", "x-forwarded-proto: https", "x-forwarded-host: chat.example"][..],
            201,
        ),
        (&["origin: https://chat.example", "x-forwarded-proto: https", "host: chat.example"], 200),
        (&["origin: https://chat.example", "host: chat.example"], 403),
        (&["origin: http://chat.example", "x-forwarded-proto: https", "host: chat.example"], 403),
        (&["origin: https://evil.example", "x-forwarded-proto: https", "host: chat.example"], 403),
    ] {
        let lines: Vec<&str> = lines.iter().copied().chain([cookie.as_str()]).collect();
        assert_eq!(server.ask("PUT", "/v1/rooms/tea", &lines, "").await.status, status, "{lines:?}");
    }
    // Nobody else's forwarding headers are believed.
    let server = Server::start().await;
    let cookie = server.cookie("Ada").await;
    let lines = [
        "origin: https://evil.example",
        "x-forwarded-proto: https",
        "x-forwarded-host: evil.example",
        cookie.as_str(),
    ];
    assert_eq!(server.ask("PUT", "/v1/rooms/tea", &lines, "").await.status, 403);
}

#[tokio::test]
async fn hosts() {
    let server = server().await;
    let mut wire = server.connect().await;
    wire.send("GET /v1/server HTTP/1.1\r\n\r\n").await;
    assert_eq!(wire.answer().await.code(), "invalid_header");
    for lines in [&["host: a", "host: a"][..], &["host: a,b"], &["host: "], &["host: a b"], &["host: u@a"]] {
        let answer = server.ask("GET", "/v1/server", lines, "").await;
        assert_eq!(answer.code(), "invalid_header", "{lines:?}");
    }
    // HTTP/1.0 knows no Host, and HAProxy's check sends none.
    let mut wire = server.connect().await;
    wire.send("OPTIONS / HTTP/1.0\r\n\r\n").await;
    assert_eq!(wire.answer().await.status, 204);
    let mut wire = server.connect().await;
    wire.send(format!("GET http://{}/v1/server HTTP/1.1\r\nhost: evil\r\n\r\n", server.address)).await;
    assert_eq!(wire.answer().await.status, 200);
}
