//! The store behind a server, with data that go with the test: in a folder or, with `CHINWAG_TEST_NODES`, in a database.
//!
//! Tests of requests look at one server's own limits and gauges, so there is one, whatever the number.

use std::sync::Arc;
use std::time::Duration;

use chinwag_protocol::{Event, Pos};
use chinwag_store::{Clock, Epochs, Postgres, PostgresOptions, Sqlite, SqliteOptions, Store, Tail};
use chinwag_test_postgres::shared;
use tempfile::TempDir;

/// A folder that no disk slows down, where the system has such a place: what a disk does is not tried here.
fn in_memory() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap()
}

/// Has a store begin to write.
type Start = Box<dyn FnOnce(Clock, Arc<dyn Tail>) -> Arc<dyn Store>>;

/// A store that is open and has written nothing yet.
pub(crate) struct Data {
    /// Seals cursors.
    pub(crate) cursor: [u8; 16],
    pub(crate) epochs: Arc<Epochs>,
    pub(crate) head: Pos,
    /// The log's last events.
    pub(crate) recent: Vec<Event>,
    pub(crate) start: Start,
    /// Where they are, if that is a folder.
    pub(crate) folder: Option<TempDir>,
}

impl Data {
    /// New data, with as many recent events as fit into `recent_bytes`.
    pub(crate) fn new(recent_bytes: usize) -> Self {
        if std::env::var_os("CHINWAG_TEST_NODES").is_some() {
            Self::in_database(recent_bytes)
        } else {
            Self::in_folder(recent_bytes)
        }
    }

    fn in_database(recent_bytes: usize) -> Self {
        // How patient a server is with a busy machine is not tried here.
        let patience = Duration::from_secs(60);
        let options = PostgresOptions {
            connect_patience: patience,
            read_patience: patience,
            ..PostgresOptions::default()
        };
        let opened = Postgres::open(&shared().database().url, options).unwrap();
        Self {
            cursor: opened.secrets().cursor,
            epochs: opened.epochs(),
            head: opened.head().unwrap(),
            recent: opened.recent(recent_bytes).unwrap(),
            start: Box::new(|clock, tail| opened.start(chinwag_chat::decide, clock, tail).unwrap()),
            folder: None,
        }
    }

    fn in_folder(recent_bytes: usize) -> Self {
        let folder = in_memory();
        let opened = Sqlite::open(folder.path(), SqliteOptions::default()).unwrap();
        Self {
            cursor: opened.secrets().cursor,
            epochs: opened.epochs(),
            head: opened.head().unwrap(),
            recent: opened.recent(recent_bytes).unwrap(),
            start: Box::new(|clock, tail| opened.start(chinwag_chat::decide, clock, tail).unwrap()),
            folder: Some(folder),
        }
    }
}
