//! Opening a WebSocket. The names are those of the cases.

use http_body_util::BodyExt;

use crate::server::Server;
use crate::socket::{HANDSHAKE, TEXT, connect, masked};
use crate::wire::Answer;

/// A handshake with the line of this name left out or put another way.
fn with<'a>(name: &str, lines: &[&'a str]) -> Vec<&'a str> {
    let kept = HANDSHAKE.into_iter().filter(|line| !line.starts_with(&format!("{name}:")));
    kept.chain(lines.iter().copied()).collect()
}

async fn open(server: &Server, method: &str, credential: &str, lines: &[&str]) -> Answer {
    let mut wire = server.connect().await;
    let lines = [lines, &[credential]].concat();
    wire.request(method, "/v1/events", &lines, "").await;
    let answer = if method == "HEAD" { wire.head().await } else { wire.answer_or_head(101).await };
    answer.check(true);
    answer
}

async fn bearer(server: &Server) -> String {
    format!("authorization: Bearer {}", server.guest("Ada").await)
}

#[tokio::test]
async fn opens() {
    let server = Server::start().await;
    let bearer = bearer(&server).await;
    let answer = open(&server, "GET", &bearer, &HANDSHAKE).await;
    assert_eq!(answer.status, 101);
    // The answer to the key in RFC 6455, section 1.3.
    assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert_eq!(answer.header("connection"), Some("Upgrade"));
    assert_eq!(answer.header("upgrade"), Some("websocket"));
    assert_eq!(answer.header("sec-websocket-protocol"), None);
    assert_eq!(answer.header("sec-websocket-extensions"), None);
    assert_eq!(answer.header("content-length"), None);
    assert_eq!(answer.header("transfer-encoding"), None);
    // Nobody's token opens nothing.
    assert_eq!(open(&server, "GET", "x-nothing: x", &HANDSHAKE).await.code(), "unauthenticated");
}

#[tokio::test]
async fn h1_to_h4_keys_and_versions() {
    let server = Server::start().await;
    let bearer = bearer(&server).await;
    let key = "sec-websocket-key";
    let version = "sec-websocket-version";
    let twice =
        ["sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-key: AQIDBAUGBwgJCgsMDQ4PEC=="];
    let table: &[(&str, &[&str], u16)] = &[
        (key, &[], 400),
        (key, &["sec-websocket-key: "], 400),
        (key, &["sec-websocket-key: AAAA"], 400),
        (key, &["sec-websocket-key: AAAAAAAAAAAAAAAAAAAA"], 400),
        (key, &["sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAAAAAAAA"], 400),
        (key, &["sec-websocket-key: ************************"], 400),
        (key, &twice, 400),
        (version, &[], 426),
        (version, &["sec-websocket-version: 8"], 426),
        (version, &["sec-websocket-version: 14"], 426),
        (version, &["sec-websocket-version: 13", "sec-websocket-version: 8"], 426),
    ];
    for (name, lines, status) in table {
        let answer = open(&server, "GET", &bearer, &with(name, lines)).await;
        assert_eq!(answer.status, *status, "{lines:?}: {answer:?}");
        let code = if *status == 426 { "upgrade_required" } else { "invalid_header" };
        assert_eq!(answer.code(), code);
        let named = (*status == 426).then_some("13");
        assert_eq!(answer.header("sec-websocket-version"), named, "{lines:?}");
    }
}

#[tokio::test]
async fn h5_other_methods() {
    let server = Server::start().await;
    let bearer = bearer(&server).await;
    for method in ["POST", "HEAD", "PUT", "DELETE"] {
        let answer = open(&server, method, &bearer, &HANDSHAKE).await;
        assert_eq!(answer.status, 405, "{method}");
        assert!(answer.header("allow").is_some_and(|allow| allow.contains("GET")), "{answer:?}");
    }
}

#[tokio::test]
async fn h6_http_1_0() {
    let server = Server::start().await;
    let bearer = bearer(&server).await;
    let mut wire = server.connect().await;
    let lines = HANDSHAKE.join("\r\n");
    wire.send(format!("GET /v1/events HTTP/1.0\r\nhost: {}\r\n{lines}\r\n{bearer}\r\n\r\n", server.address))
        .await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.code().as_str()), (426, "upgrade_required"));
}

#[tokio::test]
async fn h7_the_token_upgrade() {
    let server = Server::start().await;
    let bearer = bearer(&server).await;
    let table: &[(&str, &[&str], u16)] = &[
        ("connection", &["connection: keep-alive, Upgrade"], 101),
        ("connection", &["connection: UPGRADE"], 101),
        ("connection", &["connection: keep-alive", "connection: upgrade"], 101),
        ("upgrade", &["upgrade: WebSocket"], 101),
        ("connection", &["connection: keep-alive"], 400),
        ("connection", &[], 400),
        ("connection", &["connection: upgraded"], 400),
    ];
    for (name, lines, status) in table {
        let answer = open(&server, "GET", &bearer, &with(name, lines)).await;
        assert_eq!(answer.status, *status, "{lines:?}: {answer:?}");
    }
}

#[tokio::test]
async fn h9_and_h10_origins() {
    let server = Server::with(|setup| setup.gateway.allow_origin = vec!["https://a.example".into()]).await;
    let bearer = bearer(&server).await;
    let cookie = server.cookie("Bob").await;
    let own = server.origin();
    let port = server.address.port();
    let table = [
        (Some(own.as_str()), 101),
        (Some("https://a.example"), 101),
        (Some("https://evil.example"), 403),
        (Some("null"), 403),
        (Some(""), 403),
        (Some("https://a.example:8443"), 403),
        (Some("http://a.example"), 403),
        (Some("https://a.example.evil"), 403),
        (Some("https://evil-a.example"), 403),
        (Some("https://a.example."), 403),
        (Some("https://a.example@evil.example"), 403),
        (Some("http://127.0.0.1:1"), 403),
        (Some(&*format!("https://127.0.0.1:{port}")), 403),
    ]
    .map(|(origin, status)| (origin.map(|origin| format!("origin: {origin}")), status));
    for (origin, status) in &table {
        let line = origin.as_deref().unwrap_or("x-nothing: x");
        for credential in [&cookie, &bearer] {
            let answer = open(&server, "GET", credential, &with("none", &[line])).await;
            assert_eq!(answer.status, *status, "{line} {credential}");
            if *status == 403 {
                assert_eq!(answer.code(), "origin_refused");
            }
        }
    }
    // A browser says where its page is from; a program with a token need not.
    assert_eq!(open(&server, "GET", &cookie, &HANDSHAKE).await.code(), "origin_refused");
    assert_eq!(open(&server, "GET", &bearer, &HANDSHAKE).await.status, 101);
}

#[tokio::test]
async fn h12_and_h13_subprotocols_and_extensions() {
    let server = Server::start().await;
    let bearer = bearer(&server).await;
    let ours = Some("chinwag.v1.json");
    let plain = Some("permessage-deflate; server_no_context_takeover; client_no_context_takeover");
    let table: &[(&str, Option<&str>, Option<&str>)] = &[
        ("sec-websocket-protocol: chat, superchat", None, None),
        ("sec-websocket-protocol: chat, chinwag.v1.json", ours, None),
        ("sec-websocket-protocol: chinwag.v1.json", ours, None),
        ("sec-websocket-protocol: CHINWAG.V1.JSON", None, None),
        ("sec-websocket-extensions: permessage-deflate", None, plain),
        ("sec-websocket-extensions: permessage-deflate; client_max_window_bits", None, plain),
        ("sec-websocket-extensions: permessage-deflate; server_max_window_bits=99", None, None),
        ("sec-websocket-extensions: permessage-deflate; server_max_window_bits=7", None, None),
        ("sec-websocket-extensions: permessage-deflate; nonsense", None, None),
        (
            "sec-websocket-extensions: permessage-deflate; client_no_context_takeover; client_no_context_takeover",
            None,
            None,
        ),
        (
            "sec-websocket-extensions: permessage-deflate; server_max_window_bits=99, permessage-deflate",
            None,
            plain,
        ),
        ("sec-websocket-extensions: x-webkit-deflate-frame", None, None),
    ];
    for (line, protocol, extension) in table {
        let answer = open(&server, "GET", &bearer, &with("none", &[line])).await;
        assert_eq!(answer.status, 101, "{line}");
        assert_eq!(answer.header("sec-websocket-protocol"), *protocol, "{line}");
        assert_eq!(answer.header("sec-websocket-extensions"), *extension, "{line}");
    }
}

#[tokio::test]
async fn h14_frames_before_the_answer() {
    let server = Server::start().await;
    let bearer = bearer(&server).await;
    let mut wire = server.connect().await;
    let lines = HANDSHAKE.join("\r\n");
    let head = format!("GET /v1/events HTTP/1.1\r\nhost: {}\r\n{lines}\r\n{bearer}\r\n\r\n", server.address);
    let early = masked(0x89, b"early");
    wire.send([head.as_bytes(), &early].concat()).await;
    assert_eq!(wire.head().await.status, 101);
    let mut socket = wire.into_socket();
    let mut seen = Vec::new();
    while seen.len() < 2 {
        let (first, payload) = socket.frame().await;
        seen.push(first);
        assert!(first == TEXT || payload == b"early");
    }
    seen.sort_unstable();
    assert_eq!(seen, [TEXT, 0x8a]);
}

#[tokio::test]
async fn h15_an_upgrade_with_a_body() {
    let server = Server::start().await;
    let bearer = bearer(&server).await;
    for line in ["content-length: 5", "transfer-encoding: chunked"] {
        let answer = open(&server, "GET", &bearer, &with("none", &[line])).await;
        assert_eq!(answer.code(), "invalid_header", "{line}");
        assert_eq!(answer.status, 400);
    }
    assert_eq!(open(&server, "GET", &bearer, &with("none", &["content-length: 0"])).await.status, 101);
}

#[tokio::test]
async fn h17_tokens_in_the_address() {
    let server = Server::start().await;
    let token = server.guest("Ada").await;
    for name in ["token", "access_token", "authorization"] {
        let mut wire = server.connect().await;
        wire.request("GET", &format!("/v1/events?{name}={token}"), &HANDSHAKE, "").await;
        let status = wire.answer_or_head(101).await.status;
        assert!(matches!(status, 400 | 401), "{name}: {status}");
    }
    // A ticket opens one WebSocket, and not a second.
    let ticket = server.json(&token, "POST", "/v1/tickets", "").await.field("ticket");
    let path = format!("/v1/events?ticket={ticket}");
    for status in [101, 401] {
        let mut wire = server.connect().await;
        wire.request("GET", &path, &HANDSHAKE, "").await;
        assert_eq!(wire.answer_or_head(101).await.status, status);
    }
}

#[tokio::test]
async fn h16_extended_connect() {
    let server = Server::start().await;
    let bearer = bearer(&server).await;
    let version = "sec-websocket-version: 8";
    let table: &[(Option<&str>, &[&str], u16)] = &[
        (Some("websocket"), &[&bearer], 200),
        // A proxy may copy the spelling of an `Upgrade`.
        (Some("WebSocket"), &[&bearer], 200),
        (Some("websocket"), &[&bearer, "sec-websocket-protocol: chinwag.v1.json"], 200),
        (Some("websocket"), &[], 401),
        (Some("websocket"), &[&bearer, version], 400),
        (Some("websocket"), &[&bearer, "origin: https://evil.example"], 403),
        (Some("webtransport"), &[&bearer], 501),
    ];
    for (protocol, lines, status) in table {
        let answer = connect(&server, *protocol, lines).await;
        assert_eq!(answer.status(), *status, "{protocol:?} {lines:?}");
        let headers = answer.headers();
        assert!(!headers.contains_key("connection") && !headers.contains_key("upgrade"));
        assert!(!headers.contains_key("sec-websocket-accept"));
        if *status == 501 {
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(problem["code"], "not_implemented");
        }
    }
    let cookie = server.cookie("Bob").await;
    for (line, status) in [(format!("origin: {}", server.origin()), 200), ("x-nothing: x".to_owned(), 403)] {
        assert_eq!(connect(&server, Some("websocket"), &[&cookie, &line]).await.status(), status, "{line}");
    }
}

#[tokio::test]
async fn h9_and_h10_origins_over_http2() {
    let server = Server::with(|setup| setup.gateway.allow_origin = vec!["https://a.example".into()]).await;
    let (bearer, cookie) = (bearer(&server).await, server.cookie("Bob").await);
    let table = [
        (server.origin(), 200),
        ("https://a.example".to_owned(), 200),
        ("https://evil.example".to_owned(), 403),
        ("null".to_owned(), 403),
        ("https://a.example:8443".to_owned(), 403),
        ("http://a.example".to_owned(), 403),
        ("https://a.example.evil".to_owned(), 403),
        ("https://evil-a.example".to_owned(), 403),
        ("https://a.example.".to_owned(), 403),
        ("https://a.example@evil.example".to_owned(), 403),
    ];
    for (origin, status) in table {
        let line = format!("origin: {origin}");
        for credential in [&bearer, &cookie] {
            let answer = connect(&server, Some("websocket"), &[credential, &line]).await;
            assert_eq!(answer.status(), status, "{line} {credential}");
        }
    }
}

#[tokio::test]
async fn h12_and_h13_subprotocols_and_extensions_over_http2() {
    let server = Server::start().await;
    let bearer = bearer(&server).await;
    let ours = Some("chinwag.v1.json");
    let plain = Some("permessage-deflate; server_no_context_takeover; client_no_context_takeover");
    let table: &[(&str, Option<&str>, Option<&str>)] = &[
        ("sec-websocket-protocol: chat, superchat", None, None),
        ("sec-websocket-protocol: chat, chinwag.v1.json", ours, None),
        ("sec-websocket-extensions: permessage-deflate; client_max_window_bits", None, plain),
        ("sec-websocket-extensions: permessage-deflate; server_max_window_bits=99", None, None),
        ("sec-websocket-extensions: permessage-deflate; nonsense", None, None),
    ];
    for (line, protocol, extension) in table {
        let answer = connect(&server, Some("websocket"), &[&bearer, line]).await;
        assert_eq!(answer.status(), 200, "{line}");
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(header("sec-websocket-protocol"), *protocol, "{line}");
        assert_eq!(header("sec-websocket-extensions"), *extension, "{line}");
    }
}
