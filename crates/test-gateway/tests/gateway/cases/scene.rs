//! Where a case is tried, and what must hold whatever was tried.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::sync::{Mutex, Once};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use tracing::Level;

use super::bystanders::Bystanders;
use crate::server::{Server, Setup};
use crate::wire::Wire;

/// No case takes longer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Part of every text that a case sends, and of no log line.
pub(super) const MARK: &str = "xyzzy";
/// What a server holds for its clients.
const HELD: [&str; 7] = [
    "chinwag_gateway_connections",
    "chinwag_gateway_http2_streams",
    "chinwag_hub_streams",
    "chinwag_hub_sockets",
    "chinwag_hub_polls",
    "chinwag_store_queued",
    "chinwag_store_queued_bytes",
];

/// Tries a case on a server of its own; see [`beside`].
pub(super) async fn scene(case: impl AsyncFnOnce(&Server)) {
    scene_with(|_| {}, case).await;
}

/// The same with another setup.
pub(super) async fn scene_with(change: impl FnOnce(&mut Setup), case: impl AsyncFnOnce(&Server)) {
    // On the heap, for they are large, and so are the cases.
    let server = Box::pin(Server::with(change)).await;
    Box::pin(beside(&server, case(&server))).await;
}

/// Tries a case, and sees that the bystanders and whoever runs the server are served while it goes on and afterwards, that
/// the server then holds no more than before and has not failed, and that the log tells nothing.
pub(crate) async fn beside<T>(server: &Server, case: impl Future<Output = T>) -> T {
    capture_logs();
    tracing::info!(address = %server.address, "a case begins");
    let mut bystanders = Bystanders::arrive(server).await;
    bystanders.talk().await;
    let before = held_at_rest(server).await;
    let done = Cell::new(false);
    let played = async {
        let told = timeout(PATIENCE, case).await.expect("the end of the case");
        done.set(true);
        told
    };
    let beside = async {
        while !done.get() {
            bystanders.talk().await;
            bystanders.probe().await;
            sleep(Duration::from_millis(50)).await;
        }
    };
    let (told, ()) = tokio::join!(played, beside);
    bystanders.talk().await;

    let deadline = Instant::now() + PATIENCE;
    loop {
        let now = held(server).await;
        if now == before {
            break;
        }
        assert!(Instant::now() < deadline, "{HELD:?} was {before:?} and stays {now:?}");
        sleep(Duration::from_millis(20)).await;
    }
    nothing_failed(server).await;
    nothing_was_logged(server);
    told
}

fn nothing_was_logged(server: &Server) {
    let logs = LOGS.lock().unwrap();
    let logs = String::from_utf8_lossy(&logs);
    assert!(logs.contains(&server.address.to_string()), "logs are captured");
    for secret in server.secrets().iter().map(String::as_str).chain([MARK]) {
        let line = logs.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "a secret was logged");
    }
}

async fn held(server: &Server) -> Vec<String> {
    let text = metrics(server).await;
    let value = |name: &&str| {
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("no metric {name}")).to_owned()
    };
    HELD.iter().map(value).collect()
}

async fn metrics(server: &Server) -> String {
    Wire::connect(server.admin).await.ask("GET", "/metrics", &[], "").await.text()
}

/// Nothing that somebody sends is the server's fault.
async fn nothing_failed(server: &Server) {
    let metrics = metrics(server).await;
    let failed = metrics.lines().find(|line| line.contains("status=\"ServerError\""));
    assert_eq!(failed, None, "the server failed");
}

/// Once the connections are gone that people arrived on.
async fn held_at_rest(server: &Server) -> Vec<String> {
    let mut last = held(server).await;
    loop {
        sleep(Duration::from_millis(100)).await;
        let now = held(server).await;
        if now == last {
            return now;
        }
        last = now;
    }
}

/// What all servers of this process log.
static LOGS: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Capture;

impl io::Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOGS.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn capture_logs() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(Level::DEBUG)
            .with_ansi(false)
            .with_writer(|| Capture)
            .try_init()
            .unwrap();
    });
}
