//! Opening a data folder: what is found there, and what is refused.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use crate::support::{Seen, guest, open, open_room, say, start};
use chinwag_protocol::{GapReason, Pos};
use chinwag_store::{OpenError, Sqlite, SqliteOptions};
use rusqlite::Connection;
use tempfile::TempDir;

fn refusal(folder: &Path) -> OpenError {
    Sqlite::open(folder, SqliteOptions::default()).unwrap_err()
}

#[test]
fn what_is_made_is_for_its_owner_alone() {
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("deep/data");
    let opened = open(&folder);
    assert_eq!(opened.head().unwrap(), Pos::ZERO);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for file in ["chinwag.db", "chinwag.db-wal"] {
        assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
    }
}

#[test]
fn one_process_has_the_folder() {
    let folder = TempDir::new().unwrap();
    let opened = open(folder.path());
    let OpenError::Locked { pid, .. } = refusal(folder.path()) else { panic!() };
    assert_eq!(pid, Some(std::process::id()));
    drop(opened);
    open(folder.path());
}

#[test]
fn what_cannot_be_opened_says_why() {
    let parent = TempDir::new().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, "text").unwrap();
    assert!(matches!(refusal(&file.join("data")), OpenError::NotCreatable { .. }));

    let taken = parent.path().join("taken");
    fs::create_dir_all(taken.join("chinwag.db")).unwrap();
    assert!(matches!(refusal(&taken), OpenError::NotWritable { .. }));

    let damaged = parent.path().join("damaged");
    fs::create_dir(&damaged).unwrap();
    fs::write(damaged.join("chinwag.db"), "no database ".repeat(1000)).unwrap();
    assert!(matches!(refusal(&damaged), OpenError::Damaged { .. }));

    let foreign = parent.path().join("foreign");
    fs::create_dir(&foreign).unwrap();
    let connection = Connection::open(foreign.join("chinwag.db")).unwrap();
    connection.execute_batch("CREATE TABLE other (x INTEGER)").unwrap();
    drop(connection);
    assert!(matches!(refusal(&foreign), OpenError::Foreign { .. }));
}

#[test]
fn a_later_schema_names_the_program_it_needs() {
    let folder = TempDir::new().unwrap();
    drop(open(folder.path()));
    let connection = Connection::open(folder.path().join("chinwag.db")).unwrap();
    connection
        .execute_batch("PRAGMA user_version = 1000; UPDATE installation SET program = '7.1.0'")
        .unwrap();
    drop(connection);
    let refusal = refusal(folder.path());
    assert!(matches!(refusal, OpenError::TooNew { version: 1000, .. }));
    assert!(refusal.to_string().ends_with("Use Chinwag 7.1.0 or later"), "{refusal}");
}

#[tokio::test]
async fn what_was_stored_is_there_before_the_start() {
    let folder = TempDir::new().unwrap();
    let seen = Arc::new(Seen::default());
    let store = start(open(folder.path()), Arc::<Seen>::clone(&seen));
    let ada = guest(&*store).await;
    let room = open_room(&*store, ada).await;
    say(&*store, ada, &room, "hello").await.unwrap();
    store.close().await;
    assert!(!folder.path().join("chinwag.db-wal").exists(), "everything is in one file");

    let opened = open(folder.path());
    assert_eq!(opened.head().unwrap(), Pos::new(4));
    assert_eq!(opened.recent(usize::MAX).unwrap(), *seen.0.lock());
}

/// A database that was brought back from a copy: what was written after the copy is gone, and a cursor that was given out
/// for it is known to be.
#[tokio::test]
async fn a_restored_copy_is_a_new_incarnation() {
    let parent = TempDir::new().unwrap();
    let (folder, copy) = (parent.path().join("data"), parent.path().join("copy.db"));
    let database = folder.join("chinwag.db");
    let store = start(open(&folder), Arc::new(Seen::default()));
    let ada = guest(&*store).await;
    let room = open_room(&*store, ada).await;
    let kept = store.epochs().place(store.head().await.unwrap());
    store.close().await;
    fs::copy(&database, &copy).unwrap();

    let store = start(open(&folder), Arc::new(Seen::default()));
    let epochs = store.epochs();
    say(&*store, ada, &room, "lost").await.unwrap();
    let lost = epochs.place(store.head().await.unwrap());
    store.close().await;
    fs::rename(&copy, &database).unwrap();

    let store = start(open(&folder), Arc::new(Seen::default()));
    assert_ne!(store.epochs(), epochs);
    say(&*store, ada, &room, "instead").await.unwrap();
    let head = store.head().await.unwrap();
    assert_eq!(store.epochs().pos(kept, head), Ok(Pos::new(3)));
    assert_eq!(store.epochs().pos(lost, head), Err(GapReason::Ahead));
    let epochs = store.epochs();
    store.close().await;
    assert_eq!(open(&folder).epochs(), epochs, "once");
}
