//! The server under load: one that is there already, or one that the tool starts.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use chinwag_client::{Client, ClientError, ClientOptions, Protocol, Transport};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::report::Way;

/// How long a server that the tool starts may take until it serves; opening a large database takes a while.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// More than any process here may have open.
const CONNECTIONS_MAX: &str = "1000000";

/// Why there is no server to put load on.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// It was not started, or ended.
    #[error("the server does not start: {0}")]
    Start(#[source] io::Error),
    /// It has not told in time where it is to be found.
    #[error("the server did not say where it serves within {} s", START_TIMEOUT.as_secs())]
    Silent,
    /// It is not what it should be.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// It was started by somebody else, who alone may end it.
    #[error("only a server that the tool has started can be started anew; leave out its URL")]
    NotOurs,
}

/// A server to put load on.
#[derive(Debug)]
pub struct Target {
    /// Where it is, for example `http://127.0.0.1:8080`.
    pub url: String,
    /// How it is spoken to.
    pub options: ClientOptions,
    /// Its process, if that is on this machine, so that what it uses can be read.
    pub pid: Option<u32>,
    /// Where it tells its metrics, for example `127.0.0.1:9090`.
    pub admin: Option<SocketAddr>,
    started: Option<Started>,
}

#[derive(Debug)]
struct Started {
    child: Child,
    /// With the addresses that it got.
    start: Start,
}

/// How a server comes to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By SIGTERM: it takes leave of everyone.
    Terminated,
    /// By SIGKILL, as if the power failed.
    Killed,
}

/// How a server is started.
#[derive(Debug, Clone)]
pub struct Start {
    /// The program, which is this one if nobody says otherwise.
    pub program: PathBuf,
    /// Its data folder.
    pub data: PathBuf,
    /// Cores that it may use; all that this process may, if empty.
    pub cores: Vec<usize>,
    /// Where it listens; a port of 0 is any that is free.
    pub listen: SocketAddr,
    /// Where it tells its metrics; a port of 0 is any that is free.
    pub admin: SocketAddr,
    /// More of its options, as on its command line.
    pub arguments: Vec<String>,
}

impl Target {
    /// A server that is there already.
    pub fn attach(url: &str, options: ClientOptions, pid: Option<u32>, admin: Option<SocketAddr>) -> Self {
        Self { url: url.trim_end_matches('/').to_owned(), options, pid, admin, started: None }
    }

    /// Starts one without limits, and waits until it serves.
    pub async fn start(start: &Start, options: ClientOptions) -> Result<Self, TargetError> {
        let mut start = start.clone();
        if start.admin.port() == 0 {
            // The server does not tell which it got. Whoever takes the port meanwhile makes the start fail, loudly.
            let free = TcpListener::bind(start.admin).and_then(|listener| listener.local_addr());
            start.admin = free.map_err(TargetError::Start)?;
        }
        let (child, url) = spawn(&start).await?;
        if let Some(listen) = url.split_once("://").and_then(|(_, authority)| authority.parse().ok()) {
            start.listen = listen;
        }
        let (pid, admin) = (child.id(), Some(start.admin));
        Ok(Self { url, options, pid, admin, started: Some(Started { child, start }) })
    }

    /// Ends a server that [`Target::start`] started, and starts it anew on the same data and addresses.
    pub async fn restart(&mut self, end: End) -> Result<(), TargetError> {
        let Some(Started { child, start }) = self.started.take() else { return Err(TargetError::NotOurs) };
        end_of(child, end).await.map_err(TargetError::Start)?;
        let (child, _) = spawn(&start).await?;
        self.pid = child.id();
        self.started = Some(Started { child, start });
        Ok(())
    }

    /// Whether [`Target::start`] started it.
    pub fn is_ours(&self) -> bool {
        self.started.is_some()
    }

    /// How events travel from it, if asked for by `transport`.
    pub fn way(&self, transport: Transport) -> Way {
        let transport = match transport {
            Transport::Poll => "poll",
            Transport::LongPoll => "long-poll",
            Transport::Stream => "stream",
            Transport::Sse => "sse",
            Transport::WebSocket => "websocket",
        };
        let protocol = match self.options.protocol {
            Protocol::Http1 => "http1",
            Protocol::Http2 => "http2",
        };
        let tls = self.url.starts_with("https:");
        Way { transport: transport.to_owned(), protocol: protocol.to_owned(), tls }
    }

    /// A client of it with connections of its own.
    pub fn client(&self) -> Result<Client, ClientError> {
        Client::with_options(&self.url, &self.options)
    }

    /// Ends a server that [`Target::start`] started, and waits until it has; another is left alone.
    pub async fn stop(mut self) -> io::Result<()> {
        let Some(Started { child, .. }) = self.started.take() else { return Ok(()) };
        end_of(child, End::Terminated).await
    }
}

/// The process, and where it serves, which it tells as soon as it does.
async fn spawn(start: &Start) -> Result<(Child, String), TargetError> {
    let mut command = Command::new(&start.program);
    command
        .args(["--limits", "off", "--log", "warn", "--connections-max", CONNECTIONS_MAX, "--data"])
        .arg(&start.data)
        .args(["--listen", &start.listen.to_string(), "--admin-listen", &start.admin.to_string()])
        .args(&start.arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // Ctrl-C is for the tool, which ends the server when it has measured what there is.
        .process_group(0)
        .kill_on_drop(true);
    let mut child = on_cores(&start.cores, || command.spawn()).map_err(TargetError::Start)?;
    let Some(output) = child.stdout.take() else {
        return Err(TargetError::Start(io::Error::other("it has no output")));
    };
    let mut lines = BufReader::new(output).lines();
    let reading = async {
        while let Some(line) = lines.next_line().await? {
            if let Some(rest) = line.strip_prefix("Open ")
                && let Some(url) = rest.split_whitespace().next()
            {
                return Ok(url.trim_end_matches('/').to_owned());
            }
        }
        Err(io::Error::other("it ended before it served; its words stand above"))
    };
    let url = timeout(START_TIMEOUT, reading)
        .await
        .map_err(|_| TargetError::Silent)?
        .map_err(TargetError::Start)?;
    Ok((child, url))
}

async fn end_of(mut child: Child, end: End) -> io::Result<()> {
    let signal = match end {
        End::Terminated => rustix::process::Signal::TERM,
        End::Killed => rustix::process::Signal::KILL,
    };
    if let Some(pid) = child.id().and_then(|pid| rustix::process::Pid::from_raw(pid.cast_signed())) {
        rustix::process::kill_process(pid, signal)?;
    }
    child.wait().await.map(drop)
}

/// Runs `work` while this thread may only use these cores, so that what it starts may use no others; all, if there are none.
pub fn on_cores<T>(cores: &[usize], work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    if cores.is_empty() {
        return work();
    }
    let before = sched_getaffinity(None)?;
    let mut wanted = CpuSet::new();
    cores.iter().for_each(|&core| wanted.set(core));
    sched_setaffinity(None, &wanted)?;
    let result = work();
    sched_setaffinity(None, &before)?;
    result
}
