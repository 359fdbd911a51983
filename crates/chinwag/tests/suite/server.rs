//! A server in this process; or, with `CHINWAG_TEST_NODES`, so many servers on one PostgreSQL database, each connection of a
//! client to any of them.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use chinwag::config::Config;
use chinwag::server::{self, Tuning};
use chinwag_client::{Client, ClientOptions, Protocol, Session, TlsRoots};
use chinwag_protocol::{AccountCard, ConversationId};
use chinwag_test_postgres::{Database, shared};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::way::{Carrier, Way};
use crate::{nodes, seed};

/// Longer than anything takes that is not stuck.
pub(crate) const DEADLINE: Duration = Duration::from_secs(120);

/// Waits for `future`; names what did not happen if it takes too long.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match timeout(DEADLINE, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what}: not within {DEADLINE:?}"),
    }
}

/// How a server differs from the default.
#[derive(Debug, Default)]
pub(crate) struct Setup {
    pub(crate) tuning: Tuning,
    pub(crate) missed_events_max: Option<u32>,
    pub(crate) message_bytes_max: Option<usize>,
    /// One server, whatever `CHINWAG_TEST_NODES` says: what is tried is what each keeps for itself.
    pub(crate) alone: bool,
    /// How its clients talk to it, unless they are told otherwise.
    pub(crate) carrier: Carrier,
}

impl Setup {
    pub(crate) fn by(way: Way) -> Self {
        Self::over(way.carrier)
    }

    pub(crate) fn over(carrier: Carrier) -> Self {
        Self { carrier, ..Self::default() }
    }

    pub(crate) fn alone() -> Self {
        Self { alone: true, ..Self::default() }
    }
}

/// A certificate for the loopback address, and its key.
fn certificate() -> (String, String) {
    let made =
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate can be made");
    (made.cert.pem(), made.signing_key.serialize_pem())
}

/// Data that outlive their servers and go with the test: a folder, or a database.
#[derive(Debug)]
pub(crate) struct Data {
    folder: TempDir,
    database: Option<Database>,
}

impl Data {
    pub(crate) fn new() -> Self {
        Self { database: seed::nodes().map(|_| shared().database()), ..Self::in_folder() }
    }

    pub(crate) fn in_database(database: Database) -> Self {
        Self { database: Some(database), ..Self::in_folder() }
    }

    pub(crate) fn in_folder() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary directory can be made"), database: None }
    }

    /// A second one with the same content. No server may be running on it.
    pub(crate) fn copy(&self) -> Self {
        let database = self.database.as_ref().map(|database| shared().copy_of(database));
        Self { database, ..Self::copy_of(self.path()) }
    }

    /// A folder with the same content as this one.
    pub(crate) fn copy_of(folder: &Path) -> Self {
        let copy = Self::in_folder();
        copy_files(folder, copy.path());
        copy
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn copy_files(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&target).expect("a folder can be made");
            copy_files(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}

/// A running server.
pub(crate) struct TestServer {
    data: Data,
    address: SocketAddr,
    tls: bool,
    options: ClientOptions,
    nodes: Vec<Node>,
    _certificate: TempDir,
}

/// A server of those that share the data.
struct Node {
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl Node {
    fn start(listener: TcpListener, config: Config, tuning: Tuning) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(async move {
            let shutdown = async move {
                // A test that ends without stopping its server drops the sender, which stops it too.
                let _ = stopped.await;
            };
            server::run_tuned(listener, config, tuning, || (), mpsc::channel(1).1, shutdown)
                .await
                .expect("the server runs");
        });
        Self { stop, running }
    }
}

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("the port is known");
    (listener, address)
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::start_with(Setup::default()).await
    }

    pub(crate) async fn by(way: Way) -> Self {
        Self::start_with(Setup::by(way)).await
    }

    pub(crate) async fn start_with(setup: Setup) -> Self {
        Self::start_on(Data::new(), setup).await
    }

    pub(crate) async fn start_on(data: Data, setup: Setup) -> Self {
        let defaults = Config::default();
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        let (mut tls_roots, mut tls_cert, mut tls_key) = (TlsRoots::These(Vec::new()), None, None);
        if setup.carrier.tls {
            let (certificate, key) = certificate();
            tls_roots = TlsRoots::from_pem(certificate.as_bytes()).expect("it is a certificate");
            let put = |name: &str, text: String| {
                let path = folder.path().join(name);
                std::fs::write(&path, text).expect("a file can be written");
                Some(path)
            };
            (tls_cert, tls_key) = (put("cert.pem", certificate), put("key.pem", key));
        }
        let options = ClientOptions { protocol: setup.carrier.protocol, tls_roots };
        let config = Config {
            tls_cert,
            tls_key,
            data: data.path().to_owned(),
            database: data.database.as_ref().map(|database| database.url.parse().expect("it is one")),
            admin_listen: None,
            drain_seconds: 1,
            limits: false,
            message_bytes_max: setup.message_bytes_max.unwrap_or(defaults.message_bytes_max),
            catch_up_events_max: setup.missed_events_max.unwrap_or(defaults.catch_up_events_max),
            ..defaults
        };
        let (front, address) = listener().await;
        let mut nodes = Vec::new();
        if data.database.is_none() {
            nodes.push(Node::start(front, config, setup.tuning));
        } else {
            let mut addresses = Vec::new();
            for _ in 0..seed::nodes().filter(|_| !setup.alone).unwrap_or(1) {
                let (listener, address) = listener().await;
                nodes.push(Node::start(listener, config.clone(), setup.tuning.clone()));
                addresses.push(address);
            }
            nodes::spread(front, addresses, seed::random("nodes"));
        }
        let tls = setup.carrier.tls;
        Self { data, address, tls, options, nodes, _certificate: folder }
    }

    /// Stops it as SIGTERM does. Its data stay.
    pub(crate) async fn stop(self) -> Data {
        let (stops, running): (Vec<_>, Vec<_>) =
            self.nodes.into_iter().map(|node| (node.stop, node.running)).unzip();
        for stop in stops {
            let _ = stop.send(());
        }
        for running in running {
            within("the server stops", running).await.expect("the server does not panic");
        }
        self.data
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn client(&self) -> Client {
        self.client_at(self.address)
    }

    /// A client of this server that reaches it at another address.
    pub(crate) fn client_at(&self, address: SocketAddr) -> Client {
        self.client_by(address, self.options.protocol)
    }

    /// A client of this server with another version of HTTP.
    pub(crate) fn client_by(&self, address: SocketAddr, protocol: Protocol) -> Client {
        let scheme = if self.tls { "https" } else { "http" };
        let options = ClientOptions { protocol, ..self.options.clone() };
        Client::with_options(&format!("{scheme}://{address}"), &options).expect("the URL is good")
    }

    pub(crate) async fn guest(&self, name: &str) -> Session {
        within("a guest", self.client().guest(name)).await.expect("a guest may come")
    }

    /// The same device on this server, which runs on the data that the device was made in.
    pub(crate) async fn resume(&self, session: &Session) -> Session {
        let resumed = within("a session", self.client().session(session.token())).await;
        let resumed = resumed.expect("the token is still good");
        let (was, is): (&AccountCard, &AccountCard) = (session.account(), resumed.account());
        assert_eq!((was, session.device()), (is, resumed.device()));
        resumed
    }
}

/// Opens a room, and gives its id.
pub(crate) async fn open(session: &Session, slug: &str) -> ConversationId {
    let room = within("a room", session.open_room(slug)).await.expect("a room may be opened");
    room.conversation.id
}
