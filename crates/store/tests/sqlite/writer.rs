//! The SQLite writer under failures and load.

use std::fs;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use crate::support::{Seen, clock, guest, open, open_room, say, send, start};
use chinwag_chat::{Decision, Request, State, decide};
use chinwag_protocol::{Actor, ClientId, Code, Command, Conversation, Event, Pos, Problem, Timestamp};
use chinwag_store::{Sqlite, SqliteOptions, Store, Tail};
use parking_lot::Mutex;
use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

/// A commit that the database refuses changes nothing, and the writer goes on when the database does.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_commit_is_told_and_forgotten() {
    let folder = TempDir::new().unwrap();
    let seen = Arc::new(Seen::default());
    let store = start(open(folder.path()), Arc::<Seen>::clone(&seen));
    let ada = guest(&*store).await;
    let room = open_room(&*store, ada).await;
    say(&*store, ada, &room, "one").await.unwrap();

    let other = Connection::open(folder.path().join("chinwag.db")).unwrap();
    other
        .execute_batch("CREATE TRIGGER fail BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'no'); END")
        .unwrap();
    let request = send(ada, &room, ClientId::new(Uuid::now_v7()), "two");
    for _ in 0..3 {
        assert_eq!(store.submit(request.clone()).await, Err(Problem::unavailable()));
        let places = [(ada.device, Pos::new(1))];
        store.record_places(&places).await.unwrap();
    }
    other.execute_batch("DROP TRIGGER fail").unwrap();
    let stored = store.submit(request.clone()).await.unwrap();
    assert_eq!(store.submit(request).await, Ok(stored));
    assert_eq!(say(&*store, ada, &room, "three").await, Ok(3));
    assert_eq!(store.recent(usize::MAX).await.unwrap(), *seen.0.lock());
    store.close().await;
}

fn decide_or_panic(state: &State, request: &Request, now: Timestamp) -> Result<Decision, Problem> {
    if let Request::Command { command: Command::SendMessage { text, .. }, .. } = request {
        assert_ne!(text.as_str(), "panic");
    }
    decide(state, request, now)
}

/// A request on which the rules panic gets an answer, and the next ones are served.
#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_answered() {
    let folder = TempDir::new().unwrap();
    let seen = Arc::new(Seen::default());
    let store = open(folder.path()).start(decide_or_panic, clock(), Arc::<Seen>::clone(&seen)).unwrap();
    let ada = guest(&*store).await;
    let room = open_room(&*store, ada).await;
    for row in 1..=3 {
        assert_eq!(say(&*store, ada, &room, "panic").await, Err(Problem::unavailable()));
        assert_eq!(say(&*store, ada, &room, "no panic").await, Ok(row));
    }
    assert_eq!(store.recent(usize::MAX).await.unwrap(), *seen.0.lock());
    store.close().await;
}

/// Lets the writer go on once for each message.
struct Gate(Mutex<Receiver<()>>);

impl Gate {
    fn new() -> (Sender<()>, Arc<Self>) {
        let (open, gate) = channel();
        (open, Arc::new(Self(Mutex::new(gate))))
    }
}

impl Tail for Gate {
    fn publish(&self, _: &[Event]) {
        // Once the sender is gone, it stands open.
        let _ = self.0.lock().recv();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_at_once() {
    let folder = TempDir::new().unwrap();
    let options = SqliteOptions { queue_requests: 10, queue_bytes: 20_000, ..SqliteOptions::default() };
    let opened = Sqlite::open(folder.path(), options).unwrap();
    let (gate, tail) = Gate::new();
    let store = opened.start(decide, clock(), tail).unwrap();
    for _ in 0..2 {
        gate.send(()).unwrap();
    }
    let ada = guest(&*store).await;
    let room = open_room(&*store, ada).await;
    // The first text takes the writer to the gate and the others fill the queue, in number or in bytes.
    for text in ["short".to_owned(), "x".repeat(9_000)] {
        let tasks: Vec<_> = (0..30)
            .map(|_| {
                let (store, room, text) = (Arc::clone(&store), room.clone(), text.clone());
                tokio::spawn(async move { say(&*store, ada, &room, &text).await })
            })
            .collect();
        let refused = say_until_refused(&*store, ada, &room, &text).await;
        assert_eq!((refused.code, refused.retry_after_seconds), (Code::Overloaded, Some(1)));
        for _ in 0..30 {
            gate.send(()).unwrap();
        }
        for task in tasks {
            drop(task.await.unwrap());
        }
    }
    drop(gate);
    say(&*store, ada, &room, "and again").await.unwrap();
    store.close().await;
}

async fn say_until_refused(store: &dyn Store, ada: Actor, room: &Conversation, text: &str) -> Problem {
    loop {
        let patience = std::time::Duration::from_millis(50);
        if let Ok(Err(problem)) = tokio::time::timeout(patience, say(store, ada, room, text)).await {
            return problem;
        }
    }
}

/// The write-ahead log is emptied while it is written to, and is gone at the end.
#[tokio::test(flavor = "multi_thread")]
async fn the_write_ahead_log_stays_bounded() {
    const TEXT: usize = 30_000;
    const TASKS: usize = 32;
    const EACH: usize = 100;
    // The writer waits for it at 512 MiB; until then it depends on how fast the disk is.
    const MOST: usize = 700 << 20;
    let folder = TempDir::new().unwrap();
    let store = start(open(folder.path()), Arc::new(Seen::default()));
    let ada = guest(&*store).await;
    let room = open_room(&*store, ada).await;
    let log = folder.path().join("chinwag.db-wal");
    let mut written = 0;
    while fs::metadata(&log).unwrap().len() as usize >= written * 9 / 10 {
        assert!(written < MOST, "{written} bytes, and it was never begun anew");
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                let (store, room) = (Arc::clone(&store), room.clone());
                tokio::spawn(async move {
                    for _ in 0..EACH {
                        say(&*store, ada, &room, &"x".repeat(TEXT)).await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        written += TASKS * EACH * TEXT;
    }
    store.close().await;
    assert!(!log.exists());
}
