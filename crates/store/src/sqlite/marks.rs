//! What others have added to messages: reactions, pins, and who is named.

use std::collections::BTreeMap;

use chinwag_chat::{Marks, OwnReaction, REMOVAL_MENTIONS, REMOVAL_REACTIONS, ReactionPlace};
use chinwag_protocol::{AccountId, ConversationId, Emoji, Entities, Event, Pos, Seq, Timestamp};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row};

use super::columns::{bytes, number, optional_number, pos, seq, time};
use super::failure::{Failure, Result};
use super::members::sender;
use super::statements;
use crate::codes::integer;
use crate::marks::{pinned_of, reactions_column, reactions_of};
use crate::{Reactor, SeenMarks};

pub(super) fn one(connection: &Connection, id: ConversationId, at: Seq) -> Result<Marks> {
    let mut statement = connection.prepare_cached(statements::MARKS)?;
    let mut rows = statement.query((id.as_bytes(), integer(at.get())))?;
    let Some(row) = rows.next()? else { return Ok(Marks::default()) };
    let pinned = pinned_of(optional_number(row, 1)?, optional_number(row, 2)?, row.get(3)?);
    Ok(Marks { reactions: reactions(row, 0, id, at)?, pinned })
}

fn reactions(row: &Row<'_>, column: usize, id: ConversationId, at: Seq) -> Result<Vec<(Emoji, u64)>> {
    let text = row.get_ref(column)?.as_str().map_err(|error| damaged(id, at, &error.to_string()))?;
    reactions_of(text).map_err(|error| damaged(id, at, &error.to_string()))
}

fn damaged(id: ConversationId, at: Seq, what: &str) -> Failure {
    Failure::damaged(format!("the reactions to row {at} of {id}"), what)
}

fn emoji(row: &Row<'_>, column: usize) -> rusqlite::Result<Emoji> {
    Emoji::parse(row.get_ref(column)?.as_str()?)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

/// How many messages are pinned.
pub(super) fn count_pins(connection: &Connection, id: ConversationId) -> Result<u64> {
    let mut statement = connection.prepare_cached(statements::COUNT_PINS)?;
    Ok(statement.query_row([id.as_bytes()], |row| number(row, 0))?)
}

/// The rows of the pinned messages, the last pinned first.
pub(super) fn pins(connection: &Connection, id: ConversationId) -> Result<Vec<Seq>> {
    let mut statement = connection.prepare_cached(statements::PINS)?;
    let rows = statement.query_map([id.as_bytes()], |row| seq(row, 0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn own_reactions(
    connection: &Connection,
    (id, at): (ConversationId, Seq),
    account: AccountId,
) -> Result<Vec<OwnReaction>> {
    let mut statement = connection.prepare_cached(statements::OWN_REACTIONS)?;
    let rows = statement.query_map((account.as_bytes(), id.as_bytes(), integer(at.get())), |row| {
        Ok(OwnReaction {
            emoji: emoji(row, 0)?,
            seq: seq(row, 1)?,
            pos: pos(row, 2)?,
            at: time(row, 3)?,
            hidden: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Some of the reactions of an account that was removed.
pub(super) fn some_reactions(connection: &Connection, account: AccountId) -> Result<Vec<ReactionPlace>> {
    let mut statement = connection.prepare_cached(statements::SOME_REACTIONS)?;
    let rows = statement.query_map((account.as_bytes(), REMOVAL_REACTIONS as i64), |row| {
        Ok(ReactionPlace {
            conversation: bytes(row, 0, ConversationId::from_bytes)?,
            seq: seq(row, 1)?,
            emoji: emoji(row, 2)?,
            hidden: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether an account is named in more messages than are forgotten at once.
pub(super) fn has_many_mentions(connection: &Connection, account: AccountId) -> Result<bool> {
    let mut statement = connection.prepare_cached(statements::MANY_MENTIONS)?;
    let found = statement.query_row((account.as_bytes(), REMOVAL_MENTIONS as i64), |_| Ok(())).optional()?;
    Ok(found.is_some())
}

/// Forgets that an account is named in messages, in some of them.
pub(super) fn forget_mentions(connection: &Connection, account: AccountId) -> Result<()> {
    let mut statement = connection.prepare_cached(statements::FORGET_MENTIONS)?;
    statement.execute((account.as_bytes(), REMOVAL_MENTIONS as i64))?;
    Ok(())
}

/// What was added to the rows from one to another, as an account sees it.
pub(super) fn between(
    connection: &Connection,
    account: AccountId,
    id: ConversationId,
    (from, to): (Seq, Seq),
    marks: &mut BTreeMap<Seq, SeenMarks>,
) -> Result<()> {
    let mut statement = connection.prepare_cached(statements::MARKS_BETWEEN)?;
    let places = (account.as_bytes(), id.as_bytes(), integer(from.get()), integer(to.get()));
    let mut rows = statement.query(places)?;
    while let Some(row) = rows.next()? {
        let at = seq(row, 0)?;
        if !marks.contains_key(&at) {
            let pinned = optional_number(row, 2)?.is_some();
            marks.insert(at, SeenMarks::new(reactions(row, 1, id, at)?, pinned, seq(row, 3)?));
        }
        if let (Some(hidden), Some(marks)) = (row.get::<_, Option<bool>>(5)?, marks.get_mut(&at)) {
            marks.add_own(emoji(row, 4)?, hidden);
        }
    }
    Ok(())
}

/// Who reacts to a message, of those after `after` that the account may see.
pub(super) fn reactors(
    connection: &Connection,
    account: AccountId,
    (id, at): (ConversationId, Seq),
    after: Option<&(AccountId, Emoji)>,
    limit: usize,
) -> Result<Vec<Reactor>> {
    let (who, what) = after.map_or((&[][..], ""), |(who, what)| (who.as_bytes().as_slice(), what.as_str()));
    let mut statement = connection.prepare_cached(statements::REACTORS)?;
    let values = (id.as_bytes(), integer(at.get()), who, what, account.as_bytes(), integer(limit as u64));
    let rows = statement.query_map(values, |row| {
        Ok(Reactor { account: sender(row)?, emoji: emoji(row, 4)?, at: time(row, 5)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Stores what was added to a message, as of the row `by`.
pub(super) fn put(
    connection: &Connection,
    (id, at): (ConversationId, Seq),
    marks: &Marks,
    by: Seq,
) -> Result<()> {
    let reactions = reactions_column(marks).map_err(|error| damaged(id, at, &error.to_string()))?;
    let pinned = marks.pinned.map(|(seq, ..)| integer(seq.get()));
    let pinned_pos = marks.pinned.map(|(_, pos, _): (_, Pos, _)| integer(pos.get()));
    let pinned_at = marks.pinned.map(|(.., at): (_, _, Timestamp)| at.as_millis());
    let values =
        (id.as_bytes(), integer(at.get()), reactions, pinned, pinned_pos, pinned_at, integer(by.get()));
    connection.prepare_cached(statements::PUT_MARKS)?.execute(values)?;
    Ok(())
}

/// Stores a reaction, or removes it.
pub(super) fn react(
    connection: &Connection,
    event: &Event,
    (id, at): (ConversationId, Seq),
    account: AccountId,
    (emoji, on, hidden): (&Emoji, bool, bool),
) -> Result<()> {
    let (account, id, at, emoji) = (account.as_bytes(), id.as_bytes(), integer(at.get()), emoji.as_str());
    if on {
        let (by, pos, time) = (integer(event.seq.get()), integer(event.pos.get()), event.at.as_millis());
        let values = (account, id, at, emoji, by, pos, time, hidden);
        connection.prepare_cached(statements::ADD_REACTION)?.execute(values)?;
    } else {
        connection.prepare_cached(statements::REMOVE_REACTION)?.execute((account, id, at, emoji))?;
    }
    Ok(())
}

/// Stores who is named in a message by its sender, instead of who was before.
pub(super) fn mention(
    connection: &Connection,
    (id, at): (ConversationId, Seq),
    sender: AccountId,
    entities: &Entities,
) -> Result<()> {
    let (id, at) = (id.as_bytes(), integer(at.get()));
    for account in entities.accounts().filter(|account| *account != sender) {
        connection.prepare_cached(statements::ADD_MENTION)?.execute((account.as_bytes(), id, at))?;
    }
    if entities.mention_all() {
        connection.prepare_cached(statements::ADD_MENTION_ALL)?.execute((id, at))?;
    }
    Ok(())
}

/// Forgets who is named in a message.
pub(super) fn drop_mentions(connection: &Connection, id: ConversationId, at: Seq) -> Result<()> {
    let key = (id.as_bytes(), integer(at.get()));
    connection.prepare_cached(statements::DROP_MENTIONS)?.execute(key)?;
    connection.prepare_cached(statements::DROP_MENTION_ALL)?.execute(key)?;
    Ok(())
}

/// Forgets all that others have added to a message, and who is named in it.
pub(super) fn drop_all(connection: &Connection, id: ConversationId, at: Seq) -> Result<()> {
    let key = (id.as_bytes(), integer(at.get()));
    connection.prepare_cached(statements::DROP_MARKS)?.execute(key)?;
    connection.prepare_cached(statements::DROP_REACTIONS)?.execute(key)?;
    drop_mentions(connection, id, at)
}
