//! Backups: taken beside the writer, put back, refused.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{Seen, guest, open, open_folding, open_room, say, start};
use chinwag_protocol::{GapReason, Pos, Seq};
use chinwag_store::{CopyError, HistoryRange, OpenError, Sqlite};
use rusqlite::Connection;
use tempfile::TempDir;

/// While four writers write and timelines are folded all the time. Each backup is the log up to some moment, and no less
/// than what was answered before it began.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_beside_the_writer_is_one_moment() {
    for recent_rows in [2, 100_000] {
        let parent = TempDir::new().unwrap();
        let folder = parent.path().join("data");
        let store = start(open_folding(&folder, recent_rows), Arc::new(Seen::default()));
        let ada = guest(&*store).await;
        let room = open_room(&*store, ada).await;
        let done = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..4)
            .map(|_| {
                let (store, room, done) = (Arc::clone(&store), room.clone(), Arc::clone(&done));
                tokio::spawn(async move {
                    while !done.load(Ordering::Relaxed) {
                        say(&*store, ada, &room, "hello").await.unwrap();
                    }
                })
            })
            .collect();
        for number in 0..5 {
            // What this is answered, with all before it.
            let row = say(&*store, ada, &room, "before the backup").await.unwrap();
            let (data, target) = (folder.clone(), parent.path().join(format!("{number}.db")));
            let into = target.clone();
            let checked = tokio::task::spawn_blocking(move || Sqlite::backup(&data, &into)).await.unwrap();
            let checked = checked.unwrap();
            assert!(checked.events >= row + 3, "{checked:?} after row {row}");
            assert_eq!(checked.without_checksum, 0);

            let restored = parent.path().join(format!("restored-{number}"));
            assert_eq!(Sqlite::restore(&target, &restored).unwrap(), checked);
            let copy = start(open(&restored), Arc::new(Seen::default()));
            let all = HistoryRange::After(Seq::ZERO);
            let history = copy.history(ada.account, room.id, all, usize::MAX).await.unwrap().unwrap();
            let seqs: Vec<u64> = history.messages.iter().map(|(seq, ..)| seq.get()).collect();
            assert_eq!(seqs, (1..=checked.events - 3).collect::<Vec<_>>());
            copy.close().await;
        }
        done.store(true, Ordering::Relaxed);
        for writer in writers {
            writer.await.unwrap();
        }
        assert_eq!(store.trouble(), None);
        store.close().await;
    }
}

/// Wherever it is put, and however: it was never in use, so a new epoch begins.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_back_is_a_new_incarnation() {
    let parent = TempDir::new().unwrap();
    let (folder, backup) = (parent.path().join("data"), parent.path().join("backup.db"));
    let store = start(open(&folder), Arc::new(Seen::default()));
    let ada = guest(&*store).await;
    let room = open_room(&*store, ada).await;
    let kept = store.epochs().place(store.head().await.unwrap());
    Sqlite::backup(&folder, &backup).unwrap();
    say(&*store, ada, &room, "lost").await.unwrap();
    let lost = store.epochs().place(store.head().await.unwrap());
    store.close().await;

    // Over the old file, whose inode it keeps.
    fs::write(folder.join("chinwag.db"), fs::read(&backup).unwrap()).unwrap();
    let by_restore = parent.path().join("restored");
    Sqlite::restore(&backup, &by_restore).unwrap();
    for folder in [&folder, &by_restore] {
        let store = start(open(folder), Arc::new(Seen::default()));
        assert_eq!(say(&*store, ada, &room, "instead").await, Ok(1));
        let head = store.head().await.unwrap();
        assert_eq!(store.epochs().pos(kept, head), Ok(Pos::new(3)));
        assert_eq!(store.epochs().pos(lost, head), Err(GapReason::Ahead));
        store.close().await;
    }
}

/// One file for its owner, and nothing else is left, whether or not a server has the folder.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_one_file_and_replaces_none() {
    let parent = TempDir::new().unwrap();
    let (folder, backups) = (parent.path().join("data"), parent.path().join("backups"));
    fs::create_dir(&backups).unwrap();
    let backup = backups.join("one.db");
    let missing = Sqlite::backup(&folder, &backup).unwrap_err();
    assert!(matches!(missing, CopyError::Missing { .. }), "{missing}");

    let store = start(open(&folder), Arc::new(Seen::default()));
    let ada = guest(&*store).await;
    let room = open_room(&*store, ada).await;
    say(&*store, ada, &room, "one").await.unwrap();
    assert_eq!(Sqlite::backup(&folder, &backup).unwrap().events, 4);
    let before = fs::read(&backup).unwrap();
    let taken = Sqlite::backup(&folder, &backup).unwrap_err();
    assert!(matches!(taken, CopyError::Exists { .. }), "{taken}");
    assert_eq!(fs::read(&backup).unwrap(), before);
    store.close().await;

    assert_eq!(Sqlite::backup(&folder, &backups.join("two.db")).unwrap().events, 4);
    let mut files: Vec<_> = fs::read_dir(&backups).unwrap().map(|file| file.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["one.db", "two.db"]);
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_log_gives_no_backup() {
    let parent = TempDir::new().unwrap();
    let (folder, backup) = (parent.path().join("data"), parent.path().join("backup.db"));
    let store = start(open(&folder), Arc::new(Seen::default()));
    let ada = guest(&*store).await;
    let room = open_room(&*store, ada).await;
    say(&*store, ada, &room, "one").await.unwrap();
    store.close().await;
    let database = Connection::open(folder.join("chinwag.db")).unwrap();
    database.execute_batch("UPDATE event SET text = 'two' WHERE pos = 4").unwrap();
    drop(database);
    let refusal = Sqlite::backup(&folder, &backup).unwrap_err();
    assert!(matches!(refusal, CopyError::Open(OpenError::Damaged { .. })), "{refusal}");
    assert!(refusal.to_string().contains("event 4: its checksum is wrong"), "{refusal}");
    assert!(!backup.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_backup_is_not_put_back() {
    let parent = TempDir::new().unwrap();
    let path = |name: &str| parent.path().join(name);
    let store = start(open(&path("data")), Arc::new(Seen::default()));
    let ada = guest(&*store).await;
    open_room(&*store, ada).await;
    Sqlite::backup(&path("data"), &path("good.db")).unwrap();

    let restore = |file: &str, folder: &str| Sqlite::restore(&path(file), &path(folder)).unwrap_err();
    assert!(matches!(restore("good.db", "data"), CopyError::Open(OpenError::Locked { .. })));
    // The files of a running server, of which a part lies beside the database.
    assert!(matches!(restore("data/chinwag.db", "new"), CopyError::InUse { .. }));
    store.close().await;
    assert!(matches!(restore("good.db", "data"), CopyError::NotEmpty { .. }));
    assert!(matches!(restore("absent.db", "new"), CopyError::Missing { .. }));

    let changed = |name: &str, sql: &str| {
        fs::copy(path("good.db"), path(name)).unwrap();
        Connection::open(path(name)).unwrap().execute_batch(sql).unwrap();
    };
    changed("newer.db", "PRAGMA user_version = 1000; UPDATE installation SET program = '7.1.0'");
    let newer = restore("newer.db", "new");
    assert!(matches!(newer, CopyError::Open(OpenError::TooNew { version: 1000, .. })), "{newer}");
    assert!(newer.to_string().ends_with("Use Chinwag 7.1.0 or later"), "{newer}");
    changed("foreign.db", "PRAGMA application_id = 7");
    assert!(matches!(restore("foreign.db", "new"), CopyError::Open(OpenError::Foreign { .. })));
    changed("damaged.db", "UPDATE event SET at = at + 1");
    assert!(matches!(restore("damaged.db", "new"), CopyError::Open(OpenError::Damaged { .. })));
    let text = "no database ".repeat(1000);
    for (name, content) in [("text.db", text.as_str()), ("empty.db", "")] {
        fs::write(path(name), content).unwrap();
        let refusal = restore(name, "new");
        let expected =
            matches!(refusal, CopyError::Open(OpenError::Damaged { .. } | OpenError::Foreign { .. }));
        assert!(expected, "{name}: {refusal}");
    }
    // Half of a backup, as a copy that was cut leaves it.
    let good = fs::read(path("good.db")).unwrap();
    fs::write(path("cut.db"), &good[..good.len() / 2]).unwrap();
    assert!(matches!(restore("cut.db", "new"), CopyError::Open(OpenError::Damaged { .. })));

    // Nothing of all this is left, and the good one can be put there.
    assert_eq!(names(&path("new")), ["lock"]);
    assert_eq!(Sqlite::restore(&path("good.db"), &path("new")).unwrap().events, 3);
    assert_eq!(names(&path("new")), ["chinwag.db", "lock"]);
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = names.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
