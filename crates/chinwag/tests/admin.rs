//! `chinwag admin` as its user meets it: asked of a program that runs, on its data, over its admin listener.

#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

fn chinwag() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CHINWAG_") {
            command.env_remove(name);
        }
    }
    command
}

/// A server that runs, until it is dropped.
struct Program {
    child: Child,
    data: TempDir,
    chat: SocketAddr,
    admin: String,
}

impl Program {
    fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let admin = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let mut child = chinwag()
            .args(["--listen", "127.0.0.1:0", "--admin-listen", &admin, "--data"])
            .arg(data.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("Open http://").unwrap();
        let chat = url.trim_end_matches('/').parse().unwrap();
        Self { child, data, chat, admin }
    }

    fn output(&self, line: &str) -> Output {
        self.output_on(line, self.data.path())
    }

    fn output_on(&self, line: &str, data: &Path) -> Output {
        let words = line.split(' ');
        chinwag()
            .arg("admin")
            .args(words)
            .args(["--admin-listen", &self.admin, "--data"])
            .arg(data)
            .output()
            .unwrap()
    }

    /// What is printed where all went well.
    fn admin(&self, line: &str) -> String {
        let output = self.output(line);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), error.as_str()), (Some(0), ""), "{line}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What is printed where it did not, and 1 comes back.
    fn refused(&self, line: &str) -> String {
        let output = self.output(line);
        assert_eq!(output.status.code(), Some(1), "{line}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "", "{line}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// A request as a client sends it: the status and the JSON of the answer.
    fn ask(&self, token: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let mut socket = TcpStream::connect(self.chat).unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let authorization =
            if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") };
        write!(
            socket,
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{authorization}\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.chat,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
    }

    /// The token and the id of a new account.
    fn sign_up(&self, username: &str) -> (String, String) {
        let body = json!({"username": username, "password": "correct horse"});
        let (status, answer) = self.ask("", "POST", "/v1/accounts", &body);
        assert_eq!(status, 201, "{answer}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&answer["token"]), text(&answer["account"]["id"]))
    }

    /// Stops it, and gives what it has logged.
    fn logged(mut self) -> String {
        self.child.kill().unwrap();
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        self.child.wait().unwrap();
        log
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have been stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_bad_night() {
    let program = Program::start();
    let (eve, eve_id) = program.sign_up("eve");
    let (ada, ada_id) = program.sign_up("ada");
    let (_, room) = program.ask(&eve, "PUT", "/v1/rooms/tea", &Value::Null);
    let room = room["conversation"]["id"].as_str().unwrap().to_owned();
    let say = |text: &str| {
        let body = json!({"client_id": uuid::Uuid::now_v7(), "text": text});
        program.ask(&eve, "POST", &format!("/v1/conversations/{room}/messages"), &body).0
    };
    assert_eq!(say("buy now\u{1b}[2J"), 201);

    let rooms = program.admin("rooms list te");
    assert_eq!(rooms.lines().count(), 2, "{rooms}");
    assert!(rooms.lines().nth(1).unwrap().starts_with("tea   1        no      -       "), "{rooms}");
    let messages = program.admin("messages list tea");
    assert!(messages.contains("buy now\\u{1b}[2J"), "{messages}");
    assert!(!messages.contains('\u{1b}'));
    assert_eq!(program.admin("messages delete tea 1"), "Deleted.\n");
    assert!(!program.admin("messages list tea").contains("buy now"));

    let accounts = program.admin("accounts list e");
    assert!(accounts.contains(&eve_id) && !accounts.contains(&ada_id), "{accounts}");
    assert_eq!(program.admin("accounts ban eve --for 1h"), "Banned, and signed out everywhere.\n");
    assert_eq!(program.ask(&eve, "GET", "/v1/session", &Value::Null).0, 401);
    assert!(program.admin("accounts show eve").contains("banned       until "));
    assert_eq!(program.admin("accounts unban eve"), "Not banned any more.\n");

    assert_eq!(program.admin("rooms hand-over tea ada"), "Handed over.\n");
    let members = program.admin("rooms members tea");
    assert!(members.contains(&format!("{ada_id}  owner  ada")), "{members}");
    assert_eq!(program.admin("rooms close tea"), "Closed. Members sent away: 2\n");
    assert_eq!(program.ask(&ada, "PUT", "/v1/rooms/tea", &Value::Null).1["code"], "closed");
    assert_eq!(program.admin("rooms reopen tea"), "Open again.\n");
    assert_eq!(program.ask(&ada, "PUT", "/v1/rooms/tea", &Value::Null).0, 200);

    assert_eq!(program.admin("accounts delete eve"), "Deleted.\n");
    let body = json!({"username": "eve", "password": "correct horse"});
    assert_eq!(program.ask("", "POST", "/v1/sessions", &body).1["code"], "wrong_credentials");

    let password = program.admin("accounts reset-password ada");
    let body = json!({"username": "ada", "password": password.lines().next().unwrap()});
    assert_eq!(program.ask("", "POST", "/v1/sessions", &body).0, 201);
    assert_eq!(program.ask(&ada, "GET", "/v1/session", &Value::Null).0, 401);

    let settings = program.admin("settings close sign_up");
    assert!(
        settings.contains("sign_up        closed\n") && settings.contains("guests         open\n"),
        "{settings}"
    );
    let body = json!({"username": "mallory", "password": "correct horse"});
    assert_eq!(program.ask("", "POST", "/v1/accounts", &body).1["code"], "sign_up_closed");
    program.admin("settings open sign_up");

    program.admin("addresses ban 127.0.0.0/8");
    assert_eq!(program.ask("", "GET", "/v1/server", &Value::Null).1["code"], "address_banned");
    assert!(program.admin("addresses list").contains("127.0.0.0/8"));
    program.admin("addresses unban 127.0.0.0/8");
    assert_eq!(program.ask("", "GET", "/v1/server", &Value::Null).0, 200);

    let made: Value = serde_json::from_str(&program.admin("--json keys make shop")).unwrap();
    let key = made["key"].as_str().unwrap().to_owned();
    let (status, bot) = program.ask(&key, "POST", "/v1/server/accounts", &json!({"name": "Bot"}));
    assert_eq!(status, 201, "{bot}");
    assert!(program.admin("keys list").contains("shop"));
    program.admin(&format!("keys revoke {}", made["id"].as_str().unwrap()));
    assert_eq!(program.ask(&key, "POST", "/v1/server/accounts", &json!({"name": "Bot"})).0, 401);

    let token = std::fs::read_to_string(program.data.path().join("admin-token")).unwrap();
    let log = program.logged();
    for done in [
        "ban account ",
        "delete account ",
        "delete message 1 of ",
        "close sign_up",
        "ban address 127.0.0.0/8",
        "make key ",
    ] {
        assert!(log.contains(done), "{done}: {log}");
    }
    for secret in [token.trim(), key.as_str(), password.lines().next().unwrap(), "buy now", "shop"] {
        assert!(!log.contains(secret), "{secret}");
    }
}

#[test]
fn mistakes_say_what_to_do() {
    let program = Program::start();
    let mode = std::fs::metadata(program.data.path().join("admin-token")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for (line, said) in [
        ("accounts show nobody", "There is no account of this id or user name."),
        ("accounts delete nobody", "There is no account of this id or user name."),
        ("rooms close nowhere", "There is no room of this name"),
        ("messages delete nowhere 1", "There is no room of this name"),
        ("addresses ban 0.0.0.0/0", "a prefix of 8 bits at least"),
        ("keys revoke x", "There is no such key."),
    ] {
        let error = program.refused(line);
        assert!(error.starts_with("error: ") && error.contains(said), "{line}: {error}");
    }
    for line in ["rooms", "accounts ban", "accounts ban eve --for soon", "settings close doors", "doors list"]
    {
        assert_eq!(program.output(line).status.code(), Some(2), "{line}");
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let output = program.output_on("rooms list", elsewhere.path());
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        error.contains("cannot be read") && error.contains("next: The server makes it when it starts."),
        "{error}"
    );
    std::fs::write(elsewhere.path().join("admin-token"), "x".repeat(43)).unwrap();
    let output = program.output_on("rooms list", elsewhere.path());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("does not take this token") && error.contains("next: Name the data directory"),
        "{error}"
    );
    let admin = program.admin.clone();
    let data = program.data.path().to_owned();
    let kept = std::fs::read_to_string(data.join("admin-token")).unwrap();
    program.logged();
    std::fs::write(elsewhere.path().join("admin-token"), kept).unwrap();
    let output = chinwag()
        .args(["admin", "rooms", "list", "--admin-listen", &admin, "--data"])
        .arg(elsewhere.path())
        .output();
    let error = String::from_utf8(output.unwrap().stderr).unwrap();
    assert!(error.contains("no server answers on ") && error.contains("next: Is it running?"), "{error}");
}
