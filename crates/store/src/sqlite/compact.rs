//! Writing the database anew.

use std::fs;
use std::path::Path;

use super::SqliteOptions;
use super::open::{DATABASE, empty_log, explain, not_writable, open};
use crate::CopyError;

/// What became of a database that was written anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compacted {
    /// Bytes that it took.
    pub bytes_before: u64,
    /// Bytes that it takes.
    pub bytes_after: u64,
    /// Accounts that were removed and are not emptied yet.
    pub removals: u64,
}

pub(super) fn compact(folder: &Path) -> Result<Compacted, CopyError> {
    let path = folder.join(DATABASE);
    if !path.is_file() {
        return Err(CopyError::Missing { path });
    }
    let size = || fs::metadata(&path).map(|file| file.len()).map_err(|error| not_writable(&path, &error));
    let opened = open(folder, SqliteOptions::default())?;
    let bytes_before = size()?;
    let write = || {
        opened.connection.execute_batch("VACUUM")?;
        empty_log(&opened.connection)?;
        opened.connection.query_row("SELECT count(*) FROM removal", [], |row| row.get(0))
    };
    let removals: i64 = write().map_err(|error| explain(&path, error.into()))?;
    Ok(Compacted { bytes_before, bytes_after: size()?, removals: removals.unsigned_abs() })
}
