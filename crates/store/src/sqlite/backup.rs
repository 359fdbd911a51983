//! Copies of the log: taken while a server runs, checked, and put back.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use tempfile::NamedTempFile;

use super::check::check;
use super::connection::{open_copy, open_source};
use super::failure::Failure;
use super::lock::{FolderLock, LockError};
use super::migrations::{self, migrate, version};
use super::open::{DATABASE, LOCK, explain, make_folder, not_writable, refusal, sync_folder};
use super::wal::{WalError, settle};
use crate::{Checked, CopyError, OpenError};

/// Pages copied at a time: 16 MiB.
const PAGES: i32 = 4096;

/// Reads everything in the data folder `folder`, whether or not a server runs on it.
pub(super) fn check_folder(folder: &Path) -> Result<Checked, CopyError> {
    let source = Source::open(folder)?;
    check(&source.connection, source.version).map_err(|failure| explain(&source.path, failure).into())
}

/// Copies what `folder` holds at this moment into the new file `target`, and reads all of the copy. The file is there
/// only if it is whole and on the disk.
pub(super) fn backup(folder: &Path, target: &Path) -> Result<Checked, CopyError> {
    if target.symlink_metadata().is_ok() {
        return Err(CopyError::Exists { path: target.to_owned() });
    }
    let source = Source::open(folder)?;
    let copy = temporary(parent(target), "backup").map_err(|error| not_writable(target, &error))?;
    let failed = |failure| explain(target, failure);
    copy_pages(&source.connection, copy.path()).map_err(|error| failed(error.into()))?;
    let (version, origin) = (source.version, source.path.clone());
    drop(source);
    let checked = finish(copy.path(), version).map_err(failed)?;
    whole(&origin, &checked)?;
    keep(copy, target)?;
    Ok(checked)
}

/// Puts the backup `file` into `folder`, which must be empty or absent, and reads all of it.
pub(super) fn restore(file: &Path, folder: &Path) -> Result<Checked, CopyError> {
    if !file.is_file() {
        return Err(CopyError::Missing { path: file.to_owned() });
    }
    let _empty = Empty::take(folder)?;
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        // Part of what it holds is in there.
        return Err(CopyError::InUse { path: file.to_owned() });
    }
    let mut copy = temporary(folder, "restore").map_err(|error| not_writable(folder, &error))?;
    let unreadable =
        |error: io::Error| OpenError::Database { path: file.to_owned(), what: error.to_string() };
    let mut from = File::open(file).map_err(unreadable)?;
    io::copy(&mut from, &mut copy).map_err(|error| not_writable(folder, &error))?;
    let failed = |failure| explain(file, failure);
    let mut connection = open_copy(copy.path()).map_err(|error| failed(error.into()))?;
    let version = version(&connection).map_err(|error| refusal(file, &connection, error))?;
    if version < migrations::VERSION {
        // Bringing it up to date believes what it reads.
        whole(file, &check(&connection, version).map_err(failed)?)?;
        migrate(&mut connection).map_err(|error| refusal(file, &connection, error))?;
    }
    drop(connection);
    let checked = finish(copy.path(), migrations::VERSION).map_err(failed)?;
    whole(file, &checked)?;
    keep(copy, &folder.join(DATABASE))?;
    Ok(checked)
}

/// A data folder with nothing in it, kept from everybody else.
pub(super) struct Empty(#[expect(dead_code, reason = "held")] FolderLock);

impl Empty {
    /// Makes the folder if it is absent.
    pub(super) fn take(folder: &Path) -> Result<Self, CopyError> {
        make_folder(folder)?;
        let lock =
            take_lock(folder)?.ok_or_else(|| OpenError::Locked { path: folder.to_owned(), pid: None })?;
        let entries = fs::read_dir(folder).map_err(|error| not_writable(folder, &error))?;
        if entries.flatten().any(|entry| entry.file_name() != LOCK) {
            return Err(CopyError::NotEmpty { path: folder.to_owned() });
        }
        Ok(Self(lock))
    }
}

/// The database of a data folder, to be read.
struct Source {
    path: PathBuf,
    connection: Connection,
    version: u32,
    /// None if a server has it. It keeps the write-ahead log in order, and nobody waits for who only reads.
    _lock: Option<FolderLock>,
}

impl Source {
    fn open(folder: &Path) -> Result<Self, CopyError> {
        let path = folder.join(DATABASE);
        if !path.is_file() {
            return Err(CopyError::Missing { path });
        }
        let lock = take_lock(folder)?;
        if lock.is_some() {
            settle(&path).map_err(|error| match error {
                WalError::Io(error) => not_writable(&path, &error),
                WalError::Damaged(what) => OpenError::Damaged { path: path.clone(), what },
            })?;
        }
        let connection = open_source(&path).map_err(|error| explain(&path, error.into()))?;
        let version = version(&connection).map_err(|error| refusal(&path, &connection, error))?;
        Ok(Self { path, connection, version, _lock: lock })
    }
}

fn take_lock(folder: &Path) -> Result<Option<FolderLock>, OpenError> {
    let path = folder.join(LOCK);
    match FolderLock::take(&path) {
        Ok(lock) => Ok(Some(lock)),
        Err(LockError::Held(_)) => Ok(None),
        Err(LockError::Io(error)) => Err(not_writable(&path, &error)),
    }
}

/// Copies all pages of one snapshot. The server goes on writing; only its write-ahead log cannot begin anew meanwhile.
fn copy_pages(source: &Connection, target: &Path) -> rusqlite::Result<()> {
    let snapshot = source.unchecked_transaction()?;
    // It begins with the first read.
    snapshot.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let mut copy = open_copy(target)?;
    let backup = Backup::new(&snapshot, &mut copy)?;
    loop {
        match backup.step(PAGES)? {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            // Nobody else has the copy, and nobody can take the snapshot away.
            _ => {
                let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
                return Err(rusqlite::Error::SqliteFailure(busy, None));
            }
        }
    }
}

/// Makes a copy a single file that is no incarnation of the log that was ever in use, and reads it.
fn finish(copy: &Path, version: u32) -> Result<Checked, Failure> {
    let connection = open_copy(copy)?;
    connection.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    // Whoever opens it will see that it is another file, and begin a new epoch.
    connection.execute("UPDATE installation SET file_device = 0, file_inode = 0", [])?;
    check(&connection, version)
}

pub(super) fn whole(path: &Path, checked: &Checked) -> Result<(), OpenError> {
    if checked.faults.is_empty() {
        return Ok(());
    }
    Err(OpenError::Damaged { path: path.to_owned(), what: checked.faults.join("; ") })
}

/// Syncs the copy and gives it its name.
pub(super) fn keep(copy: NamedTempFile, target: &Path) -> Result<(), CopyError> {
    copy.as_file().sync_all().map_err(|error| not_writable(target, &error))?;
    copy.persist_noclobber(target).map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => CopyError::Exists { path: target.to_owned() },
        _ => not_writable(target, &error.error).into(),
    })?;
    let folder = parent(target);
    sync_folder(folder).map_err(|error| not_writable(folder, &error).into())
}

/// A file for its owner alone, which goes unless it is kept.
pub(super) fn temporary(folder: &Path, what: &str) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(&format!(".chinwag-{what}-")).tempfile_in(folder)
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
