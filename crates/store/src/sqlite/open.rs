//! Opening a data folder.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chinwag_chat::Decide;
use chinwag_protocol::{EpochTag, Event, Pos};
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, ErrorCode, OptionalExtension};

use super::connection::open_writer;
use super::events::Events;
use super::failure::{Failure, Result as Outcome};
use super::lock::{FolderLock, LockError};
use super::migrations::{self, Refusal, migrate};
use super::wal::{WalError, settle};
use super::{SqliteOptions, SqliteStore, read};
use crate::batch::Rules;
use crate::store::{RECENT_OVERHEAD, random};
use crate::{Clock, Epoch, Epochs, Secrets, Store, StoreError, Tail};

/// Name of the database in the data folder.
pub(super) const DATABASE: &str = "chinwag.db";

/// Name of the file that is locked while the folder is in use.
pub(super) const LOCK: &str = "lock";

/// Why a data folder was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder is not there and cannot be made.
    #[error("cannot make the data folder {}: {source}", path.display())]
    NotCreatable {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Something in the folder cannot be written.
    #[error("cannot write {}: {what}", path.display())]
    NotWritable {
        /// What cannot be written.
        path: PathBuf,
        /// What the system says.
        what: String,
    },
    /// Another process has the folder open.
    #[error("the data folder {} is in use by {}", path.display(), pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}")))]
    Locked {
        /// The folder.
        path: PathBuf,
        /// The other process's id, if it could be read.
        pid: Option<u32>,
    },
    /// There is no room left.
    #[error("no space is left on the disk that holds {}", path.display())]
    DiskFull {
        /// The database.
        path: PathBuf,
    },
    /// The file is no database, or a damaged one.
    #[error("{} is damaged: {what}", path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The file is another program's database.
    #[error("{} is a database of another program", path.display())]
    Foreign {
        /// The database.
        path: PathBuf,
    },
    /// A later version of Chinwag has written to the database.
    #[error("{} was last opened by Chinwag {program} and has schema {version}; this program knows schemas up to {known}. Use Chinwag {program} or later", path.display())]
    TooNew {
        /// The database.
        path: PathBuf,
        /// Version of its schema.
        version: u32,
        /// The latest schema that this program knows.
        known: u32,
        /// Version of the program that wrote it.
        program: String,
    },
    /// The database answered with another error.
    #[error("cannot open {}: {what}", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// What it says.
        what: String,
    },
    /// The system gave no thread to write with.
    #[error("cannot start the writer: {0}")]
    Thread(io::Error),
}

/// An open data folder in which nothing is written yet.
///
/// What a node does before it is ready, it does here: fill the window of recent events, then [`Opened::start`]. All of it
/// blocks; on an async runtime it belongs on a blocking thread.
#[derive(Debug)]
pub struct Opened {
    pub(super) path: PathBuf,
    pub(super) options: SqliteOptions,
    pub(super) connection: Connection,
    pub(super) secrets: Secrets,
    pub(super) epochs: Arc<Epochs>,
    pub(super) lock: FolderLock,
}

/// Opens `folder`, which is made if it is not there, and brings its schema up to date.
pub(super) fn open(folder: &Path, options: SqliteOptions) -> Result<Opened, OpenError> {
    make_folder(folder)?;
    let lock_path = folder.join(LOCK);
    let lock = FolderLock::take(&lock_path).map_err(|error| match error {
        LockError::Held(pid) => OpenError::Locked { path: folder.to_owned(), pid },
        LockError::Io(error) => not_writable(&lock_path, &error),
    })?;
    let path = folder.join(DATABASE);
    make_file(&path).map_err(|error| not_writable(&path, &error))?;
    let refused = |failure| explain(&path, failure);
    // What a crash left in the write-ahead log is made durable on its own before anyone reads it.
    let unfinished = settle(&path).map_err(|error| match error {
        WalError::Io(error) => not_writable(&path, &error),
        WalError::Damaged(what) => OpenError::Damaged { path: path.clone(), what },
    })?;
    let mut connection = open_writer(&path, &options).map_err(|error| refused(error.into()))?;
    migrate(&mut connection).map_err(|error| refusal(&path, &connection, error))?;
    sync_folder(folder).map_err(|error| not_writable(folder, &error))?;
    empty_log(&connection).map_err(|error| refused(error.into()))?;
    let file = fs::metadata(&path).map_err(|error| not_writable(&path, &error))?;
    let secrets = installation(&mut connection, (file.dev(), file.ino()), unfinished).map_err(refused)?;
    let epochs = Arc::new(epochs(&connection).map_err(refused)?);
    Ok(Opened { path, options, connection, secrets, epochs, lock })
}

impl Opened {
    /// The log's head.
    pub fn head(&self) -> Result<Pos, StoreError> {
        Ok(read::head(&self.connection)?)
    }

    /// As [`Store::recent`].
    pub fn recent(&self, bytes: usize) -> Result<Vec<Event>, StoreError> {
        let head = read::head(&self.connection)?;
        Ok(Events::new(&self.connection).recent(head, bytes, RECENT_OVERHEAD)?)
    }

    /// Keys of the installation.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Incarnations of the log.
    pub fn epochs(&self) -> Arc<Epochs> {
        Arc::clone(&self.epochs)
    }

    /// Starts the writer, which runs `decide` on every request at `clock`'s time and gives what it has committed to `tail`,
    /// from the position after [`Opened::head`] on.
    pub fn start(
        self,
        decide: Decide,
        clock: Clock,
        tail: Arc<dyn Tail>,
    ) -> Result<Arc<dyn Store>, OpenError> {
        Ok(Arc::new(SqliteStore::start(self, Rules { decide, clock, tail })?))
    }
}

pub(super) fn make_folder(folder: &Path) -> Result<(), OpenError> {
    if folder.is_dir() {
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|source| OpenError::NotCreatable { path: folder.to_owned(), source })
}

/// Whatever the folder allows, the database and the files that SQLite puts beside it are for their owner alone.
fn make_file(path: &Path) -> io::Result<()> {
    File::options().append(true).create(true).mode(0o600).open(path).map(drop)
}

/// A new file is only there after a crash if its folder was synced too.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()?;
    match folder.canonicalize()?.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

/// The write-ahead log begins anew, unless a backup that is still being read needs what is in it.
pub(super) fn empty_log(connection: &Connection) -> rusqlite::Result<()> {
    match connection.wal_checkpoint_v2(None::<&str>, CheckpointMode::TRUNCATE) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(()),
        emptied => emptied.map(drop),
    }
}

/// The installation's keys, made if the database is new. If the file is not the one that was last written, the log may
/// have been restored to an earlier point, so a new epoch begins. So it does if the write-ahead log ended in an
/// unfinished commit, in case that was a finished one once: then cursors to what is lost are known to be.
fn installation(connection: &mut Connection, file: (u64, u64), unfinished: bool) -> Outcome<Secrets> {
    // SQLite's integers are signed; these two are only compared.
    let file = (file.0.cast_signed(), file.1.cast_signed());
    let transaction = connection.transaction()?;
    let known = transaction
        .query_row(
            "SELECT cursor_key, hash_key, token_key, file_device, file_inode FROM installation",
            [],
            |row| {
                let secrets = Secrets { cursor: row.get(0)?, hash: row.get(1)?, token: row.get(2)? };
                Ok((secrets, (row.get(3)?, row.get(4)?)))
            },
        )
        .optional()?;
    let secrets = match known {
        Some((secrets, last)) => {
            if last != file || unfinished {
                add_epoch(&transaction)?;
            }
            transaction.execute(
                "UPDATE installation SET file_device = ?1, file_inode = ?2, program = ?3",
                (file.0, file.1, env!("CARGO_PKG_VERSION")),
            )?;
            secrets
        }
        None => {
            let secrets = Secrets::random().map_err(no_randomness)?;
            transaction.execute(
                "INSERT INTO installation
                    (id, cursor_key, hash_key, token_key, file_device, file_inode, program)
                    VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)",
                (secrets.cursor, secrets.hash, secrets.token, file.0, file.1, env!("CARGO_PKG_VERSION")),
            )?;
            add_epoch(&transaction)?;
            secrets
        }
    };
    transaction.commit()?;
    Ok(secrets)
}

fn add_epoch(connection: &Connection) -> Outcome<()> {
    connection.execute(
        "INSERT INTO epoch (number, first, id)
            VALUES ((SELECT coalesce(max(number), 0) + 1 FROM epoch), (SELECT coalesce(max(pos), 0) + 1 FROM event), ?1)",
        [random::<16>().map_err(no_randomness)?],
    )?;
    Ok(())
}

fn epochs(connection: &Connection) -> Outcome<Epochs> {
    let mut statement = connection.prepare("SELECT id, first FROM epoch ORDER BY number")?;
    let rows = statement.query_map([], |row| {
        let tag = super::columns::bytes(row, 0, EpochTag::of)?;
        Ok(Epoch { tag, first: super::columns::pos(row, 1)? })
    })?;
    let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    Epochs::new(rows).ok_or_else(|| Failure::damaged("epoch", "there is no row"))
}

fn no_randomness(error: getrandom::Error) -> Failure {
    Failure::damaged("the system's randomness", error.to_string())
}

/// The program that last wrote, as far as a later schema still tells.
fn last_program(connection: &Connection) -> String {
    let program = connection.query_row("SELECT program FROM installation", [], |row| row.get(0));
    program.unwrap_or_else(|_| "(unknown)".to_owned())
}

/// Why a schema is not used.
pub(super) fn refusal(path: &Path, connection: &Connection, error: Refusal) -> OpenError {
    let path = path.to_owned();
    match error {
        Refusal::Foreign => OpenError::Foreign { path },
        Refusal::TooNew { version } => {
            OpenError::TooNew { path, version, known: migrations::VERSION, program: last_program(connection) }
        }
        Refusal::Sqlite(error) => explain(&path, error.into()),
    }
}

pub(super) fn not_writable(path: &Path, error: &io::Error) -> OpenError {
    match error.kind() {
        io::ErrorKind::StorageFull => OpenError::DiskFull { path: path.to_owned() },
        _ => OpenError::NotWritable { path: path.to_owned(), what: error.to_string() },
    }
}

pub(super) fn explain(path: &Path, failure: Failure) -> OpenError {
    let path = path.to_owned();
    let what = failure.to_string();
    let Failure::Sqlite(error) = failure else { return OpenError::Damaged { path, what } };
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => OpenError::DiskFull { path },
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => OpenError::Damaged { path, what },
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            OpenError::NotWritable { path, what }
        }
        _ => OpenError::Database { path, what },
    }
}
