//! The list of rooms.

use serde_json::{Value, json};

use crate::server::Server;

async fn open(server: &Server, token: &str, slug: &str, settings: &Value) {
    let (id, _) = server.room(token, slug).await;
    let changed =
        server.json(token, "PATCH", &format!("/v1/conversations/{id}"), &settings.to_string()).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
}

#[tokio::test]
async fn listed_rooms_are_shown_to_whoever_is_signed_in() {
    let server = Server::start().await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let listed = json!({"listed": true});
    open(&server, &ada, "tea", &json!({"listed": true, "title": "Tea", "topic": "Leaves"})).await;
    open(&server, &ada, "Coffee", &listed).await;
    // Cyrillic, and one that mixes it with Latin.
    open(&server, &ada, "чай", &listed).await;
    open(&server, &ada, "cоffee", &listed).await;
    // What never shows: a room that is not listed, one that is no more, groups and direct chats.
    server.room(&ada, "quiet").await;
    open(&server, &ada, "once", &listed).await;
    open(&server, &ada, "once", &json!({"listed": false})).await;
    let crew = json!({"client_id": uuid::Uuid::now_v7(), "title": "Crew"}).to_string();
    let crew = server.json(&ada, "POST", "/v1/groups", &crew).await.field("id");
    let path = format!("/v1/conversations/{crew}");
    assert_eq!(server.json(&ada, "PATCH", &path, r#"{"listed":true}"#).await.code(), "invalid_field");
    let bob_id = server.json(&bob, "GET", "/v1/account", "").await.field("id");
    server.json(&ada, "PUT", &format!("/v1/direct/{bob_id}"), "").await;
    server.room(&bob, "TEA").await;

    let room = |slug: &str, title: &str, topic: &str, members: u64, joined: bool| json!({"slug": slug, "title": title, "topic": topic, "members": members, "joined": joined});
    let mut mixed = room("cоffee", "cоffee", "", 1, false);
    mixed["lookalike"] = true.into();
    let all = [
        room("Coffee", "Coffee", "", 1, false),
        mixed,
        room("tea", "Tea", "Leaves", 2, true),
        room("чай", "чай", "", 1, false),
    ];
    let answer = server.json(&bob, "GET", "/v1/rooms", "").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.json(), json!({"rooms": all, "next": null}));
    let hers = server.json(&ada, "GET", "/v1/rooms", "").await.json();
    assert!(hers["rooms"].as_array().unwrap().iter().all(|room| room["joined"] == true), "{hers}");

    // In pages.
    let (mut read, mut after) = (Vec::new(), String::new());
    loop {
        let page = server.json(&bob, "GET", &format!("/v1/rooms?limit=3{after}"), "").await.json();
        let rooms = page["rooms"].as_array().unwrap();
        assert!(rooms.len() <= 3, "{page}");
        read.extend(rooms.clone());
        let Some(next) = page["next"].as_str() else { break };
        let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        after = format!("&after={next}");
    }
    assert_eq!(read, all);

    assert_eq!(server.ask("GET", "/v1/rooms", &[], "").await.status, 401);
    for query in ["limit=0", "limit=x", "after=", "after=-", "after=a%00", "after=a&after=b"] {
        let answer = server.json(&bob, "GET", &format!("/v1/rooms?{query}"), "").await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid_query"), "{query}");
    }
}

#[tokio::test]
async fn r6_a_page_of_rooms_is_capped() {
    let server = Server::with(|setup| setup.gateway.limits_on = false).await;
    let ada = server.guest("Ada").await;
    for number in 0..203 {
        open(&server, &ada, &format!("r{number:03}"), &json!({"listed": true})).await;
    }
    let count = async |query: &str| {
        let page = server.json(&ada, "GET", &format!("/v1/rooms{query}"), "").await.json();
        (page["rooms"].as_array().unwrap().len(), page["next"].as_str().map(str::to_owned))
    };
    assert_eq!(count("").await, (100, Some("r099".to_owned())));
    assert_eq!(count("?limit=1000000000").await, (200, Some("r199".to_owned())));
    assert_eq!(count("?limit=99999999999999999999&after=r199").await, (3, None));
    assert_eq!(count("?after=r202").await, (0, None));
}
