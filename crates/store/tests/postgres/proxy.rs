//! A proxy between a store and its database that ends one commit in a given state.

use std::sync::Arc;

use chinwag_test_postgres::{Cluster, Database};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Where a commit ends. Each comes once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection is cut before the lock is asked for.
    BeforeLock,
    /// It is cut when the lock is held.
    AfterLock,
    /// It is cut when the rows were read.
    AfterReads,
    /// It is cut before anything is written.
    BeforeCommit,
    /// It is cut in the middle of what is written.
    InCommit,
    /// It is cut when all is stored, before the answer.
    AfterCommit,
    /// When the lock is held, nothing comes through any more, and nothing is closed: the writer stands still.
    FrozenAfterLock,
}

/// How far a connection's transaction has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Idle,
    Lock,
    Reads,
    Commit,
}

pub(crate) struct Proxy {
    /// The database's address through the proxy.
    pub(crate) url: String,
    armed: Arc<Mutex<Option<Fault>>>,
}

struct Connection {
    stage: Stage,
    /// What the server has said since the commit was sent.
    said: Vec<u8>,
    armed: Arc<Mutex<Option<Fault>>>,
}

/// What becomes of bytes that have come.
enum Verdict {
    Pass,
    PassHalf,
    Cut,
    Freeze,
}

impl Proxy {
    pub(crate) async fn start(cluster: &Cluster, database: &Database) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = cluster.port();
        let armed: Arc<Mutex<Option<Fault>>> = Arc::default();
        let arm = Arc::clone(&armed);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let connection = Connection { stage: Stage::Idle, said: Vec::new(), armed: Arc::clone(&arm) };
                tokio::spawn(pass(client, server, Arc::new(Mutex::new(connection))));
            }
        });
        let url = format!("postgres://chinwag@127.0.0.1:{port}/{}?sslmode=disable", database.name);
        Self { url, armed }
    }

    /// Ends the next commit that comes so far.
    pub(crate) fn arm(&self, fault: Fault) {
        *self.armed.lock() = Some(fault);
    }

    /// Whether the fault that was armed has come.
    pub(crate) fn has_struck(&self) -> bool {
        self.armed.lock().is_none()
    }
}

async fn pass(client: TcpStream, port: u16, connection: Arc<Mutex<Connection>>) {
    let server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    for stream in [&client, &server] {
        stream.set_nodelay(true).unwrap();
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let other = Arc::clone(&connection);
    // The first to end cuts both.
    tokio::select! {
        () = copy(from_client, to_server, move |bytes| connection.lock().asked(bytes)) => {}
        () = copy(from_server, to_client, move |bytes| other.lock().answered(bytes)) => {}
    }
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    judge: impl Fn(&[u8]) -> Verdict,
) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let bytes = &buffer[..read];
        let bytes = match judge(bytes) {
            Verdict::Pass => bytes,
            Verdict::PassHalf => {
                drop(to.write_all(&bytes[..read / 2]).await);
                return;
            }
            Verdict::Cut => return,
            Verdict::Freeze => std::future::pending().await,
        };
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}

impl Connection {
    fn asked(&mut self, bytes: &[u8]) -> Verdict {
        let has = |word: &[u8]| bytes.windows(word.len()).any(|part| part == word);
        if has(b"COMMIT\0") {
            self.stage = Stage::Commit;
            self.said.clear();
            match self.strikes(&[Fault::BeforeCommit, Fault::InCommit]) {
                Some(Fault::InCommit) => return Verdict::PassHalf,
                Some(_) => return Verdict::Cut,
                None => {}
            }
        } else if has(b"BEGIN ") {
            self.stage = Stage::Lock;
            if self.strikes(&[Fault::BeforeLock]).is_some() {
                return Verdict::Cut;
            }
        } else if self.stage == Stage::Lock {
            self.stage = Stage::Reads;
        }
        Verdict::Pass
    }

    fn answered(&mut self, bytes: &[u8]) -> Verdict {
        let faults: &[Fault] = match self.stage {
            Stage::Idle => &[],
            Stage::Lock => &[Fault::AfterLock, Fault::FrozenAfterLock],
            Stage::Reads => &[Fault::AfterReads],
            Stage::Commit => {
                self.said.extend_from_slice(bytes);
                // The answers to what was sent before it may come alone.
                if self.said.windows(7).any(|part| part == b"COMMIT\0") { &[Fault::AfterCommit] } else { &[] }
            }
        };
        match self.strikes(faults) {
            Some(Fault::FrozenAfterLock) => Verdict::Freeze,
            Some(_) => Verdict::Cut,
            None => Verdict::Pass,
        }
    }

    /// The fault that is armed, if it is one of these; it will not come again.
    fn strikes(&self, faults: &[Fault]) -> Option<Fault> {
        let mut armed = self.armed.lock();
        if armed.is_some_and(|fault| faults.contains(&fault)) { armed.take() } else { None }
    }
}
