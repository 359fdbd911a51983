//! As whom a browser is signed in, and which of them a request is of.

use std::sync::Arc;

use serde_json::json;

use super::NOBODY;
use crate::browser::Browser;
use crate::server::Server;
use crate::socket::Over;

#[tokio::test]
async fn a_request_names_its_account() {
    let server = Server::start().await;
    let browser = Browser::of(&server);
    assert_eq!(browser.sessions(None).await, [""; 0], "of nobody there is nothing to tell");
    let ada = browser.guest("Ada").await;
    assert_eq!(browser.sessions(None).await, ["Ada*"]);
    assert_eq!(browser.ask("GET", "/v1/session", None, "").await.json()["account"]["name"], "Ada");
    let bob = browser.guest("Bob").await;

    for over in Over::ALL {
        for (account, name) in [(&ada, "Ada"), (&bob, "Bob")] {
            let answer = browser.ask_over(over, "GET", "/v1/session", Some(account), "").await;
            assert_eq!(answer.json()["account"]["name"], name);
            let body = format!("{{\"name\":\"{name} II\"}}");
            let answer = browser.ask_over(over, "PATCH", "/v1/account", Some(account), &body).await;
            assert_eq!(answer.json()["id"], json!(account));
            let body = format!("{{\"name\":\"{name}\"}}");
            browser.ask_over(over, "PATCH", "/v1/account", Some(account), &body).await;
        }
        for (method, path) in [("GET", "/v1/session"), ("PUT", "/v1/rooms/tea"), ("GET", "/v1/events")] {
            let answer = browser.ask_over(over, method, path, None, "").await;
            assert_eq!((answer.status, answer.code().as_str()), (400, "account_required"));
            assert!(answer.text().contains("Chinwag-Account"), "{}", answer.text());
        }
    }
    // In the order of their ids, which these have of their making.
    assert_eq!(browser.sessions(None).await, ["Ada", "Bob"]);
    assert_eq!(browser.sessions(Some(&bob)).await, ["Ada", "Bob*"]);
    assert_eq!(browser.sessions(Some(NOBODY)).await, ["Ada", "Bob"]);
    let answer = browser.ask("GET", "/v1/sessions", Some("x"), "").await;
    assert_eq!(answer.code(), "unauthenticated", "what cannot be an account is nobody's, as everywhere");
    let entry = browser.ask("GET", "/v1/sessions", None, "").await.json()["sessions"][0].clone();
    let own = browser.ask("GET", "/v1/session", Some(&ada), "").await.json();
    assert_eq!((&entry["account"], &entry["device"]), (&own["account"], &own["device"]));

    // One signs out, the other stays; then one is enough to need no name.
    let out = browser.ask("DELETE", "/v1/session", Some(&ada), "").await;
    assert_eq!(out.status, 204);
    assert_eq!(browser.sessions(None).await, ["Bob*"]);
    assert_eq!(browser.ask("GET", "/v1/session", None, "").await.json()["account"]["name"], "Bob");
}

#[tokio::test]
async fn z2_another_account_is_nobodys() {
    let server = Server::start().await;
    let (browser, [ada, _]) = Browser::with(&server, ["Ada", "Bob"]).await;
    let (other, [eve]) = Browser::with(&server, ["Eve"]).await;
    let (token, evil) = (browser.token(&ada), other.token(&eve));
    // Whether there is such an account or not, by cookies and by a token.
    let mut told = Vec::new();
    for account in [&eve, NOBODY, "x", ""] {
        let answer = browser.ask("GET", "/v1/session", Some(account), "").await;
        told.push((answer.status, answer.text()));
        let lines = [format!("authorization: Bearer {token}"), format!("chinwag-account: {account}")];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let answer = server.ask("GET", "/v1/session", &lines, "").await;
        told.push((answer.status, answer.text()));
        for path in ["/v1/events", "/v1/tickets", "/v1/ack"] {
            let Ok(account) = account.parse::<uuid::Uuid>() else { continue };
            let path = format!("{path}?accounts={account}");
            let (method, body) =
                if path.contains("events") { ("GET", "") } else { ("POST", "{\"cursor\":\"x\"}") };
            let answer = browser.ask(method, &path, None, body).await;
            told.push((answer.status, answer.text()));
        }
    }
    assert_eq!(told[0].0, 401);
    assert!(told.iter().all(|answer| *answer == told[0]), "{told:#?}");
    // A token under another account's name is good for neither.
    let forger = Browser::of(&server);
    forger.plant(&format!("chinwag-{ada}"), &evil);
    for account in [None, Some(ada.as_str()), Some(&eve)] {
        assert_eq!(forger.ask("GET", "/v1/session", account, "").await.code(), "unauthenticated");
    }
    let answer = forger.ask("GET", &format!("/v1/events?accounts={ada}"), None, "").await;
    assert_eq!(answer.code(), "unauthenticated");
    assert_eq!(forger.sessions(None).await, [""; 0]);
    // Its own token says who it is, and may say so.
    let lines = [format!("authorization: Bearer {token}"), format!("chinwag-account: {ada}")];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert_eq!(server.ask("GET", "/v1/session", &lines, "").await.status, 200);
    let listed = server.ask("GET", "/v1/sessions", &lines[..1], "").await.json();
    assert_eq!(
        (&listed["sessions"][0]["account"]["name"], &listed["sessions"][0]["current"]),
        (&json!("Ada"), &json!(true))
    );
    // Two names are none.
    let twice = [lines[0], lines[1], lines[1]];
    assert_eq!(server.ask("GET", "/v1/session", &twice, "").await.code(), "invalid_header");
}

#[tokio::test]
async fn what_accounts_may_say() {
    let server = Server::start().await;
    let (browser, [ada, bob]) = Browser::with(&server, ["Ada", "Bob"]).await;
    let many: Vec<String> =
        (0..11).map(|number| format!("0197a3b0-0000-7000-8000-0000000000{number:02}")).collect();
    for wrong in
        ["", ",", "x", &format!("{ada},"), &format!("{ada},{ada}"), &format!("{ada} {bob}"), &many.join(",")]
    {
        let path = format!("/v1/events?accounts={}", wrong.replace(' ', "+"));
        let answer = browser.ask("GET", &path, None, "").await;
        assert_eq!(answer.code(), "invalid_query", "{wrong}");
        assert!(answer.text().contains("accounts"), "{}", answer.text());
    }
    let ticket = browser.ask("POST", "/v1/tickets", Some(&ada), "").await.field("ticket");
    let answer = browser.ask("GET", &format!("/v1/events?ticket={ticket}&accounts={ada}"), None, "").await;
    assert_eq!(answer.code(), "invalid_query");
    // The header does not matter beside it.
    let path = format!("/v1/events?accounts={ada},{bob}");
    assert_eq!(browser.ask("GET", &path, Some(NOBODY), "").await.status, 200);
}

#[tokio::test]
async fn the_eleventh_account_is_refused() {
    let server = Server::start().await;
    let names = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"];
    let (browser, accounts) = Browser::with(&server, names).await;
    assert_eq!(browser.sessions(None).await, names);
    let account = r#"{"username":"ada","password":"correct horse","session":"cookie"}"#;
    let recovery =
        r#"{"username":"ada","recovery_code":"AAAA","new_password":"correct horse","session":"cookie"}"#;
    let guest = r#"{"name":"K","session":"cookie"}"#;
    for (path, body) in [
        ("/v1/guests", guest),
        ("/v1/accounts", account),
        ("/v1/sessions", account),
        ("/v1/account/recovery", recovery),
    ] {
        let answer = browser.ask("POST", path, None, body).await;
        assert_eq!((answer.status, answer.code().as_str()), (409, "too_many_accounts"), "{path}");
        assert!(answer.text().contains("Sign one of them out"), "{}", answer.text());
        assert_eq!(answer.header("set-cookie"), None);
    }
    // Who wants a token is no browser.
    assert_eq!(browser.ask("POST", "/v1/guests", None, r#"{"name":"K"}"#).await.status, 201);
    // One that was signed out elsewhere counts no more, and its cookie is cleared.
    let elsewhere = browser.copy();
    assert_eq!(elsewhere.ask("DELETE", "/v1/session", Some(&accounts[3]), "").await.status, 204);
    assert_eq!(browser.cookies().len(), 10);
    browser.guest("K").await;
    assert_eq!(browser.cookies().len(), 10);
    assert_eq!(browser.sessions(None).await, ["A", "B", "C", "E", "F", "G", "H", "I", "J", "K"]);
}

#[tokio::test]
async fn cookies_that_are_good_for_nothing_are_cleared() {
    let server = Server::start().await;
    let (browser, [ada, bob]) = Browser::with(&server, ["Ada", "Bob"]).await;
    let elsewhere = browser.copy();
    elsewhere.ask("DELETE", "/v1/session", Some(&bob), "").await;
    browser.plant(&format!("chinwag-{NOBODY}"), "x");
    browser.plant("theirs", "x");
    // Which there are is not looked up where none is named.
    assert_eq!(browser.ask("GET", "/v1/session", None, "").await.code(), "account_required");
    assert_eq!(browser.sessions(None).await, ["Ada*"]);
    let kept: Vec<String> = browser.cookies().into_iter().map(|(name, _)| name).collect();
    assert_eq!(kept, [format!("chinwag-{ada}"), "theirs".to_owned()]);
    assert_eq!(browser.ask("GET", "/v1/session", None, "").await.json()["account"]["id"], json!(ada));

    // More than a browser can come to have are not even looked up.
    let forger = Browser::of(&server);
    for number in 0..20 {
        forger.plant(&format!("chinwag-0197a3b0-0000-7000-8000-0000000000{number:02}"), "x");
    }
    forger.plant(&format!("chinwag-{ada}"), &browser.token(&ada));
    assert_eq!(forger.copy().sessions(None).await, [""; 0]);
    assert_eq!(forger.ask("GET", "/v1/session", Some(&ada), "").await.status, 200, "by its name it is found");
}

/// A browser that was signed in before there was a cookie for each account stays so.
#[tokio::test]
async fn the_cookie_of_before_is_taken_over() {
    let server = Server::start().await;
    let (other, [ada]) = Browser::with(&server, ["Ada"]).await;
    let token = other.token(&ada);
    let browser = Browser::of(&server);
    browser.plant("chinwag", &token);
    assert_eq!(browser.sessions(None).await, ["Ada*"]);
    assert_eq!(browser.cookies(), [(format!("chinwag-{ada}"), token.clone())]);
    assert_eq!(browser.ask("GET", "/v1/session", None, "").await.json()["account"]["id"], json!(ada));

    // Beside others, and once.
    let bob = browser.guest("Bob").await;
    browser.plant("chinwag", &browser.token(&bob));
    assert_eq!(browser.sessions(None).await, ["Ada", "Bob"]);
    assert_eq!(browser.cookies().len(), 2);

    // One that is good for nothing is cleared, one that cannot be a token is somebody else's.
    other.ask("DELETE", "/v1/session", Some(&ada), "").await;
    let void = Browser::of(&server);
    void.plant("chinwag", &token);
    assert_eq!(void.sessions(None).await, [""; 0]);
    assert_eq!(void.cookies(), []);
    void.plant("chinwag", "theirs");
    assert_eq!(void.sessions(None).await, [""; 0]);
    assert_eq!(void.cookies().len(), 1);
}

#[tokio::test]
async fn a7_cookies_of_several_accounts_under_tls() {
    let server = Server::with(|setup| setup.gateway.trusted_proxy = Arc::new(|_| true)).await;
    let from = ["x-forwarded-proto: https", "x-forwarded-host: chat.example", "origin: https://chat.example"];
    let mut pairs: Vec<String> = Vec::new();
    let mut ids = Vec::new();
    for name in ["Ada", "Bob"] {
        let body = format!("{{\"name\":\"{name}\",\"session\":\"cookie\"}}");
        let cookie = format!("cookie: {}", pairs.join("; "));
        let mut lines = [&["content-type: application/json"], &from[..]].concat();
        if !pairs.is_empty() {
            lines.push(&cookie);
        }
        let answer = server.ask("POST", "/v1/guests", &lines, &body).await;
        let id = answer.json()["account"]["id"].as_str().unwrap().to_owned();
        let set = answer.header("set-cookie").unwrap();
        assert!(set.starts_with(&format!("__Host-chinwag-{id}=")) && set.ends_with("; Secure"), "{set}");
        pairs.push(set.split_once(';').unwrap().0.to_owned());
        ids.push(id);
    }
    // One that was planted in the clear does not come before.
    let cookie = format!("cookie: chinwag-{}=x; {}", ids[0], pairs.join("; "));
    let mut lines = [&[cookie.as_str()], &from[..]].concat();
    let listed = server.ask("GET", "/v1/sessions", &lines, "").await.json();
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 2);
    let account = format!("chinwag-account: {}", ids[0]);
    lines.push(&account);
    let out = server.ask("DELETE", "/v1/session", &lines, "").await;
    let cleared: Vec<&str> =
        out.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, set)| set.as_str()).collect();
    let attributes = "=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure";
    let id = &ids[0];
    assert_eq!(cleared, [format!("chinwag-{id}{attributes}"), format!("__Host-chinwag-{id}{attributes}")]);
}
