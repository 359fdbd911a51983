//! What is kept of presence, and who may see whose.

use chinwag_protocol::{AccountId, ConversationId, Kind, Sender};
use rusqlite::{Connection, OptionalExtension};

use super::columns::{bytes, role};
use super::events;
use super::failure::{Failure, Result};
use super::members::sender;
use super::statements;
use crate::codes::optional_time_of;
use crate::{Acquaintance, Presence, Sight, Typist};

/// Notes what accounts do with their presence.
pub(super) fn record(connection: &Connection, presences: &[Presence]) -> Result<()> {
    let mut statement = connection.prepare_cached(statements::RECORD_PRESENCE)?;
    for presence in presences {
        let (account, invisible, seen_ms) = match presence {
            Presence::Invisible { account, invisible } => (account, Some(*invisible), 0),
            Presence::Seen { account, at } => (account, None, at.as_millis()),
        };
        statement.execute((account.as_bytes(), invisible, seen_ms))?;
    }
    Ok(())
}

pub(super) fn is_invisible(connection: &Connection, account: AccountId) -> Result<bool> {
    Ok(connection.prepare_cached(statements::INVISIBLE)?.exists([account.as_bytes()])?)
}

pub(super) fn sight(
    connection: &Connection,
    account: AccountId,
    accounts: &[AccountId],
    conversations: &[ConversationId],
) -> Result<Sight> {
    let mut count = connection.prepare_cached(statements::CONVERSATIONS_OF)?;
    let mut count = |account: AccountId| -> Result<i64> {
        Ok(count.query_row([account.as_bytes()], |row| row.get(0)).optional()?.unwrap_or(0))
    };
    let own = count(account)?;
    let mut sight = Sight::default();
    let mut statement = connection.prepare_cached(statements::ACQUAINTANCE)?;
    for &other in accounts {
        let (fewer, more) = if count(other)? < own { (other, account) } else { (account, other) };
        let ids = [account, other, fewer, more].map(|id| *id.as_bytes());
        let found: Option<Option<i64>> = statement.query_row(ids, |row| row.get(0)).optional()?;
        sight.acquaintances.extend(
            found.map(|seen| Acquaintance { account: other, seen_at: optional_time_of(seen.unwrap_or(0)) }),
        );
    }
    let mut statement = connection.prepare_cached(statements::IS_ROOM_OF)?;
    for &conversation in conversations {
        if statement.exists([account.as_bytes(), conversation.as_bytes()])? {
            sight.rooms.push(conversation);
        }
    }
    Ok(sight)
}

pub(super) fn typist(
    connection: &Connection,
    account: AccountId,
    id: ConversationId,
) -> Result<Option<Typist>> {
    let mut statement = connection.prepare_cached(statements::MEMBERSHIP)?;
    let place = statement
        .query_row([account.as_bytes(), id.as_bytes()], |row| Ok((role(row, 0)?, row.get::<_, bool>(3)?)))
        .optional()?;
    let Some((role, request)) = place else { return Ok(None) };
    let missing = || Failure::damaged(format!("conversation {id}"), "it has members and is missing");
    let (conversation, ..) = events::conversation(connection, id)?.ok_or_else(missing)?;
    let mutual = match conversation.pair {
        None => true,
        Some(pair) => {
            let ids = [account, pair.peer(account)].map(|id| *id.as_bytes());
            let mut statement = connection.prepare_cached(statements::MUTUAL)?;
            !request && ids[0] != ids[1] && statement.exists((ids[0], ids[1], id.as_bytes()))?
        }
    };
    let mut statement = connection.prepare_cached(statements::RESTRICTION)?;
    let muted = statement
        .query_row([id.as_bytes(), account.as_bytes()], |row| row.get::<_, i64>(2))
        .optional()?
        .unwrap_or(0);
    let mut statement = connection.prepare_cached(statements::BLOCKED)?;
    let blocks = statement.query_map([account.as_bytes()], |row| bytes(row, 0, AccountId::from_bytes))?;
    Ok(Some(Typist {
        kind: conversation.kind,
        locked: conversation.settings.locked,
        role,
        muted_until: optional_time_of(muted),
        mutual,
        blocks: blocks.collect::<rusqlite::Result<_>>()?,
    }))
}

pub(super) fn present_members(
    connection: &Connection,
    account: AccountId,
    id: ConversationId,
    among: &[AccountId],
) -> Result<Option<(Kind, Vec<Sender>)>> {
    let mut statement = connection.prepare_cached(statements::MEMBERSHIP)?;
    if !statement.exists([account.as_bytes(), id.as_bytes()])? {
        return Ok(None);
    }
    let missing = || Failure::damaged(format!("conversation {id}"), "it has members and is missing");
    let (conversation, ..) = events::conversation(connection, id)?.ok_or_else(missing)?;
    let mut statement = connection.prepare_cached(statements::PRESENT_MEMBER)?;
    let mut present = Vec::with_capacity(among.len());
    for other in among {
        let ids = [*account.as_bytes(), *id.as_bytes(), *other.as_bytes()];
        present.extend(statement.query_row(ids, sender).optional()?);
    }
    Ok(Some((conversation.kind, present)))
}
