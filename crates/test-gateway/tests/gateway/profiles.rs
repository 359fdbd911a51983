//! What an account shows of itself to others.

use serde_json::json;

use crate::server::Server;

const JSON: &str = "content-type: application/json";

#[tokio::test]
async fn anybody_who_is_signed_in_sees_what_an_account_shows() {
    let server = Server::start().await;
    let body = json!({"username": "ada", "password": "correct horse", "name": "Ada L."}).to_string();
    let ada = server.ask("POST", "/v1/accounts", &[JSON], &body).await;
    let (token, id) = (ada.field("token"), ada.json()["account"]["id"].as_str().unwrap().to_owned());
    let update = r#"{"about":"Engines.","color":7}"#;
    assert_eq!(server.json(&token, "PATCH", "/v1/account", update).await.status, 200);
    let bob = server.guest("Bob").await;
    let bob_id = server.json(&bob, "GET", "/v1/account", "").await.field("id");

    let path = format!("/v1/accounts/{id}");
    let shown = server.json(&bob, "GET", &path, "").await;
    assert_eq!(shown.status, 200, "{}", shown.text());
    assert_eq!(shown.header("cache-control"), Some("no-store"));
    let card = json!({
        "id": id, "name": "Ada L.", "username": "ada", "about": "Engines.", "color": 7, "version": 3,
    });
    assert_eq!(shown.json(), card);
    assert_eq!(server.json(&token, "GET", &path, "").await.json(), card, "her own");
    let guest = server.json(&token, "GET", &format!("/v1/accounts/{bob_id}"), "").await.json();
    assert_eq!((&guest["name"], guest.get("username")), (&json!("Bob"), None));

    // A change is seen at once.
    server.json(&token, "PATCH", "/v1/account", r#"{"name":"Ada B."}"#).await;
    let shown = server.json(&bob, "GET", &path, "").await.json();
    assert_eq!((&shown["name"], &shown["version"]), (&json!("Ada B."), &json!(4)));

    // What is no id, and the id of nobody, of a conversation and of a device are the same.
    let (room, _) = server.room(&bob, "tea").await;
    let device = server.json(&bob, "GET", "/v1/session", "").await.json()["device"]["id"].clone();
    let absent = server.json(&bob, "GET", "/v1/accounts/0197a3b0-0000-7000-8000-0000000000ff", "").await;
    assert_eq!((absent.status, absent.code().as_str()), (404, "not_found"));
    for id in ["x", room.as_str(), device.as_str().unwrap(), "%ff"] {
        let answer = server.json(&bob, "GET", &format!("/v1/accounts/{id}"), "").await;
        assert_eq!((answer.status, answer.text()), (404, absent.text()), "{id}");
    }
    assert_eq!(server.ask("GET", &path, &[], "").await.status, 401);
}
