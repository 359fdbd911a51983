//! Who asks, and in which place.

use std::collections::HashMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::guest::Guest;
use super::{OK, Row};
use crate::server::Server;
use crate::socket::Over;

/// An id that is nobody's.
const ABSENT: &str = "0197a3b0-0000-7000-8000-0000000000ff";
const PASSWORD: &str = "correct horse";

/// Everybody. Sam is a stranger with an account, Gus one who is a guest. Rea only reads, Meg is a member, Mo a moderator, Ana an
/// admin, Olga the owner. Bea is banned, Ray was removed, and Tom blocks Bly. Tom is a member and Abe an admin, and Zoe is in
/// nothing: to them it is done.
const NAMES: [&str; 14] =
    ["SAM", "GUS", "REA", "MEG", "MO", "ANA", "OLGA", "BEA", "RAY", "BLY", "TOM", "ABE", "ZOE", "DAN"];

/// By what a command comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Rest,
    Frame(Over),
}

impl Way {
    pub(super) const ALL: &'static [Self] = &[Self::Rest, Self::Frame(Over::Http1), Self::Frame(Over::Http2)];
}

/// A conversation, and what there is in it.
pub(super) struct Place {
    pub(super) conversation: String,
    pub(super) row: u64,
    /// The last message that was sent for a row of a table; none if it was refused.
    pub(super) own: u64,
    pub(super) token: String,
    pub(super) invite: String,
    pub(super) slug: String,
    fresh: String,
    earlier: String,
}

impl Place {
    pub(super) fn new(conversation: &Value) -> Self {
        let nobodys = "A".repeat(22);
        Self {
            conversation: conversation["id"].as_str().unwrap().to_owned(),
            row: 0,
            own: 0,
            token: nobodys,
            invite: ABSENT.to_owned(),
            slug: conversation["slug"].as_str().unwrap_or_default().to_owned(),
            fresh: fresh(),
            earlier: fresh(),
        }
    }

    /// The same, but that there is no such conversation.
    pub(super) fn absent(&self) -> Self {
        Self {
            conversation: ABSENT.to_owned(),
            row: self.row,
            own: self.own,
            token: self.token.clone(),
            invite: self.invite.clone(),
            slug: self.slug.clone(),
            fresh: self.fresh.clone(),
            earlier: self.earlier.clone(),
        }
    }
}

pub(super) fn fresh() -> String {
    Uuid::now_v7().to_string()
}

/// Each with a WebSocket over HTTP/1.1 and one over HTTP/2.
pub(super) struct People<'a>(HashMap<&'static str, [Guest<'a>; 2]>);

impl<'a> People<'a> {
    pub(super) async fn arrive(server: &'a Server) -> Self {
        let mut people = HashMap::new();
        for name in NAMES {
            let first = Guest::arrive(server, Over::Http1, name).await;
            let second = first.again(Over::Http2).await;
            people.insert(name, [first, second]);
        }
        let people = Self(people);
        let body = json!({"username": "sam", "password": PASSWORD}).to_string();
        people.does("SAM", "POST", "/v1/account/registration", &body).await;
        // Sam's other device.
        let body = json!({"username": "sam", "password": PASSWORD}).to_string();
        people.does("ZOE", "POST", "/v1/sessions", &body).await;
        people.does("TOM", "PUT", &format!("/v1/blocks/{}", people.account("BLY")), "").await;
        people
    }

    pub(super) fn account(&self, name: &str) -> &str {
        &self.0[name][0].account
    }

    /// What must work.
    pub(super) async fn does(&self, who: &str, method: &str, path: &str, body: &str) -> Value {
        let path = self.named(path);
        let (status, told) = self.0[who][0].rest(method, &path, &self.named(body)).await;
        assert!(status < 300, "{who}: {method} {path} {body} got {status} {told}");
        told
    }

    /// The same in a place.
    pub(super) async fn does_there(&self, who: &str, place: &Place, rest: (&str, &str, &str)) -> Value {
        let (method, path, body) = rest;
        self.does(who, method, &self.filled(path, who, place), &self.filled(body, who, place)).await
    }

    pub(super) fn token(&self, name: &str) -> &str {
        self.0[name][0].token()
    }

    /// What may be refused: the owner is not muted.
    pub(super) async fn prepare(&self, by: &str, who: &str, place: &mut Place, rest: (&str, &str, &str)) {
        let (method, path, body) = rest;
        let (path, body) = (self.filled(path, who, place), self.filled(body, who, place));
        let (_, told) = self.0[by][0].rest(method, &path, &body).await;
        if path.ends_with("/messages") {
            place.own = told["seq"].as_u64().unwrap_or_default();
        }
    }

    /// The code of the refusal, or [`OK`]; the answer or the problem.
    pub(super) async fn ask<const ROLES: usize>(
        &mut self,
        who: &str,
        place: &Place,
        row: &Row<ROLES>,
        way: Way,
    ) -> (String, Value) {
        let (method, path, body) = row.rest;
        let over = match way {
            Way::Rest => {
                let (path, body) = (self.filled(path, who, place), self.filled(body, who, place));
                let (status, told) = self.0[who][0].rest(method, &path, &body).await;
                let code = if status < 300 { OK } else { told["code"].as_str().unwrap() };
                return (code.to_owned(), told);
            }
            Way::Frame(over) => over,
        };
        let (name, fields) = (row.command(), row.frame.unwrap());
        let comma = if fields.is_empty() { "" } else { "," };
        let frame = format!(r#"{{"id":"1","command":"{name}"{comma}{fields}}}"#);
        let frame = self.filled(&frame, who, place);
        let guest = &mut self.0.get_mut(who).unwrap()[usize::from(over == Over::Http2)];
        let mut answer = guest.frame(&frame).await;
        if answer["type"] == "reply" {
            return (OK.to_owned(), answer["result"].take());
        }
        let problem = answer["problem"].take();
        (problem["code"].as_str().unwrap().to_owned(), problem)
    }

    fn filled(&self, text: &str, who: &str, place: &Place) -> String {
        let text = text
            .replace("CONV", &place.conversation)
            .replace("ROW", &place.row.to_string())
            .replace("MINE", &place.own.to_string())
            .replace("TOKEN", &place.token)
            .replace("INVITE", &place.invite)
            .replace("SLUG", &place.slug)
            .replace("FRESH", &place.fresh)
            .replace("EARLIER", &place.earlier)
            .replace("PASSWORD", PASSWORD)
            .replace("DEVICE", &self.0[who][0].device)
            .replace("\"SELF\"", &format!("\"{}\"", self.account(who)))
            .replace("/SELF", &format!("/{}", self.account(who)))
            .replace("=SELF", &format!("={}", self.account(who)));
        self.named(&text)
    }

    /// Names stand in quotes, at the end of a path or before its next part, or as a value in a query.
    fn named(&self, text: &str) -> String {
        NAMES.iter().fold(text.to_owned(), |text, name| {
            text.replace(&format!("\"{name}\""), &format!("\"{}\"", self.account(name)))
                .replace(&format!("/{name}"), &format!("/{}", self.account(name)))
                .replace(&format!("={name}"), &format!("={}", self.account(name)))
        })
    }

    /// A message of somebody's.
    pub(super) async fn sends(&self, who: &str, conversation: &str) -> u64 {
        let path = format!("/v1/conversations/{conversation}/messages");
        let body = json!({"client_id": fresh(), "text": "hello"}).to_string();
        self.does(who, "POST", &path, &body).await["seq"].as_u64().unwrap()
    }

    /// Those who have a role get it from Olga, Bea is banned, and Ray is removed. All of them are members.
    pub(super) async fn take_roles(&self, conversation: &str) {
        let at = format!("/v1/conversations/{conversation}");
        for (who, role) in [("REA", "read_only"), ("MO", "moderator"), ("ANA", "admin"), ("ABE", "admin")] {
            let body = json!({"role": role}).to_string();
            self.does("OLGA", "PUT", &format!("{at}/members/{who}/role"), &body).await;
        }
        self.does("OLGA", "PUT", &format!("{at}/bans/BEA"), "").await;
        self.does("OLGA", "DELETE", &format!("{at}/members/RAY"), "").await;
    }
}
