//! The floor of a store in SQLite.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::batches::{self, BatchCost};
use super::{FloorCommand, FloorError, Place};

/// A transaction that adds one row of a few bytes, committed as the store's are: write-ahead log, `synchronous=FULL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// A folder on the file system in question.
    pub folder: PathBuf,
}

impl Commit {
    /// Measures it. Takes the place's duration and a little more.
    pub async fn measure(&self, place: &Place) -> Result<BatchCost, FloorError> {
        batches::measure(place, &self.folder, |folder| FloorCommand::FloorCommit {
            folder: folder.to_owned(),
        })
        .await
    }
}

/// The worker.
pub(super) fn run(folder: &Path) -> Result<(), FloorError> {
    let connection = Connection::open(folder.join("commit.db"))?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch("CREATE TABLE tiny (number INTEGER PRIMARY KEY)")?;
    let mut insert = connection.prepare("INSERT INTO tiny DEFAULT VALUES")?;
    batches::serve(|| {
        // A statement outside of a transaction is one.
        insert.execute([])?;
        Ok(())
    })
}
