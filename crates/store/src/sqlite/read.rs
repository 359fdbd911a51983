//! What the store is asked, each answered from one snapshot.

use std::cmp::Reverse;

use chinwag_chat::TokenHash;
use chinwag_protocol::{AccountCard, AccountId, Actor, ConversationId, DeviceId, Membership, Pos, Seq};
use rusqlite::{CachedStatement, Connection, OptionalExtension};

use super::columns::{bytes, integer, number, pos, role, seq, time};
use super::events::Events;
use super::failure::Result;
use super::statements;
use crate::{DeviceSession, History, HistoryRange, SyncPlace, SyncRow, Synced, TopicHead, Topics};

/// Last position of the log.
pub(super) fn head(connection: &Connection) -> Result<Pos> {
    let head: Option<i64> = connection.prepare_cached(statements::HEAD)?.query_row([], |row| row.get(0))?;
    Ok(head.map_or(Pos::ZERO, |head| Pos::new(head.unsigned_abs())))
}

/// An account's conversations, in no order.
pub(super) fn memberships(
    connection: &Connection,
    account: AccountId,
) -> Result<Vec<(ConversationId, Membership)>> {
    let mut statement = connection.prepare_cached(statements::MEMBERSHIPS)?;
    let rows = statement.query_map([account.as_bytes()], |row| {
        let membership = Membership { role: role(row, 1)?, since: pos(row, 2)?, visible_from: seq(row, 3)? };
        Ok((bytes(row, 0, ConversationId::from_bytes)?, membership))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Looks up the last rows of topics.
struct LastRows<'c>(CachedStatement<'c>);

impl<'c> LastRows<'c> {
    fn new(connection: &'c Connection) -> Result<Self> {
        Ok(Self(connection.prepare_cached(statements::TOPIC_BACK)?))
    }

    /// Position and `seq` of the last row, if there is any.
    fn of(&mut self, topic: &[u8; 16]) -> Result<Option<(Pos, Seq)>> {
        let mut rows = self.0.query([topic])?;
        match rows.next()? {
            Some(row) => Ok(Some((pos(row, 0)?, seq(row, 1)?))),
            None => Ok(None),
        }
    }
}

pub(super) fn topics(connection: &Connection, account: AccountId) -> Result<Topics> {
    let head = head(connection)?;
    let mut last_rows = LastRows::new(connection)?;
    let conversations = memberships(connection, account)?
        .into_iter()
        .map(|(conversation, membership)| {
            let seq = last_rows.of(conversation.as_bytes())?.map_or(Seq::ZERO, |(_, seq)| seq);
            Ok(TopicHead { conversation, membership, seq })
        })
        .collect::<Result<_>>()?;
    Ok(Topics { head, conversations })
}

pub(super) fn history(
    connection: &Connection,
    account: AccountId,
    conversation: ConversationId,
    range: HistoryRange,
    limit: usize,
) -> Result<Option<History>> {
    let visible_from = connection
        .prepare_cached(statements::MEMBERSHIP)?
        .query_row([account.as_bytes(), conversation.as_bytes()], |row| number(row, 2))
        .optional()?;
    let Some(visible_from) = visible_from else { return Ok(None) };
    let last = LastRows::new(connection)?.of(conversation.as_bytes())?.map_or(0, |(_, seq)| seq.get());
    let limit = limit as u64;
    let (from, to) = match range {
        HistoryRange::Newest => back(visible_from, last, limit),
        HistoryRange::Before(seq) => back(visible_from, last.min(seq.previous().get()), limit),
        HistoryRange::After(seq) => {
            let from = visible_from.max(last.min(seq.get()) + 1);
            (from, last.min((from - 1).saturating_add(limit)).max(from - 1))
        }
    };
    let mut events = Events::new(connection);
    let mut statement = connection.prepare_cached(statements::MESSAGES)?;
    let mut rows = statement.query((conversation.as_bytes(), integer(from), integer(to)))?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        messages.push((seq(row, 2)?, time(row, 4)?, events.message(row)?));
    }
    Ok(Some(History { messages, from: Seq::new(from), to: Seq::new(to), head: head(connection)? }))
}

/// The last `limit` rows up to `to`; an empty range if there is none to be seen.
fn back(visible_from: u64, to: u64, limit: u64) -> (u64, u64) {
    let from = visible_from.max((to + 1).saturating_sub(limit));
    (from.min(to + 1), to)
}

pub(super) fn sync(
    connection: &Connection,
    account: AccountId,
    after: Option<SyncPlace>,
    limit: usize,
) -> Result<Synced> {
    let head = head(connection)?;
    let mut last_rows = LastRows::new(connection)?;
    let mut places = Vec::new();
    for (conversation, membership) in memberships(connection, account)? {
        let last = last_rows.of(conversation.as_bytes())?;
        let place = SyncPlace { pos: last.map_or(membership.since, |(pos, _)| pos), conversation };
        if after.is_none_or(|after| order(&place) < order(&after)) {
            places.push((place, membership.role));
        }
    }
    places.sort_unstable_by_key(|(place, _)| Reverse(order(place)));
    let more = places.len() > limit;
    places.truncate(limit);
    let mut events = Events::new(connection);
    let mut conversations = Vec::with_capacity(places.len());
    for (place, role) in &places {
        let mut statement = connection.prepare_cached(statements::TOPIC_HEAD)?;
        let last = statement
            .query_row([place.conversation.as_bytes()], |row| {
                Ok((seq(row, 0)?, number(row, 1)?, time(row, 2)?))
            })
            .optional()?;
        conversations.push(SyncRow {
            conversation: events.conversation(place.conversation)?,
            role: *role,
            seq: last.map_or(Seq::ZERO, |(seq, ..)| seq),
            n: last.map_or(0, |(_, n, _)| n),
            active_at: last.map(|(.., at)| at),
        });
    }
    let next = places.last().map(|(place, _)| *place).filter(|_| more);
    Ok(Synced { conversations, next, head })
}

fn order(place: &SyncPlace) -> (Pos, ConversationId) {
    (place.pos, place.conversation)
}

pub(super) fn session(connection: &Connection, token: TokenHash) -> Result<Option<DeviceSession>> {
    let session = connection
        .prepare_cached(statements::SESSION)?
        .query_row([token.0], |row| {
            let account = bytes(row, 1, AccountId::from_bytes)?;
            Ok(DeviceSession {
                actor: Actor { account, device: bytes(row, 0, DeviceId::from_bytes)? },
                account: AccountCard { id: account, name: row.get(2)?, lookalike: row.get(3)? },
            })
        })
        .optional()?;
    Ok(session)
}

pub(super) fn place(connection: &Connection, device: DeviceId) -> Result<Option<Pos>> {
    let mut statement = connection.prepare_cached(statements::PLACE)?;
    Ok(statement.query_row([device.as_bytes()], |row| pos(row, 0)).optional()?)
}
