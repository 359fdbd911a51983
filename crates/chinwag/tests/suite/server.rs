//! A server in this process; or, with `CHINWAG_TEST_NODES`, so many programs on one PostgreSQL database, each connection of a
//! client to any of them.

use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use chinwag_client::{Client, ClientOptions, Protocol, Session, TlsRoots};
use chinwag_protocol::{AccountCard, ConversationId};
use chinwag_test_postgres::{Database, shared};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::node::Node;
use crate::only_here::OnlyHere;
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
    /// What keeps it in this process, whatever `CHINWAG_TEST_NODES` says.
    pub(crate) only_here: Option<OnlyHere>,
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

    pub(crate) fn only_here(what: OnlyHere) -> Self {
        Self { only_here: Some(what), ..Self::default() }
    }

    /// The command line of a server on these data that differs so.
    fn arguments(&self, data: &Data) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = Vec::new();
        let mut option = |name: &str, value: &OsStr| arguments.extend([name.into(), value.to_owned()]);
        for (name, value) in [
            ("--listen", "127.0.0.1:0"),
            ("--admin-listen", "off"),
            ("--drain-seconds", "5"),
            ("--limits", "off"),
        ] {
            option(name, value.as_ref());
        }
        option("--data", data.path().as_os_str());
        if let Some(database) = &data.database {
            option("--database", database.url.as_ref());
        }
        if let Some(events) = self.missed_events_max {
            option("--catch-up-events-max", events.to_string().as_ref());
        }
        if let Some(bytes) = self.message_bytes_max {
            option("--message-bytes-max", bytes.to_string().as_ref());
        }
        arguments
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
        // No disk slows it down, where the system has such a place. What tries a disk's faults brings its own.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Self { folder: folder.expect("a temporary directory can be made"), database: None }
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
    // Before what they work on.
    nodes: Vec<Node>,
    data: Data,
    address: SocketAddr,
    tls: bool,
    options: ClientOptions,
    _folder: TempDir,
}

/// Where a client reaches these servers, each of its connections any of them. It keeps this port when they have stopped: other
/// tests' programs get ports that are free.
async fn in_front_of(nodes: Vec<SocketAddr>) -> SocketAddr {
    let front = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = front.local_addr().expect("the port is known");
    nodes::spread(front, nodes, seed::random("nodes"));
    address
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
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        let mut arguments = setup.arguments(&data);
        let mut tls_roots = TlsRoots::These(Vec::new());
        if setup.carrier.tls {
            let (certificate, key) = certificate();
            tls_roots = TlsRoots::from_pem(certificate.as_bytes()).expect("it is a certificate");
            for (option, name, text) in
                [("--tls-cert", "cert.pem", certificate), ("--tls-key", "key.pem", key)]
            {
                let path = folder.path().join(name);
                std::fs::write(&path, text).expect("a file can be written");
                arguments.extend([option.into(), path.into()]);
            }
        }
        let options = ClientOptions { protocol: setup.carrier.protocol, tls_roots };
        let number = seed::nodes().filter(|_| data.database.is_some() && !setup.alone).unwrap_or(1);
        let started = match setup.only_here {
            None if seed::nodes().is_some() => Node::programs(number, &arguments, folder.path()),
            only_here => Node::here(number, &arguments, only_here).await,
        };
        let (nodes, addresses): (Vec<_>, Vec<_>) = started.into_iter().unzip();
        let address = if seed::nodes().is_some() { in_front_of(addresses).await } else { addresses[0] };
        let tls = setup.carrier.tls;
        Self { nodes, data, address, tls, options, _folder: folder }
    }

    /// Stops it as SIGTERM does. Its data stay.
    pub(crate) async fn stop(self) -> Data {
        Node::stop_all(self.nodes).await;
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
