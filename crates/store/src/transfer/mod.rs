//! Moving an installation from one store to the other: every row of every table, then everything read back and compared.
//!
//! Positions, keys, epochs and tokens stay what they are, so that clients go on where they were. What a store keeps only for
//! itself (SQLite's timelines, PostgreSQL's head) is made anew from the log.

mod place;
mod table;

use std::path::PathBuf;

pub(crate) use place::{Source, Target};
pub(crate) use table::{Kind, Row, TABLES, Table, Value};

use crate::checksum::Checksum;
use crate::{CopyError, PostgresOpenError};

/// Rows that are in memory at a time.
pub(crate) const ROWS: usize = 1000;

/// Where an installation lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a data folder.
    Folder(PathBuf),
    /// In the PostgreSQL database at this address, as [`crate::Postgres::open`] takes it.
    Database(String),
}

/// What was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// Events of the log.
    pub events: u64,
    /// Rows of all tables, those included.
    pub rows: u64,
}

/// Why nothing was moved. The target is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// A data folder cannot be read or filled.
    #[error(transparent)]
    Folder(#[from] CopyError),
    /// A database cannot be opened.
    #[error(transparent)]
    Database(#[from] PostgresOpenError),
    /// Servers run on a database, and would go on writing.
    #[error("{servers} servers run on the database at {address}")]
    InUse {
        /// Host, port and database.
        address: String,
        /// How many.
        servers: i64,
    },
    /// The target has an installation already.
    #[error("the database at {address} is not empty")]
    NotEmpty {
        /// Host, port and database.
        address: String,
    },
    /// A row is not what was once stored.
    #[error("the log is damaged at {place}: {what}")]
    Damaged {
        /// Table and key.
        place: String,
        /// What is wrong there.
        what: String,
    },
    /// What was read back is not what was written.
    #[error("{table} came out differently: {read} rows of {written}, or other content")]
    Different {
        /// The table.
        table: &'static str,
        /// Rows written.
        written: u64,
        /// Rows read back.
        read: u64,
    },
    /// A database failed on the way.
    #[error("{0}")]
    Failed(String),
}

/// Moves the installation at `from` to `to`, which must be empty or absent. No server may run on either. What is at `from`
/// stays as it is. Blocks for as long as that takes; not to be called from async code.
pub fn move_store(from: &Place, to: &Place) -> Result<Moved, MoveError> {
    let mut source = place::source(from)?;
    let mut target = place::target(to)?;
    let moved = copy(&mut *source, &mut *target)?;
    target.finish()?;
    Ok(moved)
}

fn copy(source: &mut dyn Source, target: &mut dyn Target) -> Result<Moved, MoveError> {
    let mut moved = Moved { events: 0, rows: 0 };
    let mut written = Vec::new();
    for table in TABLES {
        let mut sum = Sum::default();
        each(source, table, |mut rows| {
            if table.name == "event" {
                rows.iter_mut().try_for_each(check_event)?;
            }
            rows.iter().for_each(|row| sum.add(row));
            target.put(table, &rows)
        })?;
        moved.rows += sum.rows;
        if table.name == "event" {
            moved.events = sum.rows;
        }
        written.push((table, sum));
    }
    target.complete()?;
    for (table, written) in written {
        let mut read = Sum::default();
        each(target.as_source(), table, |rows| {
            rows.iter().for_each(|row| read.add(row));
            Ok(())
        })?;
        if read != written {
            return Err(MoveError::Different { table: table.name, written: written.rows, read: read.rows });
        }
    }
    Ok(moved)
}

/// Gives all rows of a table in the order of its key, some at a time.
fn each(
    source: &mut dyn Source,
    table: &Table,
    mut take: impl FnMut(Vec<Row>) -> Result<(), MoveError>,
) -> Result<(), MoveError> {
    let mut last: Option<Row> = None;
    loop {
        let rows = source.rows(table, last.as_deref())?;
        let Some(row) = rows.last() else { return Ok(()) };
        last = Some(row[..table.keys].to_vec());
        take(rows)?;
    }
}

/// Refuses an event that is not what was stored, and gives one from before checksums its own.
fn check_event(row: &mut Row) -> Result<(), MoveError> {
    let Some((stored, values)) = row.split_last_mut() else { return Ok(()) };
    let mut checksum = Checksum::new();
    values.iter().for_each(|value| value.add_to(&mut checksum));
    let right = Value::Integer(checksum.finish());
    if *stored == Value::Null {
        *stored = right;
    } else if *stored != right {
        let place = format!("event {:?}", values[0]);
        return Err(MoveError::Damaged { place, what: "its checksum is wrong".to_owned() });
    }
    Ok(())
}

/// Of a table's rows in the order of its key.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sum {
    rows: u64,
    checksum: u32,
}

impl Sum {
    fn add(&mut self, row: &Row) {
        let mut checksum = Checksum::new();
        checksum.integer(self.checksum.into());
        row.iter().for_each(|value| value.add_to(&mut checksum));
        self.rows += 1;
        self.checksum = (checksum.finish() as i32).cast_unsigned();
    }
}
