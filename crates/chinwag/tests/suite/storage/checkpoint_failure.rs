//! A disk that fails while committed pages are moved into the database file.

use std::fs;

use tempfile::TempDir;

use crate::program::Program;
use crate::storage::faults::Injection;
use crate::storage::talk::{Talk, until};
use crate::storage::trial::trial;

/// SQLite would count what it could not sync as moved, and drop it from its log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r9_a_checkpoint_that_cannot_sync_loses_nothing() {
    let folder = TempDir::new().expect("a temporary directory can be made");
    let data = folder.path().join("data");
    let database = data.join("chinwag.db");
    let fail = async |program: &Program| {
        // The log is emptied from 64 MiB on.
        let long = Talk::begin(program, "long", 30_000).await;
        let log = data.join("chinwag.db-wal");
        until("the log is long", async || fs::metadata(&log).is_ok_and(|log| log.len() > 60 << 20)).await;
        let injection = Injection::begin(program, "fsync,fdatasync", "EIO", &database).await;
        until("a checkpoint fails", async || {
            program.metric("chinwag_store_failed_checkpoints_total").await > 0
        })
        .await;
        (injection, long)
    };
    trial(&data, "disk", fail, |(injection, _)| injection.end()).await;
}
