//! What the writer does after the disk has failed: refuse, try again with longer and longer pauses, and go on from what
//! is stored.
//!
//! **A commit that failed.** SQLite shows a transaction to nobody before its sync has succeeded, and the next one is
//! written over it. So nothing must be undone; but what is left of it behind the log's end would look like damage to a
//! later start ([`super::wal`]). The writer goes on when everything before it was moved into the database file, with
//! its syncs, and the log is empty. Readers keep their connections and notice nothing.
//!
//! **A checkpoint that failed** ([`super::checkpoint`]). Pages that count as moved may not be there. All connections of
//! the store are closed, which no checkpoint follows, the log is written anew, and all is opened as at a start: with
//! everything in the log to be read from there, and to be moved again. Reads wait for that. If it cannot be done, they
//! fail until it can, for they would see old pages.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, ErrorCode};

use super::SqliteOptions;
use super::connection::open_writer;
use super::failure::{Failure, Result};
use super::migrations;
use super::readers::Readers;
use super::wal::{settle, sync};
use crate::pause::Pause;

/// Bytes that the disk must take before the writer tries again; a little more than a big batch.
const PROBE: usize = 8 << 20;

/// How much must be opened anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    /// A commit failed.
    Writer,
    /// A checkpoint failed.
    Everything,
}

/// When the writer tries again.
#[derive(Debug)]
pub(super) struct Failing {
    pub(super) scope: Scope,
    pub(super) pause: Pause,
}

/// Opens the database anew after a failure. The writer and the checkpointer have no connection any more. If the
/// database file turns out to fail too, `scope` is widened.
pub(super) fn reopen(
    path: &Path,
    options: &SqliteOptions,
    readers: &Readers,
    scope: &mut Scope,
) -> Result<Connection> {
    probe(path)?;
    if *scope == Scope::Everything {
        readers.shut();
        settle(path)?;
    }
    let connection = open_writer(path, options)?;
    if *scope == Scope::Everything {
        let (_, moved) = connection.wal_checkpoint_v2(None::<&str>, CheckpointMode::NOOP)?;
        if moved != 0 {
            let what =
                "another program has the database open, a backup perhaps; it can only be mended after that";
            return Err(Failure::Unusable(what.to_owned()));
        }
        readers.open();
    }
    // So that what fails next is the database file.
    sync(path).map_err(|error| Failure::unusable("the write-ahead log cannot be synced", &error))?;
    if let Err(error) = connection.wal_checkpoint_v2(None::<&str>, CheckpointMode::TRUNCATE) {
        if error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) {
            *scope = Scope::Everything;
        }
        return Err(error.into());
    }
    // A commit that changes nothing: it writes the first page.
    connection.pragma_update(None, "user_version", migrations::VERSION)?;
    Ok(connection)
}

/// Finds out whether the disk takes anything.
fn probe(database: &Path) -> Result<()> {
    let path = database.with_file_name("probe");
    let write = || {
        let mut file = File::create(&path)?;
        file.write_all(&vec![0x55; PROBE])?;
        file.sync_all()
    };
    let written = write();
    // It takes up the space that everybody waits for.
    let removed = fs::remove_file(&path);
    written.and(removed).map_err(|error| Failure::unusable("the data folder cannot be written", &error))
}
