//! Connections to the database file.

use std::path::Path;
use std::time::Duration;

use chinwag_sabotage::{Promise, breaks};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::SqliteOptions;

/// Statements that a connection keeps compiled: all that the store has.
const STATEMENTS: usize = 128;

/// How long a connection waits for another program's lock. Between the store's own connections nothing waits.
const BUSY: Duration = Duration::from_secs(2);

/// Bytes of the database file that a reader maps: all of it, up to here.
const MAPPED_BYTES: i64 = 1 << 40;

/// Database pages that a backup or a check keeps in memory.
const COPY_CACHE_BYTES: usize = 64 << 20;

/// The connection that writes; the file is made if it is not there.
pub(super) fn open_writer(path: &Path, options: &SqliteOptions) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open(path, flags, options.writer_cache_bytes)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| {
        let mode: String = row.get(0)?;
        if mode == "wal" { Ok(()) } else { Err(no_write_ahead_log()) }
    })?;
    // A commit is answered when it is on the disk, not when it is in the system's memory.
    let synchronous = if breaks(Promise::Fsync) { "OFF" } else { "FULL" };
    connection.pragma_update(None, "synchronous", synchronous)?;
    // A deleted text is overwritten, not just unlinked.
    connection.pragma_update(None, "secure_delete", "ON")?;
    Ok(connection)
}

/// A connection that only reads.
pub(super) fn open_reader(path: &Path, options: &SqliteOptions) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open(path, flags, options.reader_cache_bytes)?;
    connection.pragma_update(None, "query_only", "ON")?;
    // Pages come from the system's memory without a copy: catching up looks at one page of each conversation.
    connection.pragma_update_and_check(None, "mmap_size", MAPPED_BYTES, |_| Ok(()))?;
    Ok(connection)
}

/// A connection that moves committed pages from the write-ahead log into the database file.
pub(super) fn open_checkpointer(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open(path, flags, 0)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

/// A connection that reads a data folder beside whoever writes there. Nothing of it is mapped: a backup reads each page
/// once.
pub(super) fn open_source(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open(path, flags, COPY_CACHE_BYTES)?;
    connection.pragma_update(None, "query_only", "ON")?;
    Ok(connection)
}

/// A connection to a copy that nobody else knows yet, and that is thrown away if anything goes wrong.
pub(super) fn open_copy(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open(path, flags, COPY_CACHE_BYTES)?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    Ok(connection)
}

fn no_write_ahead_log() -> rusqlite::Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN);
    rusqlite::Error::SqliteFailure(code, Some("this file system cannot hold a write-ahead log".to_owned()))
}

fn open(path: &Path, flags: OpenFlags, cache_bytes: usize) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // A statement's plan is the one that a test has looked at, whatever is bound to it. Otherwise the planner may want to
    // look again at every use ([m] 10 µs each).
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Whoever closes last must not empty the log by the way: after a failure it is all that can be believed.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // The rules of chat keep rows together, and a foreign key costs a search for each row.
    connection.pragma_update(None, "foreign_keys", "OFF")?;
    // Negative: KiB instead of pages.
    connection.pragma_update(None, "cache_size", -((cache_bytes / 1024) as i64))?;
    // Checkpoints are the checkpointer's; a commit that runs one keeps everyone waiting.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    Ok(connection)
}
