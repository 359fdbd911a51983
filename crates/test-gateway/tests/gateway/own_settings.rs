//! What an account has set for itself, and what its devices have begun to write: alike on all of them, and nobody else's.

use serde_json::{Value, json};

use crate::server::Server;

const PASSWORD: &str = "correct horse";

/// An account and the tokens and ids of two devices of it.
async fn two_devices(server: &Server) -> [(String, String); 2] {
    let first = server.guest("Ada").await;
    let body = json!({"username": "ada", "password": PASSWORD}).to_string();
    assert_eq!(server.json(&first, "POST", "/v1/account/registration", &body).await.status, 200);
    let lines = ["content-type: application/json"];
    let second = server.ask("POST", "/v1/sessions", &lines, &body).await.field("token");
    let device = async |token: &str| {
        let session = server.json(token, "GET", "/v1/session", "").await.json();
        session["device"]["id"].as_str().unwrap().to_owned()
    };
    let ids = [device(&first).await, device(&second).await];
    let [first_id, second_id] = ids;
    [(first, first_id), (second, second_id)]
}

async fn row(server: &Server, token: &str) -> Value {
    server.json(token, "GET", "/v1/sync", "").await.json()["conversations"][0].clone()
}

/// Records after a cursor, without that, and the next cursor.
async fn after(server: &Server, token: &str, cursor: &str) -> (Vec<Value>, String) {
    let poll = server.json(token, "GET", &format!("/v1/events?after={cursor}"), "").await.json();
    let mut events = poll["events"].as_array().unwrap().clone();
    for event in &mut events {
        event.as_object_mut().unwrap().remove("cursor");
    }
    (events, poll["cursor"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn settings_are_alike_on_all_devices() {
    let server = Server::start().await;
    let [(ada, _), (other, _)] = two_devices(&server).await;
    let (room, cursor) = server.room(&ada, "tea").await;
    let session = server.json(&ada, "GET", "/v1/session", "").await.json();
    let account = session["account"]["id"].clone();
    let fresh = json!({"level": "all", "pinned": false, "archived": false, "version": 0});
    assert_eq!(row(&server, &ada).await["own_settings"], fresh);

    let path = format!("/v1/conversations/{room}/settings");
    let mut steps = Vec::new();
    for (change, holds) in [
        (
            r#"{"pinned":true,"level":"mentions"}"#,
            json!({"level": "mentions", "pinned": true, "archived": false, "version": 1}),
        ),
        (r#"{"pinned":true}"#, json!({"level": "mentions", "pinned": true, "archived": false, "version": 1})),
        (
            r#"{"muted_until":"2030-01-01T00:00:00.000Z","name":"Ours"}"#,
            json!({"muted_until": "2030-01-01T00:00:00.000Z", "level": "mentions", "pinned": true,
                "archived": false, "name": "Ours", "version": 2}),
        ),
        (
            r#"{"muted_until":null,"name":""}"#,
            json!({"level": "mentions", "pinned": true, "archived": false, "version": 3}),
        ),
    ] {
        let answer = server.json(&ada, "PATCH", &path, change).await;
        assert_eq!((answer.status, answer.json()), (200, holds.clone()), "{change}");
        assert_eq!(row(&server, &other).await["own_settings"], holds);
        steps.push(holds);
    }
    let (events, _) = after(&server, &other, &cursor).await;
    let mut last = steps.pop().unwrap();
    last["type"] = json!("conversation_settings");
    last["account"] = account;
    last["conversation"] = json!(room);
    assert_eq!(events, [last], "the last takes the place of all before");
    // Whoever leaves and comes back finds them.
    assert_eq!(
        server.json(&ada, "DELETE", &format!("/v1/conversations/{room}/membership"), "").await.status,
        204
    );
    assert_eq!(server.json(&ada, "PATCH", &path, r#"{"pinned":false}"#).await.status, 404);
    server.room(&ada, "tea").await;
    assert_eq!(row(&server, &ada).await["own_settings"]["version"], 3);
}

#[tokio::test]
async fn drafts_of_two_devices_both_survive() {
    let server = Server::start().await;
    let [(ada, first), (other, second)] = two_devices(&server).await;
    let (room, cursor) = server.room(&ada, "tea").await;
    let draft = |device: &str| format!("/v1/conversations/{room}/drafts/{device}");
    let put = async |token: &str, device: &str, text: &str| {
        let body = json!({ "text": text }).to_string();
        let answer = server.json(token, "PUT", &draft(device), &body).await;
        (answer.status, if answer.status < 300 { String::new() } else { answer.code() })
    };
    assert_eq!(row(&server, &ada).await["drafts"], json!(null));
    assert_eq!(put(&ada, &first, "Dear").await.0, 204);
    assert_eq!(put(&ada, &first, "Dear all").await.0, 204);
    assert_eq!(put(&other, &second, "Hello").await.0, 204);
    let mut expected = vec![
        json!({"device": first, "text": "Dear all", "version": 2}),
        json!({"device": second, "text": "Hello", "version": 1}),
    ];
    expected.sort_by_key(|draft| draft["device"].as_str().unwrap().to_owned());
    assert_eq!(row(&server, &other).await["drafts"], json!(expected));
    let (events, cursor) = after(&server, &other, &cursor).await;
    let texts: Vec<&Value> = events.iter().map(|event| &event["text"]).collect();
    assert_eq!(texts, ["Dear all", "Hello"]);
    assert_eq!(events[0]["type"], "draft");

    // One is gone, and its device, too: another empties what it has left.
    assert_eq!(server.json(&other, "DELETE", "/v1/devices", "").await.status, 204);
    assert_eq!(row(&server, &other).await["drafts"], json!(expected));
    assert_eq!(put(&other, &first, "").await.0, 204);
    assert_eq!(put(&other, &first, "").await.0, 204);
    assert_eq!(
        row(&server, &other).await["drafts"],
        json!([{"device": second, "text": "Hello", "version": 1}])
    );
    let (events, _) = after(&server, &other, &cursor).await;
    let emptied: Vec<&Value> = events.iter().filter(|event| event["type"] == "draft").collect();
    assert_eq!(emptied.len(), 1);
    assert_eq!((&emptied[0]["text"], &emptied[0]["version"]), (&json!(""), &json!(3)));

    let nobody = "0197a3b0-0000-7000-8000-0000000000ff";
    assert_eq!(put(&other, nobody, "a").await, (404, "not_found".to_owned()));
    assert_eq!(put(&other, &second, "a\0").await, (400, "invalid_text".to_owned()));
    assert_eq!(put(&other, &second, &"a".repeat(32_769)).await, (400, "invalid_text".to_owned()));
    assert_eq!(put(&other, &second, &"a".repeat(32_768)).await.0, 204);
}
