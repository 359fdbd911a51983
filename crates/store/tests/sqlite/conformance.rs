//! The SQLite store keeps to what every store must do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chinwag_chat::Decide;
use chinwag_store::conformance::Harness;
use chinwag_store::{Clock, OpenError, Sqlite, SqliteOptions, Store, Tail};
use parking_lot::Mutex;
use tempfile::TempDir;

struct Folder {
    folder: Mutex<TempDir>,
    options: SqliteOptions,
}

impl Folder {
    fn new(options: SqliteOptions) -> Self {
        Self { folder: Mutex::new(TempDir::new().unwrap()), options }
    }

    /// With so little memory for the ends of timelines that nearly every batch folds some.
    fn folding(recent_rows: usize) -> Self {
        Self::new(SqliteOptions { recent_rows, ..SqliteOptions::default() })
    }
}

#[async_trait]
impl Harness for Folder {
    async fn open(&self, decide: Decide, clock: Clock, tail: Arc<dyn Tail>) -> Arc<dyn Store> {
        let patience = Instant::now() + Duration::from_secs(10);
        let opened = loop {
            match Sqlite::open(self.folder.lock().path(), self.options.clone()) {
                Ok(opened) => break opened,
                // The writer of a store that was dropped is still on its way out.
                Err(OpenError::Locked { pid, .. }) if Instant::now() < patience => {
                    assert_eq!(pid, Some(std::process::id()));
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(error) => panic!("{error}"),
            }
        };
        opened.start(decide, clock, tail).unwrap()
    }

    async fn renew(&self) {
        *self.folder.lock() = TempDir::new().unwrap();
    }
}

chinwag_store::conformance_tests!(Folder::new(SqliteOptions::default()));

mod folding_each_row {
    use super::Folder;

    chinwag_store::conformance_tests!(Folder::folding(1));
}

mod folding_two_rows {
    use super::Folder;

    chinwag_store::conformance_tests!(Folder::folding(2));
}

mod folding_seven_rows {
    use super::Folder;

    chinwag_store::conformance_tests!(Folder::folding(7));
}

mod folding_by_bytes {
    use super::{Folder, SqliteOptions};

    chinwag_store::conformance_tests!(Folder::new(SqliteOptions {
        recent_bytes: 50,
        ..SqliteOptions::default()
    }));
}
