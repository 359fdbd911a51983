//! `GET /v1/events` as polling.

use std::time::{Duration, Instant};

use crate::server::Server;

#[tokio::test]
async fn polls() {
    let server = Server::start().await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let (room, cursor) = server.room(&ada, "tea").await;
    server.room(&bob, "tea").await;

    // Without a cursor: now.
    let now = server.json(&ada, "GET", "/v1/events?wait=30", "").await;
    assert_eq!(now.status, 200);
    assert_eq!(now.header("content-type"), Some("application/json"));
    assert_eq!(now.header("cache-control"), Some("no-store"));
    assert!(now.varies_by("Accept"));
    assert_eq!((&now.json()["events"], &now.json()["more"]), (&serde_json::json!([]), &false.into()));

    // A long poll is answered when there is something.
    let path = format!("/v1/events?after={}&wait=30", now.field("cursor"));
    let start = Instant::now();
    let (polled, _) = tokio::join!(server.json(&ada, "GET", &path, ""), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        server.send(&bob, &room, "hello é").await
    });
    assert!(start.elapsed() < Duration::from_secs(3));
    let events = polled.json()["events"].clone();
    assert_eq!(events[0]["text"], "hello é");
    assert_eq!(events.as_array().unwrap().len(), 1);

    // An answer that was lost is given again, also under Last-Event-ID, which wins.
    let again = server.json(&ada, "GET", &path, "").await.json();
    assert_eq!(again["events"], events);
    let bearer = format!("authorization: Bearer {ada}");
    let last = format!("last-event-id: {}", polled.field("cursor"));
    let answer = server.ask("GET", &format!("/v1/events?after={cursor}"), &[&bearer, &last], "").await;
    assert_eq!(answer.json()["events"], serde_json::json!([]));
    assert_eq!(
        server.ask("GET", "/v1/events", &[&bearer, "last-event-id: x"], "").await.code(),
        "invalid_cursor"
    );
    // An EventSource that has none yet may send an empty one.
    assert_eq!(server.ask("GET", "/v1/events", &[&bearer, "last-event-id: "], "").await.status, 200);

    // An empty one ends with its wait.
    let start = Instant::now();
    let path = format!("/v1/events?after={}&wait=1", polled.field("cursor"));
    let answer = server.json(&ada, "GET", &path, "").await;
    assert_eq!(answer.json()["events"], serde_json::json!([]));
    assert!((Duration::from_millis(900)..Duration::from_secs(3)).contains(&start.elapsed()));
}

#[tokio::test]
async fn no_news_is_304() {
    let server = Server::start().await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let (room, cursor) = server.room(&ada, "tea").await;
    let bearer = format!("authorization: Bearer {ada}");
    let path = format!("/v1/events?after={cursor}");
    let ask = async |path: &str, tag: &str| {
        let line = format!("if-none-match: {tag}");
        server.ask("GET", path, &[&bearer, &line], "").await
    };
    let first = server.ask("GET", &path, &[&bearer], "").await;
    let tag = first.header("etag").unwrap();
    for _ in 0..3 {
        let answer = ask(&path, tag).await;
        assert_eq!((answer.status, answer.body.len()), (304, 0));
        assert_eq!(answer.header("etag"), Some(tag));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        // What others do elsewhere is no news.
        server.room(&bob, "coffee").await;
    }
    server.send(&ada, &room, "hi").await;
    let news = ask(&path, tag).await;
    assert_eq!((news.status, news.json()["events"].as_array().unwrap().len()), (200, 1));
    let news_tag = news.header("etag").unwrap();
    assert_ne!(news_tag, tag);
    // Asked from the old place again, the news is still news.
    assert_eq!(ask(&path, tag).await.status, 200);
    assert_eq!(ask(&path, news_tag).await.status, 200);
    // From the new place, the last answer's tag says: nothing since.
    let path = format!("/v1/events?after={}", news.field("cursor"));
    assert_eq!(ask(&path, news_tag).await.status, 304);
    assert_eq!(ask(&path, "\"other\"").await.status, 200);
}

#[tokio::test]
async fn a_sign_out_ends_held_polls() {
    let server = Server::start().await;
    let token = server.guest("Ada").await;
    let cursor = server.json(&token, "GET", "/v1/events", "").await.field("cursor");
    let path = format!("/v1/events?after={cursor}&wait=30");
    let start = Instant::now();
    let (polled, _) = tokio::join!(server.json(&token, "GET", &path, ""), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        server.json(&token, "DELETE", "/v1/session", "").await
    });
    assert!(start.elapsed() < Duration::from_secs(2));
    if polled.status == 200 {
        // The removal itself may be told; the next poll is refused.
        assert_eq!(polled.json()["events"][0]["change"], "removed", "{}", polled.text());
    } else {
        assert_eq!(polled.code(), "unauthenticated");
    }
    assert_eq!(server.json(&token, "GET", &path, "").await.code(), "unauthenticated");
}

#[tokio::test]
async fn an_abandoned_poll_frees_its_place() {
    // P15
    let server = Server::start().await;
    let token = server.guest("Ada").await;
    let bearer = format!("authorization: Bearer {token}");
    let cursor = server.json(&token, "GET", "/v1/events", "").await.field("cursor");
    let held = async || {
        let answer = crate::wire::Wire::connect(server.admin).await.ask("GET", "/metrics", &[], "").await;
        let text = answer.text();
        let line = text.lines().find(|line| line.starts_with("chinwag_hub_polls ")).unwrap();
        line.rsplit(' ').next().unwrap().to_owned()
    };
    let mut wires = Vec::new();
    for _ in 0..3 {
        let mut wire = server.connect().await;
        wire.request("GET", &format!("/v1/events?after={cursor}&wait=30"), &[&bearer], "").await;
        wires.push(wire);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(held().await, "3");
    for wire in &wires {
        wire.socket().set_zero_linger().unwrap();
    }
    drop(wires);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(held().await, "0");
}

#[tokio::test]
async fn head_holds_nothing() {
    let server = Server::start().await;
    let token = server.guest("Ada").await;
    let bearer = format!("authorization: Bearer {token}");
    let cursor = server.json(&token, "GET", "/v1/events", "").await.field("cursor");
    let start = Instant::now();
    let answer = server.ask("HEAD", &format!("/v1/events?after={cursor}&wait=30"), &[&bearer], "").await;
    assert_eq!(answer.status, 200);
    assert!(start.elapsed() < Duration::from_secs(2));
}
