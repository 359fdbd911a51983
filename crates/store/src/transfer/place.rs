//! What each store does for a move.

use super::{MoveError, Place, Row, Table};
use crate::postgres::transfer as postgres;
use crate::sqlite::transfer as sqlite;

/// Where rows come from.
pub(crate) trait Source {
    /// The next rows in the order of the key, from the first or after this key; none at the end.
    fn rows(&mut self, table: &Table, after: Option<&[super::Value]>) -> Result<Vec<Row>, MoveError>;
}

/// Where rows go to. Dropped before it is finished, it is empty again.
pub(crate) trait Target: Source {
    fn put(&mut self, table: &Table, rows: &[Row]) -> Result<(), MoveError>;

    /// Makes what the store has only for itself, when all rows are there.
    fn complete(&mut self) -> Result<(), MoveError>;

    /// Makes all of it durable, at once.
    fn finish(self: Box<Self>) -> Result<(), MoveError>;

    fn as_source(&mut self) -> &mut dyn Source;
}

pub(super) fn source(place: &Place) -> Result<Box<dyn Source>, MoveError> {
    Ok(match place {
        Place::Folder(folder) => Box::new(sqlite::Folder::open(folder)?),
        Place::Database(url) => Box::new(postgres::Database::to_read(url)?),
    })
}

pub(super) fn target(place: &Place) -> Result<Box<dyn Target>, MoveError> {
    Ok(match place {
        Place::Folder(folder) => Box::new(sqlite::NewFolder::make(folder)?),
        Place::Database(url) => Box::new(postgres::Database::to_fill(url)?),
    })
}
