//! The program itself, as a process that can be killed, starved and lied to.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use chinwag_client::{Client, ClientOptions, Protocol, Session, TlsRoots};
use http::{Request, StatusCode};

use crate::server::{DEADLINE, within};

/// A running program, which ends with the test.
pub(crate) struct Program {
    child: Child,
    url: String,
    admin: Client,
}

fn command(arguments: &[&str], data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CHINWAG_") {
            command.env_remove(name);
        }
    }
    command.args(arguments).arg("--data").arg(data);
    command
}

/// Runs the program until it ends by itself.
pub(crate) fn run(arguments: &[&str], data: &Path) -> Output {
    command(arguments, data).output().expect("the program starts")
}

impl Program {
    pub(crate) fn start(data: &Path) -> Self {
        // Free a moment ago, and given out again only after all others.
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let admin = free.expect("a port is free").to_string();
        let mut arguments = vec!["--listen", "127.0.0.1:0", "--admin-listen", &admin];
        // Whoever repeats at once is not meant here.
        arguments.extend(["--drain-seconds", "1", "--limits", "off"]);
        let mut child = command(&arguments, data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("the program prints its address");
        let url = line.strip_prefix("Open ").unwrap_or_else(|| panic!("{line:?} is no address"));
        let url = url.trim_end().trim_end_matches('/').to_owned();
        Self { child, url, admin: client_of(&format!("http://{admin}"), Protocol::Http1) }
    }

    pub(crate) fn client(&self, protocol: Protocol) -> Client {
        client_of(&self.url, protocol)
    }

    pub(crate) async fn guest(&self, name: &str) -> Session {
        let guest = within("a guest", self.client(Protocol::Http1).guest(name)).await;
        guest.expect("a guest may come")
    }

    /// The same device over another protocol, or on another start of the program.
    pub(crate) async fn resume(&self, session: &Session, protocol: Protocol) -> Session {
        let resumed = within("a session", self.client(protocol).session(session.token())).await;
        resumed.expect("the token is still good")
    }

    /// What the admin server answers.
    pub(crate) async fn admin(&self, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).body(Bytes::new()).expect("the path is good");
        let answer = self.admin.http().call(request, Duration::from_secs(10)).await;
        let answer = answer.expect("the admin server answers");
        (answer.status(), String::from_utf8_lossy(answer.body()).into_owned())
    }

    pub(crate) async fn metric(&self, name: &str) -> u64 {
        let (_, metrics) = self.admin("/metrics").await;
        let value = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("there is no metric {name}"))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// As SIGKILL does.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// As SIGTERM does; it must end well.
    pub(crate) fn stop(mut self) {
        let status = Command::new("kill").arg(self.pid().to_string()).status().expect("kill runs");
        assert!(status.success());
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.child.try_wait().expect("it can be waited for") {
                Some(status) => return assert!(status.success(), "{status}"),
                None => assert!(Instant::now() < deadline, "it does not end"),
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Fails only if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn client_of(url: &str, protocol: Protocol) -> Client {
    let options = ClientOptions { protocol, tls_roots: TlsRoots::These(Vec::new()) };
    Client::with_options(url, &options).expect("the URL is good")
}

/// A command that needs more rights than tests have everywhere.
pub(crate) fn as_root(program: &str) -> Command {
    let is_root = fs::read_to_string("/proc/self/status")
        .is_ok_and(|status| status.lines().any(|line| line.starts_with("Uid:\t0\t")));
    if is_root {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["--non-interactive", program]);
    command
}
