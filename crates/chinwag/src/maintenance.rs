//! Taking care of the data: backup, restore, check. Each blocks, and says in a line what it has done.

use std::path::Path;

use chinwag_store::{Checked, Compacted, CopyError, MoveError, Moved, Place, Sqlite};

use crate::config::{Config, DatabaseUrl};
use crate::failure::StartError;

/// Copies the data directory into the new file `file`, whether or not a server runs on it.
pub fn backup(config: &Config, file: &Path) -> Result<String, StartError> {
    let data = folder(config, "Back it up with pg_dump, or with pg_basebackup and the write-ahead log.")?;
    let checked = Sqlite::backup(data, file).map_err(|error| explain(error, Task::Backup))?;
    Ok(format!("{} holds {} and was checked.\n", file.display(), events(&checked)))
}

/// Puts the backup `file` into the data directory, which must be empty or absent.
pub fn restore(config: &Config, file: &Path) -> Result<String, StartError> {
    let next_step = "Restore into a directory (--database off --data DIR) and move that: chinwag move-store";
    let data = folder(config, next_step)?;
    let checked = Sqlite::restore(file, data).map_err(|error| explain(error, Task::Restore))?;
    Ok(format!("{} holds {} and was checked. The server can be started.\n", data.display(), events(&checked)))
}

/// Reads everything in the data directory, whether or not a server runs on it.
pub fn check(config: &Config) -> Result<String, StartError> {
    let data = folder(config, "Check it with pg_amcheck.")?;
    let checked = Sqlite::check(data).map_err(|error| explain(error, Task::Check))?;
    if checked.faults.is_empty() {
        return Ok(format!("{} holds {}. No damage was found.\n", data.display(), events(&checked)));
    }
    let mut what = format!("the data in {} are damaged:", data.display());
    for fault in &checked.faults {
        what.push_str("\n  ");
        what.push_str(fault);
    }
    Err(StartError::Data { what, next_step: WHAT_HELPS.to_owned() })
}

/// Writes the database in the data directory anew, on which no server may run.
pub fn compact(config: &Config) -> Result<String, StartError> {
    let data =
        folder(config, "VACUUM FULL does it there; see docs/operations.md on what is kept for how long.")?;
    let Compacted { bytes_before, bytes_after, removals } =
        Sqlite::compact(data).map_err(|error| explain(error, Task::Compact))?;
    let mut said = format!(
        "The database in {} takes {:.1} MB now, {:.1} MB before. Nothing that was deleted is in it.\n",
        data.display(),
        bytes_after as f64 / 1e6,
        bytes_before as f64 / 1e6
    );
    if removals > 0 {
        said.push_str(&format!(
            "{removals} deleted accounts are not emptied yet: start the server, wait until it logs that they were removed, \
             and compact again.\n"
        ));
    }
    Ok(said)
}

/// Moves an installation from one store to another, reads what has arrived, and compares it.
pub fn move_store(from: &Place, to: &Place) -> Result<String, StartError> {
    let Moved { events, rows } = chinwag_store::move_store(from, to).map_err(explain_move)?;
    let options = match to {
        Place::Folder(folder) => format!("--database off --data {}", folder.display()),
        Place::Database(_) => "--database URL".to_owned(),
    };
    let (from, to) = (shown(from), shown(to));
    Ok(format!(
        "{events} events and {} other rows are in {to} and were compared with those in {from}.\n\
         Start the server with: {options}\n\
         Start none on {from} any more: clients would see two different logs for one.\n",
        rows - events
    ))
}

fn shown(place: &Place) -> String {
    match place {
        Place::Folder(folder) => folder.display().to_string(),
        Place::Database(url) => DatabaseUrl::without_password(url),
    }
}

fn explain_move(error: MoveError) -> StartError {
    let what = error.to_string();
    let next_step = match error {
        MoveError::Folder(error) => return explain(error, Task::Move),
        MoveError::Database(error) => return StartError::database(&error),
        MoveError::InUse { .. } => "Stop them first: what they wrote meanwhile would be missing.",
        MoveError::NotEmpty { .. } => {
            "Make a new database: CREATE DATABASE name OWNER user ENCODING 'UTF8' TEMPLATE template0"
        }
        MoveError::Damaged { .. } => "Nothing was moved. Restore a backup, and move that.",
        MoveError::Different { .. } => {
            "Nothing was moved. Check the disks and memory of both machines, then try again."
        }
        MoveError::Failed(_) => "Nothing was moved. See what the database logs, then try again.",
    };
    StartError::Data { what, next_step: next_step.to_owned() }
}

/// What to do about damaged data.
pub(crate) const WHAT_HELPS: &str = "Stop the server, move the data directory away, and put the last backup in its place: chinwag restore FILE. \
     Without a backup, keep what there is and begin anew in an empty directory: --data DIR";

/// The data directory, unless the data are in a database, which has tools of its own.
fn folder<'a>(config: &'a Config, next_step: &str) -> Result<&'a Path, StartError> {
    match &config.database {
        None => Ok(&config.data),
        Some(url) => Err(StartError::Data {
            what: format!("the data are in PostgreSQL at {url}, not in a directory"),
            next_step: next_step.to_owned(),
        }),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Task {
    Backup,
    Restore,
    Check,
    Compact,
    Move,
}

fn events(checked: &Checked) -> String {
    match (checked.events, checked.without_checksum) {
        (0, _) => "a log".to_owned(),
        (events, 0) => format!("{events} events"),
        (events, without) => format!("{events} events ({without} from before checksums)"),
    }
}

fn explain(error: CopyError, task: Task) -> StartError {
    let what = error.to_string();
    let next_step = match error {
        CopyError::Missing { .. } if task == Task::Restore => "Name the file that `chinwag backup` made.",
        CopyError::Missing { .. } => "Name the data directory: --data DIR",
        CopyError::Exists { .. } => "Choose another name, or remove that file first.",
        CopyError::NotEmpty { .. } => {
            "Move what is in it away, it may be needed yet; or choose another directory: --data DIR"
        }
        CopyError::InUse { .. } => "Make a backup of that server's data: chinwag backup FILE",
        CopyError::Open(chinwag_store::OpenError::Damaged { .. }) if task == Task::Restore => {
            "Restore an older backup."
        }
        CopyError::Open(error) => return StartError::store(error),
    };
    StartError::Data { what, next_step: next_step.to_owned() }
}
