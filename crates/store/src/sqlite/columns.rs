//! How the words of the protocol stand in SQLite's columns.

use chinwag_protocol::{AccountCard, AccountId, Color, Kind, Pos, Role, Seq, Timestamp, Username};
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, Type};

use crate::codes::{kind_of, removal_of, role_of};

pub(super) fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

pub(super) fn optional_number(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<u64>> {
    match row.get_ref(column)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => number(row, column).map(Some),
    }
}

pub(super) fn pos(row: &Row<'_>, column: usize) -> rusqlite::Result<Pos> {
    number(row, column).map(Pos::new)
}

pub(super) fn seq(row: &Row<'_>, column: usize) -> rusqlite::Result<Seq> {
    number(row, column).map(Seq::new)
}

pub(super) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp::from_millis)
}

/// An id or a digest.
pub(super) fn bytes<T, const N: usize>(
    row: &Row<'_>,
    column: usize,
    wrap: fn([u8; N]) -> T,
) -> rusqlite::Result<T> {
    <[u8; N]>::column_result(row.get_ref(column)?).map(wrap).map_err(|error| refused(column, error))
}

pub(super) fn kind(row: &Row<'_>, column: usize) -> rusqlite::Result<Kind> {
    let code = row.get(column)?;
    kind_of(code).ok_or_else(|| refused(column, FromSqlError::OutOfRange(code)))
}

pub(super) fn role(row: &Row<'_>, column: usize) -> rusqlite::Result<Role> {
    let code = row.get(column)?;
    role_of(code).ok_or_else(|| refused(column, FromSqlError::OutOfRange(code)))
}

/// An account, of the columns that `statements::ACCOUNT` selects.
pub(super) fn account(row: &Row<'_>, id: AccountId) -> rusqlite::Result<AccountCard> {
    let wrong = |column, error: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error)
    };
    let username = row.get::<_, Option<String>>(3)?;
    let username = username.map(Username::try_from).transpose().map_err(|error| wrong(3, Box::new(error)))?;
    let color = row.get::<_, Option<u8>>(5)?;
    let color = color.map(Color::try_from).transpose().map_err(|error| wrong(5, Box::new(error)))?;
    let removed = row.get::<_, Option<i64>>(6)?;
    let removed = removed
        .map(|code| removal_of(code).ok_or_else(|| refused(6, FromSqlError::OutOfRange(code))))
        .transpose()?;
    Ok(AccountCard {
        id,
        name: row.get(0)?,
        lookalike: row.get(1)?,
        version: number(row, 2)?,
        // It is only kept so that nobody else takes it.
        username: username.filter(|_| removed.is_none()),
        about: row.get(4)?,
        color: color.unwrap_or_else(|| Color::of(id)),
        removed,
    })
}

fn refused(column: usize, error: FromSqlError) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Null, Box::new(error))
}
