//! Connections that are cut in each state of a commit, writers that stand still, servers that go and come.
//!
//! `CHINWAG_ROUNDS` says how often the servers go (3).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::proxy::{Fault, Proxy};
use crate::support::{Node, PATIENCE, Seen, clock, eventually, guest, open_room, say, send};
use chinwag_chat::{Reply, decide};
use chinwag_protocol::{Actor, ClientId, Code, Conversation, GapReason, Pos, Seq};
use chinwag_store::{HistoryRange, Postgres, PostgresOpenError, PostgresOptions, StoreError};
use chinwag_test_postgres::{Cluster, Stop, shared};
use uuid::Uuid;

/// Times that each fault comes.
const TIMES: u64 = 20;

/// What comes before the writes is tried again without a word; what is cut after them is looked up, and never stored twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_cut_in_any_state_is_stored_once_or_refused() {
    let database = shared().database();
    let proxy = Proxy::start(shared(), &database).await;
    let (node, other) = (Node::start(&proxy.url).await, Node::start(&database.url).await);
    let ada = guest(&*node.store).await;
    let room = open_room(&*node.store, ada).await;
    let mut row = 0;
    for time in 0..TIMES {
        for (fault, stored) in [
            (Fault::BeforeLock, true),
            (Fault::AfterLock, true),
            (Fault::AfterReads, true),
            (Fault::BeforeCommit, false),
            (Fault::InCommit, false),
            (Fault::AfterCommit, true),
        ] {
            let message = send(ada, &room, ClientId::new(Uuid::now_v7()), &format!("{fault:?} {time}"));
            let before = other.store.head().await.unwrap();
            proxy.arm(fault);
            let answer = node.store.submit(message.clone()).await;
            assert!(proxy.has_struck(), "{fault:?}");
            let head = other.store.head().await.unwrap();
            if stored {
                assert_eq!(head, before.next(), "{fault:?}");
            } else {
                assert_eq!(head, before, "{fault:?}");
                assert_eq!(answer.as_ref().unwrap_err().code, Code::Unavailable, "{fault:?}");
            }
            let again = eventually(async || node.store.submit(message.clone()).await).await;
            if stored {
                assert_eq!(answer.as_ref(), Ok(&again), "{fault:?}");
            }
            assert_eq!(other.store.submit(message).await.as_ref(), Ok(&again), "{fault:?}");
            row += 1;
            assert_eq!(say(&*node.store, ada, &room, "and on").await, Ok(row + 1), "{fault:?}");
            row += 1;
            assert_eq!(node.store.trouble(), None, "{fault:?}");
        }
    }
    let head = Pos::new(2 + row);
    assert_eq!(node.store.head().await.unwrap(), head.next());
    let seen = node.seen_up_to(head.next()).await;
    assert_eq!(other.seen_up_to(head.next()).await, seen);
    node.store.close().await;
    other.store.close().await;
}

/// A writer that stands still while it holds the lock holds the others up for no more than 3 s, and goes on itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_writer_gives_way() {
    let database = shared().database();
    let proxy = Proxy::start(shared(), &database).await;
    let (frozen, other) = (Node::start(&proxy.url).await, Node::start(&database.url).await);
    let ada = guest(&*frozen.store).await;
    let room = open_room(&*frozen.store, ada).await;
    proxy.arm(Fault::FrozenAfterLock);
    let (store, of) = (Arc::clone(&frozen.store), room.clone());
    let waiting = tokio::spawn(async move { say(&*store, ada, &of, "from the frozen one").await });
    while !proxy.has_struck() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let since = Instant::now();
    assert_eq!(say(&*other.store, ada, &room, "from another").await, Ok(1));
    let waited = since.elapsed();
    assert!(waited > Duration::from_secs(1), "it held no lock: {waited:?}");
    assert!(waited < Duration::from_secs(3), "{waited:?}");
    assert_eq!(waiting.await.unwrap(), Ok(2));
    for node in [&frozen, &other] {
        node.seen_up_to(Pos::new(5)).await;
        node.store.close().await;
    }
}

fn rounds() -> usize {
    std::env::var("CHINWAG_ROUNDS").map_or(3, |rounds| rounds.parse().unwrap())
}

/// Sends a message by one node after another until one has stored it, and gives its row.
async fn say_until_stored(nodes: &[Node], first: usize, ada: Actor, room: &Conversation) -> u64 {
    let message = send(ada, room, ClientId::new(Uuid::now_v7()), "again");
    let started = Instant::now();
    for node in nodes.iter().cycle().skip(first % nodes.len()) {
        match node.store.submit(message.clone()).await {
            Ok(Reply::Stored { seq, .. }) => return seq.get(),
            Err(problem) => assert_eq!(problem.code, Code::Unavailable),
            reply => panic!("{reply:?}"),
        }
        assert!(started.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    unreachable!("it goes round")
}

/// People who send without end, each message again until it is stored.
struct Senders {
    stop: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<Vec<u64>>>,
}

impl Senders {
    fn start(nodes: &[Node], ada: Actor, room: &Conversation) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let tasks = (0..6)
            .map(|task| {
                let (nodes, room, stop) = (nodes.to_vec(), room.clone(), Arc::clone(&stop));
                tokio::spawn(async move {
                    let mut rows = Vec::new();
                    while !stop.load(Ordering::Relaxed) {
                        rows.push(say_until_stored(&nodes, task + rows.len(), ada, &room).await);
                    }
                    rows
                })
            })
            .collect();
        Self { stop, tasks }
    }

    /// The rows that were acknowledged, in order.
    async fn end(self) -> Vec<u64> {
        self.stop.store(true, Ordering::Relaxed);
        let mut rows = Vec::new();
        for task in self.tasks {
            rows.extend(task.await.unwrap());
        }
        rows.sort_unstable();
        rows
    }
}

/// Each acknowledged row is there once, and each tail has everything in order.
async fn check(nodes: &[Node], ada: Actor, room: &Conversation, rows: &[u64]) {
    let want: Vec<u64> = (1..=rows.len() as u64).collect();
    assert_eq!(rows, want);
    let head = Pos::new(3 + rows.len() as u64 - 1);
    let seen = nodes[0].seen_up_to(head.next()).await;
    for node in nodes {
        assert_eq!(node.seen_up_to(head.next()).await, seen);
        let all = HistoryRange::After(Seq::ZERO);
        let history = eventually(async || {
            let history = node.store.history(ada.account, room.id, all, usize::MAX).await?;
            Ok::<_, StoreError>(history.unwrap())
        });
        let seqs: Vec<u64> = history.await.messages.iter().map(|(seq, ..)| seq.get()).collect();
        assert_eq!(seqs, want);
        eventually(async || node.store.trouble().map_or(Ok(()), Err)).await;
        node.store.close().await;
    }
}

async fn three(url: &str) -> [Node; 3] {
    [Node::start(url).await, Node::start(url).await, Node::start(url).await]
}

/// By turns as an operator does it and as a crash does. Reads go on too.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_restarted_loses_nothing() {
    let cluster = Cluster::start();
    let nodes = three(&cluster.database().url).await;
    let ada = guest(&*nodes[0].store).await;
    let room = open_room(&*nodes[0].store, ada).await;
    let senders = Senders::start(&nodes, ada, &room);
    for round in 0..rounds() {
        let before = nodes[0].seen().len();
        while nodes[0].seen().len() < before + 20 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::task::block_in_place(|| {
            cluster.stop(if round % 2 == 0 { Stop::Immediate } else { Stop::Fast });
            cluster.start_again();
        });
        eventually(async || nodes[round % 3].store.head().await).await;
    }
    let rows = senders.end().await;
    assert!(rows.len() > 20 * rounds());
    check(&nodes, ada, &room, &rows).await;
}

/// The standby takes over for good: what was acknowledged is there, in a new epoch, and old cursors are good.
#[tokio::test(flavor = "multi_thread")]
async fn a_standby_takes_over() {
    for _ in 0..rounds().div_ceil(3) {
        let (primary, standby) = tokio::task::block_in_place(|| {
            let primary = Cluster::start();
            let standby = primary.synchronous_standby();
            (primary, standby)
        });
        let database = primary.database();
        // It hears of the new database a moment later.
        eventually(async || match Postgres::open(&standby.url(&database.name), PostgresOptions::default()) {
            Err(PostgresOpenError::Standby { .. }) => Ok(()),
            other => Err(other.map(drop)),
        })
        .await;

        let url = primary.url_with(&standby, &database.name);
        let nodes = three(&url).await;
        let ada = guest(&*nodes[0].store).await;
        let room = open_room(&*nodes[0].store, ada).await;
        let place = nodes[0].store.epochs().place(nodes[0].store.head().await.unwrap());
        let senders = Senders::start(&nodes, ada, &room);
        while nodes[0].seen().len() < 100 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::task::block_in_place(|| {
            primary.stop(Stop::Immediate);
            standby.promote();
        });
        let before = nodes[0].seen().len();
        while nodes[0].seen().len() < before + 100 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let rows = senders.end().await;
        let head = nodes[0].store.head().await.unwrap();
        for node in &nodes {
            assert_eq!(node.store.epochs().pos(place, head), Ok(place.pos));
            assert_ne!(node.store.epochs().place(head).epoch, place.epoch);
            assert_eq!(node.seen.1.lock().as_ref(), Some(&node.store.epochs()), "the tail was not told");
        }
        check(&nodes, ada, &room, &rows).await;
    }
}

/// A database that was put back to an earlier point is another incarnation: places in what is lost are known as such.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_put_back_begins_an_epoch() {
    let (old, new) = (shared().database(), shared().database());
    let node = Node::start(&old.url).await;
    let ada = guest(&*node.store).await;
    let room = open_room(&*node.store, ada).await;
    say(&*node.store, ada, &room, "kept").await.unwrap();
    let kept = node.store.epochs().place(node.store.head().await.unwrap());
    tokio::task::block_in_place(|| shared().copy(&old.name, &new.name));
    say(&*node.store, ada, &room, "lost").await.unwrap();
    let lost = node.store.epochs().place(node.store.head().await.unwrap());
    node.store.close().await;

    let seen = Arc::new(Seen::default());
    let opened = Postgres::open(&new.url, PostgresOptions::default()).unwrap();
    assert_eq!(opened.head().unwrap(), kept.pos);
    let restored = opened.start(decide, clock(), Arc::<Seen>::clone(&seen)).unwrap();
    assert_eq!(say(&*restored, ada, &room, "instead").await, Ok(2));
    let head = restored.head().await.unwrap();
    assert_eq!(restored.epochs().pos(kept, head), Ok(kept.pos));
    assert_eq!(restored.epochs().pos(lost, head), Err(GapReason::Ahead));
    let epochs = restored.epochs();
    restored.close().await;

    // The same one again is no new incarnation.
    let again = Postgres::open(&new.url, PostgresOptions::default()).unwrap();
    assert_eq!(again.epochs(), epochs);
}

/// A server that has shown what is not there any more stores nothing, says so, and is good again when it was restarted.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_shown_and_is_gone_needs_a_restart() {
    let database = shared().database();
    let node = Node::start(&database.url).await;
    let ada = guest(&*node.store).await;
    let room = open_room(&*node.store, ada).await;
    say(&*node.store, ada, &room, "lost").await.unwrap();
    let lose = "DELETE FROM event WHERE pos = 4; DELETE FROM batch WHERE pos = 4; UPDATE head SET pos = 3";
    tokio::task::block_in_place(|| shared().sql(&database.name, lose));
    for _ in 0..3 {
        assert_eq!(say(&*node.store, ada, &room, "no").await.unwrap_err().code, Code::Unavailable);
        let reason = node.store.trouble().unwrap();
        assert!(reason.contains("Restart this server"), "{reason}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    node.store.close().await;
    let opened = Postgres::open(&database.url, PostgresOptions::default()).unwrap();
    let restarted = opened.start(decide, clock(), Arc::new(Seen::default())).unwrap();
    assert_eq!(say(&*restarted, ada, &room, "instead").await, Ok(1));
    restarted.close().await;
}
