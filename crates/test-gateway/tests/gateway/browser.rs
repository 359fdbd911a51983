//! A browser: it keeps the cookies that it is given, and its requests come from a page of the server's own origin.

use std::sync::Mutex;

use serde_json::Value;

use crate::http2_client::Http2;
use crate::server::Server;
use crate::socket::Over;
use crate::wire::Answer;

pub(crate) struct Browser<'a> {
    pub(crate) server: &'a Server,
    cookies: Mutex<Vec<(String, String)>>,
}

impl<'a> Browser<'a> {
    /// One that knows nobody yet.
    pub(crate) fn of(server: &'a Server) -> Self {
        Self { server, cookies: Mutex::default() }
    }

    /// One that is signed in as new guests of these names, and their ids.
    pub(crate) async fn with<const N: usize>(server: &'a Server, names: [&str; N]) -> (Self, [String; N]) {
        let browser = Self::of(server);
        let mut accounts = Vec::new();
        for name in names {
            accounts.push(browser.guest(name).await);
        }
        (browser, accounts.try_into().unwrap())
    }

    /// Signs it in as a new guest, too; the account's id.
    pub(crate) async fn guest(&self, name: &str) -> String {
        let body = format!("{{\"name\":\"{name}\",\"session\":\"cookie\"}}");
        let answer = self.ask("POST", "/v1/guests", None, &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["account"]["id"].as_str().unwrap().to_owned()
    }

    /// Another with the same cookies.
    pub(crate) fn copy(&self) -> Self {
        Self { server: self.server, cookies: Mutex::new(self.cookies()) }
    }

    pub(crate) fn cookies(&self) -> Vec<(String, String)> {
        self.cookies.lock().unwrap().clone()
    }

    /// Sets a cookie by hand.
    pub(crate) fn plant(&self, name: &str, value: &str) {
        let mut cookies = self.cookies.lock().unwrap();
        cookies.retain(|(kept, _)| kept != name);
        cookies.push((name.to_owned(), value.to_owned()));
    }

    /// The token of an account.
    pub(crate) fn token(&self, account: &str) -> String {
        let name = format!("chinwag-{account}");
        self.cookies().into_iter().find(|(kept, _)| *kept == name).unwrap().1
    }

    /// What each of its requests says.
    pub(crate) fn lines(&self) -> Vec<String> {
        let pairs: Vec<String> =
            self.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut lines = vec![format!("origin: {}", self.server.origin())];
        if !pairs.is_empty() {
            lines.push(format!("cookie: {}", pairs.join("; ")));
        }
        lines
    }

    /// A request, which may name its account; what it sets is kept.
    pub(crate) async fn ask(&self, method: &str, path: &str, account: Option<&str>, body: &str) -> Answer {
        self.ask_over(Over::Http1, method, path, account, body).await
    }

    pub(crate) async fn ask_over(
        &self,
        over: Over,
        method: &str,
        path: &str,
        account: Option<&str>,
        body: &str,
    ) -> Answer {
        let mut lines = self.lines();
        lines.extend(account.map(|account| format!("chinwag-account: {account}")));
        if !body.is_empty() {
            lines.push("content-type: application/json".to_owned());
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let answer = match over {
            Over::Http1 => self.server.ask(method, path, &lines, body).await,
            Over::Http2 => Http2::connect(self.server).await.ask(method, path, &lines, body).await,
        };
        self.keep(&answer);
        answer
    }

    fn keep(&self, answer: &Answer) {
        for (_, set) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (pair, attributes) = set.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0;") {
                self.cookies.lock().unwrap().retain(|(kept, _)| kept != name);
            } else {
                self.plant(name, value);
            }
        }
    }

    /// As whom it is signed in: of each account the name, and a star where it is the current one.
    pub(crate) async fn sessions(&self, account: Option<&str>) -> Vec<String> {
        let answer = self.ask("GET", "/v1/sessions", account, "").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let star = |entry: &Value| if entry["current"].as_bool().unwrap() { "*" } else { "" };
        let name = |entry: &Value| format!("{}{}", entry["account"]["name"].as_str().unwrap(), star(entry));
        answer.json()["sessions"].as_array().unwrap().iter().map(name).collect()
    }

    /// Opens a room as one of its accounts; its id.
    pub(crate) async fn room(&self, account: &str, slug: &str) -> String {
        let answer = self.ask("PUT", &format!("/v1/rooms/{slug}"), Some(account), "").await;
        assert!(answer.status < 300, "{}", answer.text());
        answer.json()["conversation"]["id"].as_str().unwrap().to_owned()
    }

    /// Opens the direct chat of one of its accounts with another; its id.
    pub(crate) async fn direct(&self, account: &str, peer: &str) -> String {
        let answer = self.ask("PUT", &format!("/v1/direct/{peer}"), Some(account), "").await;
        assert!(answer.status < 300, "{}", answer.text());
        answer.json()["conversation"]["id"].as_str().unwrap().to_owned()
    }

    /// Posts as one of its accounts.
    pub(crate) async fn send(&self, account: &str, conversation: &str, text: &str) {
        let id = uuid::Uuid::now_v7();
        let body = format!("{{\"client_id\":\"{id}\",\"text\":\"{text}\"}}");
        let path = format!("/v1/conversations/{conversation}/messages");
        let answer = self.ask("POST", &path, Some(account), &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }

    /// A place to begin to read from.
    pub(crate) async fn cursor(&self, account: &str) -> String {
        self.ask("GET", "/v1/sync", Some(account), "").await.field("cursor")
    }
}
