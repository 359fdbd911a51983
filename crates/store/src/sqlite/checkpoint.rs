//! Moving committed pages from the write-ahead log into the database file, beside the writer.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, ErrorCode};

use super::failure::{Failure, Result};

/// Frames (pages of 4 KiB) in the write-ahead log from which on it is emptied: 64 MiB.
const START: i32 = 16 * 1024;

/// The part of the log that the writer may move itself, so that the log is empty for a moment and begins anew: 1 MiB of 64.
/// The next batch waits for that, up to 0.1 ms a frame. It is more the longer the log grows because the checkpointer does
/// not come that close.
const REST: i32 = 64;

/// Frames at which the writer waits for the checkpointer: 512 MiB.
const MOST: i32 = 128 * 1024;

/// A thread with a connection of its own. It does the bulk; but a log that is written to all the time is never found empty
/// by it, so the writer itself moves the small rest between two commits, and the next commit writes from the start again.
#[derive(Debug)]
pub(super) struct Checkpointer {
    /// None only while the thread is told to end.
    wake: Option<SyncSender<()>>,
    busy: Arc<AtomicBool>,
    /// The thread's last checkpoint failed on the disk.
    broken: Arc<AtomicBool>,
    failed: Counter,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Counts checkpoints that fail in `failed`.
    pub(super) fn start(connection: Connection, failed: Counter) -> io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        let (busy, broken) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (done, broke, counter) = (Arc::clone(&busy), Arc::clone(&broken), failed.clone());
        let empty = move || {
            while woken.recv().is_ok() {
                if checkpoint(&connection, &counter).is_err() {
                    broke.store(true, Ordering::Release);
                }
                done.store(false, Ordering::Release);
            }
        };
        let thread = thread::Builder::new().name("store-emptier".to_owned()).spawn(empty)?;
        Ok(Self { wake: Some(wake), busy, broken, failed, thread: Some(thread) })
    }

    /// Called by the writer between two commits.
    ///
    /// An error means that the disk failed, and that what is in the database file may not be what was written to it: SQLite
    /// counts pages as moved before the sync that ends a checkpoint, and does not move them again when that has failed. No checkpoint may
    /// follow until all connections are opened anew, for then everything in the log counts as not moved.
    pub(super) fn after_commit(&self, writer: &Connection) -> Result<()> {
        if self.broken.load(Ordering::Acquire) {
            return Err(Failure::Unusable("the database file could not be written to the disk".to_owned()));
        }
        let (mut frames, mut moved) = writer.wal_checkpoint_v2(None::<&str>, CheckpointMode::NOOP)?;
        if frames < START {
            return Ok(());
        }
        if self.busy.load(Ordering::Acquire) {
            if frames < MOST {
                return Ok(());
            }
            while self.busy.load(Ordering::Acquire) {
                thread::sleep(Duration::from_millis(1));
            }
            (frames, moved) = writer.wal_checkpoint_v2(None::<&str>, CheckpointMode::NOOP)?;
        }
        if frames - moved > frames / REST {
            // Before it is woken: it says itself when it is done.
            self.busy.store(true, Ordering::Release);
            if self.wake.as_ref().is_none_or(|wake| wake.try_send(()).is_err()) {
                self.busy.store(false, Ordering::Release);
            }
        } else if frames > moved && !self.broken.load(Ordering::Acquire) {
            checkpoint(writer, &self.failed)?;
        }
        Ok(())
    }
}

/// Moves what can be moved. That a full disk or a lock is in the way does no harm: the log grows until it can.
fn checkpoint(connection: &Connection, failed: &Counter) -> Result<()> {
    let Err(error) = connection.wal_checkpoint_v2(None::<&str>, CheckpointMode::PASSIVE) else {
        return Ok(());
    };
    failed.inc();
    if error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) {
        tracing::error!(%error, "the database file could not be written to the disk");
        return Err(error.into());
    }
    tracing::warn!(%error, "the write-ahead log could not be emptied; it grows until it can");
    Ok(())
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
