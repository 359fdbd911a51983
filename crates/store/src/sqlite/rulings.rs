//! What those who run the server have decided, and what they look at.

use chinwag_chat::{Subject, SubjectKind, Terms};
use chinwag_protocol::{AccountCard, AccountId, ApiKeyId, ConversationId, Name, Timestamp};
use rusqlite::types::FromSqlError;
use rusqlite::{Connection, OptionalExtension, Row};

use super::columns::{bytes, number, role, time};
use super::events;
use super::failure::{Failure, Result};
use super::members::sender;
use super::read::rows_of;
use super::snapshot::Snapshot;
use super::statements;
use crate::codes::{integer, subject_bytes, subject_kind_code, subject_of};
use crate::store::{beginning_with, rooms_beginning_with};
use crate::{AccountPage, AnyConversation, AnyRooms, History, HistoryRange, MemberRow};

pub(super) fn put(connection: &Connection, subject: &Subject, terms: Option<&Terms>) -> Result<()> {
    let (kind, key) = (subject_kind_code(subject.kind()), subject_bytes(subject));
    match terms {
        None => {
            connection.prepare_cached(statements::LIFT_RULING)?.execute((kind, key))?;
        }
        Some(terms) => {
            connection.prepare_cached(statements::PUT_RULING)?.execute((
                kind,
                key,
                terms.since.as_millis(),
                terms.until.map(Timestamp::as_millis),
                terms.name.as_ref().map(Name::as_str),
                terms.key.as_ref().map(|key| key.as_bytes().as_slice()),
                terms.seen.map(Timestamp::as_millis),
                terms.account.as_ref().map(|account| account.as_bytes().as_slice()),
            ))?;
        }
    }
    Ok(())
}

pub(super) fn one(connection: &Connection, subject: &Subject) -> Result<Option<Terms>> {
    let mut statement = connection.prepare_cached(statements::RULING)?;
    let values = (subject_kind_code(subject.kind()), subject_bytes(subject));
    Ok(statement.query_row(values, ruling).optional()?.map(|(_, terms)| terms))
}

pub(super) fn count(connection: &Connection, kind: SubjectKind) -> Result<u64> {
    let mut statement = connection.prepare_cached(statements::COUNT_RULINGS)?;
    Ok(statement.query_row([subject_kind_code(kind)], |row| number(row, 0))?)
}

pub(super) fn page(
    connection: &Connection,
    kind: SubjectKind,
    after: Option<&Subject>,
    limit: usize,
) -> Result<Vec<(Subject, Terms)>> {
    let after = after.map(subject_bytes).unwrap_or_default();
    let mut statement = connection.prepare_cached(statements::RULINGS)?;
    let rows = statement.query_map((subject_kind_code(kind), after, integer(limit as u64)), ruling)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn ruling(row: &Row<'_>) -> rusqlite::Result<(Subject, Terms)> {
    let wrong = |column, error: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Blob, error)
    };
    let kind = row.get(0)?;
    let subject = subject_of(kind, row.get_ref(1)?.as_blob()?)
        .ok_or_else(|| wrong(1, Box::new(FromSqlError::OutOfRange(kind))))?;
    let optional_time =
        |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_millis));
    let id = |column| row.get::<_, Option<[u8; 16]>>(column);
    let name = row.get::<_, Option<String>>(4)?.map(Name::parse).transpose();
    Ok((
        subject,
        Terms {
            since: time(row, 2)?,
            until: optional_time(3)?,
            name: name.map_err(|error| wrong(4, Box::new(error)))?,
            key: id(5)?.map(ApiKeyId::from_bytes),
            seen: optional_time(6)?,
            account: id(7)?.map(AccountId::from_bytes),
        },
    ))
}

pub(super) fn accounts(
    connection: &Connection,
    after: Option<AccountId>,
    limit: usize,
) -> Result<AccountPage<AccountCard>> {
    let after = after.as_ref().map_or(&[][..], |after| after.as_bytes());
    let mut statement = connection.prepare_cached(statements::ALL_ACCOUNTS)?;
    let ids = statement
        .query_map((after, integer(limit as u64 + 1)), |row| bytes(row, 0, AccountId::from_bytes))?;
    cards(connection, ids.collect::<rusqlite::Result<_>>()?, limit)
}

pub(super) fn usernames(
    connection: &Connection,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<AccountPage<AccountCard>> {
    let (from, before) = beginning_with(prefix, after);
    let mut statement = connection.prepare_cached(statements::ALL_USERNAMES)?;
    let ids = statement
        .query_map((from, before, integer(limit as u64 + 1)), |row| bytes(row, 0, AccountId::from_bytes))?;
    cards(connection, ids.collect::<rusqlite::Result<_>>()?, limit)
}

fn cards(connection: &Connection, ids: Vec<AccountId>, limit: usize) -> Result<AccountPage<AccountCard>> {
    let missing = |id| Failure::damaged(format!("account {id}"), "it is missing");
    let cards = ids.into_iter().map(|id| events::account_of(connection, id)?.ok_or_else(|| missing(id)));
    Ok(AccountPage::cut(cards.collect::<Result<_>>()?, limit))
}

pub(super) fn rooms(
    connection: &Connection,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<AnyRooms> {
    let mut statement = connection.prepare_cached(statements::ALL_ROOMS)?;
    let mut found = Vec::new();
    for (from, before) in rooms_beginning_with(prefix, after) {
        let mut rows = statement.query((from, before, integer((limit + 1 - found.len()) as u64)))?;
        while let Some(row) = rows.next()? {
            let id = bytes(row, 12, ConversationId::from_bytes)?;
            let (conversation, owner, members) = events::conversation_of(id, row)?;
            found.push(AnyConversation { conversation, owner, members });
        }
    }
    Ok(AnyRooms::cut(found, limit))
}

pub(super) fn conversation(connection: &Connection, id: ConversationId) -> Result<Option<AnyConversation>> {
    let found = events::conversation(connection, id)?;
    Ok(found.map(|(conversation, owner, members)| AnyConversation { conversation, owner, members }))
}

pub(super) fn members(
    connection: &Connection,
    id: ConversationId,
    after: Option<AccountId>,
    limit: usize,
) -> Result<AccountPage<MemberRow>> {
    let after = after.as_ref().map_or(&[][..], |after| after.as_bytes());
    let mut statement = connection.prepare_cached(statements::MEMBERS)?;
    let read =
        |row: &Row<'_>| Ok(MemberRow { account: sender(row)?, role: role(row, 4)?, muted_until: None });
    let rows = statement.query_map((id.as_bytes(), after, integer(limit as u64 + 1)), read)?;
    Ok(AccountPage::cut(rows.collect::<rusqlite::Result<_>>()?, limit))
}

pub(super) fn history(
    snapshot: &Snapshot<'_>,
    id: ConversationId,
    range: HistoryRange,
    limit: usize,
) -> Result<History> {
    let last = snapshot.ends()?.last(id.as_bytes())?.map_or(0, |(seq, _)| seq.get());
    let rows = range.rows(1, last, limit);
    Ok(History::of(rows_of(snapshot, id, rows)?, None, rows, snapshot.head()))
}
