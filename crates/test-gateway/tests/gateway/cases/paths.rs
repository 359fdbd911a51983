//! P7 and P8: paths that climb, and hosts that are forged.

use std::sync::Arc;

use super::scene::{scene, scene_with};
use crate::http2_client::Http2;
use crate::http2_wire::{END_HEADERS, END_STREAM, Frames, HEADERS, frame, head, literal};

#[tokio::test]
async fn p7_paths_that_climb() {
    scene(async |server| {
        // Whoever is let in gets no further.
        let token = server.guest("Mallory").await;
        let bearer = format!("Bearer {token}");
        for path in [
            "/..",
            "/../../etc/passwd",
            "/assets/../../../etc/passwd",
            "/assets/..%2f..%2fetc/passwd",
            "/assets/%2e%2e/%2e%2e/etc/passwd",
            "/assets/%252e%252e/index.html",
            "/assets/..\\..\\index.html",
            "/assets/..%5c..%5cindex.html",
            "/assets/%00",
            "/assets/index.html%00.js",
            "/assets/%c0%ae%c0%ae/index.html",
            "/r/%2e%2e%2fv1%2fsession",
            "/r/a%00b",
            "//etc/passwd",
            "/v1/../index.html",
            "/v1/%2e%2e/index.html",
            "/v1/rooms/..",
            "/v1/rooms/%2e%2e",
            "/v1/conversations/../session",
            "/v1/conversations/..%2fsession/messages",
            "/v1//session",
            "/V1/session",
            "/v1/session%00",
            // As they are, for whoever reads to a zero.
            "/assets/\0",
            "/v1/session\0",
            "/v1/session\0/../server",
        ] {
            let mut wire = server.connect().await;
            wire.request("GET", path, &[&format!("authorization: {bearer}")], "").await;
            if path.contains('\0') {
                assert_eq!(wire.head().await.status, 400, "{path:?}");
                assert!(wire.rest().await.is_empty(), "{path:?}");
            } else {
                let answer = wire.answer().await;
                answer.check(path.starts_with("/v1/"));
                assert!(matches!(answer.status, 400 | 404 | 405), "{path}: {answer:?}");
                assert!(!answer.text().contains("root:"), "{path}");
            }
            let mut peer = Frames::connect(server, &[]).await;
            let block = [head("GET", path), literal("authorization", &bearer)].concat();
            peer.send(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &block)).await;
            let seen = peer.until("an end", |seen| !seen.ended.is_empty() || !seen.resets.is_empty()).await;
            // Not 200, by the static table.
            assert!(seen.answers.iter().all(|(_, block)| block[0] != 0x88), "{path}: {seen:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn p8_forged_hosts() {
    const EVIL: &str = "evil.example";
    for trusted in [false, true] {
        scene_with(
            |setup| setup.gateway.trusted_proxy = Arc::new(move |_| trusted),
            async |server| {
                let lines = [
                    "x-forwarded-host: evil.example",
                    "x-original-url: http://evil.example/",
                    "x-forwarded-prefix: //evil.example",
                    "forwarded: host=evil.example",
                    "content-type: application/json",
                ];
                let http2 = Http2::connect(server).await;
                for (method, path, body) in [
                    ("GET", "/", ""),
                    ("GET", "/r/tea", ""),
                    ("GET", "/nothing", ""),
                    ("GET", "/v1/server", ""),
                    ("GET", "/v1/openapi.json", ""),
                    ("GET", "/v1/nothing", ""),
                    ("POST", "/v1/guests", r#"{"name":"xyzzy","session":"cookie"}"#),
                    ("OPTIONS", "/v1/session", ""),
                ] {
                    let mut wire = server.connect().await;
                    let host = format!("host: {EVIL}");
                    let with_host = [&lines[..], &[&host]].concat();
                    let absolute = format!("http://{EVIL}{path}");
                    for answer in [
                        server.ask(method, path, &lines, body).await,
                        server.ask(method, path, &with_host, body).await,
                        wire.ask(method, &absolute, &lines, body).await,
                        http2.ask(method, path, &lines, body).await,
                        http2.as_host(EVIL).ask(method, path, &lines, body).await,
                    ] {
                        assert!(answer.status < 500, "{answer:?}");
                        if path == "/v1/guests" {
                            // Of no other domain than the one that is asked.
                            assert!(!answer.header("set-cookie").unwrap().to_lowercase().contains("domain"));
                        }
                        let all = format!("{:?} {}", answer.headers, answer.text());
                        assert!(!all.contains(EVIL), "{method} {path}: {all}");
                    }
                }
            },
        )
        .await;
    }
}
