//! The SQLite store keeps to what every store must do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chinwag_chat::Decide;
use chinwag_store::conformance::Harness;
use chinwag_store::{Clock, OpenError, Sqlite, SqliteOptions, Store, Tail};
use parking_lot::Mutex;
use tempfile::TempDir;

struct Folder(Mutex<TempDir>);

impl Folder {
    fn new() -> Self {
        Self(Mutex::new(TempDir::new().unwrap()))
    }
}

#[async_trait]
impl Harness for Folder {
    async fn open(&self, decide: Decide, clock: Clock, tail: Arc<dyn Tail>) -> Arc<dyn Store> {
        let patience = Instant::now() + Duration::from_secs(10);
        let opened = loop {
            match Sqlite::open(self.0.lock().path(), SqliteOptions::default()) {
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
        *self.0.lock() = TempDir::new().unwrap();
    }
}

chinwag_store::conformance_tests!(Folder::new());
