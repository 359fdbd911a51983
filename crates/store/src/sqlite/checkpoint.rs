//! Moving committed pages from the write-ahead log into the database file, beside the writer.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::wal::CheckpointMode;

use super::failure::Result;

/// Frames (pages of 4 KiB) in the write-ahead log from which on it is emptied: 64 MiB.
const START: i32 = 16 * 1024;

/// The part of the log that the writer may move itself, so that the log is empty for a moment and begins anew: 1 MiB of 64.
/// All its callers wait for that, up to 0.1 ms a frame. It is more the longer the log grows because the checkpointer does
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
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    pub(super) fn start(connection: Connection) -> io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        let busy = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&busy);
        let empty = move || {
            while woken.recv().is_ok() {
                if let Err(error) = connection.wal_checkpoint_v2(None::<&str>, CheckpointMode::PASSIVE) {
                    tracing::warn!(%error, "the write-ahead log could not be emptied; it grows until it can");
                }
                done.store(false, Ordering::Release);
            }
        };
        let thread = thread::Builder::new().name("store-emptier".to_owned()).spawn(empty)?;
        Ok(Self { wake: Some(wake), busy, thread: Some(thread) })
    }

    /// Called by the writer between two commits.
    pub(super) fn after_commit(&self, writer: &Connection) -> Result<()> {
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
        } else if frames > moved {
            writer.wal_checkpoint_v2(None::<&str>, CheckpointMode::PASSIVE)?;
        }
        Ok(())
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
