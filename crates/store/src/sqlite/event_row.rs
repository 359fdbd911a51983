//! A row of the table `event` as it is stored, and its checksum.

use chinwag_protocol::{Event, Pos, Seq};
use rusqlite::types::{ToSqlOutput, Type, ValueRef};
use rusqlite::{Connection, Row, params_from_iter};

use super::failure::{Failure, Result};
use super::recent::TimelineRow;
use super::snapshot::Snapshot;
use super::statements;
use crate::checksum::Checksum;
use crate::codes::integer;
use crate::detail::MessageDetail;
use crate::keyed::stored_seq;
use crate::topic::Topic;

/// Columns of a row beside its checksum, which comes after them.
const COLUMNS: usize = 13;

/// Numbers of some of them, in every statement that selects an event.
pub(super) const POS: usize = 0;
pub(super) const TOPIC: usize = 1;
pub(super) const SEQ: usize = 2;
pub(super) const KIND: usize = 3;
pub(super) const AT: usize = 4;
pub(super) const SENDER: usize = 5;
pub(super) const N: usize = 6;
pub(super) const CLIENT_ID: usize = 7;
pub(super) const HASH: usize = 8;
pub(super) const TARGET: usize = 9;
pub(super) const DELETED_BY: usize = 10;
pub(super) const TEXT: usize = 11;
pub(super) const DETAIL: usize = 12;
const CHECKSUM: usize = 13;

/// A new row. What a kind of event does not have is null.
#[derive(Debug)]
pub(super) struct EventRow<'v>([ValueRef<'v>; COLUMNS]);

impl<'v> EventRow<'v> {
    /// With what every event has.
    pub(super) fn new(event: &Event, topic: &'v Topic, kind: i64) -> Self {
        let mut values = [ValueRef::Null; COLUMNS];
        values[POS] = ValueRef::Integer(integer(event.pos.get()));
        values[TOPIC] = ValueRef::Blob(topic);
        values[SEQ] = ValueRef::Integer(stored_seq(event));
        values[KIND] = ValueRef::Integer(kind);
        values[AT] = ValueRef::Integer(event.at.as_millis());
        Self(values)
    }

    /// With one column more.
    #[must_use]
    pub(super) fn with(mut self, column: usize, value: ValueRef<'v>) -> Self {
        self.0[column] = value;
        self
    }

    /// Stores it.
    pub(super) fn insert(&self, connection: &Connection) -> Result<()> {
        let checksum = [ValueRef::Integer(checksum(&self.0))];
        let values = self.0.iter().chain(&checksum).map(|value| ToSqlOutput::Borrowed(*value));
        match connection.prepare_cached(statements::APPEND_EVENT)?.execute(params_from_iter(values))? {
            1 => Ok(()),
            rows => Err(Failure::damaged("event", format!("stored {rows} rows instead of one"))),
        }
    }
}

/// Empties a message that the row `by` of its timeline deletes.
pub(super) fn empty_message(snapshot: &Snapshot<'_>, message: &TimelineRow, by: Seq) -> Result<()> {
    change_message(snapshot, message, "", Some(by), MessageDetail::empty)
}

/// Gives a message another text, and what `change` makes of what it has beside.
pub(super) fn change_message(
    snapshot: &Snapshot<'_>,
    message: &TimelineRow,
    text: &str,
    deleted_by: Option<Seq>,
    change: impl FnOnce(&mut MessageDetail),
) -> Result<()> {
    let damaged = |error: serde_json::Error| {
        rusqlite::Error::FromSqlConversionFailure(DETAIL, Type::Text, Box::new(error))
    };
    let deleted_by = deleted_by.map(|by| integer(by.get()));
    let (detail, checksum) = snapshot.event(message, |row| {
        let mut values = values(row)?;
        let mut detail = MessageDetail::parse(values[DETAIL].as_str_or_null()?).map_err(damaged)?;
        change(&mut detail);
        let detail = detail.to_column().map_err(damaged)?;
        values[DELETED_BY] = deleted_by.map_or(ValueRef::Null, ValueRef::Integer);
        values[TEXT] = ValueRef::Text(text.as_bytes());
        values[DETAIL] = detail.as_ref().map_or(ValueRef::Null, |detail| ValueRef::Text(detail.as_bytes()));
        let checksum = checksum(&values);
        Ok((detail, checksum))
    })?;
    let mut statement = snapshot.prepare_cached(statements::CHANGE_MESSAGE)?;
    match statement.execute((integer(message.pos.get()), text, detail, deleted_by, checksum))? {
        1 => Ok(()),
        _ => Err(missing(message.pos)),
    }
}

/// Refuses a row that one of the statements selected that select an event if it is not what was stored.
pub(super) fn checked(row: &Row<'_>) -> Result<()> {
    match row.get::<_, Option<i64>>(CHECKSUM)? {
        Some(stored) if stored != checksum(&values(row)?) => {
            let pos = row.get::<_, i64>(POS)?;
            Err(Failure::damaged(format!("event {pos}"), "its checksum is wrong"))
        }
        _ => Ok(()),
    }
}

fn values<'r>(row: &'r Row<'_>) -> rusqlite::Result<[ValueRef<'r>; COLUMNS]> {
    let mut values = [ValueRef::Null; COLUMNS];
    for (column, value) in values.iter_mut().enumerate() {
        *value = row.get_ref(column)?;
    }
    Ok(values)
}

/// Whether a row was stored with a checksum.
pub(super) fn has_checksum(row: &Row<'_>) -> Result<bool> {
    Ok(row.get_ref(CHECKSUM)? != ValueRef::Null)
}

/// The damage that a row is not there.
pub(super) fn missing(pos: Pos) -> Failure {
    Failure::damaged(format!("event {pos}"), "the row is missing")
}

/// SQLite's values of a row, in [`Checksum`].
fn checksum(values: &[ValueRef<'_>; COLUMNS]) -> i64 {
    let mut checksum = Checksum::new();
    for value in values {
        match value {
            ValueRef::Null => checksum.null(),
            ValueRef::Integer(number) => checksum.integer(*number),
            ValueRef::Real(number) => checksum.real(*number),
            ValueRef::Text(text) => checksum.text(text),
            ValueRef::Blob(blob) => checksum.blob(blob),
        }
    }
    checksum.finish()
}
