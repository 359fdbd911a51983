//! The program as a process that is killed, frozen and lied to, always at the same address.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use chinwag_client::{Client, ClientOptions, Protocol, TlsRoots};
use tempfile::TempDir;

use crate::disk::Disk;
use crate::shared::DEADLINE;

/// How the program is started, again and again: on the same data, at the same address.
pub(crate) struct Launch {
    folder: TempDir,
    port: u16,
    /// Where clients connect to, if not there.
    pub(crate) front: Option<u16>,
    place: Place,
    /// Variables of its environment.
    pub(crate) environment: Vec<(String, String)>,
    /// It is killed at the entry of this sync of any of its threads.
    pub(crate) killed_at_sync: Option<u64>,
    /// How long a stop may take.
    pub(crate) drain_seconds: u32,
}

/// Where its data lie.
enum Place {
    Folder,
    Database(String),
    Image { image: PathBuf, mount_point: PathBuf },
}

impl Launch {
    /// In a folder of this system.
    pub(crate) fn new(random: &mut fastrand::Rng) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        let (environment, killed_at_sync) = (Vec::new(), None);
        let (port, front, place, drain_seconds) = (free_port(random), None, Place::Folder, 2);
        Self { folder, port, front, place, environment, killed_at_sync, drain_seconds }
    }

    /// On the database at this address.
    pub(crate) fn on_database(url: &str, random: &mut fastrand::Rng) -> Self {
        Self { place: Place::Database(url.to_owned()), ..Self::new(random) }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// On a disk of its own.
    pub(crate) fn on(disk: &Disk, random: &mut fastrand::Rng) -> Self {
        let mut launch = Self::new(random);
        launch.insert(disk);
        launch
    }

    /// Changes the disk.
    pub(crate) fn insert(&mut self, disk: &Disk) {
        self.place = Place::Image { image: disk.image(), mount_point: disk.mount_point() };
    }

    pub(crate) fn client(&self, protocol: Protocol) -> Client {
        client_of(self.front.unwrap_or(self.port), protocol)
    }

    /// Of this server, whatever stands before it.
    pub(crate) fn own_client(&self, protocol: Protocol) -> Client {
        client_of(self.port, protocol)
    }

    /// Starts it, and waits until it listens.
    pub(crate) fn start(&self) -> Program {
        self.try_start().unwrap_or_else(|error| panic!("{error}"))
    }

    /// The same; why not, if it ends before it listens.
    pub(crate) fn try_start(&self) -> Result<Program, String> {
        let (mut child, pid_file) = self.spawn();
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("the program prints text");
        if !line.starts_with("Open ") {
            let status = child.wait().expect("it ends");
            let error = fs::read_to_string(self.log()).unwrap_or_default();
            return Err(format!("the program did not start: {status}\n{error}"));
        }
        let pid = fs::read_to_string(pid_file).expect("it is written before the program starts");
        Ok(Program { child, pid: pid.trim().to_owned(), privileged: self.is_on_image() })
    }

    /// Starts it, and kills it after so long, whatever it is at.
    pub(crate) fn start_and_kill(&self, after: Duration) {
        let (child, _) = self.spawn();
        std::thread::sleep(after);
        let pid = child.id().to_string();
        Program { child, pid, privileged: self.is_on_image() }.kill();
    }

    fn is_on_image(&self) -> bool {
        matches!(self.place, Place::Image { .. })
    }

    /// Whether the program has logged this since it was last started.
    pub(crate) fn has_logged(&self, what: &str) -> bool {
        fs::read_to_string(self.log()).is_ok_and(|log| log.contains(what))
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Its pid is in the file as soon as it has printed anything. It does not outlive this thread. A disk is mounted where
    /// only it sees it, and is let go of with it.
    fn spawn(&self) -> (Child, PathBuf) {
        let pid_file = self.folder.path().join("pid");
        let data = match &self.place {
            Place::Folder | Place::Database(_) => self.folder.path().join("data"),
            Place::Image { mount_point, .. } => mount_point.join("data"),
        };
        let mut words = Vec::new();
        let die_with_parent = ["setpriv", "--pdeathsig", "KILL"];
        if let Place::Image { image, mount_point } = &self.place {
            words.extend(["unshare", "--mount"].map(str::to_owned));
            words.extend(die_with_parent.map(str::to_owned));
            let script = r#"mount -o loop,noatime "$1" "$2" && shift 2 && exec "$@""#;
            words.extend(["sh", "-c", script, "sh"].map(str::to_owned));
            words.extend([image, mount_point].map(|path| path.display().to_string()));
        } else {
            words.extend(die_with_parent.map(str::to_owned));
        }
        if let Some(number) = self.killed_at_sync {
            let inject = format!("inject=fsync,fdatasync:signal=KILL:when={number}");
            let strace = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-e", &inject];
            words.extend(strace.map(str::to_owned));
            words.extend(["-o", "/dev/null"].map(str::to_owned));
            words.extend(die_with_parent.map(str::to_owned));
        }
        let script = r#"echo $$ >"$1" && shift && exec env "$@""#;
        words.extend(["sh", "-c", script, "sh"].map(str::to_owned));
        words.push(pid_file.display().to_string());
        words.extend(self.environment.iter().map(|(name, value)| format!("{name}={value}")));
        words.push(env!("CARGO_BIN_EXE_chinwag").to_owned());
        let listen = format!("127.0.0.1:{}", self.port);
        words.extend(["--listen", &listen, "--admin-listen", "off", "--limits", "off"].map(str::to_owned));
        let drain = self.drain_seconds.to_string();
        words.extend(["--drain-seconds", &drain, "--data"].map(str::to_owned));
        words.push(data.display().to_string());
        if let Place::Database(url) = &self.place {
            words.extend(["--database".to_owned(), url.clone()]);
        }
        let mut command = if self.is_on_image() { as_root(&words[0]) } else { Command::new(&words[0]) };
        command.args(&words[1..]);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            // What breaks a promise breaks it in the program.
            if name.starts_with("CHINWAG_") && name != "CHINWAG_SABOTAGE" {
                command.env_remove(&*name);
            }
        }
        let log = fs::File::create(self.log()).expect("a file can be made");
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn();
        (child.expect("the program starts"), pid_file)
    }
}

fn client_of(port: u16, protocol: Protocol) -> Client {
    let options = ClientOptions { protocol, tls_roots: TlsRoots::These(Vec::new()) };
    Client::with_options(&format!("http://127.0.0.1:{port}"), &options).expect("the URL is good")
}

/// A running program.
pub(crate) struct Program {
    child: Child,
    pid: String,
    privileged: bool,
}

impl Program {
    /// As SIGKILL does.
    pub(crate) fn kill(mut self) {
        if self.pid == self.child.id().to_string() {
            // At once: a command that does it takes milliseconds to start.
            self.child.kill().expect("it can be killed");
        } else {
            self.signal("KILL");
        }
        self.child.wait().expect("it ends");
    }

    /// As SIGTERM does; it must end well.
    pub(crate) fn stop(self) {
        self.signal("TERM");
        let status = self.wait();
        assert!(status.success(), "{status}");
    }

    /// Waits until it ends.
    pub(crate) fn wait(mut self) -> ExitStatus {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("it can be waited for").is_some()
    }

    /// No thread of it runs any more, until it is told to.
    pub(crate) fn freeze(&self) {
        self.signal("STOP");
    }

    /// It goes on.
    pub(crate) fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let mut command = if self.privileged { as_root("kill") } else { Command::new("kill") };
        let status = command.args(["-s", signal, &self.pid]).status().expect("kill runs");
        assert!(status.success(), "{signal} cannot be sent");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            let mut command = if self.privileged { as_root("kill") } else { Command::new("kill") };
            // Fails only if it has ended.
            let _ = command.args(["-s", "KILL", &self.pid]).stderr(Stdio::null()).status();
            let _ = self.child.wait();
        }
    }
}

/// A port that no connection of this system gets by chance while the program is down.
fn free_port(random: &mut fastrand::Rng) -> u16 {
    // Other tests with the same seed look at the same time.
    let mut random = fastrand::Rng::with_seed(random.u64(..) ^ u64::from(std::process::id()));
    for _ in 0..1_000 {
        let port = random.u16(12_000..30_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free");
}

/// A command that needs more rights than tests have everywhere.
fn as_root(program: &str) -> Command {
    let is_root = fs::read_to_string("/proc/self/status")
        .is_ok_and(|status| status.lines().any(|line| line.starts_with("Uid:\t0\t")));
    if is_root {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["--non-interactive", "--preserve-env", program]);
    command
}

/// The path of a library that is loaded before all others.
pub(crate) fn library(name: &str) -> String {
    let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"];
    let found = folders.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.exists());
    found.unwrap_or_else(|| panic!("{name} is not installed")).display().to_string()
}
