//! The REST calls of a conversation from its beginning to its end.

use std::time::Duration;

use crate::server::{Fault, Server};

#[tokio::test]
async fn a_conversation() {
    let server = Server::start().await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);

    let session = server.json(&ada, "GET", "/v1/session", "").await;
    assert_eq!(session.status, 200);
    assert_eq!(session.json()["account"]["name"], "Ada");
    assert!(session.json()["device"]["id"].is_string());

    let opened = server.json(&ada, "PUT", "/v1/rooms/Tea", "").await;
    assert_eq!(opened.status, 201);
    let json = opened.json();
    assert_eq!(
        (&json["conversation"]["kind"], &json["conversation"]["slug"], &json["conversation"]["role"]),
        (&"room".into(), &"Tea".into(), &"owner".into())
    );
    assert_eq!((&json["from_seq"], &json["to_seq"]), (&1.into(), &0.into()));
    assert_eq!(json["messages"], serde_json::json!([]));
    let room = json["conversation"]["id"].as_str().unwrap().to_owned();
    assert_eq!(server.json(&ada, "PUT", "/v1/rooms/tea", "").await.status, 200);
    assert_eq!(server.json(&bob, "PUT", "/v1/rooms/TEA", "").await.json()["conversation"]["role"], "member");

    let path = format!("/v1/conversations/{room}/messages");
    let first = "0197a3b0-0000-7000-8000-000000000001";
    let body = format!("{{\"client_id\":\"{first}\",\"text\":\"hello\"}}");
    let sent = server.json(&ada, "POST", &path, &body).await;
    assert_eq!(sent.status, 201);
    assert_eq!(sent.json()["seq"], 1);
    // A retry gets the first answer, also with another `follows`.
    let again = format!("{{\"client_id\":\"{first}\",\"text\":\"hello\",\"follows\":\"{first}\"}}");
    assert_eq!(server.json(&ada, "POST", &path, &again).await.json(), sent.json());
    assert_eq!(server.send(&bob, &room, "hi").await.json()["seq"], 2);

    let page = server.json(&bob, "GET", &path, "").await.json();
    assert_eq!((&page["from_seq"], &page["to_seq"]), (&1.into(), &2.into()));
    assert_eq!(page["messages"][0]["text"], "hello");
    assert_eq!(page["messages"][1]["sender"]["name"], "Bob");
    let page = server.json(&bob, "GET", &format!("{path}?after=1&limit=9999"), "").await.json();
    assert_eq!(page["messages"].as_array().unwrap().len(), 1);
    let page = server.json(&bob, "GET", &format!("{path}?before=2&limit=1&unknown=x"), "").await.json();
    assert_eq!(page["messages"][0]["seq"], 1);
    for beyond in ["9007199254740991", "18446744073709551615", "99999999999999999999999999"] {
        let page = server.json(&bob, "GET", &format!("{path}?before={beyond}"), "").await;
        assert_eq!(page.json()["to_seq"], 2, "{beyond}");
    }

    let deleted = server.json(&ada, "DELETE", &format!("{path}/1"), "").await;
    assert_eq!((deleted.status, &deleted.json()["seq"]), (200, &3.into()));
    assert_eq!(server.json(&ada, "DELETE", &format!("{path}/1"), "").await.json(), deleted.json());
    let page = server.json(&bob, "GET", &path, "").await.json();
    assert_eq!((&page["messages"][0]["text"], &page["messages"][0]["deleted"]), (&"".into(), &true.into()));
    assert_eq!(server.json(&ada, "POST", &path, &body).await.json(), sent.json());

    let sync = server.json(&bob, "GET", "/v1/sync", "").await.json();
    assert_eq!(sync["account"]["name"], "Bob");
    assert_eq!(sync["conversations"][0]["seq"], 3);
    assert_eq!(sync["next"], serde_json::Value::Null);
    let ack = format!("{{\"cursor\":{}}}", sync["cursor"]);
    assert_eq!(server.json(&bob, "POST", "/v1/ack", &ack).await.status, 204);

    assert_eq!(
        server.json(&bob, "DELETE", &format!("/v1/conversations/{room}/membership"), "").await.status,
        204
    );
    assert_eq!(server.json(&bob, "GET", &path, "").await.code(), "not_found");

    assert_eq!(server.json(&ada, "DELETE", "/v1/session", "").await.status, 204);
    for _ in 0..2 {
        assert_eq!(server.json(&ada, "GET", "/v1/session", "").await.code(), "unauthenticated");
    }
}

/// What changes while a snapshot is taken is in it, or comes after its cursor.
#[tokio::test]
async fn sync_has_the_account_as_of_its_cursor() {
    let server = Server::start().await;
    let ada = server.guest("Ada").await;
    server.store.set(Fault::HeldSync);
    let (page, ()) = tokio::join!(server.json(&ada, "GET", "/v1/sync", ""), async {
        server.store.held.notified().await;
        assert_eq!(server.json(&ada, "PATCH", "/v1/account", "{\"name\":\"Ada L.\"}").await.status, 200);
        server.store.let_go.notify_one();
    });
    let page = page.json();
    let after = page["cursor"].as_str().unwrap();
    let missed = server.json(&ada, "GET", &format!("/v1/events?after={after}"), "").await.json();
    assert_eq!(missed["events"], serde_json::json!([]));
    assert_eq!(page["account"]["name"], "Ada L.");
}

/// What changes between the opening of a room and the reading of its page is in the answer, or comes after its cursor.
#[tokio::test]
async fn an_opened_room_is_as_of_its_cursor() {
    let server = Server::start().await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    server.room(&ada, "tea").await;
    let (room, _) = server.room(&bob, "tea").await;
    let session = server.json(&bob, "GET", "/v1/session", "").await.json();
    let id = session["account"]["id"].as_str().unwrap();
    let path = format!("/v1/conversations/{room}/members/{id}/role");
    server.store.set(Fault::HeldHistory);
    let (opened, ()) = tokio::join!(server.json(&bob, "PUT", "/v1/rooms/tea", ""), async {
        server.store.held.notified().await;
        assert_eq!(server.json(&ada, "PUT", &path, r#"{"role":"moderator"}"#).await.status, 204);
        server.store.let_go.notify_one();
    });
    let opened = opened.json();
    let after = opened["cursor"].as_str().unwrap();
    let missed = server.json(&bob, "GET", &format!("/v1/events?after={after}"), "").await.json();
    assert_eq!(missed["events"], serde_json::json!([]));
    assert_eq!(opened["conversation"]["role"], "moderator");
}

#[tokio::test]
async fn sync_in_pages() {
    let server = Server::with(|setup| setup.gateway.limits_on = false).await;
    let ada = server.guest("Ada").await;
    for number in 0..203 {
        server.room(&ada, &format!("room{number}")).await;
    }
    let mut found = Vec::new();
    let mut path = "/v1/sync".to_owned();
    loop {
        let page = server.json(&ada, "GET", &path, "").await;
        assert_eq!(page.status, 200, "{}", page.text());
        let page = page.json();
        for conversation in page["conversations"].as_array().unwrap() {
            found.push(conversation["slug"].as_str().unwrap().to_owned());
        }
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/sync?next={next}");
    }
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 203);
    for bad in
        ["x", ".", "AAAAAAAAAAAAAAAAAAAAAA.x", "AAAAAAAAAAAAAAAAAAAAAA.0197a3b0-0000-7000-8000-000000000001"]
    {
        let answer = server.json(&ada, "GET", &format!("/v1/sync?next={bad}"), "").await;
        assert_eq!(answer.code(), "invalid_query", "{bad}");
    }
}

#[tokio::test]
async fn room_names_in_urls() {
    let server = Server::start().await;
    let ada = server.guest("Ada").await;
    for (slug, status) in [
        ("caf%C3%A9", 201),
        ("CAFE%CC%81", 200),
        ("%E8%8C%B6", 201),
        ("a%2Fb", 400),
        ("a%20b", 400),
        ("%FF", 400),
        ("-a", 400),
        ("%2e%2e", 400),
        ("a%00", 400),
    ] {
        let answer = server.json(&ada, "PUT", &format!("/v1/rooms/{slug}"), "").await;
        assert_eq!(answer.status, status, "{slug}: {}", answer.text());
        if status == 400 {
            assert_eq!(answer.code(), "invalid_slug");
        }
    }
}

#[tokio::test]
async fn a_sign_out_is_seen_at_once() {
    let server = Server::start().await;
    for _ in 0..50 {
        let token = server.guest("Ada").await;
        let (read, out) = tokio::join!(
            server.json(&token, "GET", "/v1/session", ""),
            server.json(&token, "DELETE", "/v1/session", "")
        );
        assert!(matches!(read.status, 200 | 401));
        assert_eq!(out.status, 204);
        assert_eq!(server.json(&token, "GET", "/v1/session", "").await.status, 401);
    }
}

#[tokio::test]
async fn a_sign_out_overtakes_a_session_that_is_told_late() {
    let server = Server::start().await;
    for (path, accept) in [("/v1/session", "*/*"), ("/v1/events", "text/event-stream")] {
        let token = server.guest("Ada").await;
        let bearer = format!("authorization: Bearer {token}");
        let accept = format!("accept: {accept}");
        server.store.set(Fault::LateSession);
        let lines = [bearer.as_str(), accept.as_str()];
        let (late, _) = tokio::join!(server.ask("GET", path, &lines, ""), async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            assert_eq!(server.json(&token, "DELETE", "/v1/session", "").await.status, 204);
        });
        assert_eq!(late.code(), "unauthenticated");
    }
}
