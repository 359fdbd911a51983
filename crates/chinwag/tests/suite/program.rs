//! The program itself, as a process that can be killed, starved and lied to.

use std::ffi::OsStr;
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
    process: Process,
    url: String,
    admin: Client,
}

/// The program as a process, which ends with the test.
pub(crate) struct Process(Child);

fn command(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    // It does not outlive the thread that starts it, however that ends.
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", env!("CARGO_BIN_EXE_chinwag")]).args(arguments);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        // What breaks a promise breaks it in the program.
        if name.starts_with("CHINWAG_") && name != "CHINWAG_SABOTAGE" {
            command.env_remove(&*name);
        }
    }
    command
}

/// Runs the program until it ends by itself.
pub(crate) fn run(arguments: &[&str], data: &Path) -> Output {
    command(arguments).arg("--data").arg(data).output().expect("the program starts")
}

/// The files of a data directory in which a text stands.
pub(crate) fn files_with(data: &Path, text: &str) -> Vec<String> {
    let files = fs::read_dir(data).expect("the data directory is there").flatten();
    let found = files.filter(|file| {
        let bytes = fs::read(file.path()).expect("it can be read");
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    });
    found.map(|file| file.file_name().to_string_lossy().into_owned()).collect()
}

impl Process {
    /// Starts a server; what it logs goes to `log`.
    pub(crate) fn serve(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>, log: Stdio) -> Self {
        let child = command(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn();
        Self(child.expect("the program starts"))
    }

    /// Waits until it listens, and gives its URL without a slash at the end; if it has ended instead, what it printed. To be
    /// asked once.
    pub(crate) fn url(&mut self) -> Result<String, String> {
        let mut line = String::new();
        let stdout = self.0.stdout.take().expect("it is asked once");
        BufReader::new(stdout).read_line(&mut line).expect("the program prints text");
        let url = line.strip_prefix("Open ").map(|url| url.trim_end().trim_end_matches('/').to_owned());
        url.ok_or(line)
    }

    /// As SIGTERM does. It ends after its drain.
    pub(crate) fn terminate(&self) {
        let status = Command::new("kill").arg(self.0.id().to_string()).status().expect("kill runs");
        assert!(status.success());
    }

    /// Whether it has ended; if so, it must have ended well.
    pub(crate) fn has_ended_well(&mut self) -> bool {
        let status = self.0.try_wait().expect("it can be waited for");
        status.inspect(|status| assert!(status.success(), "{status}")).is_some()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails only if it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Program {
    pub(crate) fn start(data: &Path) -> Self {
        // Free a moment ago, and given out again only after all others.
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let admin = free.expect("a port is free").to_string();
        let mut arguments = vec!["--listen", "127.0.0.1:0", "--admin-listen", &admin];
        // Whoever repeats at once is not meant here.
        arguments.extend(["--drain-seconds", "1", "--limits", "off"]);
        let arguments = arguments.into_iter().map(OsStr::new).chain([OsStr::new("--data"), data.as_os_str()]);
        let mut process = Process::serve(arguments, Stdio::null());
        let url = process.url().unwrap_or_else(|line| panic!("{line:?} is no address"));
        Self { process, url, admin: client_of(&format!("http://{admin}"), Protocol::Http1) }
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
        self.process.0.id()
    }

    /// As SIGKILL does.
    pub(crate) fn kill(mut self) {
        self.process.0.kill().expect("it runs");
        self.process.0.wait().expect("it ends");
    }

    /// As SIGTERM does; it must end well.
    pub(crate) fn stop(mut self) {
        self.process.terminate();
        let deadline = Instant::now() + DEADLINE;
        while !self.process.has_ended_well() {
            assert!(Instant::now() < deadline, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
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
