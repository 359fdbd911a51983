//! What members see of a conversation: what it is, who is in it, who is kept out, and by which links one comes in.

use chinwag_protocol::{AccountId, ConversationId, InviteHash, InviteId, Role, Sender, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};

use super::columns::{bytes, number, role, time};
use super::events;
use super::failure::{Failure, Result};
use super::keyed;
use super::snapshot::Snapshot;
use super::statements;
use crate::codes::{integer, optional_time_of};
use crate::store::has_receipts;
use crate::{
    AccountPage, Bans, ConversationRow, InviteRow, InvitedRow, Invites, ListedRoom, ListedRooms, MemberRow,
    Members, ReceiptRow, Receipts,
};

/// The account's role in a conversation, and whether that is a request.
fn place_in(connection: &Connection, account: AccountId, id: ConversationId) -> Result<Option<(Role, bool)>> {
    let mut statement = connection.prepare_cached(statements::MEMBERSHIP)?;
    let place = |row: &Row<'_>| Ok((role(row, 0)?, row.get(3)?));
    Ok(statement.query_row([account.as_bytes(), id.as_bytes()], place).optional()?)
}

/// The same without that.
fn role_in(connection: &Connection, account: AccountId, id: ConversationId) -> Result<Option<Role>> {
    Ok(place_in(connection, account, id)?.map(|(role, _)| role))
}

pub(super) fn conversation(
    connection: &Connection,
    account: AccountId,
    id: ConversationId,
) -> Result<Option<ConversationRow>> {
    let Some((role, request)) = place_in(connection, account, id)? else { return Ok(None) };
    let found = events::conversation(connection, id)?;
    let (conversation, _, members) = found.ok_or_else(|| no_conversation(id))?;
    let peer = match conversation.pair {
        None => None,
        Some(pair) => {
            let peer = pair.peer(account);
            let missing = || Failure::damaged("", format!("there is no account {peer}"));
            Some(events::account_of(connection, peer)?.ok_or_else(missing)?.sender())
        }
    };
    Ok(Some(ConversationRow { conversation, role, request, peer, members }))
}

pub(super) fn receipts(
    snapshot: &Snapshot<'_>,
    account: AccountId,
    id: ConversationId,
) -> Result<Option<Receipts>> {
    if role_in(snapshot, account, id)?.is_none() {
        return Ok(None);
    }
    let found = events::conversation(snapshot, id)?;
    let (conversation, _, members) = found.ok_or_else(|| no_conversation(id))?;
    let wanted = keyed::preferences(snapshot, account)?.0.receipts;
    let mut rows = Vec::new();
    if wanted && has_receipts(conversation.kind, members) {
        for (account, receipt, version) in keyed::receipts(snapshot, id)? {
            if role_in(snapshot, account, id)?.is_some()
                && let Some(card) = events::account_of(snapshot, account)?
            {
                rows.push(ReceiptRow { account: card.sender(), receipt, version });
            }
        }
    }
    let (kind, head) = (conversation.kind, snapshot.head());
    Ok(Some(Receipts { kind, members, wanted, rows, head }))
}

pub(super) fn members(
    connection: &Connection,
    account: AccountId,
    id: ConversationId,
    after: Option<AccountId>,
    limit: usize,
) -> Result<Option<Members>> {
    let Some(asker) = role_in(connection, account, id)? else { return Ok(None) };
    let (conversation, ..) = events::conversation(connection, id)?.ok_or_else(|| no_conversation(id))?;
    let read = |row: &Row<'_>| {
        let muted_until = optional_time_of(row.get(5)?);
        Ok(MemberRow { account: sender(row)?, role: role(row, 4)?, muted_until })
    };
    let page = page(connection, statements::MEMBERS, (id, after, limit), read)?;
    Ok(Some(Members { kind: conversation.kind, role: asker, page }))
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

/// The listed rooms whose keys come after `after`.
pub(super) fn listed_rooms(
    connection: &Connection,
    account: AccountId,
    after: &str,
    limit: usize,
) -> Result<ListedRooms> {
    let mut statement = connection.prepare_cached(statements::LISTED_ROOMS)?;
    let mut rows = statement.query((account.as_bytes(), after, integer(limit as u64 + 1)))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let id = bytes(row, 12, ConversationId::from_bytes)?;
        let (conversation, _, members) = events::conversation_of(id, row)?;
        found.push(ListedRoom { conversation, members, joined: row.get(13)? });
    }
    Ok(ListedRooms::cut(found, limit))
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

pub(super) fn sender(row: &Row<'_>) -> rusqlite::Result<Sender> {
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
