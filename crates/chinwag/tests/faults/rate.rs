//! How fast one, two and three programs on one database store what people send, beside `pgbench` inserting the same rows on the
//! same server, before and after. Prints its figures; `CHINWAG_RATE_SECONDS` says how long each takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use chinwag_client::Protocol;
use chinwag_protocol::ClientId;
use chinwag_store::{Postgres, PostgresOptions};
use chinwag_test_postgres::{Cluster, Database};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::program::Launch;
use crate::settings::{figure, number, random};

/// Who sends to each program, each in a room of its own, over a WebSocket, one message after the other's answer.
const SENDERS: u64 = 256;

const TEXT: &str =
    "This is a message of about a hundred bytes, as people write them when they have a little more to say.";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn durable_sends_by_one_two_and_three_programs() {
    let mut random = random("rate");
    let seconds = number("CHINWAG_RATE_SECONDS", 1);
    let cluster = Cluster::start();
    for programs in 1..=3_usize {
        let database = cluster.database();
        let launches: Vec<_> =
            (0..programs).map(|_| Launch::on_database(&database.url, &mut random)).collect();
        let running: Vec<_> = launches.iter().map(Launch::start).collect();
        let floor = || cluster.insert_rate(&empty(&cluster), programs, seconds);
        let before = floor();
        let (rate, mut times) = measure(&launches, Duration::from_secs(seconds)).await;
        let after = floor();
        times.sort_unstable();
        let share = |part: usize| times[times.len() * part / 100].as_micros() as u64;
        let floor = (before + after) / 2.0;
        for (name, value) in [
            ("sends_per_s", rate as u64),
            ("p50_us", share(50)),
            ("p99_us", share(99)),
            ("pgbench_rows_per_s", floor as u64),
            ("ratio_percent", (100.0 * rate / floor) as u64),
        ] {
            figure(&format!("programs_{programs}_{name}"), value);
        }
        running.into_iter().for_each(crate::program::Program::stop);
    }
}

/// A database with our tables and nothing in them.
fn empty(cluster: &Cluster) -> Database {
    let database = cluster.database();
    drop(Postgres::open(&database.url, PostgresOptions::default()).expect("it can be opened"));
    database
}

/// Sends acknowledged in a second, and how long each waited.
async fn measure(launches: &[Launch], time: Duration) -> (f64, Vec<Duration>) {
    let (stop, stored) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut senders = JoinSet::new();
    for (number, launch) in launches.iter().enumerate() {
        for sender in 0..SENDERS {
            let client = launch.client(Protocol::Http1);
            let (stop, stored) = (Arc::clone(&stop), Arc::clone(&stored));
            senders.spawn(async move {
                let session = client.guest(&format!("Sender {sender}")).await.expect("a guest may come");
                let room = session.open_room(&format!("rate-{number}-{sender}")).await;
                let room = room.expect("a room may be opened").conversation.id;
                let mut socket = session.websocket(None).await.expect("it opens");
                let mut times = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let begun = Instant::now();
                    let id = ClientId::new(Uuid::now_v7());
                    socket.send_message(room, id, TEXT, None).await.expect("it is stored");
                    times.push(begun.elapsed());
                    stored.fetch_add(1, Ordering::Relaxed);
                }
                times
            });
        }
    }
    // All have come, and everything is loaded.
    while stored.load(Ordering::Relaxed) < 4 * SENDERS * launches.len() as u64 {
        sleep(Duration::from_millis(20)).await;
    }
    let (before, began) = (stored.load(Ordering::Relaxed), Instant::now());
    sleep(time).await;
    let rate = (stored.load(Ordering::Relaxed) - before) as f64 / began.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    (rate, senders.join_all().await.concat())
}
