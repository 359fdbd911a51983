//! Rows of timelines on their way from memory into the database.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{Seen, guest, open, open_folding, open_room_of, say, start};
use chinwag_protocol::{Actor, Conversation, Pos, Problem, Seq, Timestamp};
use chinwag_store::{HistoryRange, Limits, PageEnd, Sqlite, SqliteOptions, Store};
use prometheus_client::registry::Registry;
use rusqlite::Connection;
use tempfile::TempDir;

const ROOMS: [&str; 5] = ["a", "b", "c", "d", "e"];

async fn rooms(store: &dyn Store, ada: Actor) -> Vec<Conversation> {
    let mut rooms = Vec::new();
    for slug in ROOMS {
        rooms.push(open_room_of(store, ada, slug).await);
    }
    rooms
}

/// What the file says of the timelines is what the log in it says, as far as they have come in.
pub(crate) fn timelines_are_whole(database: &Path) {
    let connection = Connection::open(database).unwrap();
    let (done, until, folded): (i64, i64, i64) = connection
        .query_row("SELECT done, until, folded FROM fold", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    let rows = |sql: &str, parameters: &[i64]| -> Vec<(Vec<u8>, i64, i64)> {
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map(rusqlite::params_from_iter(parameters), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        });
        rows.unwrap().map(Result::unwrap).collect()
    };
    let mut want = rows("SELECT topic, seq, pos FROM event WHERE pos <= ?1", &[done]);
    want.extend(rows(
        "SELECT topic, seq, pos FROM event WHERE pos > ?1 AND pos <= ?2 ORDER BY topic, seq LIMIT ?3",
        &[done, until, folded],
    ));
    want.sort_unstable();
    assert_eq!(rows("SELECT topic, seq, pos FROM timeline ORDER BY topic, seq", &[]), want);
}

fn number_of(store: &dyn Store, metric: &str) -> usize {
    let mut registry = Registry::default();
    store.metrics().register(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    let number = text.lines().find_map(|line| line.strip_prefix(metric)?.strip_prefix(' '));
    number.unwrap().parse().unwrap()
}

/// Who reads while rows are folded, however often, sees each timeline without a hole up to the head of its snapshot.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_beside_the_writer_misses_nothing() {
    for recent_rows in [1, 2, 7, 50] {
        let folder = TempDir::new().unwrap();
        let store = start(open_folding(folder.path(), recent_rows), Arc::new(Seen::default()));
        let ada = guest(&*store).await;
        let rooms = rooms(&*store, ada).await;
        let done = Arc::new(AtomicBool::new(false));
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let (store, done, room) = (Arc::clone(&store), Arc::clone(&done), rooms[0].clone());
                tokio::spawn(async move {
                    let mut after = Pos::ZERO;
                    while !done.load(Ordering::Relaxed) {
                        after = read_everything(&*store, ada, &room, after).await;
                    }
                })
            })
            .collect();
        let writers: Vec<_> = rooms
            .iter()
            .map(|room| {
                let (store, room) = (Arc::clone(&store), room.clone());
                tokio::spawn(async move {
                    for row in 1..=200 {
                        assert_eq!(say(&*store, ada, &room, "hello").await, Ok(row));
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        done.store(true, Ordering::Relaxed);
        for reader in readers {
            reader.await.unwrap();
        }
        store.close().await;
        timelines_are_whole(&folder.path().join("chinwag.db"));
    }
}

/// Everything in the log is Ada's, so that each answer must hold all of it.
async fn read_everything(store: &dyn Store, ada: Actor, room: &Conversation, after: Pos) -> Pos {
    let limits = Limits {
        events: 1 << 20,
        bytes: 1 << 30,
        missed_events: 1 << 20,
        missed_ms: i64::MAX,
        now: Timestamp::from_millis(0),
    };
    let mut last = after;
    // From where the last reading ended, and from the beginning, where the database has most of it.
    for after in [after, Pos::ZERO] {
        let page = store.page(&[ada.account], after, limits).await.unwrap();
        let PageEnd::Head(head) = page.end else { panic!("{:?}", page.end) };
        let positions: Vec<u64> = page.events.iter().map(|event| event.pos.get()).collect();
        assert_eq!(positions, (after.get() + 1..=head.get()).collect::<Vec<_>>());
        last = head;
    }

    let topics = store.topics(ada.account).await.unwrap();
    let rows: u64 = topics.conversations.iter().map(|topic| topic.seq.get()).sum();
    // Beside the messages there are the guest, and a creation and a joining for each room.
    assert_eq!(rows + 1 + 2 * ROOMS.len() as u64, topics.head.get());

    let sync = store.sync(ada.account, None, 10).await.unwrap();
    assert_eq!(sync.conversations.iter().map(|row| row.n).sum::<u64>() + 11, sync.head.get());

    let all = HistoryRange::After(Seq::ZERO);
    let history = store.history(ada.account, room.id, all, usize::MAX).await.unwrap().unwrap();
    let seqs: Vec<u64> = history.messages.iter().map(|(seq, ..)| seq.get()).collect();
    assert_eq!(seqs, (1..=history.to.get()).collect::<Vec<_>>());
    last
}

/// However the rows are spread over topics, and however the store is stopped and started, memory and the part of the log
/// that a start reads keep to their bounds.
#[tokio::test(flavor = "multi_thread")]
async fn memory_is_bounded_across_restarts() {
    const ROWS: usize = 10;
    let folder = TempDir::new().unwrap();
    let store = start(open_folding(folder.path(), ROWS), Arc::new(Seen::default()));
    let ada = guest(&*store).await;
    let rooms = rooms(&*store, ada).await;
    store.close().await;
    let mut written = 0;
    for round in 0..12 {
        let store = start(open_folding(folder.path(), ROWS), Arc::new(Seen::default()));
        // Seven at a time, in one room or in all, so that no run sees a whole round.
        for number in 0..7 {
            let room = if round % 2 == 0 { &rooms[0] } else { &rooms[number % rooms.len()] };
            say(&*store, ada, room, "hello").await.unwrap();
            written += 1;
            let recent = number_of(&*store, "chinwag_store_recent_rows");
            assert!(recent <= 2 * ROWS, "{recent} rows after {written} messages");
        }
        store.close().await;
        timelines_are_whole(&folder.path().join("chinwag.db"));
    }
    // Other bounds than those with which it was written.
    for rows in [1, 1000, 3] {
        let store = start(open_folding(folder.path(), rows), Arc::new(Seen::default()));
        for _ in 0..7 {
            say(&*store, ada, &rooms[1], "hello").await.unwrap();
            read_everything(&*store, ada, &rooms[0], Pos::ZERO).await;
        }
        store.close().await;
        timelines_are_whole(&folder.path().join("chinwag.db"));
    }
}

/// Long texts are folded before there are many, since a start reads past them.
#[tokio::test(flavor = "multi_thread")]
async fn memory_is_bounded_in_bytes_of_text() {
    let folder = TempDir::new().unwrap();
    let options = SqliteOptions { recent_bytes: 10_000, ..SqliteOptions::default() };
    let opened = || Sqlite::open(folder.path(), options.clone()).unwrap();
    let store = start(opened(), Arc::new(Seen::default()));
    let ada = guest(&*store).await;
    let rooms = rooms(&*store, ada).await;
    for number in 0..30 {
        say(&*store, ada, &rooms[number % 5], &"x".repeat(3_000)).await.unwrap();
    }
    // Four long texts are full, and the eleven rows of the beginning were folded with the first.
    assert!(number_of(&*store, "chinwag_store_recent_rows") <= 8);
    store.close().await;
    // What a start finds counts as it did before.
    let store = start(opened(), Arc::new(Seen::default()));
    for room in &rooms[..4] {
        say(&*store, ada, room, &"x".repeat(3_000)).await.unwrap();
        assert!(number_of(&*store, "chinwag_store_recent_rows") <= 8);
    }
    read_everything(&*store, ada, &rooms[0], Pos::ZERO).await;
    store.close().await;
}

/// A commit that fails while it folds leaves nothing behind, neither in the database nor in memory.
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_while_folding_is_told_and_forgotten() {
    for recent_rows in [1, 3] {
        let folder = TempDir::new().unwrap();
        let seen = Arc::new(Seen::default());
        let store = start(open_folding(folder.path(), recent_rows), Arc::<Seen>::clone(&seen));
        let ada = guest(&*store).await;
        let rooms = rooms(&*store, ada).await;
        say(&*store, ada, &rooms[0], "one").await.unwrap();
        let other = Connection::open(folder.path().join("chinwag.db")).unwrap();
        for table in ["INSERT ON timeline", "UPDATE ON fold"] {
            let trigger = format!("CREATE TRIGGER fail BEFORE {table} BEGIN SELECT RAISE(ABORT, 'no'); END");
            other.execute_batch(&trigger).unwrap();
            let mut refused = 0;
            while refused < 3 {
                match say(&*store, ada, &rooms[1], "two").await {
                    Ok(_) => {}
                    Err(problem) => {
                        assert_eq!(problem, Problem::unavailable());
                        refused += 1;
                    }
                }
                read_everything(&*store, ada, &rooms[1], Pos::ZERO).await;
            }
            other.execute_batch("DROP TRIGGER fail").unwrap();
        }
        for room in &rooms {
            for _ in 0..3 {
                say(&*store, ada, room, "three").await.unwrap();
                read_everything(&*store, ada, room, Pos::ZERO).await;
            }
        }
        assert_eq!(store.recent(usize::MAX).await.unwrap(), *seen.0.lock());
        store.close().await;
        timelines_are_whole(&folder.path().join("chinwag.db"));
    }
}

/// What cannot be is refused at the start, not found out by a reader.
#[tokio::test(flavor = "multi_thread")]
async fn a_hand_that_points_nowhere_is_damage() {
    let folder = TempDir::new().unwrap();
    let store = start(open(folder.path()), Arc::new(Seen::default()));
    guest(&*store).await;
    store.close().await;
    let other = Connection::open(folder.path().join("chinwag.db")).unwrap();
    other.execute_batch("UPDATE fold SET until = 1, folded = 2").unwrap();
    let opened = open(folder.path());
    let refusal = opened.start(chinwag_chat::decide, crate::support::clock(), Arc::new(Seen::default()));
    let refusal = refusal.unwrap_err().to_string();
    assert!(refusal.contains("2 rows up to 1 are not in the log"), "{refusal}");
}
