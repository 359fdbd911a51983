//! P2, P4 to P6 and P14: requests that are too large or of the wrong kind, and what stands on every answer.

use std::future::poll_fn;

use bytes::Bytes;

use super::reader::{Transport, head_of_stream};
use super::scene::scene;
use crate::http2_client::Http2;
use crate::server::Server;
use crate::socket::{HANDSHAKE, Over, connect_to};
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
        for bytes in [8_200, 60_000, 65_000] {
            let path = format!("/v1/server?x={}", "x".repeat(bytes));
            for answer in both(server, "GET", &path, &[], "").await {
                assert_eq!((answer.status, answer.code().as_str()), (414, "uri_too_long"));
            }
        }
        // hyper and h2 answer what is longer than they read, with nothing but the status.
        let many: Vec<String> = (0..200).map(|number| format!("x-{number}: 1")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let (longer, more) = (format!("x-long: {}", "x".repeat(65_536)), format!("x: {}", "x".repeat(500)));
        let path = format!("/v1/events?x={}", "x".repeat(65_400));
        for (path, lines, status) in
            // An address that makes the head larger than it may be.
            [
                ("/v1/events", many.as_slice(), 431),
                ("/v1/events", &[&longer], 431),
                (&path, &[&more], 431),
            ]
        {
            for handshake in [&[][..], &HANDSHAKE] {
                let mut wire = server.connect().await;
                wire.request("GET", path, &[lines, handshake].concat(), "").await;
                assert_eq!(wire.head().await.status, status, "{path:.40} {lines:.40?}");
                drop(wire.rest().await);
            }
            let http2 = Http2::connect(server).await;
            assert_eq!(http2.status("GET", path, lines).await, status, "{path:.40} {lines:.40?}");
            let answer = connect_to(server, path, Some("websocket"), lines).await;
            assert_eq!(answer.status(), status, "{path:.40} {lines:.40?}");
        }
        // As many as there may be.
        for answer in both(server, "GET", "/v1/server", &many[..95], "").await {
            assert_eq!(answer.status, 200);
        }
    })
    .await;
}

/// Sends a body without end and without a length; the answer's status, and how much was sent before it came.
async fn endless(server: &Server, over: Over, method: &str, path: &str, lines: &[&str]) -> (u16, usize) {
    const PART: usize = 16 << 10;
    let mut sent = 0;
    if over == Over::Http1 {
        let mut wire = server.connect().await;
        wire.request(method, path, &[lines, &["transfer-encoding: chunked"]].concat(), "").await;
        let part = format!("{PART:x}\r\n{}\r\n", " ".repeat(PART));
        while !wire.has_come().await && wire.send_if_open(&part).await {
            sent += PART;
        }
        let status = wire.head().await.status;
        assert!(wire.is_closed().await, "{method} {path} goes on");
        return (status, sent);
    }
    let (answer, mut body) = Http2::open(server, method, path, lines).await;
    let mut answer = Box::pin(answer);
    let pump = async {
        loop {
            body.reserve_capacity(PART);
            let Some(Ok(capacity)) = poll_fn(|cx| body.poll_capacity(cx)).await else { return };
            let part = Bytes::from(vec![b' '; capacity]);
            sent += part.len();
            if body.send_data(part, false).is_err() {
                return;
            }
        }
    };
    let answer = tokio::select! {
        answer = &mut answer => answer,
        () = pump => answer.await,
    };
    (answer.unwrap().status().as_u16(), sent)
}

#[tokio::test]
async fn p4_endless_and_compressed_bodies() {
    /// What the kernel and the windows take of what nobody reads.
    const TAKEN_BYTES_MAX: usize = 32 << 20;
    scene(async |server| {
        let token = server.guest("Mallory").await;
        let room = server.room(&token, "tea").await.0;
        let bearer = format!("authorization: Bearer {token}");
        let messages = format!("/v1/conversations/{room}/messages");
        for over in Over::ALL {
            for (method, path, statuses) in [
                ("POST", "/v1/guests", &[413][..]),
                ("POST", "/v1/ack", &[413]),
                ("POST", &messages, &[413]),
                // Those that want none.
                ("POST", "/v1/tickets", &[201, 413]),
                ("PUT", "/v1/rooms/tea", &[200, 413]),
                ("GET", "/v1/session", &[200, 413]),
                ("DELETE", &format!("{messages}/9"), &[404, 413]),
                ("POST", "/v1/nothing", &[404, 413]),
                ("PATCH", "/v1/session", &[405, 413]),
            ] {
                let (status, sent) = endless(server, over, method, path, &[&bearer, JSON]).await;
                assert!(statuses.contains(&status), "{over:?} {method} {path}: {status}");
                assert!(sent < TAKEN_BYTES_MAX, "{over:?} {method} {path} took {sent} bytes");
            }
        }
        // Both sides of the limit, and what is announced.
        let body = |length: usize| {
            let body = format!(r#"{{"client_id":"{}","text":"xyzzy""#, uuid::Uuid::now_v7());
            format!("{body}{}}}", " ".repeat(length - body.len() - 1))
        };
        for answer in both(server, "POST", &messages, &[&bearer, JSON], &body(262_144)).await {
            assert_eq!(answer.status, 201);
        }
        for length in [262_145, 700_000] {
            for answer in both(server, "POST", &messages, &[&bearer, JSON], &body(length)).await {
                assert_eq!((answer.status, answer.code().as_str()), (413, "body_too_large"));
            }
        }
        // Nothing is unpacked, so no bomb goes off.
        for path in ["/v1/guests", "/v1/ack", &messages] {
            for encoding in ["gzip", "br", "deflate", "zstd", "x-gzip", "identity, gzip", "GZIP"] {
                let line = format!("content-encoding: {encoding}");
                for answer in both(server, "POST", path, &[&bearer, JSON, &line], GUEST).await {
                    assert_eq!((answer.status, answer.code().as_str()), (415, "unsupported_media_type"));
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn p5_content_types() {
    scene(async |server| {
        let token = server.guest("Mallory").await;
        let room = server.room(&token, "tea").await.0;
        let bearer = format!("authorization: Bearer {token}");
        let messages = format!("/v1/conversations/{room}/messages");
        for (path, body, good) in [
            ("/v1/guests", GUEST.to_owned(), 201),
            ("/v1/ack", r#"{"cursor":"xyzzy"}"#.to_owned(), 400),
            (&messages, format!(r#"{{"client_id":"{}","text":"xyzzy"}}"#, uuid::Uuid::now_v7()), 201),
        ] {
            for lines in [
                &["x-none: 1"][..],
                &["content-type: "],
                &["content-type: text/plain"],
                &["content-type: text/json"],
                &["content-type: application/x-www-form-urlencoded"],
                &["content-type: multipart/form-data; boundary=application/json"],
                &["content-type: application/json; charset=utf-16"],
                &["content-type: application/json; charset=\"UTF-16LE\""],
                &["content-type: application/json; charset=iso-8859-1"],
                &["content-type: application/json, text/plain"],
                &[JSON, JSON],
                &[JSON, "content-type: text/plain"],
            ] {
                for answer in both(server, "POST", path, &[&[&*bearer], lines].concat(), &body).await {
                    let refused = (answer.status, answer.code());
                    assert_eq!(refused, (415, "unsupported_media_type".to_owned()), "{path} {lines:?}");
                }
            }
            let lines = [&*bearer, "content-type: application/JSON;charset=UTF-8"];
            for answer in both(server, "POST", path, &lines, &body).await {
                assert_eq!(answer.status, good, "{path}");
            }
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
                for answer in
                    both(server, "POST", path, &[&bearer, line, JSON], r#"{"_method":"DELETE"}"#).await
                {
                    assert_eq!(answer.status, 405, "{line} {path}");
                }
            }
        }
        let mut wire = server.connect().await;
        wire.send("CONNECT internal.example:22 HTTP/1.1\r\nhost: internal.example:22\r\n\r\n").await;
        assert_eq!(wire.answer().await.code(), "method_not_allowed");
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
        let bearer = format!("authorization: Bearer {}", server.guest("Ada").await);
        for way in Transport::streams() {
            head_of_stream(server, way, &[&bearer]).await.check(true);
        }
    })
    .await;
}
