//! P9, P10, P12 and P13: forged addresses, caches in between, and pages of other sites.

use std::sync::Arc;

use super::reader::{Transport, head_of_stream};
use super::scene::{scene, scene_with};
use crate::http2_client::{Http2, head_of};
use crate::per_address::connect_from;
use crate::socket::{HANDSHAKE, Over, connect};

const JSON: &str = "content-type: application/json";
const GUEST: &str = r#"{"name":"xyzzy"}"#;

#[tokio::test]
async fn p9_forged_addresses() {
    // A hundred guests may come at once from behind one address.
    for trusted in [false, true] {
        scene_with(
            |setup| setup.gateway.trusted_proxy = Arc::new(move |_| trusted),
            async |server| {
                let http2 = Http2::connect(server).await;
                let mut refused = 0;
                for number in 0..200 {
                    let lines = [
                        format!("x-forwarded-for: 198.51.100.{number}"),
                        format!("forwarded: for=198.51.100.{number}"),
                        format!("x-real-ip: 198.51.100.{number}"),
                        JSON.to_owned(),
                    ];
                    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
                    let answer = if number % 2 == 0 {
                        server.ask("POST", "/v1/guests", &lines, GUEST).await
                    } else {
                        http2.ask("POST", "/v1/guests", &lines, GUEST).await
                    };
                    match answer.status {
                        201 => {}
                        _ => {
                            assert_eq!(answer.code(), "too_many_requests");
                            refused += 1;
                        }
                    }
                }
                assert_eq!(refused == 0, trusted, "{refused}");
            },
        )
        .await;
    }
}

/// Streams of an address are counted by the address that is its own, however they are asked for.
#[tokio::test]
async fn p9_forged_addresses_of_streams() {
    const PLACES: u32 = 40;
    for trusted in [false, true] {
        scene_with(
            |setup| {
                setup.gateway.trusted_proxy = Arc::new(move |_| trusted);
                setup.gateway.connections_per_address_max = PLACES;
                setup.gateway.limit_loopback = true;
                setup.gateway.streams_per_device_max = 1_000;
            },
            async |server| {
                let bearer = format!("authorization: Bearer {}", server.guest("Mallory").await);
                for (transport, over) in Transport::streams().filter(|(_, over)| *over == Over::Http1) {
                    let (mut held, mut refused) = (Vec::new(), 0);
                    for number in 0..2 * PLACES {
                        let forged = format!("x-forwarded-for: 198.51.100.{number}");
                        // Not where the bystanders come from.
                        let mut wire = connect_from(server, "127.0.0.2").await;
                        let mut lines = vec![&*bearer, &*forged, transport.accept()];
                        if transport == Transport::WebSocket {
                            lines.extend(HANDSHAKE);
                        }
                        wire.request("GET", "/v1/events", &lines, "").await;
                        match wire.head().await.status {
                            101 | 200 => held.push(wire),
                            status => {
                                assert_eq!(status, 429);
                                refused += 1;
                            }
                        }
                    }
                    assert_eq!(refused == 0, trusted, "{refused} {transport:?} {over:?}");
                }
            },
        )
        .await;
    }
}

#[tokio::test]
async fn p10_private_answers() {
    scene(async |server| {
        let token = server.guest("Ada").await;
        let bearer = format!("authorization: Bearer {token}");
        let cursor = server.json(&token, "GET", "/v1/events", "").await.field("cursor");
        let known = format!("if-none-match: W/\"{cursor}\"");
        let http2 = Http2::connect(server).await;
        for (method, path, lines, status) in [
            ("GET", "/v1/session", vec![bearer.as_str()], 200),
            ("GET", "/v1/session", vec![], 401),
            ("GET", "/v1/sync", vec![&bearer], 200),
            ("GET", "/v1/server", vec![], 200),
            ("GET", "/v1/nothing", vec![&bearer], 404),
            ("GET", "/v1/events", vec![&bearer], 200),
            ("GET", &format!("/v1/events?after={cursor}"), vec![&bearer, &known], 304),
            ("GET", "/v1/events?after=x", vec![&bearer], 400),
            ("PUT", "/v1/rooms/tea", vec![&bearer], 201),
            ("POST", "/v1/tickets", vec![&bearer], 201),
            ("PATCH", "/v1/session", vec![&bearer], 405),
            ("OPTIONS", "/v1/session", vec![], 204),
        ] {
            let (one, two) =
                (server.ask(method, path, &lines, "").await, http2.ask(method, path, &lines, "").await);
            for answer in [one, two] {
                assert!(
                    answer.status == status || (status == 201 && answer.status == 200),
                    "{path} {answer:?}"
                );
                assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
                assert!(answer.varies_by("Origin"), "{path}");
                assert_eq!(
                    answer.varies_by("Accept"),
                    path.starts_with("/v1/events") && status < 400,
                    "{path}"
                );
            }
        }
        for way in Transport::streams() {
            let head = head_of_stream(server, way, &[&bearer]).await;
            head.check(true);
            assert!(head.varies_by("Accept"), "{way:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn p12_foreign_origins() {
    scene(async |server| {
        let (cookie, token) = (server.cookie("Ada").await, server.guest("Bob").await);
        let bearer = format!("authorization: Bearer {token}");
        let http2 = Http2::connect(server).await;
        for origin in
            ["null", "http://evil.example", "https://127.0.0.1", "file://", "http://127.0.0.1.evil.example"]
        {
            let line = format!("origin: {origin}");
            let preflight = "access-control-request-method: PUT";
            for (method, path, lines) in [
                ("GET", "/v1/session", [line.as_str(), &cookie]),
                ("GET", "/v1/session", [&line, &bearer]),
                ("GET", "/v1/events", [&line, &bearer]),
                ("PUT", "/v1/rooms/tea", [&line, &cookie]),
                ("OPTIONS", "/v1/rooms/tea", [&line, preflight]),
                ("GET", "/v1/nothing", [&line, &bearer]),
                ("GET", "/v1/events", [&line, &cookie]),
                ("POST", "/v1/guests", [&line, "content-type: text/plain"]),
                ("PATCH", "/v1/session", [&line, &bearer]),
            ] {
                let answers =
                    [server.ask(method, path, &lines, "").await, http2.ask(method, path, &lines, "").await];
                for answer in answers {
                    let shared = answer.headers.iter().any(|(name, _)| name.starts_with("access-control"));
                    assert!(!shared, "{origin} {method} {path}: {answer:?}");
                }
            }
            // Nor is a stream opened for its cookie, nor a WebSocket for a token.
            for (transport, over) in Transport::streams() {
                for credential in [&cookie, &bearer] {
                    let mut lines = vec![credential.as_str(), &line, transport.accept()];
                    let head = match (transport, over) {
                        (Transport::WebSocket, Over::Http2) => {
                            head_of(&connect(server, Some("websocket"), &lines).await.into_parts().0)
                        }
                        (Transport::WebSocket, Over::Http1) => {
                            lines.extend(HANDSHAKE);
                            server.ask("GET", "/v1/events", &lines, "").await
                        }
                        // A page may read with a token that it has.
                        _ if *credential == bearer => head_of_stream(server, (transport, over), &lines).await,
                        (_, Over::Http1) => server.ask("GET", "/v1/events", &lines, "").await,
                        (_, Over::Http2) => http2.ask("GET", "/v1/events", &lines, "").await,
                    };
                    let expected =
                        if *credential == cookie || transport == Transport::WebSocket { 403 } else { 200 };
                    assert_eq!(head.status, expected, "{origin} {transport:?} {over:?}");
                    let shared = head.headers.iter().any(|(name, _)| name.starts_with("access-control"));
                    assert!(!shared, "{origin} {transport:?} {over:?}: {head:?}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn p13_other_sites_change_nothing() {
    scene(async |server| {
        let cookie = server.cookie("Ada").await;
        let own = format!("origin: {}", server.origin());
        let room = server.ask("PUT", "/v1/rooms/tea", &[&cookie, &own], "").await.json();
        let room = room["conversation"]["id"].as_str().unwrap().to_owned();
        let messages = format!("/v1/conversations/{room}/messages");
        let state = async || {
            let mut state = Vec::new();
            for path in ["/v1/session", "/v1/sync", &messages] {
                let mut answer = server.ask("GET", path, &[&cookie], "").await.json();
                // The place of the log moves with what others do.
                answer.as_object_mut().unwrap().remove("cursor");
                state.push(answer);
            }
            state
        };
        let before = state().await;
        let http2 = Http2::connect(server).await;
        let send = format!("{{\"client_id\":\"{}\",\"text\":\"xyzzy\"}}", uuid::Uuid::now_v7());
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
            let kind = format!("content-type: {kind}");
            for (from, statuses) in [
                ("origin: http://evil.example", &[403, 415][..]),
                ("origin: null", &[403, 415]),
                ("sec-fetch-site: cross-site", &[403, 415]),
                (&own, &[415]),
            ] {
                let lines = [cookie.as_str(), &kind, from];
                for path in [messages.as_str(), "/v1/ack", "/v1/guests", "/v1/tickets"] {
                    if path == "/v1/tickets" && from == own {
                        // It has no body that could be of a wrong kind.
                        continue;
                    }
                    let one = server.ask("POST", path, &lines, &send).await;
                    let two = http2.ask("POST", path, &lines, &send).await;
                    assert!(statuses.contains(&one.status), "{from} {kind} {path}: {one:?}");
                    // Over HTTP/2 the own origin is the same one.
                    assert!(statuses.contains(&two.status), "{from} {kind} {path}: {two:?}");
                }
            }
        }
        // Reading, in whatever way, changes nothing.
        for path in [
            "/v1/guests",
            "/v1/session",
            "/v1/rooms/coffee",
            &messages,
            &format!("{messages}/1"),
            &format!("/v1/conversations/{room}/membership"),
            "/v1/sync",
            "/v1/ack",
            "/v1/tickets",
            "/v1/events",
            "/r/coffee",
        ] {
            for method in ["GET", "HEAD", "OPTIONS"] {
                server.ask(method, path, &[&cookie], "").await;
                http2.ask(method, path, &[&cookie], "").await;
            }
        }
        assert_eq!(state().await, before);
    })
    .await;
}
