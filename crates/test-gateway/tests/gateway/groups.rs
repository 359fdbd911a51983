//! What members are told of a group's past, and those who run it of who is muted.

use serde_json::{Value, json};

use crate::server::Server;

const CREW: &str = r#"{"client_id":"0197a3b0-0000-7000-8000-000000000009","title":"Crew"}"#;

/// A guest: its token and its id.
async fn guest(server: &Server, name: &str) -> (String, String) {
    let token = server.guest(name).await;
    let session = server.json(&token, "GET", "/v1/session", "").await.json();
    (token, session["account"]["id"].as_str().unwrap().to_owned())
}

/// The path of a new group of hers.
async fn crew(server: &Server, owner: &str) -> String {
    let made = server.json(owner, "POST", "/v1/groups", CREW).await.json();
    format!("/v1/conversations/{}", made["id"].as_str().unwrap())
}

async fn add(server: &Server, owner: &str, crew: &str, accounts: &[&str]) {
    let body = json!({ "accounts": accounts }).to_string();
    assert_eq!(server.json(owner, "POST", &format!("{crew}/members"), &body).await.status, 200);
}

/// Without what is different each time.
fn plain(changes: &Value) -> Vec<Value> {
    let mut changes = changes.as_array().unwrap().clone();
    for change in &mut changes {
        let change = change.as_object_mut().unwrap();
        assert!(change.remove("sent_at").unwrap().is_string());
        change["actor"] = change["actor"]["name"].take();
        if let Some(accounts) = change.get_mut("accounts") {
            let names = accounts.as_array().unwrap().iter().map(|account| account["name"].clone());
            *accounts = names.collect::<Vec<_>>().into();
        }
    }
    changes
}

#[tokio::test]
async fn a_page_lists_what_has_changed() {
    let server = Server::start().await;
    let ((ada, _), (bob, bob_id)) = (guest(&server, "Ada").await, guest(&server, "Bob").await);
    let crew = crew(&server, &ada).await;
    let room = crew.rsplit('/').next().unwrap().to_owned();
    server.send(&ada, &room, "before").await;
    add(&server, &ada, &crew, &[&bob_id]).await;
    let role = format!("{crew}/members/{bob_id}/role");
    assert_eq!(server.json(&ada, "PUT", &role, r#"{"role":"moderator"}"#).await.status, 204);
    server.send(&bob, &room, "a slip").await;
    server.json(&bob, "DELETE", &format!("{crew}/messages/4"), "").await;
    assert_eq!(server.json(&ada, "PATCH", &crew, r#"{"title":"Watch","locked":true}"#).await.status, 200);

    let messages = format!("{crew}/messages");
    let page = server.json(&bob, "GET", &messages, "").await.json();
    assert_eq!((&page["from_seq"], &page["to_seq"]), (&1.into(), &6.into()));
    let seqs: Vec<&Value> = page["messages"].as_array().unwrap().iter().map(|row| &row["seq"]).collect();
    assert_eq!(seqs, [1, 4]);
    let settings = json!({
        "type": "conversation_changed", "seq": 6, "actor": "Ada", "title": "Watch", "topic": "", "listed": false,
        "locked": true, "slow_mode_seconds": 0, "history_visible": true, "version": 2,
    });
    let added = json!({"type": "members", "seq": 2, "actor": "Ada", "accounts": ["Bob"], "change": "added"});
    let role = json!({
        "type": "members", "seq": 3, "actor": "Ada", "accounts": ["Bob"], "change": "role", "role": "moderator",
    });
    assert_eq!(plain(&page["changes"]), [added, role.clone(), settings.clone()]);

    // Each row is on the page that covers it.
    let page = server.json(&bob, "GET", &format!("{messages}?after=2&limit=1"), "").await.json();
    assert_eq!((&page["from_seq"], &page["messages"]), (&3.into(), &json!([])));
    assert_eq!(plain(&page["changes"]), [role]);

    // Whoever comes by a link gets them, too.
    let invite = server.json(&ada, "POST", &format!("{crew}/invites"), "{}").await.json();
    let eve = server.guest("Eve").await;
    let path = format!("/v1/invites/{}", invite["token"].as_str().unwrap());
    let opened = server.json(&eve, "POST", &path, "").await.json();
    let joined =
        json!({"type": "members", "seq": 7, "actor": "Eve", "accounts": ["Eve"], "change": "joined"});
    assert_eq!(plain(&opened["changes"])[2..], [settings, joined]);
}

#[tokio::test]
async fn r6_bytes_of_changes() {
    const ROWS: u64 = 6;
    const PEOPLE: usize = 20;
    let server = Server::with(|setup| {
        setup.gateway.limits_on = false;
        setup.gateway.history_bytes_max = 8_000;
    })
    .await;
    let (ada, _) = guest(&server, "Ada").await;
    let crew = crew(&server, &ada).await;
    for _ in 0..ROWS {
        let mut ids = Vec::new();
        for _ in 0..PEOPLE {
            ids.push(guest(&server, &"\\\"".repeat(40)).await.1);
        }
        add(&server, &ada, &crew, &ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
    // Back to the beginning and forth to the end, without a hole.
    for (direction, begin) in [("before", ROWS + 1), ("after", 0)] {
        let (mut at, mut seen) = (begin, 0);
        while seen < ROWS {
            let path = format!("{crew}/messages?limit=200&{direction}={at}");
            let answer = server.json(&ada, "GET", &path, "").await;
            assert!(answer.body.len() < 8_000, "{}", answer.body.len());
            let page = answer.json();
            let (from, to) = (page["from_seq"].as_u64().unwrap(), page["to_seq"].as_u64().unwrap());
            let changes = page["changes"].as_array().unwrap();
            assert_eq!((changes.len() as u64, changes[0]["seq"].as_u64()), (to + 1 - from, Some(from)));
            seen += to + 1 - from;
            at = if direction == "before" {
                assert_eq!(to, at - 1);
                from
            } else {
                assert_eq!(from, at + 1);
                to
            };
        }
        assert_eq!(seen, ROWS);
    }
}

#[tokio::test]
async fn who_is_muted_is_told_to_those_who_may_mute() {
    let server = Server::start().await;
    let ((ada, _), (bob, bob_id)) = (guest(&server, "Ada").await, guest(&server, "Bob").await);
    let ((mo, mo_id), (_, eve_id)) = (guest(&server, "Mo").await, guest(&server, "Eve").await);
    let crew = crew(&server, &ada).await;
    add(&server, &ada, &crew, &[&bob_id, &mo_id, &eve_id]).await;
    let role = format!("{crew}/members/{mo_id}/role");
    assert_eq!(server.json(&ada, "PUT", &role, r#"{"role":"moderator"}"#).await.status, 204);
    for (account, seconds) in [(&bob_id, 3_600), (&eve_id, 1)] {
        let body = json!({ "seconds": seconds }).to_string();
        assert_eq!(server.json(&mo, "PUT", &format!("{crew}/mutes/{account}"), &body).await.status, 204);
    }
    let muted = async |asker: &str| {
        let page = server.json(asker, "GET", &format!("{crew}/members"), "").await.json();
        let members = page["members"].as_array().unwrap().clone();
        let muted = members.iter().filter(|member| member.get("muted_until").is_some());
        let mut names: Vec<String> =
            muted.map(|member| member["account"]["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert!(muted(&bob).await.is_empty(), "a member is not told, not even of itself");
    // What is over is not told.
    while muted(&ada).await != ["Bob"] {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(muted(&mo).await, ["Bob"]);
    assert_eq!(server.json(&mo, "DELETE", &format!("{crew}/mutes/{bob_id}"), "").await.status, 204);
    assert!(muted(&mo).await.is_empty());
}
