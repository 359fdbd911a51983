//! The store in one SQLite file, for a server that runs alone.
//!
//! The log is one table whose row id is the position, so that appending never moves a row. The timelines are another,
//! (topic, `seq`) to position, whose last rows are in memory until they come in ([`fold`]). One thread writes; a few
//! connections read. `synchronous=FULL`: what is answered is on the disk.

mod append;
mod backup;
mod check;
mod checkpoint;
mod columns;
mod compact;
mod connection;
mod event_row;
mod events;
mod failure;
mod fold;
mod keyed;
mod load;
mod lock;
mod marked;
mod marks;
mod members;
mod migrations;
mod open;
mod page;
mod presence;
mod read;
mod readers;
mod recent;
mod recovery;
mod rulings;
mod snapshot;
mod statements;
mod store;
pub(crate) mod transfer;
mod wal;
mod writer;

use std::path::Path;
use std::time::Duration;

pub use compact::Compacted;
pub use open::{OpenError, Opened};
use store::SqliteStore;

use crate::{Checked, CopyError};

/// The store in one SQLite file.
#[derive(Debug)]
pub struct Sqlite;

/// Sizes; the defaults suit a server of a few gigabytes of memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteOptions {
    /// Requests that may wait for the writer; more are refused as `overloaded`.
    pub queue_requests: usize,
    /// Bytes of requests that may wait for the writer; more are refused as `overloaded`.
    pub queue_bytes: usize,
    /// Requests committed at once.
    pub batch_requests: usize,
    /// Bytes of requests after which a batch takes no more.
    pub batch_bytes: usize,
    /// Rows that the writer keeps in memory from batch to batch before it starts anew.
    pub state_rows: usize,
    /// Rows of the timelines that are taken into memory before they are folded into the database. There may be twice as
    /// many and a batch in memory, at up to 130 bytes each, and a start reads as many of the log.
    pub recent_rows: usize,
    /// Bytes of text after which rows are folded, however few they are.
    pub recent_bytes: usize,
    /// Reads that run at the same time, each with a connection of its own.
    pub readers: usize,
    /// Database pages that the writer keeps in memory, in bytes.
    pub writer_cache_bytes: usize,
    /// Database pages that each reader keeps in memory, in bytes. Most it reads straight from the system's page cache.
    pub reader_cache_bytes: usize,
    /// How long after a failure of the disk the writer tries again; twice as long after each failure more …
    pub repair_first: Duration,
    /// … up to this. Until it has succeeded, everything that would store something is refused.
    pub repair_longest: Duration,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            queue_requests: 8192,
            queue_bytes: 64 << 20,
            batch_requests: 512,
            batch_bytes: 4 << 20,
            state_rows: 400_000,
            recent_rows: 128 << 10,
            recent_bytes: 64 << 20,
            readers: 4,
            writer_cache_bytes: 128 << 20,
            reader_cache_bytes: 4 << 20,
            repair_first: Duration::from_millis(250),
            repair_longest: Duration::from_secs(5),
        }
    }
}

impl Sqlite {
    /// Opens the data folder `folder` for this process alone, and makes it if it is not there. Blocks while an older
    /// schema is brought up to date.
    pub fn open(folder: &Path, options: SqliteOptions) -> Result<Opened, OpenError> {
        open::open(folder, options)
    }

    /// Copies what the data folder `folder` holds at this moment into the new file `target`, whether or not a server
    /// runs on the folder, and reads all of the copy. The file is there only if it is whole and on the disk. Blocks for
    /// as long as that takes.
    pub fn backup(folder: &Path, target: &Path) -> Result<Checked, CopyError> {
        backup::backup(folder, target)
    }

    /// Puts the backup `file` into the data folder `folder`, which must be empty or absent, and reads all of it. When
    /// the folder is opened the next time, a new epoch begins.
    pub fn restore(file: &Path, folder: &Path) -> Result<Checked, CopyError> {
        backup::restore(file, folder)
    }

    /// Writes the database in the data folder `folder` anew, so that nothing of what was deleted is in any file of it. No
    /// server may run on it. Takes as much room again as the database has, and blocks for as long as that takes.
    pub fn compact(folder: &Path) -> Result<Compacted, CopyError> {
        compact::compact(folder)
    }

    /// Reads everything in the data folder `folder`, whether or not a server runs on it.
    pub fn check(folder: &Path) -> Result<Checked, CopyError> {
        backup::check_folder(folder)
    }
}
