//! A disk that fails while a commit is written or synced.

use chinwag_client::Protocol;
use chinwag_protocol::Code;
use tempfile::TempDir;

use crate::posting::{new_client_id, post, post_stubbornly};
use crate::program::Program;
use crate::server::{open, within};
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

/// Only one sync fails, as a disk does that has lost a page and then forgets it. What the commit has written is not
/// synced again but thrown away, the log with it, before anything else is acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r9_a_commit_whose_sync_failed_once_is_written_anew() {
    let folder = TempDir::new().expect("a temporary directory can be made");
    let (data, calls) = (folder.path().join("data"), folder.path().join("calls"));
    let program = Program::start(&data);
    let ada = program.guest("Ada").await;
    let tea = open(&ada, "tea").await;
    post(&ada, tea, "before").await;

    let injection = Injection::one_sync(&program, &data.join("chinwag.db-wal"), &calls).await;
    let (client_id, text) = (new_client_id(), "synced in vain");
    let refusal = within("a refusal", ada.send(tea, client_id, text, None)).await;
    assert_eq!(refusal.expect_err("it is not durable").code(), Some(Code::Unavailable));
    assert_eq!(post_stubbornly(&ada, tea, client_id, text).await.seq.get(), 2);
    injection.end();

    let calls = std::fs::read_to_string(calls).expect("strace has written it");
    let calls: Vec<&str> = calls.lines().collect();
    let first = |from: usize, what: &str| {
        let found = calls[from..].iter().position(|call| call.contains(what));
        from + found.unwrap_or_else(|| panic!("no {what} from line {from} on: {calls:#?}"))
    };
    let failed = first(0, "INJECTED");
    let emptied = first(failed, "ftruncate(");
    let written = first(emptied, "pwrite64(");
    first(written, "fdatasync(");
    assert!(!calls[failed..emptied].iter().any(|call| call.contains("pwrite64(")), "{calls:#?}");

    program.kill();
    let program = Program::start(&data);
    let ada = program.resume(&ada, Protocol::Http1).await;
    assert_eq!(post_stubbornly(&ada, tea, client_id, text).await.seq.get(), 2);
    program.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r9_a_failed_write_refuses() {
    failing("pwrite64", "EIO", "disk I/O error").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r9_a_write_without_space_refuses() {
    failing("pwrite64", "ENOSPC", "full").await;
}
