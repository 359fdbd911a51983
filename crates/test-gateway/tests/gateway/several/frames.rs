//! Commands on a WebSocket that reads for several accounts.

use serde_json::{Value, json};

use super::NOBODY;
use crate::browser::Browser;
use crate::server::Server;
use crate::socket::{HANDSHAKE, Over, Socket, TEXT, connect_to, masked};

/// A WebSocket for these accounts of a browser.
async fn open(browser: &Browser<'_>, over: Over, accounts: &str) -> Socket {
    let lines = browser.lines();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    Socket::open_by(browser.server, &format!("/v1/events?accounts={accounts}"), over, &lines).await
}

/// A frame with these fields, and its answer; with what came before it.
async fn ask(socket: &mut Socket, fields: &str) -> (Value, Vec<Value>) {
    socket.send(masked(TEXT, format!("{{\"id\":\"1\",{fields}}}").as_bytes())).await;
    let mut before = Vec::new();
    loop {
        let message = socket.json().await;
        match message["type"].as_str() {
            Some("reply" | "problem") => return (message, before),
            _ => before.push(message),
        }
    }
}

async fn code(socket: &mut Socket, fields: &str) -> String {
    let (answer, _) = ask(socket, fields).await;
    answer["problem"]["code"].as_str().unwrap_or("ok").to_owned()
}

#[tokio::test]
async fn a_command_names_its_account() {
    for over in Over::ALL {
        let server = Server::start().await;
        let (browser, [ada, bob, cyd]) = Browser::with(&server, ["Ada", "Bob", "Cyd"]).await;
        let mut socket = open(&browser, over, &format!("{ada},{bob}")).await;
        let open_room = |account: &str| format!(r#""as":"{account}","command":"open_room","slug":"tea""#);
        assert_eq!(code(&mut socket, &open_room(&ada)).await, "ok");
        assert_eq!(code(&mut socket, r#""command":"open_room","slug":"tea""#).await, "account_required");
        // Cyd is in the browser, and not in this stream.
        for other in [&cyd, NOBODY, "x", ""] {
            assert_eq!(code(&mut socket, &open_room(other)).await, "unauthenticated");
        }
        assert_eq!(code(&mut socket, r#""as":1,"command":"sign_out""#).await, "invalid_field");
        let (told, _) = ask(&mut socket, &open_room(&bob)).await;
        let room = told["result"]["conversation"]["id"].as_str().unwrap().to_owned();
        for (account, name) in [(&ada, "Ada"), (&bob, "Bob")] {
            let id = uuid::Uuid::now_v7();
            let fields = format!(
                r#""as":"{account}","command":"send_message","conversation":"{room}","client_id":"{id}","text":"hi""#
            );
            assert_eq!(code(&mut socket, &fields).await, "ok");
            let path = format!("/v1/conversations/{room}/messages?limit=1");
            let page = browser.ask("GET", &path, Some(&ada), "").await.json();
            assert_eq!(page["messages"][0]["sender"]["name"], name);
        }
        // Whom something is done to is another matter.
        let fields = format!(r#""as":"{ada}","command":"block","account":"{bob}""#);
        assert_eq!(code(&mut socket, &fields).await, "ok");
        // What any of them may do needs no name.
        assert_eq!(code(&mut socket, r#""command":"ping""#).await, "ok");
        let cursor = browser.cursor(&ada).await;
        for named in [String::new(), format!(r#""as":"{bob}","#)] {
            assert_eq!(
                code(&mut socket, &format!(r#"{named}"command":"ack","cursor":"{cursor}""#)).await,
                "ok"
            );
        }
        // Where there is one, naming it is needless, and another is nobody's.
        let mut alone = open(&browser, over, &ada).await;
        assert_eq!(code(&mut alone, r#""command":"open_room","slug":"tea""#).await, "ok");
        assert_eq!(code(&mut alone, &open_room(&ada)).await, "ok");
        assert_eq!(code(&mut alone, &open_room(&bob)).await, "unauthenticated");
    }
}

#[tokio::test]
async fn a8_signing_out_by_a_frame_ends_that_account() {
    for over in Over::ALL {
        let server = Server::start().await;
        let (browser, [ada, bob]) = Browser::with(&server, ["Ada", "Bob"]).await;
        let mut socket = open(&browser, over, &format!("{ada},{bob}")).await;
        socket
            .send(masked(TEXT, format!(r#"{{"id":"1","as":"{ada}","command":"sign_out"}}"#).as_bytes()))
            .await;
        let mut told = [socket.json().await, socket.json().await];
        told.sort_by_key(|message| message["type"].as_str().unwrap() != "reply");
        assert_eq!((&told[0]["type"], &told[1]["type"]), (&json!("reply"), &json!("account_end")));
        assert_eq!(told[1]["account"], json!(ada));
        assert_eq!(
            code(&mut socket, &format!(r#""as":"{ada}","command":"open_room","slug":"tea""#)).await,
            "unauthenticated"
        );
        // One is left, and needs no name.
        assert_eq!(code(&mut socket, r#""command":"open_room","slug":"tea""#).await, "ok");
        assert_eq!(code(&mut socket, r#""command":"sign_out""#).await, "ok");
        assert_eq!(socket.closed().await, Some(4001));
    }
}

#[tokio::test]
async fn a_page_elsewhere_opens_none_with_these_cookies() {
    let server = Server::start().await;
    let (browser, [ada, bob]) = Browser::with(&server, ["Ada", "Bob"]).await;
    let path = format!("/v1/events?accounts={ada},{bob}");
    let lines = browser.lines();
    let cookie = lines.iter().find(|line| line.starts_with("cookie")).unwrap().as_str();
    for origin in [None, Some("origin: https://evil.example")] {
        let lines: Vec<&str> = [cookie].into_iter().chain(origin).collect();
        let with_handshake = [&lines[..], &HANDSHAKE].concat();
        assert_eq!(server.ask("GET", &path, &with_handshake, "").await.code(), "origin_refused");
        assert_eq!(connect_to(&server, &path, Some("websocket"), &lines).await.status(), 403);
    }
}
