//! The program as a process, on ports and in a folder of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use chinwag_client::{Client, ClientOptions, Protocol, TlsRoots};
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

/// Nothing here takes longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

static ALONE: Mutex<()> = Mutex::const_new(());

/// Waits until no other test measures the machine's memory or loads it.
pub(crate) async fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().await
}

pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
    /// Of a server with TLS.
    certificate: Option<String>,
    log: parking_lot::Mutex<Receiver<String>>,
    _folder: TempDir,
}

impl Program {
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        Self::start_by(|_| {}, arguments).await
    }

    /// With a certificate for its address.
    pub(crate) async fn start_with_tls(arguments: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let put = |name: &str, text: String| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let key = put("key.pem", made.signing_key.serialize_pem());
        let certificate = put("cert.pem", made.cert.pem());
        let arguments = [arguments, &["--tls-cert", &certificate, "--tls-key", &key]].concat();
        let mut program = Self::run(folder, |_| {}, &arguments).await;
        program.certificate = Some(made.cert.pem());
        program
    }

    /// Has `change` look at the command before it is run.
    pub(crate) async fn start_by(change: impl FnOnce(&mut Command), arguments: &[&str]) -> Self {
        Self::run(TempDir::new().unwrap(), change, arguments).await
    }

    async fn run(folder: TempDir, change: impl FnOnce(&mut Command), arguments: &[&str]) -> Self {
        // Free a moment ago.
        let admin = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CHINWAG_") {
                command.env_remove(name);
            }
        }
        command.args(["--listen", "127.0.0.1:0", "--admin-listen", &admin.to_string(), "--data"]);
        command.arg(folder.path().join("data")).args(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        change(&mut command);
        let mut child = command.spawn().unwrap();
        let (saying, log) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            // Ends with the test, or with the program.
            stderr.lines().map_while(Result::ok).try_for_each(|line| saying.send(line))
        });
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let address =
            first.split("://").nth(1).unwrap_or_else(|| panic!("{:?}", log.try_iter().collect::<Vec<_>>()));
        let address = address.trim_end().trim_end_matches('/').parse().unwrap();
        Self { child, address, admin, certificate: None, log: log.into(), _folder: folder }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    pub(crate) fn client(&self) -> Client {
        self.client_by(Protocol::Http1)
    }

    pub(crate) fn client_by(&self, protocol: Protocol) -> Client {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        let pem = self.certificate.as_deref().unwrap_or_default();
        let tls_roots = TlsRoots::from_pem(pem.as_bytes()).unwrap_or(TlsRoots::These(Vec::new()));
        let url = format!("{scheme}://{}", self.address);
        Client::with_options(&url, &ClientOptions { protocol, tls_roots }).unwrap()
    }

    /// All that Prometheus is told.
    pub(crate) fn metrics(&self) -> String {
        let mut socket = TcpStream::connect(self.admin).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.write_all(b"GET /metrics HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        socket.read_to_string(&mut text).unwrap();
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        text
    }

    pub(crate) fn metric(&self, name: &str) -> u64 {
        let text = self.metrics();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name}")).parse().unwrap()
    }

    /// Waits until a metric is as wanted.
    pub(crate) async fn until(&self, name: &str, wanted: impl Fn(u64) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let value = self.metric(name);
            if wanted(value) {
                return;
            }
            assert!(Instant::now() < deadline, "{name} is {value}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits for a line of the log with this in it.
    pub(crate) fn says(&self, what: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.log.lock().recv_timeout(left).unwrap_or_else(|_| panic!("nothing about {what}"));
            if line.contains(what) {
                return;
            }
        }
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Fails only if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
