//! How the words of the protocol stand in PostgreSQL's columns. What cannot be one is damage.

use chinwag_protocol::{AccountCard, AccountId, Color, Kind, Pos, Role, Seq, Timestamp, Username};
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use super::failure::{Failure, Result};
use crate::codes::{kind_of, removal_of, role_of};

pub(super) fn get<'r, T: FromSql<'r>>(row: &'r Row, column: usize) -> Result<T> {
    row.try_get(column).map_err(|error| damaged(row, column, super::failure::told(&error)))
}

pub(super) fn number(row: &Row, column: usize) -> Result<u64> {
    let value: i64 = get(row, column)?;
    u64::try_from(value).map_err(|_| damaged(row, column, format!("{value} is out of range")))
}

pub(super) fn optional_number(row: &Row, column: usize) -> Result<Option<u64>> {
    match get::<Option<i64>>(row, column)? {
        None => Ok(None),
        Some(_) => number(row, column).map(Some),
    }
}

pub(super) fn pos(row: &Row, column: usize) -> Result<Pos> {
    number(row, column).map(Pos::new)
}

pub(super) fn seq(row: &Row, column: usize) -> Result<Seq> {
    number(row, column).map(Seq::new)
}

/// The number of a row that may not exist; zero if it does not.
pub(super) fn last_seq(row: &Row, column: usize) -> Result<Seq> {
    Ok(optional_number(row, column)?.map_or(Seq::ZERO, Seq::new))
}

pub(super) fn time(row: &Row, column: usize) -> Result<Timestamp> {
    get(row, column).map(Timestamp::from_millis)
}

/// An id or a digest.
pub(super) fn bytes<T, const N: usize>(row: &Row, column: usize, wrap: fn([u8; N]) -> T) -> Result<T> {
    let value: &[u8] = get(row, column)?;
    let value = value.try_into().map_err(|_| damaged(row, column, format!("{} bytes", value.len())))?;
    Ok(wrap(value))
}

pub(super) fn kind(row: &Row, column: usize) -> Result<Kind> {
    let code: i16 = get(row, column)?;
    kind_of(code.into()).ok_or_else(|| damaged(row, column, format!("{code} is no kind")))
}

pub(super) fn role(row: &Row, column: usize) -> Result<Role> {
    let code: i16 = get(row, column)?;
    role_of(code.into()).ok_or_else(|| damaged(row, column, format!("{code} is no role")))
}

/// An account, of the columns that `statements::CARDS` selects.
pub(super) fn account(row: &Row) -> Result<AccountCard> {
    let id = bytes(row, 0, AccountId::from_bytes)?;
    let username = get::<Option<String>>(row, 4)?;
    let username =
        username.map(Username::try_from).transpose().map_err(|error| damaged(row, 4, error.to_string()))?;
    let color = match get::<Option<i16>>(row, 6)? {
        None => Color::of(id),
        Some(number) => u8::try_from(number)
            .ok()
            .and_then(|number| Color::try_from(number).ok())
            .ok_or_else(|| damaged(row, 6, format!("{number} is no colour")))?,
    };
    let removed = get::<Option<i16>>(row, 7)?;
    let removed = removed
        .map(|code| removal_of(code.into()).ok_or_else(|| damaged(row, 7, format!("{code} is no removal"))))
        .transpose()?;
    Ok(AccountCard {
        id,
        name: get(row, 1)?,
        lookalike: get(row, 2)?,
        version: number(row, 3)?,
        // It is only kept so that nobody else takes it.
        username: username.filter(|_| removed.is_none()),
        about: get(row, 5)?,
        color,
        removed,
    })
}

fn damaged(row: &Row, column: usize, what: String) -> Failure {
    let name = row.columns().get(column).map_or("unknown", |column| column.name());
    Failure::damaged(format!("column {name} of a row"), what)
}
