//! P2 to P6 and P14: requests that are too large, too slow, or of the wrong kind, and what stands on every answer.

use std::time::Duration;

use super::scene::{scene, scene_with};
use crate::http2_client::Http2;
use crate::http2_wire::{DATA, END_HEADERS, Frames, HEADERS, frame, head};
use crate::server::{Server, Setup};
use crate::wire::Answer;

const JSON: &str = "content-type: application/json";
const GUEST: &str = r#"{"name":"xyzzy"}"#;

/// The same over HTTP/1.1 and HTTP/2.
async fn both(server: &Server, method: &str, path: &str, lines: &[&str], body: &str) -> [Answer; 2] {
    let http2 = Http2::connect(server).await;
    [server.ask(method, path, lines, body).await, http2.ask(method, path, lines, body).await]
}

#[tokio::test]
async fn p2_heads_that_are_too_large() {
    scene(async |server| {
        let long = format!("x-long: {}", "x".repeat(33_000));
        for answer in both(server, "GET", "/v1/server", &[&long], "").await {
            assert_eq!((answer.status, answer.code().as_str()), (431, "headers_too_large"));
        }
        for bytes in [8_200, 60_000] {
            let path = format!("/v1/server?x={}", "x".repeat(bytes));
            for answer in both(server, "GET", &path, &[], "").await {
                assert_eq!((answer.status, answer.code().as_str()), (414, "uri_too_long"));
            }
        }
        // hyper and h2 answer what is longer than they read, with nothing but the status.
        let many: Vec<String> = (0..200).map(|number| format!("x-{number}: 1")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let longer = format!("x-long: {}", "x".repeat(65_536));
        let path = format!("/v1/server?x={}", "x".repeat(65_536));
        for (path, lines) in [("/v1/server", many.as_slice()), ("/v1/server", &[&longer]), (&path, &[])] {
            let mut wire = server.connect().await;
            wire.request("GET", path, lines, "").await;
            assert!(matches!(wire.head().await.status, 414 | 431), "{path:.40} {lines:.40?}");
            assert!(wire.rest().await.is_empty());
        }
        // In HTTP/2 it is the bytes that count, each header 32 more.
        let http2 = Http2::connect(server).await;
        assert_eq!(http2.ask("GET", "/v1/server", &many, "").await.status, 200);
    })
    .await;
}

fn impatient(setup: &mut Setup) {
    setup.gateway.head_timeout = Duration::from_millis(500);
    setup.gateway.body_timeout = Duration::from_millis(500);
    setup.gateway.response_timeout = Duration::from_millis(500);
    setup.gateway.http2.ping_interval = Duration::from_millis(300);
    setup.gateway.http2.ping_timeout = Duration::from_millis(300);
}

#[tokio::test]
async fn p3_slow_peers() {
    const PEERS: usize = 50;
    scene_with(impatient, async |server| {
        let (mut heads, mut bodies, mut streams, mut halves) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..PEERS {
            let mut wire = server.connect().await;
            wire.send("GET /v1/server HTTP/1.1\r\nhost: a\r\nx: ").await;
            heads.push(wire);
            let mut wire = server.connect().await;
            wire.request("POST", "/v1/guests", &[JSON, "content-length: 100"], "").await;
            wire.send("{").await;
            bodies.push(wire);
            let mut peer = Frames::connect(server, &[]).await;
            peer.send(&frame(HEADERS, END_HEADERS, 1, &head("POST", "/v1/guests"))).await;
            peer.send(&frame(DATA, 0, 1, b"{")).await;
            streams.push(peer);
            // A head that goes on without end, and no way to answer a ping in between.
            let mut peer = Frames::connect(server, &[]).await;
            peer.send(&frame(HEADERS, 0, 1, &head("POST", "/v1/guests"))).await;
            halves.push(peer);
        }
        for mut wire in heads {
            assert!(wire.rest().await.is_empty());
        }
        for mut wire in bodies {
            assert_eq!(wire.answer().await.code(), "request_timeout");
            assert!(wire.rest().await.is_empty());
        }
        for mut peer in streams.into_iter().chain(halves) {
            peer.closed().await;
        }
    })
    .await;
}

#[tokio::test]
async fn p4_endless_and_compressed_bodies() {
    scene(async |server| {
        let endless = " ".repeat(4 << 20);
        let http2 = Http2::connect(server).await;
        let answer = http2.ask("POST", "/v1/guests", &[JSON], &endless).await;
        assert_eq!((answer.status, answer.code().as_str()), (413, "body_too_large"));
        let mut wire = server.connect().await;
        wire.request("POST", "/v1/guests", &[JSON, "transfer-encoding: chunked"], "").await;
        for _ in 0..5 {
            wire.send(format!("ffff\r\n{}\r\n", &endless[..0xffff])).await;
        }
        assert_eq!(wire.answer().await.code(), "body_too_large");
        assert!(wire.rest().await.is_empty());
        // Nothing is unpacked, so no bomb goes off.
        for encoding in ["gzip", "br", "deflate", "zstd", "x-gzip", "identity, gzip", "GZIP"] {
            let line = format!("content-encoding: {encoding}");
            for answer in both(server, "POST", "/v1/guests", &[JSON, &line], GUEST).await {
                assert_eq!((answer.status, answer.code().as_str()), (415, "unsupported_media_type"));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn p5_content_types() {
    scene(async |server| {
        for line in [
            "x-none: 1",
            "content-type: ",
            "content-type: text/plain",
            "content-type: text/json",
            "content-type: application/x-www-form-urlencoded",
            "content-type: multipart/form-data; boundary=application/json",
            "content-type: application/json; charset=utf-16",
            "content-type: application/json; charset=iso-8859-1",
            "content-type: application/json, text/plain",
        ] {
            for answer in both(server, "POST", "/v1/guests", &[line], GUEST).await {
                assert_eq!(
                    (answer.status, answer.code().as_str()),
                    (415, "unsupported_media_type"),
                    "{line}"
                );
            }
        }
        for answer in both(server, "POST", "/v1/guests", &[JSON, JSON], GUEST).await {
            assert_eq!(answer.code(), "unsupported_media_type");
        }
        for answer in
            both(server, "POST", "/v1/guests", &["content-type: application/JSON;charset=UTF-8"], GUEST).await
        {
            assert_eq!(answer.status, 201);
        }
    })
    .await;
}

#[tokio::test]
async fn p6_methods() {
    scene(async |server| {
        let token = server.guest("Mallory").await;
        let bearer = format!("authorization: Bearer {token}");
        for path in ["/", "/v1/session", "/v1/guests", "/v1/events"] {
            for method in ["TRACE", "TRACK", "PATCH", "PROPFIND", "DEBUG"] {
                for answer in both(server, method, path, &[&bearer], "").await {
                    assert_eq!(answer.status, 405, "{method} {path}");
                    assert!(!answer.text().contains(&token));
                }
            }
        }
        // Only the method of the request itself counts.
        for line in ["x-http-method-override: DELETE", "x-http-method: DELETE", "x-method-override: DELETE"] {
            for path in ["/v1/session", "/v1/session?_method=DELETE"] {
                for answer in both(server, "GET", path, &[&bearer, line], "").await {
                    assert_eq!(answer.status, 200, "{line} {path}");
                }
            }
        }
        let mut wire = server.connect().await;
        wire.send("CONNECT internal.example:22 HTTP/1.1\r\nhost: internal.example:22\r\n\r\n").await;
        assert!(matches!(wire.answer().await.status, 400 | 404 | 405));
        assert_eq!(server.json(&token, "GET", "/v1/session", "").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn p14_headers() {
    scene(async |server| {
        let page = server.ask("GET", "/", &[], "").await.text();
        let script = page.split('"').find(|part| part.starts_with("/assets/")).unwrap().to_owned();
        for path in ["/", "/r/tea", &script, "/nothing", "/v1/server", "/v1/session", "/v1/nothing"] {
            // `ask` has looked at those that every answer has.
            for answer in both(server, "GET", path, &[], "").await {
                let policy = answer.header("content-security-policy").unwrap();
                for word in ["unsafe-inline", "unsafe-eval", "http:", "*"] {
                    assert!(!policy.contains(word), "{path}: {policy}");
                }
                assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
                assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
                // Who asks in the clear may not know better (tls.rs has the other half).
                assert_eq!(answer.header("strict-transport-security"), None);
            }
        }
    })
    .await;
}
