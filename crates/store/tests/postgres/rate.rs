//! How fast: durable messages a second by one to three writers, beside `pgbench` inserting the same rows in the same batches on
//! the same server, before and after. Prints a table, and the same as lines `figure NAME NUMBER` for the long set;
//! `CHINWAG_RATE_SECONDS` says how long each takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chinwag_chat::decide;
use chinwag_protocol::{Actor, ClientId, Conversation, Event};
use chinwag_store::{Postgres, PostgresOptions, Store, Tail};
use chinwag_test_postgres::Cluster;
use uuid::Uuid;

use crate::support::{clock, guest, open_room_of, send};

/// Requests that wait for an answer, of each writer.
const IN_FLIGHT: usize = 1024;

const ROOMS: usize = 1000;

const TEXT: &str =
    "This is a message of about a hundred bytes, as people write them when they have a little more to say.";

struct Nobody;

impl Tail for Nobody {
    fn publish(&self, _: &[Event]) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn durable_messages_a_second() {
    let seconds = std::env::var("CHINWAG_RATE_SECONDS").map_or(1, |seconds| seconds.parse().unwrap());
    let time = Duration::from_secs(seconds);
    let cluster = tokio::task::block_in_place(Cluster::start);
    for writers in 1..=3 {
        let database = cluster.database();
        let opened: Vec<_> = (0..writers)
            .map(|_| {
                let opened = Postgres::open(&database.url, PostgresOptions::default()).unwrap();
                opened.start(decide, clock(), Arc::new(Nobody)).unwrap()
            })
            .collect();
        let ada = guest(&*opened[0]).await;
        let mut rooms = Vec::new();
        for number in 0..ROOMS {
            rooms.push(open_room_of(&*opened[0], ada, &format!("room-{number}")).await);
        }
        let before = floor(&cluster, writers, seconds);
        let (rate, p99) = measure(&opened, ada, &Arc::new(rooms), time).await;
        let after = floor(&cluster, writers, seconds);
        let floor = (before + after) / 2.0;
        println!(
            "{writers} writers: {rate:.0} messages/s, p99 {p99:.1} ms; pgbench alike {before:.0} and {after:.0} rows/s; ratio {:.2}",
            rate / floor
        );
        let figure = |name: &str, value: f64| println!("figure rate_{writers}_writer_{name} {value:.0}");
        figure("messages_per_s", rate);
        figure("p99_us", p99 * 1000.0);
        figure("pgbench_rows_per_s", floor);
        figure("ratio_percent", 100.0 * rate / floor);
        for store in opened {
            store.close().await;
        }
    }
}

async fn measure(
    stores: &[Arc<dyn Store>],
    ada: Actor,
    rooms: &Arc<Vec<Conversation>>,
    time: Duration,
) -> (f64, f64) {
    let (stop, stored) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let tasks: Vec<_> = (0..IN_FLIGHT * stores.len())
        .map(|task| {
            let (store, rooms) = (Arc::clone(&stores[task % stores.len()]), Arc::clone(rooms));
            let (stop, stored) = (Arc::clone(&stop), Arc::clone(&stored));
            tokio::spawn(async move {
                let mut times = Vec::new();
                for number in task.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let room = &rooms[number * 7919 % ROOMS];
                    let started = Instant::now();
                    store.submit(send(ada, room, ClientId::new(Uuid::now_v7()), TEXT)).await.unwrap();
                    times.push(started.elapsed());
                    stored.fetch_add(1, Ordering::Relaxed);
                }
                times
            })
        })
        .collect();
    // Without the beginning, in which everything is loaded.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (before, started) = (stored.load(Ordering::Relaxed), Instant::now());
    tokio::time::sleep(time).await;
    let rate = (stored.load(Ordering::Relaxed) - before) as f64 / started.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    times.sort_unstable();
    (rate, times[times.len() * 99 / 100].as_secs_f64() * 1000.0)
}

/// Rows a second that `pgbench` inserts into a table alike, one client for each writer.
fn floor(cluster: &Cluster, writers: usize, seconds: u64) -> f64 {
    let database = cluster.database();
    // The same table with the same indexes.
    drop(Postgres::open(&database.url, PostgresOptions::default()).unwrap());
    cluster.insert_rate(&database, writers, seconds)
}
