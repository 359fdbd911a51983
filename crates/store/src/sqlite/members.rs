//! What members see of a conversation: what it is, who is in it, who is kept out, and by which links one comes in.

use chinwag_protocol::{AccountId, ConversationId, InviteHash, InviteId, Role, Sender, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};

use super::columns::{bytes, number, role, time};
use super::events;
use super::failure::{Failure, Result};
use super::statements;
use crate::codes::integer;
use crate::{AccountPage, Bans, ConversationRow, InviteRow, InvitedRow, Invites, MemberRow};

/// The account's role in a conversation.
fn role_in(connection: &Connection, account: AccountId, id: ConversationId) -> Result<Option<Role>> {
    let mut statement = connection.prepare_cached(statements::MEMBERSHIP)?;
    Ok(statement.query_row([account.as_bytes(), id.as_bytes()], |row| role(row, 0)).optional()?)
}

pub(super) fn conversation(
    connection: &Connection,
    account: AccountId,
    id: ConversationId,
) -> Result<Option<ConversationRow>> {
    let Some(role) = role_in(connection, account, id)? else { return Ok(None) };
    let found = events::conversation(connection, id)?;
    let (conversation, _, members) = found.ok_or_else(|| no_conversation(id))?;
    Ok(Some(ConversationRow { conversation, role, members }))
}

pub(super) fn members(
    connection: &Connection,
    account: AccountId,
    id: ConversationId,
    after: Option<AccountId>,
    limit: usize,
) -> Result<Option<AccountPage<MemberRow>>> {
    if role_in(connection, account, id)?.is_none() {
        return Ok(None);
    }
    let read = |row: &Row<'_>| Ok(MemberRow { account: sender(row)?, role: role(row, 4)? });
    page(connection, statements::MEMBERS, (id, after, limit), read).map(Some)
}

pub(super) fn bans(
    connection: &Connection,
    account: AccountId,
    id: ConversationId,
    after: Option<AccountId>,
    limit: usize,
) -> Result<Option<Bans>> {
    let Some(role) = role_in(connection, account, id)? else { return Ok(None) };
    let (conversation, ..) = events::conversation(connection, id)?.ok_or_else(|| no_conversation(id))?;
    let page = page(connection, statements::BANS, (id, after, limit), sender)?;
    Ok(Some(Bans { kind: conversation.kind, role, page }))
}

pub(super) fn invites(
    connection: &Connection,
    account: AccountId,
    id: ConversationId,
) -> Result<Option<Invites>> {
    let Some(role) = role_in(connection, account, id)? else { return Ok(None) };
    let (conversation, ..) = events::conversation(connection, id)?.ok_or_else(|| no_conversation(id))?;
    let mut statement = connection.prepare_cached(statements::INVITES)?;
    let rows = statement.query_map([id.as_bytes()], |row| {
        Ok(InviteRow {
            id: bytes(row, 0, InviteId::from_bytes)?,
            expires: row.get::<_, Option<i64>>(2)?.map(Timestamp::from_millis),
            uses: row.get(3)?,
            maker: bytes(row, 4, AccountId::from_bytes)?,
            made: time(row, 5)?,
        })
    })?;
    let rows = rows.collect::<rusqlite::Result<_>>()?;
    Ok(Some(Invites { kind: conversation.kind, role, rows }))
}

pub(super) fn invited(
    connection: &Connection,
    account: AccountId,
    token: InviteHash,
) -> Result<Option<InvitedRow>> {
    let mut statement = connection.prepare_cached(statements::INVITED)?;
    let found = statement.query_row([token.0], |row| {
        let expires = row.get::<_, Option<i64>>(1)?.map(Timestamp::from_millis);
        Ok((bytes(row, 0, ConversationId::from_bytes)?, expires))
    });
    let Some((id, expires)) = found.optional()? else { return Ok(None) };
    let found = events::conversation(connection, id)?;
    let (conversation, _, members) = found.ok_or_else(|| no_conversation(id))?;
    let mut statement = connection.prepare_cached(statements::RESTRICTION)?;
    let banned = statement.query_row([id.as_bytes(), account.as_bytes()], |row| row.get(0)).optional()?;
    Ok(Some(InvitedRow { conversation, members, expires, banned: banned.unwrap_or(false) }))
}

fn page<T>(
    connection: &Connection,
    sql: &str,
    (id, after, limit): (ConversationId, Option<AccountId>, usize),
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<AccountPage<T>> {
    let after = after.as_ref().map_or(&[][..], |account| account.as_bytes());
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map((id.as_bytes(), after, integer(limit as u64 + 1)), read)?;
    Ok(AccountPage::cut(rows.collect::<rusqlite::Result<_>>()?, limit))
}

fn sender(row: &Row<'_>) -> rusqlite::Result<Sender> {
    Ok(Sender {
        id: bytes(row, 0, AccountId::from_bytes)?,
        name: row.get(1)?,
        lookalike: row.get(2)?,
        version: number(row, 3)?,
    })
}

fn no_conversation(id: ConversationId) -> Failure {
    Failure::damaged(format!("conversation {id}"), "it has members and is missing")
}
