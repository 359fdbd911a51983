//! A disk that fails while a commit is written or synced.

use tempfile::TempDir;

use crate::program::Program;
use crate::storage::faults::Injection;
use crate::storage::trial::trial;

async fn failing(calls: &str, error: &str, reason: &str) {
    let folder = TempDir::new().expect("a temporary directory can be made");
    let data = folder.path().join("data");
    let log = data.join("chinwag.db-wal");
    let fail = async |program: &Program| Injection::begin(program, calls, error, &log).await;
    trial(&data, reason, fail, Injection::end).await;
}

/// The pages of the commit may be in the system's memory, and clean: a later sync says nothing about them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r9_a_failed_sync_is_never_taken_for_success() {
    failing("fsync,fdatasync", "EIO", "disk I/O error").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r9_a_failed_write_refuses() {
    failing("pwrite64", "EIO", "disk I/O error").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r9_a_write_without_space_refuses() {
    failing("pwrite64", "ENOSPC", "full").await;
}
