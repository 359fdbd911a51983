//! The program with TLS: its certificate is exchanged while it runs, and what is wrong with the files is told.

#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use chinwag_client::{Client, ClientOptions, Protocol, TlsRoots};
use tempfile::TempDir;

/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The files that a server is told of, and what a client must believe in to reach it.
struct Files {
    folder: TempDir,
}

impl Files {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a new pair into the place of the last; gives the certificate.
    fn renew(&self) -> String {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        fs::write(self.path("key.pem"), made.signing_key.serialize_pem()).unwrap();
        fs::write(self.path("cert.pem"), made.cert.pem()).unwrap();
        made.cert.pem()
    }
}

fn command(certificate: &Path, key: &Path, data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CHINWAG_") {
            command.env_remove(name);
        }
    }
    command.args(["--listen", "127.0.0.1:0", "--admin-listen", "off", "--data"]).arg(data);
    command.arg("--tls-cert").arg(certificate).arg("--tls-key").arg(key);
    command
}

/// A running program, which ends with the test.
struct Program {
    child: Child,
    url: String,
    log: Receiver<String>,
}

impl Program {
    fn start(files: &Files) -> Self {
        let mut child = command(&files.path("cert.pem"), &files.path("key.pem"), &files.path("data"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (saying, log) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            // Ends with the test, or with the program.
            stderr.lines().map_while(Result::ok).try_for_each(|line| saying.send(line))
        });
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let url = first.strip_prefix("Open ").unwrap().trim_end().trim_end_matches('/').to_owned();
        assert!(url.starts_with("https://127.0.0.1:"), "{url}");
        Self { child, url, log }
    }

    fn hang_up(&self) {
        let status = Command::new("kill").args(["-HUP", &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for a line of the log with this in it.
    fn says(&self, what: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.log.recv_timeout(left).unwrap_or_else(|_| panic!("nothing about {what}"));
            if line.contains(what) {
                return line;
            }
        }
    }

    /// A client that believes in this certificate only.
    fn client(&self, certificate: &str) -> Client {
        let tls_roots = TlsRoots::from_pem(certificate.as_bytes()).unwrap();
        Client::with_options(&self.url, &ClientOptions { protocol: Protocol::Http2, tls_roots }).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Fails only if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_new_certificate_is_served_after_sighup() {
    let files = Files::new();
    let first = files.renew();
    let program = Program::start(&files);
    let old = program.client(&first);
    let session = old.guest("Ada").await.unwrap();

    let second = files.renew();
    program.client(&first).server().await.expect("nothing changes before the signal");
    program.hang_up();
    program.says("the certificate was loaded again");
    program.client(&second).server().await.expect("the new certificate is served");
    program.client(&first).server().await.expect_err("and the old one is not");
    session.open_room("tea").await.expect("an open connection goes on");

    // A bad one is told, and the last good one stays.
    fs::write(files.path("key.pem"), "nothing").unwrap();
    program.hang_up();
    let line = program.says("the certificate could not be loaded again; the old one stays in use");
    assert!(line.contains("holds no key in PEM") && line.contains("key.pem"), "{line}");
    program.client(&second).server().await.expect("the last good one stays");

    let third = files.renew();
    program.hang_up();
    program.says("the certificate was loaded again");
    program.client(&third).server().await.expect("a good one is taken again");
}

fn refused(output: &Output, what: &str, next_step: &str) {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.starts_with("error: ") && text.contains(what), "{text}");
    assert!(text.contains(&format!("\n\n  next: {next_step}\n")), "{text}");
    assert!(output.stdout.is_empty(), "it serves nobody");
}

#[test]
fn files_that_are_no_good_are_told_with_the_next_step() {
    let files = Files::new();
    files.renew();
    let put = |name: &str, content: &str| {
        fs::write(files.path(name), content).unwrap();
        files.path(name)
    };
    let (certificate, key) = (files.path("cert.pem"), files.path("key.pem"));
    let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let other_key = put("other.pem", &other.signing_key.serialize_pem());
    let empty = put("empty.pem", "");
    let encrypted = put(
        "encrypted.pem",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    let broken = put("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let absent = files.path("absent.pem");
    let folder = files.folder.path().to_owned();

    let no_certificate = "Name a file with \"-----BEGIN CERTIFICATE-----\" in it; \
                          from DER: openssl x509 -inform der -in FILE -out NEW";
    let no_key = "Name a file with \"-----BEGIN PRIVATE KEY-----\" in it; \
                  from an encrypted one: openssl pkey -in FILE -out NEW";
    for (certificate, key, what, next_step) in [
        (
            &absent,
            &key,
            "there is no certificate file",
            "Name the file that holds the certificate: --tls-cert FILE; or serve without TLS: --tls-cert off \
             --tls-key off",
        ),
        (
            &certificate,
            &absent,
            "there is no key file",
            "Name the file that holds the key: --tls-key FILE; or serve without TLS: --tls-cert off --tls-key off",
        ),
        (&folder, &key, "cannot be read", "Let this user read the file, and nobody who need not."),
        (&empty, &key, "holds no certificate in PEM", no_certificate),
        (&key, &key, "holds no certificate in PEM", no_certificate),
        (&certificate, &empty, "holds no key in PEM", no_key),
        (&certificate, &encrypted, "holds no key in PEM", no_key),
        (
            &certificate,
            &other_key,
            "does not fit the certificate",
            "Name the key that the certificate was made for; in the certificate's file, its own must come first.",
        ),
        (&broken, &key, "cannot be used", "Get a certificate of version 3 for an RSA, ECDSA or Ed25519 key."),
    ] {
        refused(&command(certificate, key, &files.path("data")).output().unwrap(), what, next_step);
    }
}
