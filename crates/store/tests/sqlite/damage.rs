//! What the disk has changed is found: in the write-ahead log at the start, in a row when it is read, everywhere by a check.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::support::{Seen, guest, open, open_folding, open_room, open_room_of, say, start};
use chinwag_protocol::{Actor, Conversation, Seq, Timestamp};
use chinwag_store::{HistoryRange, Limits, OpenError, Sqlite, SqliteOptions, StoreError};
use rusqlite::Connection;
use tempfile::TempDir;

/// A closed database: Ada's room with the messages "one", "two", "three" at positions 4, 5 and 6, which are in the tables, and
/// some more in another room, of which the last are not.
async fn stored() -> (TempDir, Actor, Conversation) {
    let folder = TempDir::new().unwrap();
    let store = start(open_folding(folder.path(), 1), Arc::new(Seen::default()));
    let ada = guest(&*store).await;
    let room = open_room(&*store, ada).await;
    for text in ["one", "two", "three"] {
        say(&*store, ada, &room, text).await.unwrap();
    }
    let later = open_room_of(&*store, ada, "later").await;
    for _ in 0..3 {
        say(&*store, ada, &later, "later").await.unwrap();
    }
    store.close().await;
    assert_eq!(Sqlite::check(folder.path()).unwrap().faults, [""; 0]);
    (folder, ada, room)
}

fn database(folder: &TempDir) -> PathBuf {
    folder.path().join("chinwag.db")
}

fn change(folder: &TempDir, sql: &str) {
    Connection::open(database(folder)).unwrap().execute_batch(sql).unwrap();
}

fn limits() -> Limits {
    Limits {
        events: 100,
        bytes: 1 << 20,
        missed_events: 100,
        missed_ms: i64::MAX,
        now: Timestamp::from_millis(0),
    }
}

/// What history, catching up, and the fill of the window say of damage.
async fn readings(folder: &TempDir, ada: Actor, room: &Conversation) -> [Result<(), StoreError>; 3] {
    let opened = open(folder.path());
    let window = opened.recent(1 << 20).map(drop);
    let store = start(opened, Arc::new(Seen::default()));
    let all = HistoryRange::After(Seq::ZERO);
    let history = store.history(ada.account, room.id, all, 100).await.map(drop);
    let page = store.page(&[ada.account], chinwag_protocol::Pos::ZERO, limits()).await.map(drop);
    store.close().await;
    [history, page, window]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_row_is_served_to_nobody() {
    for change_of in [
        "text = 'twO'",
        "text = NULL",
        "at = at + 1",
        "n = 3",
        "seq = 7",
        "kind = 2, target = 1",
        "sender = x'aa000000000000000000000000000001'",
        "client_id = x'aa000000000000000000000000000001'",
        "hash = x'aa000000000000000000000000000001'",
        "deleted_by = 3",
        "topic = x'aa000000000000000000000000000001'",
        "checksum = checksum + 1",
    ] {
        let (folder, ada, room) = stored().await;
        change(&folder, &format!("UPDATE event SET {change_of} WHERE pos = 5"));
        for reading in readings(&folder, ada, &room).await {
            assert!(matches!(reading, Err(StoreError::Damaged { .. })), "{change_of}: {reading:?}");
        }
        assert_ne!(Sqlite::check(folder.path()).unwrap().faults, [""; 0], "{change_of}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_in_the_file_is_served_to_nobody() {
    let (folder, ada, room) = stored().await;
    let bytes = fs::read(database(&folder)).unwrap();
    let places: Vec<usize> = (0..bytes.len() - 5).filter(|&at| &bytes[at..at + 5] == b"three").collect();
    assert_eq!(places.len(), 1);
    let file = File::options().write(true).open(database(&folder)).unwrap();
    file.write_all_at(&[bytes[places[0]] ^ 0x20], places[0] as u64).unwrap();
    for reading in readings(&folder, ada, &room).await {
        let Err(StoreError::Damaged { place, what }) = reading else { panic!("{reading:?}") };
        assert_eq!((place.as_str(), what.as_str()), ("event 6", "its checksum is wrong"));
    }
    assert_eq!(Sqlite::check(folder.path()).unwrap().faults, ["event 6: its checksum is wrong"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeline_that_points_elsewhere_is_served_to_nobody() {
    for change_of in [
        // At a room of somebody else, at a row of the same room, at nothing.
        "UPDATE timeline SET pos = 15 WHERE pos = 5",
        "UPDATE timeline SET pos = 4 WHERE pos = 5",
        "UPDATE timeline SET pos = 50 WHERE pos = 5",
        "DELETE FROM timeline WHERE pos = 5",
        "UPDATE timeline SET seq = 9 WHERE pos = 5",
    ] {
        let (folder, ada, room) = stored().await;
        let store = start(open_folding(folder.path(), 1), Arc::new(Seen::default()));
        let eve = guest(&*store).await;
        let other = open_room_of(&*store, eve, "other").await;
        for _ in 0..3 {
            say(&*store, eve, &other, "secret").await.unwrap();
        }
        store.close().await;
        change(&folder, change_of);
        let [history, page, _] = readings(&folder, ada, &room).await;
        for reading in [history, page] {
            assert!(matches!(reading, Err(StoreError::Damaged { .. })), "{change_of}: {reading:?}");
        }
        let faults = Sqlite::check(folder.path()).unwrap().faults;
        assert_eq!(faults, ["the table timeline does not say what the log says"], "{change_of}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_compares_every_table_with_the_log() {
    for (change_of, fault) in [
        ("UPDATE member SET visible_from = 2", "the table member does not say what the log says"),
        ("DELETE FROM member", "the table member does not say what the log says"),
        ("UPDATE device SET account = zeroblob(16)", "the table device does not say what the log says"),
        ("UPDATE epoch SET first = 100", "the table epoch does not say what the log says"),
        (
            "INSERT INTO conversation VALUES (zeroblob(16), 1, 'x', 'x', zeroblob(16), NULL, '', 0, 0, 1, 0, 1, 0)",
            "the table conversation does not say what the log says",
        ),
        ("DELETE FROM event WHERE pos = 5", "events 5 to 5 are missing"),
    ] {
        let (folder, ..) = stored().await;
        change(&folder, change_of);
        let faults = Sqlite::check(folder.path()).unwrap().faults;
        assert_eq!(faults[0], fault);
    }
}

/// A start reads the log's end.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_end_is_refused_at_the_start() {
    let (folder, ..) = stored().await;
    change(&folder, "UPDATE event SET text = 'before' WHERE pos = (SELECT max(pos) FROM event)");
    let opened = open(folder.path());
    let refusal = opened.start(chinwag_chat::decide, crate::support::clock(), Arc::new(Seen::default()));
    let refusal = refusal.unwrap_err();
    assert!(matches!(refusal, OpenError::Damaged { .. }), "{refusal}");
    assert!(refusal.to_string().ends_with("event 11: its checksum is wrong"), "{refusal}");
}

/// What is damaged fails by itself; the writer and everybody else go on.
#[tokio::test(flavor = "multi_thread")]
async fn damage_in_one_room_leaves_the_others_alone() {
    let (folder, ada, room) = stored().await;
    change(&folder, "UPDATE event SET n = 7 WHERE pos = 6");
    let store = start(open(folder.path()), Arc::new(Seen::default()));
    // Its number would go on from the damaged row's.
    assert!(say(&*store, ada, &room, "four").await.is_err());
    let other = open_room_of(&*store, ada, "other").await;
    assert_eq!(say(&*store, ada, &other, "one").await, Ok(1));
    // In one batch as well.
    let sends = (0..40).map(|number| {
        let (store, room) = (Arc::clone(&store), if number % 4 == 0 { &room } else { &other }.clone());
        tokio::spawn(async move { say(&*store, ada, &room, "more").await.is_ok() })
    });
    for (number, sent) in sends.collect::<Vec<_>>().into_iter().enumerate() {
        assert_eq!(sent.await.unwrap(), number % 4 != 0);
    }
    assert_eq!(store.trouble(), None);
    store.close().await;
}

/// The files of a process that dies after three commits of a message each: the database and its log.
async fn killed() -> (TempDir, Actor, Conversation) {
    let (folder, copy) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let store = start(open(folder.path()), Arc::new(Seen::default()));
    let ada = guest(&*store).await;
    let room = open_room(&*store, ada).await;
    for text in ["one", "two", "three"] {
        say(&*store, ada, &room, text).await.unwrap();
    }
    for file in ["chinwag.db", "chinwag.db-wal"] {
        fs::copy(folder.path().join(file), copy.path().join(file)).unwrap();
    }
    store.close().await;
    (copy, ada, room)
}

fn log(folder: &Path) -> PathBuf {
    folder.join("chinwag.db-wal")
}

/// The numbers of the frames that end a commit, from 0, and the size of a frame.
fn commits(folder: &Path) -> Vec<usize> {
    let bytes = fs::read(log(folder)).unwrap();
    let frames = bytes[32..].chunks_exact(FRAME);
    frames.enumerate().filter(|(_, frame)| frame[4..8] != [0; 4]).map(|(number, _)| number).collect()
}

const FRAME: usize = 4096 + 24;

fn flip(folder: &Path, at: usize) {
    let file = File::options().read(true).write(true).open(log(folder)).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at as u64).unwrap();
    file.write_all_at(&[byte[0] ^ 4], at as u64).unwrap();
}

async fn messages(folder: &TempDir, ada: Actor, room: &Conversation) -> Vec<String> {
    let store = start(open(folder.path()), Arc::new(Seen::default()));
    let history = store.history(ada.account, room.id, HistoryRange::Newest, 100).await.unwrap().unwrap();
    store.close().await;
    history.messages.into_iter().map(|(.., message)| message.text).collect()
}

/// SQLite alone would take the log to end before the damage, and what was committed after it would be gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_damaged_in_its_middle_is_refused() {
    let (folder, ..) = killed().await;
    let last = commits(folder.path());
    let before_last = 32 + (last[last.len() - 2] + 1) * FRAME;
    // Every frame of all commits but the last: its page's number, its size, its checksum, its page.
    for frame in (32..before_last).step_by(FRAME) {
        for at in [3, 7, 17, 23, 24, 24 + 4095] {
            flip(folder.path(), frame + at);
            let refusal = Sqlite::open(folder.path(), SqliteOptions::default()).unwrap_err();
            assert!(matches!(refusal, OpenError::Damaged { .. }), "{refusal}");
            flip(folder.path(), frame + at);
        }
    }
    // The header: kind, size of a page, salts, checksum.
    for at in [0, 3, 10, 16, 23, 24, 31] {
        flip(folder.path(), at);
        let refusal = Sqlite::open(folder.path(), SqliteOptions::default()).unwrap_err();
        assert!(refusal.to_string().contains("header"), "{refusal}");
        flip(folder.path(), at);
    }
    let file = File::options().write(true).open(log(folder.path())).unwrap();
    file.write_all_at(&[0; 32], 0).unwrap();
    let refusal = Sqlite::open(folder.path(), SqliteOptions::default()).unwrap_err();
    assert!(refusal.to_string().contains("is missing"), "{refusal}");
}

/// An unfinished commit and a finished one that was damaged look the same at the end of the log. It does not count, and a new
/// epoch makes known who had more.
#[tokio::test(flavor = "multi_thread")]
async fn a_torn_end_is_dropped_and_begins_an_epoch() {
    let all = ["one", "two", "three"];
    let (folder, ada, room) = killed().await;
    let number = |folder: &TempDir| {
        let connection = Connection::open(database(folder)).unwrap();
        connection.query_row("SELECT count(*) FROM epoch", [], |row| row.get::<_, u32>(0)).unwrap()
    };
    assert_eq!(messages(&folder, ada, &room).await, all);
    // The copy is another file.
    assert_eq!(number(&folder), 2);

    for torn in 0..3 {
        let (folder, ada, room) = killed().await;
        let end = 32 + (commits(folder.path()).last().unwrap() + 1) * FRAME;
        let file = File::options().write(true).open(log(folder.path())).unwrap();
        match torn {
            // A sector that was not written, a size that was not, a page of which half is there.
            0 => flip(folder.path(), end - 100),
            1 => file.set_len(end as u64 - 1).unwrap(),
            _ => file.write_all_at(&[0; 2048], end as u64 - 2048).unwrap(),
        }
        assert_eq!(messages(&folder, ada, &room).await, all[..2]);
        let store = start(open(folder.path()), Arc::new(Seen::default()));
        assert_eq!(say(&*store, ada, &room, "instead").await, Ok(3));
        store.close().await;
    }
}
