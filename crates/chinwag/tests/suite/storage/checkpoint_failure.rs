//! A disk that fails while committed pages are moved into the database file.

use std::fs;

use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::posting::new_client_id;
use crate::program::Program;
use crate::server::open;
use crate::storage::faults::Injection;
use crate::storage::talk::until;
use crate::storage::trial::trial;

/// SQLite would count what it could not sync as moved, and drop it from its log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r9_a_checkpoint_that_cannot_sync_loses_nothing() {
    let folder = TempDir::new().expect("a temporary directory can be made");
    let data = folder.path().join("data");
    let database = data.join("chinwag.db");
    let fail = async |program: &Program| {
        // The log is emptied from 64 MiB on.
        let bob = program.guest("Bob").await;
        let room = open(&bob, "long").await;
        let mut long = JoinSet::new();
        for _ in 0..3 {
            let bob = bob.clone();
            long.spawn(async move {
                // Until it is dropped, refused or not.
                loop {
                    let _ = bob.send(room, new_client_id(), &"x".repeat(30_000), None).await;
                }
            });
        }
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
