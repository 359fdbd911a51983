//! Each refusal that the OpenAPI document has, met on its operation.

use std::time::Duration;

use chinwag_chat::{CreateGuest, Request, RequestHash, TokenHash};
use chinwag_gateway::Rate;
use chinwag_protocol::{AccountId, Actor, Command, ConversationId, DeviceId, Name};
use chinwag_protocol::{Code, Problem};
use chinwag_store::Store;
use uuid::Uuid;

use crate::openapi::Operation;
use crate::per_address::connect_from;
use crate::server::{Fault, Server};
use crate::socket::HANDSHAKE;
use crate::wire::Answer;

const EVIL: &str = "origin: http://evil.example";
const JSON: &str = "content-type: application/json";
const FIRST: &str = "0197a3b0-0000-7000-8000-000000000001";
const ABSENT: &str = "0197a3b0-0000-7000-8000-0000000000ff";

/// The user name of an account that there is.
const TAKEN: &str = "ada";
/// And of one that is banned.
const OUTCAST: &str = "mal";
/// An address that is banned.
const BANNED_ADDRESS: &str = "127.0.9.9";

/// What all that asks for a password takes, each its part of it.
fn credentials(username: &str, password: &str) -> String {
    let code = r#""recovery_code":"ABCD-EFGH""#;
    format!(r#"{{"username":"{username}","password":"{password}","new_password":"{password}",{code}}}"#)
}

fn fresh_username() -> String {
    format!("u{}", &Uuid::new_v4().simple().to_string()[..20])
}

/// A request, as the document has it.
struct Asked {
    method: String,
    path: String,
    lines: Vec<String>,
    body: String,
}

impl Asked {
    async fn of(&self, server: &Server) -> Answer {
        let lines: Vec<&str> = self.lines.iter().map(String::as_str).collect();
        server.ask(&self.method, &self.path, &lines, &self.body).await
    }

    fn say(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    fn query(&mut self, query: &str) {
        self.path += if self.path.contains('?') { "&" } else { "?" };
        self.path += query;
    }

    fn unsay(&mut self, name: &str) {
        self.lines.retain(|line| !line.starts_with(name));
    }
}

/// Whoever asks, and where.
struct Stage {
    server: Server,
    full: Server,
    stopped: Server,
    /// Owns the room, wrote its first row under `FIRST`.
    owner: String,
    /// Of the owner.
    account: String,
    room: String,
    cursor: String,
    cookie: String,
    /// Of as many accounts as a browser may have, in one line.
    cookies: String,
    /// Of a program, in one line.
    key: String,
    /// An account that it has made.
    managed: String,
    /// A recovery code of the account that is banned.
    recovery_code: String,
}

impl Stage {
    async fn set() -> Self {
        // A token that the test has used is known without the store, so each request has a new one.
        let start = |setup: &mut crate::server::Setup| {
            setup.gateway.body_timeout = Duration::from_millis(50);
            setup.gateway.limits_on = false;
        };
        let server = Server::with(start).await;
        let owner = server.guest("Ada").await;
        let account = account_of(&server, &owner).await;
        let (room, cursor) = server.room(&owner, "tea").await;
        let body = format!("{{\"client_id\":\"{FIRST}\",\"text\":\"hi\"}}");
        let path = format!("/v1/conversations/{room}/messages");
        assert_eq!(server.json(&owner, "POST", &path, &body).await.status, 201);
        let body = credentials(TAKEN, "correct horse");
        assert_eq!(server.ask("POST", "/v1/accounts", &[JSON], &body).await.status, 201);
        let body = credentials(OUTCAST, "correct horse");
        let outcast = server.ask("POST", "/v1/accounts", &[JSON], &body).await.field("token");
        let codes = server.json(&outcast, "POST", "/v1/account/recovery-codes", &body).await.json();
        let recovery_code = codes["codes"][0].as_str().unwrap().to_owned();
        server.operate("PUT", &format!("/admin/v1/accounts/{OUTCAST}/ban"), "{}").await;
        server.operate("POST", "/admin/v1/addresses", &format!("{{\"range\":\"{BANNED_ADDRESS}\"}}")).await;
        let key = server.key("shop").await;
        let made = server.json(&key, "POST", "/v1/server/accounts", r#"{"name":"Bot"}"#).await.json();
        let managed = made["account"]["id"].as_str().unwrap().to_owned();
        let key = format!("authorization: Bearer {key}");
        let stopped = Server::start().await;
        Store::close(&*stopped.store).await;
        let full = Server::with(|setup| setup.gateway.connections_max = 0).await;
        let cookie = server.cookie("Eve").await;
        let mut cookies = Vec::new();
        for _ in 0..10 {
            cookies.push(server.cookie("Eve").await.replace("cookie: ", ""));
        }
        let cookies = format!("cookie: {}", cookies.join("; "));
        Self {
            server,
            full,
            stopped,
            owner,
            account,
            room,
            cursor,
            cookie,
            cookies,
            key,
            managed,
            recovery_code,
        }
    }

    /// The operation as somebody would use it who does it right, and the token.
    async fn well_made(&self, operation: &Operation) -> (Asked, String) {
        // Of these, `id` is an account's.
        let id = match operation.path {
            "/v1/accounts/{id}" => &self.account,
            path if is_of_a_program(path) => &self.managed,
            _ => &self.room,
        };
        let path = operation.path.replace("{id}", id).replace("{seq}", "1").replace("{slug}", "tea");
        let alone = operation.path.starts_with("/v1/direct/") || operation.path.starts_with("/v1/blocks/");
        let account = if alone { self.account.as_str() } else { ABSENT };
        let path = path.replace("{account}", account).replace("{invite}", ABSENT);
        let path = path.replace("{token}", "AAAAAAAAAAAAAAAAAAAAAA").replace("{device}", ABSENT);
        let body = match (operation.method.as_str(), operation.path) {
            ("POST", "/v1/guests" | "/v1/server/accounts") => r#"{"name":"Eve"}"#.to_owned(),
            ("POST", "/v1/server/accounts/{id}/devices") => "{}".to_owned(),
            ("POST", "/v1/accounts" | "/v1/sessions" | "/v1/account/recovery")
            | ("POST", "/v1/account/registration" | "/v1/account/recovery-codes")
            | ("PUT", "/v1/account/password") => credentials(&fresh_username(), "correct horse"),
            ("PATCH", "/v1/account") => r#"{"about":"Engines."}"#.to_owned(),
            ("POST", "/v1/account/deletion") => "{}".to_owned(),
            ("POST", "/v1/ack") => format!("{{\"cursor\":\"{}\"}}", self.cursor),
            ("POST", "/v1/conversations/{id}/messages") => {
                format!("{{\"client_id\":\"{}\",\"text\":\"hi\"}}", Uuid::now_v7())
            }
            ("PUT", "/v1/direct") => format!("{{\"username\":\"{TAKEN}\"}}"),
            ("POST", "/v1/groups") => {
                format!("{{\"client_id\":\"{}\",\"title\":\"Crew\"}}", Uuid::now_v7())
            }
            ("PATCH", "/v1/conversations/{id}") => r#"{"locked":true}"#.to_owned(),
            ("POST", "/v1/conversations/{id}/members") => format!("{{\"accounts\":[\"{ABSENT}\"]}}"),
            ("PUT", "/v1/conversations/{id}/members/{account}/role") => r#"{"role":"member"}"#.to_owned(),
            ("POST", "/v1/conversations/{id}/owner") => format!("{{\"account\":\"{ABSENT}\"}}"),
            ("PUT", "/v1/conversations/{id}/mutes/{account}") => r#"{"seconds":60}"#.to_owned(),
            ("POST", "/v1/conversations/{id}/invites") => r#"{"uses":1}"#.to_owned(),
            _ => String::new(),
        };
        let mut asked = Asked { method: operation.method.clone(), path, lines: Vec::new(), body };
        if operation.has_body() {
            asked.say(JSON);
        }
        let mut token = String::new();
        if is_of_a_program(operation.path) {
            asked.say(self.key.as_str());
        } else if operation.is_secured() {
            token = self.server.guest("Bob").await;
            asked.say(format!("authorization: Bearer {token}"));
        }
        (asked, token)
    }

    /// The operation, refused with this code.
    async fn refused(&self, operation: &Operation, code: &str) -> Answer {
        let (mut asked, token) = self.well_made(operation).await;
        let server = &self.server;
        match code {
            "invalid_query" => asked.query("token=x"),
            "invalid_header" => asked.lines.extend(["host: a".to_owned(), "host: a".to_owned()]),
            "origin_refused" => {
                asked.unsay("authorization");
                asked.say(&self.cookie);
                asked.say(EVIL);
            }
            "uri_too_long" => asked.query(&format!("x={}", "x".repeat(9_000))),
            "headers_too_large" => asked.say(format!("x: {}", "x".repeat(33_000))),
            "overloaded" => {
                let mut wire = self.full.connect().await;
                return wire.answer().await;
            }
            "address_banned" => {
                let lines: Vec<&str> = asked.lines.iter().map(String::as_str).collect();
                let mut wire = connect_from(server, BANNED_ADDRESS).await;
                return wire.ask(&asked.method, &asked.path, &lines, &asked.body).await;
            }
            "account_banned" if is_of_a_program(operation.path) => {
                let ban = format!("/admin/v1/accounts/{}/ban", self.managed);
                server.operate("PUT", &ban, "{}").await;
                let answer = asked.of(server).await;
                server.operate("DELETE", &ban, "").await;
                return answer;
            }
            "account_banned" => {
                let body = credentials(OUTCAST, "correct horse");
                asked.body = body.replace("ABCD-EFGH", &self.recovery_code);
            }
            "account_required" => {
                asked.unsay("authorization");
                asked.say(&self.cookies);
                asked.say(format!("origin: {}", server.origin()));
            }
            "too_many_accounts" => {
                asked.say(&self.cookies);
                asked.say(format!("origin: {}", server.origin()));
                asked.body.insert_str(1, r#""session":"cookie","#);
            }
            // Whoever says nothing is told of nobody.
            "unauthenticated" if operation.path == "/v1/sessions" => {
                asked.unsay("authorization");
                asked.say("authorization: Bearer x");
            }
            "unauthenticated" => asked.unsay("authorization"),
            "internal" => return self.faulty(&asked, Fault::Damaged).await,
            "unavailable" => return self.faulty(&asked, Fault::Database).await,
            "shutting_down" => return asked.of(&self.stopped).await,
            "malformed_json" => asked.body = "{".to_owned(),
            "invalid_field" if operation.path == "/v1/account/deletion" => {
                asked.body = r#"{"password":1}"#.to_owned();
            }
            // Nothing to change is no mistake.
            "invalid_field" => asked.body = r#"{"title":1,"uses":0,"color":12,"device_name":1}"#.to_owned(),
            "unsupported_media_type" => asked.unsay("content-type"),
            "request_timeout" => {
                asked.body.clear();
                asked.say("content-length: 9");
            }
            "body_too_large" => {
                asked.body.clear();
                asked.say("content-length: 300000");
            }
            "too_many_requests" => return self.too_many(operation).await,
            "not_found" if matches!(operation.path, "/v1/rooms/{slug}" | "/v1/groups") => {
                return self.faulty(&asked, Fault::Left).await;
            }
            "not_found" if operation.path == "/v1/direct" => {
                asked.body = r#"{"username":"nobody"}"#.to_owned();
            }
            "not_found" => {
                let ours = [&self.room, &self.account, &self.managed];
                asked.path = ours.iter().fold(asked.path, |path, id| path.replace(*id, "x"));
            }
            // By the rules, which are tried where they are.
            "forbidden" if operation.path == "/v1/conversations/{id}/messages" => {
                return self.by_the_rules(&asked, code).await;
            }
            "forbidden" if operation.path == "/v1/blocks/{account}" => {
                let own = account_of(server, &token).await;
                asked.path = asked.path.replace(&self.account, &own);
            }
            // Of a direct chat.
            "forbidden"
                if operation.path == "/v1/conversations/{id}/membership"
                    || (operation.method == "GET" && operation.path == "/v1/conversations/{id}/members") =>
            {
                asked.path = asked.path.replace(&self.room, &self.chat(&token).await);
            }
            "blocked" => {
                asked.path = asked.path.replace(&self.room, &self.chat(&token).await);
                let path = format!("/v1/blocks/{}", self.account);
                assert_eq!(server.json(&token, "PUT", &path, "").await.status, 204);
            }
            "request_pending" => {
                let chat = self.chat(&token).await;
                for _ in 0..5 {
                    assert_eq!(server.send(&token, &chat, "hi").await.status, 201);
                }
                asked.path = asked.path.replace(&self.room, &chat);
            }
            "too_many_blocks" => self.block_many(&token).await,
            "account_removed"
            | "banned"
            | "closed"
            | "guests_closed"
            | "sign_up_closed"
            | "room_creation_closed"
            | "locked"
            | "muted"
            | "slow_mode"
            | "last_owner"
            | "group_full"
            | "too_many_groups"
            | "too_many_conversations"
            | "too_many_invites" => return self.by_the_rules(&asked, code).await,
            "invalid_title" => {
                asked.body = format!("{{\"client_id\":\"{ABSENT}\",\"title\":\"\"}}");
            }
            "invalid_topic" => {
                asked.body = format!("{{\"client_id\":\"{ABSENT}\",\"title\":\"Crew\",\"topic\":\" \"}}");
            }
            "forbidden" => {
                server.room(&token, "tea").await;
            }
            "invalid_name" if asked.body.contains("password") => {
                asked.body.insert_str(1, r#""device_name":"","#);
            }
            "invalid_name" => asked.body = r#"{"name":"","device_name":""}"#.to_owned(),
            "invalid_username" => asked.body = credentials("-", "correct horse"),
            "invalid_password" => asked.body = credentials(&fresh_username(), "short"),
            "wrong_credentials" => asked.body = credentials(TAKEN, "wrong horse"),
            "username_taken" => asked.body = credentials(TAKEN, "correct horse"),
            "already_registered" => {
                assert_eq!(asked.of(server).await.status, 200);
                asked.body = credentials(&fresh_username(), "correct horse");
            }
            "idempotency_key_reused" => {
                asked.say(format!("idempotency-key: {}", Uuid::now_v7()));
                assert_eq!(asked.of(server).await.status, 201);
                let other = credentials(&fresh_username(), "correct horse");
                asked.body =
                    if asked.body.contains("password") { other } else { r#"{"name":"Bob"}"#.to_owned() };
            }
            "invalid_slug" => asked.path = "/v1/rooms/-".to_owned(),
            "invalid_text" if operation.method == "PATCH" => asked.body = r#"{"about":"\t"}"#.to_owned(),
            "invalid_text" => asked.body = format!("{{\"client_id\":\"{ABSENT}\",\"text\":\"\"}}"),
            "client_id_reused" => {
                asked.unsay("authorization");
                asked.say(format!("authorization: Bearer {}", self.owner));
                asked.body = format!("{{\"client_id\":\"{FIRST}\",\"text\":\"another\",\"title\":\"Crew\"}}");
            }
            "predecessor_missing" => {
                server.room(&token, "tea").await;
                asked.body.insert_str(1, &format!("\"follows\":\"{ABSENT}\","));
            }
            "invalid_cursor" if operation.has_body() => asked.body = r#"{"cursor":"x"}"#.to_owned(),
            "invalid_cursor" => asked.query("after=x"),
            "not_acceptable" => asked.say("accept: text/html"),
            "upgrade_required" => {
                asked.lines.extend(HANDSHAKE.map(|line| line.replace("version: 13", "version: 8")));
            }
            _ => panic!("{code} is documented for {} {}", operation.method, operation.path),
        }
        asked.of(server).await
    }

    async fn by_the_rules(&self, asked: &Asked, code: &str) -> Answer {
        let code = Code::ALL.iter().find(|known| known.as_str() == code).unwrap();
        self.server.store.refuse(Problem::new(*code, "As the rules say.").retry_after(1));
        asked.of(&self.server).await
    }

    /// The direct chat of who has this token with the owner.
    async fn chat(&self, token: &str) -> String {
        let answer = self.server.json(token, "PUT", &format!("/v1/direct/{}", self.account), "").await;
        answer.json()["conversation"]["id"].as_str().unwrap().to_owned()
    }

    /// Has who has this token block as many as possible.
    async fn block_many(&self, token: &str) {
        let session = self.server.json(token, "GET", "/v1/session", "").await.json();
        let id = |what: &str| session[what]["id"].as_str().unwrap().to_owned();
        let actor = Actor { account: id("account").parse().unwrap(), device: id("device").parse().unwrap() };
        let mut blocking = tokio::task::JoinSet::new();
        for _ in 0..chinwag_chat::BLOCKS_MAX {
            let store = std::sync::Arc::clone(&self.server.store);
            blocking.spawn(async move {
                let (account, device) = (AccountId::new(Uuid::now_v7()), DeviceId::new(Uuid::now_v7()));
                let name = Name::parse("Eve").unwrap();
                let token = TokenHash(*device.as_bytes().repeat(2).first_chunk().unwrap());
                let guest = CreateGuest {
                    account,
                    device,
                    name,
                    token,
                    device_name: None,
                    idempotency: None,
                    registration: None,
                };
                store.submit(Request::CreateGuest(guest)).await.unwrap();
                let (command, hash) = (Command::Block { account }, RequestHash([0; 16]));
                let fresh = ConversationId::new(Uuid::now_v7());
                store.submit(Request::Command { actor, command, hash, fresh }).await.unwrap();
            });
        }
        blocking.join_all().await;
    }

    async fn faulty(&self, asked: &Asked, fault: Fault) -> Answer {
        self.server.store.set(fault);
        let answer = asked.of(&self.server).await;
        self.server.store.set(Fault::Nothing);
        answer
    }

    /// From a server that holds its clients to limits.
    async fn too_many(&self, operation: &Operation) -> Answer {
        if !operation.is_secured() {
            // By its address, whatever it asks.
            let server = Server::with(|setup| {
                setup.gateway.limit_loopback = true;
                setup.gateway.connections_per_address_max = 1;
            })
            .await;
            let _only = server.connect().await;
            return server.connect().await.answer().await;
        }
        let server = Server::with(|setup| {
            setup.gateway.tickets_per_device_max = 1_000_000;
            // None comes back, however slow this machine is: who has signed out by it cannot be told so.
            setup.gateway.commands_per_device = Rate { burst: 20, per_second: 0 };
            setup.gateway.requests_per_key = Rate { burst: 20, per_second: 0 };
        })
        .await;
        let (mut asked, _) = self.well_made(operation).await;
        let token = if is_of_a_program(operation.path) {
            server.key("shop").await
        } else {
            server.guest("Bob").await
        };
        asked.unsay("authorization");
        asked.say(format!("authorization: Bearer {token}"));
        // What costs nothing to do, until there are no more.
        while server.json(&token, "POST", "/v1/tickets", "").await.status == 201 {}
        let (room, cursor) = (ABSENT, self.cursor.as_str());
        asked.path = asked.path.replace(&self.room, room).replace(&self.account, ABSENT);
        asked.body = asked.body.replace(&self.cursor, cursor);
        for _ in 0..5_000 {
            let answer = asked.of(&server).await;
            if answer.status == 429 {
                return answer;
            }
        }
        panic!("{} {} has no limit", asked.method, asked.path);
    }
}

fn is_of_a_program(path: &str) -> bool {
    path.starts_with("/v1/server/")
}

async fn account_of(server: &Server, token: &str) -> String {
    let session = server.json(token, "GET", "/v1/session", "").await.json();
    session["account"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_documented_refusal_can_be_met() {
    let stage = Stage::set().await;
    let mut met = 0;
    for operation in Operation::all() {
        for code in operation.codes() {
            let answer = stage.refused(&operation, code).await;
            let asked = format!("{code} of {} {}", operation.method, operation.path);
            assert!(answer.status >= 400, "{asked}: {}", answer.text());
            assert_eq!(answer.code(), code, "{asked}");
            met += 1;
        }
    }
    assert!(met > 100, "{met}");
}
