//! Private PostgreSQL servers for tests.
//!
//! A [`Cluster`] is a server of its own in a temporary folder, with fsync on. It ends with the process that started it,
//! however that ends. Tests that do nothing to the server itself share one, [`shared`], each with a [`Cluster::database`]
//! of its own.

#![expect(clippy::unwrap_used, reason = "for tests only")]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

/// A server with its data, and with a process that keeps it.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    keeper: Mutex<Keeper>,
    databases: AtomicU64,
}

/// The process that runs PostgreSQL's programs, `keeper.sh`. When it is not given commands any more, it stops the server.
#[derive(Debug)]
struct Keeper {
    process: Child,
    /// None while it is told to end.
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// How a server is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// As an operator does: what runs is rolled back, connections are ended.
    Fast,
    /// As a crash does: everything ends as it stands.
    Immediate,
}

/// A database in a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Its name.
    pub name: String,
    /// Its address, over a socket in the file system.
    pub url: String,
}

/// The server that the tests of a process share. It is in memory where there is enough: what a busy disk does to readers is not
/// tried by these tests.
pub fn shared() -> &'static Cluster {
    static SHARED: LazyLock<Cluster> = LazyLock::new(|| Cluster::start_in(Place::Memory));
    &SHARED
}

/// Where a server has its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Disk,
    /// If the system has enough for it.
    Memory,
}

/// The programs of the newest version from 15 on that is installed.
fn programs() -> PathBuf {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|folders| folders.flatten().map(|folder| folder.path()).collect::<Vec<_>>())
        .unwrap_or_default()
        .into_iter()
        .filter_map(|path| Some((path.file_name()?.to_str()?.parse().ok()?, path.join("bin"))))
        .filter(|(version, bin)| *version >= 15 && bin.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop().expect("PostgreSQL 15 or later is installed; apt-get install postgresql").1
}

impl Cluster {
    /// Makes a server and starts it.
    pub fn start() -> Self {
        Self::start_in(Place::Disk)
    }

    fn start_in(place: Place) -> Self {
        let cluster = Self::make(place, None);
        cluster.run(&["start"]);
        cluster
    }

    /// Makes a standby of this server and starts it; from then on this server answers no commit before the standby has it.
    pub fn synchronous_standby(&self) -> Self {
        let name = format!("standby{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let folder = self.folder.display();
        let primary = format!("host={folder} port={} user=chinwag application_name={name}", self.port);
        let standby = Self::make(Place::Disk, Some(&primary));
        standby.run(&["start"]);
        self.run(&["set", &format!("synchronous_standby_names = '{name}'")]);
        self.reload();
        self.wait_until("postgres", "SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'");
        standby
    }

    fn make(place: Place, primary: Option<&str>) -> Self {
        let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        // PostgreSQL does not run as root.
        let root =
            std::fs::metadata("/proc/self").is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0);
        let mut command = if root {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", "postgres", "--regid", "postgres", "--init-groups", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        command.args(["-c", include_str!("keeper.sh"), "keeper"]).arg(programs()).arg(port.to_string());
        command.arg(if place == Place::Memory { "memory" } else { "disk" });
        command.args(primary).env_remove("TMPDIR").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("a shell runs, as the user postgres if this is root");
        let commands = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let mut keeper = Keeper { process, commands, answers };
        let folder = PathBuf::from(keeper.line().expect("initdb has made a cluster; it says above why not"));
        Self { folder, port, keeper: Mutex::new(keeper), databases: AtomicU64::new(0) }
    }

    /// Starts the server again after [`Cluster::stop`].
    pub fn start_again(&self) {
        self.run(&["start"]);
    }

    /// Stops the server.
    pub fn stop(&self, how: Stop) {
        self.run(&["stop", if how == Stop::Fast { "fast" } else { "immediate" }]);
    }

    /// Makes a standby a server of its own.
    pub fn promote(&self) {
        self.run(&["promote"]);
    }

    /// Adds a line to `postgresql.conf`; it counts from the next start on.
    pub fn set(&self, line: &str) {
        self.run(&["set", line]);
    }

    /// Has it read `postgresql.conf` again.
    pub fn reload(&self) {
        self.run(&["reload"]);
    }

    /// Encrypts connections from the next start on. Both files are PEM.
    pub fn set_tls(&self, certificate: &Path, key: &Path) {
        self.run(&["tls", certificate.to_str().unwrap(), key.to_str().unwrap()]);
    }

    /// Runs SQL of one line as the superuser, and gives what it answers: a line for each row.
    pub fn sql(&self, database: &str, sql: &str) -> Vec<String> {
        self.run(&["sql", database, &sql.replace('\n', " ")])
    }

    /// Makes a new database.
    pub fn database(&self) -> Database {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        let url = self.url(&name);
        Database { name, url }
    }

    /// Makes a new database with the content of this one, which nobody may be connected to.
    pub fn copy_of(&self, of: &Database) -> Database {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {}", of.name));
        let url = self.url(&name);
        Database { name, url }
    }

    /// The address of a database, over a socket in the file system.
    pub fn url(&self, database: &str) -> String {
        let folder = self.folder.display();
        format!("postgres:///{database}?user=chinwag&host={folder}&port={}", self.port)
    }

    /// The address of a database on this server or, when that is the primary, on its standby.
    pub fn url_with(&self, standby: &Self, database: &str) -> String {
        let (one, two) = (self.folder.display(), standby.folder.display());
        let (first, second) = (self.port, standby.port);
        format!("postgres:///{database}?user=chinwag&host={one}&host={two}&port={first},{second}")
    }

    /// Copies a database into another, which is empty, by dump and restore.
    pub fn copy(&self, from: &str, to: &str) {
        self.run(&["copy", from, to]);
    }

    /// Rows a second that `pgbench` inserts into the table `event` of Chinwag's schema, 512 in each transaction, as a writer
    /// does it with many messages of a hundred bytes. To be asked once of a database.
    pub fn insert_rate(&self, database: &Database, clients: usize, seconds: u64) -> f64 {
        let name = &database.name;
        self.sql(name, "CREATE SEQUENCE place");
        let script = "INSERT INTO event SELECT nextval('place'), decode(md5((i % 1000)::text), 'hex'), nextval('place'), 1, 0, \
            decode(md5('ada'), 'hex'), 1, decode(md5(random()::text), 'hex'), decode(md5('h'), 'hex'), null, null, \
            repeat('text', 25), null, 0 FROM generate_series(1, 512) i;";
        512.0 * self.pgbench(name, script, clients, seconds)
    }

    fn pgbench(&self, database: &str, script: &str, clients: usize, seconds: u64) -> f64 {
        let said = self.run(&["pgbench", &format!("{database} {clients} {seconds}"), script]);
        let rate = said.iter().find_map(|line| line.strip_prefix("tps = ")).unwrap();
        rate.split(' ').next().unwrap().parse().unwrap()
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn wait_until(&self, database: &str, sql: &str) {
        for _ in 0..200 {
            if self.sql(database, sql) == ["t"] {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("it did not come true in 10 s: {sql}");
    }

    fn run(&self, command: &[&str]) -> Vec<String> {
        let mut keeper = self.keeper.lock();
        let commands = keeper.commands.as_mut().expect("the keeper lives");
        writeln!(commands, "{}", command.join("\t")).unwrap();
        let mut said = Vec::new();
        loop {
            match keeper.line().as_deref() {
                Some("done") => return said,
                Some("failed") | None => panic!("{command:?} failed: {}\n{}", said.join("\n"), self.log()),
                Some(line) => said.push(line.to_owned()),
            }
        }
    }
}

impl Keeper {
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim_end().to_owned()),
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.commands = None;
        drop(self.process.wait());
    }
}
