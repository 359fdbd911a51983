//! A server in this process whose clock stands still until it is moved.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chinwag::command_line;
use chinwag::config;
use chinwag::server::{self, Tuning};
use chinwag_client::{Client, ClientOptions, Protocol, Session, TlsRoots};
use chinwag_protocol::Timestamp;
use chinwag_test_postgres::{Database, shared};
use parking_lot::Mutex;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use crate::seeds::Store;
use crate::trial::Failure;

/// Longer than anything takes that is not stuck, on a machine that is busy with other things as well.
pub(crate) const DEADLINE: Duration = Duration::from_secs(300);

/// Databases that nobody uses. Each has its turn again and again: a thousand would fill the disk, and to drop one takes long.
static DATABASES: Mutex<Vec<Database>> = Mutex::new(Vec::new());

/// Where the data are.
pub(crate) struct Data {
    folder: TempDir,
    database: Option<Database>,
}

impl Data {
    pub(crate) async fn new(store: Store) -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let database = match store {
            Store::Sqlite => None,
            Store::Postgres => Some(spawn_blocking(empty_database).await.expect("a database can be made")),
        };
        Self { folder: folder.expect("a temporary directory can be made"), database }
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        DATABASES.lock().extend(self.database.take());
    }
}

fn empty_database() -> Database {
    let kept = DATABASES.lock().pop();
    let Some(database) = kept else { return shared().database() };
    shared().sql(&database.name, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    database
}

/// A server that runs.
pub(crate) struct Host {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl Host {
    pub(crate) async fn start(data: &Data, clock: &Arc<AtomicI64>, window: usize) -> Self {
        let mut words: Vec<OsString> = ["chinwag", "--listen", "127.0.0.1:0", "--admin-listen", "off"]
            .into_iter()
            .chain(["--drain-seconds", "1", "--limits", "off", "--data"])
            .map(OsString::from)
            .collect();
        words.push(data.folder.path().into());
        if let Some(database) = &data.database {
            words.extend(["--database".into(), OsString::from(&database.url)]);
        }
        let given = command_line::parse(words).expect("the command line is good").given;
        let mut config = config::load(given, None, []).expect("the configuration is good").config;
        config.window_bytes_max = window;
        let listener = TcpListener::bind(config.listen).await.expect("a port is free");
        let address = listener.local_addr().expect("the port is known");
        let mut tuning = Tuning::default();
        let clock = Arc::clone(clock);
        tuning.clock = Arc::new(move || Timestamp::from_millis(clock.load(Ordering::Relaxed)));
        tuning.removal_interval = Duration::from_millis(5);
        // Else most of a run would be spent on long polls that wait for more.
        tuning.hub.linger = Duration::from_millis(10);
        // On a busy machine a seed is to take longer, not to be told that the database is stuck.
        let postgres = &mut tuning.postgres;
        (postgres.connect_patience, postgres.commit_patience) = (DEADLINE, DEADLINE);
        (postgres.read_patience, postgres.idle_patience) = (DEADLINE, DEADLINE);
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(async move {
            let shutdown = async move {
                let _ = stopped.await;
            };
            let serving = server::run_tuned(listener, config, tuning, || (), mpsc::channel(1).1, shutdown);
            Box::pin(serving).await.expect("the server runs");
        });
        Self { address, stop, running }
    }

    /// Stops it as SIGTERM does.
    pub(crate) async fn stop(self) -> Result<(), Failure> {
        drop(self.stop);
        match timeout(DEADLINE, self.running).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Failure::of(format!("the server has failed: {error}"))),
            Err(_) => Err(Failure::of("the server does not stop")),
        }
    }
}

/// New clients of a server, by HTTP/1.1 and by HTTP/2. They share no connection with others: what one does not read must not
/// hold up the next.
pub(crate) fn clients(address: SocketAddr) -> [Client; 2] {
    [Protocol::Http1, Protocol::Http2].map(|protocol| {
        let options = ClientOptions { protocol, tls_roots: TlsRoots::These(Vec::new()) };
        Client::with_options(&format!("http://{address}"), &options).expect("the URL is good")
    })
}

/// The same device, by new clients.
pub(crate) fn sessions(session: &Session, address: SocketAddr) -> [Session; 2] {
    clients(address).map(|client| session.by_way_of(&client))
}
