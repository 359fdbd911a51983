//! The latest event of each key, and the rows of those that they have replaced.

use chinwag_chat::{MARKER_LAG_MAX, REMOVAL_KEYED, ReadSoFar, Reading};
use chinwag_protocol::{
    AccountId, Body, ConversationId, DraftCard, Event, Key, Keyed, Marker, OwnSettings, Pos, Preferences,
    Receipt, Seq, Timestamp, Topic as Of,
};
use foldhash::{HashMap, HashMapExt};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};

use super::columns::{bytes, number, pos, seq, time};
use super::event_row::{DETAIL, EventRow, KIND, N, SENDER};
use super::failure::{Failure, Result};
use super::recent::TimelineRow;
use super::snapshot::Snapshot;
use super::statements;
use crate::codes::integer;
use crate::detail::kind;
use crate::keyed::{
    KeyDetail, KeyedRow, MARKERS, NO_DRAFT, RECEIPTS, drafts as keys_of_drafts, key_bytes, kind_of_key,
    topic_bytes, value,
};
use crate::topic::Topic;

/// Columns of every statement that selects one.
const POS: usize = 0;
const KEY: usize = 1;
const VERSION: usize = 2;
const AT: usize = 3;
const VALUE: usize = 4;
const CHECKSUM: usize = 5;

/// Writes a keyed event, which is the latest of its key from now on.
pub(super) fn append(connection: &Connection, event: &Event, keyed: &Keyed) -> Result<()> {
    let broken =
        |error: serde_json::Error| Failure::damaged(format!("event {}", event.pos), error.to_string());
    let (topic, key) = (keyed.topic(), keyed.key());
    let topic = topic_bytes(&topic);
    let detail = serde_json::to_string(&KeyDetail::from(key)).map_err(broken)?;
    EventRow::new(event, topic, kind_of_key(&key))
        .with(DETAIL, ValueRef::Text(detail.as_bytes()))
        .insert(connection)?;
    let (key, value) = (key_bytes(&key), value(keyed).map_err(broken)?);
    let before = connection
        .prepare_cached(statements::KEYED)?
        .query_row((topic, &key), |row| pos(row, POS))
        .optional()?;
    if let Some(before) = before {
        note_replaced(connection, event.at, before)?;
    }
    let row = KeyedRow {
        topic: *topic,
        key: &key,
        pos: integer(event.pos.get()),
        version: integer(keyed.version()),
        at: event.at.as_millis(),
        value: &value,
    };
    let values = (topic, row.key, row.pos, row.version, row.at, row.value, row.checksum());
    connection.prepare_cached(statements::PUT_KEYED)?.execute(values)?;
    Ok(())
}

/// The first keyed events of an account's own topic, at most `limit`.
pub(super) fn some(connection: &Connection, account: AccountId, limit: usize) -> Result<Vec<(Pos, u64)>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(statements::SOME_KEYED)?;
    let rows = statement.query_map((account.as_bytes(), limit), |row| Ok((pos(row, 0)?, number(row, 1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Takes what some of them say away, for the account was removed: as many as one step does.
pub(super) fn drop_some(connection: &Connection, account: AccountId, at: Timestamp) -> Result<()> {
    let mut versions = 0;
    for (pos, version) in some(connection, account, REMOVAL_KEYED)? {
        connection
            .prepare_cached(statements::DROP_KEYED)?
            .execute((account.as_bytes(), integer(pos.get())))?;
        note_replaced(connection, at, pos)?;
        versions += version;
    }
    if versions > 0 {
        connection.prepare_cached(statements::COUNT_DROPPED)?.execute([integer(versions)])?;
    }
    Ok(())
}

fn note_replaced(connection: &Connection, at: Timestamp, replaced: Pos) -> Result<()> {
    let values = (at.as_millis(), integer(replaced.get()));
    connection.prepare_cached(statements::NOTE_REPLACED)?.execute(values)?;
    Ok(())
}

/// The latest event of a key.
pub(super) fn latest(connection: &Connection, topic: &Topic, key: &Key) -> Result<Option<Event>> {
    let mut statement = connection.prepare_cached(statements::KEYED)?;
    let mut rows = statement.query((topic, key_bytes(key)))?;
    rows.next()?.map(|row| read(topic, row)).transpose()
}

/// The latest event of a key, if it stands at this place.
pub(super) fn at(connection: &Connection, place: &TimelineRow) -> Result<Option<Event>> {
    let mut statement = connection.prepare_cached(statements::KEYED_AT)?;
    let mut rows = statement.query((&place.topic, integer(place.pos.get())))?;
    rows.next()?.map(|row| read(&place.topic, row)).transpose()
}

/// What an account has chosen, and the version of that.
pub(super) fn preferences(connection: &Connection, account: AccountId) -> Result<(Preferences, u64)> {
    Ok(match keyed(connection, Of::Account(account), &Key::Preferences)? {
        Some(Keyed::Preferences { preferences, version, .. }) => (preferences, version),
        _ => (Preferences::default(), 0),
    })
}

/// How far accounts are in a conversation, whether they are members or not, in the order of their ids.
pub(super) fn receipts(
    connection: &Connection,
    conversation: ConversationId,
) -> Result<Vec<(AccountId, Receipt, u64)>> {
    let mut found = Vec::new();
    range(connection, conversation.as_bytes(), (&RECEIPTS.0, &RECEIPTS.1), |keyed| {
        if let Keyed::Receipt { account, receipt, version, .. } = keyed {
            found.push((account, receipt, version));
        }
    })?;
    Ok(found)
}

/// The latest events of the keys from one on and before another.
fn range(
    connection: &Connection,
    topic: &Topic,
    (from, before): (&[u8], &[u8]),
    mut take: impl FnMut(Keyed),
) -> Result<()> {
    let mut statement = connection.prepare_cached(statements::KEYED_RANGE)?;
    let mut rows = statement.query((topic, from, before))?;
    while let Some(row) = rows.next()? {
        if let Body::Keyed(keyed) = read(topic, row)?.body {
            take(keyed);
        }
    }
    Ok(())
}

/// All markers of an account.
pub(super) fn markers(
    connection: &Connection,
    account: AccountId,
) -> Result<HashMap<ConversationId, (Marker, u64)>> {
    let mut found = HashMap::new();
    range(connection, account.as_bytes(), (&MARKERS.0, &MARKERS.1), |keyed| {
        if let Keyed::Marker { conversation, marker, version, .. } = keyed {
            found.insert(conversation, (marker, version));
        }
    })?;
    Ok(found)
}

/// What an account has set for itself in a conversation.
pub(super) fn settings(
    connection: &Connection,
    account: AccountId,
    id: ConversationId,
) -> Result<(OwnSettings, u64)> {
    Ok(match keyed(connection, Of::Account(account), &Key::Settings(id))? {
        Some(Keyed::Settings { settings, version, .. }) => (settings, version),
        _ => (OwnSettings::default(), 0),
    })
}

/// What an account's devices have begun to write in a conversation.
pub(super) fn drafts(
    connection: &Connection,
    account: AccountId,
    id: ConversationId,
) -> Result<Vec<DraftCard>> {
    let (from, before) = keys_of_drafts(id);
    let mut found = Vec::new();
    range(connection, account.as_bytes(), (&from, &before), |keyed| {
        if let Keyed::Draft { device, text, version, .. } = keyed
            && !text.is_empty()
        {
            found.push(DraftCard { device, text, version });
        }
    })?;
    Ok(found)
}

/// How many that are.
pub(super) fn number_of_drafts(
    connection: &Connection,
    account: AccountId,
    id: ConversationId,
) -> Result<u64> {
    let (from, before) = keys_of_drafts(id);
    let mut statement = connection.prepare_cached(statements::COUNT_DRAFTS)?;
    Ok(statement.query_row((account.as_bytes(), from, before, NO_DRAFT), |row| number(row, 0))?)
}

fn read(topic: &Topic, row: &Row<'_>) -> Result<Event> {
    let text = |column| row.get_ref(column).map(|value| value.as_str().unwrap_or_default());
    let stored = KeyedRow {
        topic: *topic,
        key: row.get_ref(KEY)?.as_blob().unwrap_or_default(),
        pos: row.get(POS)?,
        version: row.get(VERSION)?,
        at: row.get(AT)?,
        value: text(VALUE)?,
    };
    let keyed = stored
        .read(row.get(CHECKSUM)?)
        .map_err(|what| Failure::damaged(format!("the keyed event {}", stored.pos), what))?;
    Ok(Event { pos: pos(row, POS)?, seq: Seq::ZERO, at: time(row, AT)?, body: Body::Keyed(keyed) })
}

/// As a need of the rules: the latest event of a key.
pub(super) fn keyed(connection: &Connection, topic: Of, key: &Key) -> Result<Option<Keyed>> {
    let event = latest(connection, topic_bytes(&topic), key)?;
    Ok(event.and_then(|event| match event.body {
        Body::Keyed(keyed) => Some(keyed),
        _ => None,
    }))
}

/// The first row that the stream owes a member; the first of all for who is none.
pub(super) fn from_seq(connection: &Connection, account: AccountId, id: ConversationId) -> Result<Seq> {
    let found = connection
        .prepare_cached(statements::FROM_SEQ)?
        .query_row([account.as_bytes(), id.as_bytes()], |row| seq(row, 0))
        .optional()?;
    Ok(found.unwrap_or(Seq::new(1)))
}

/// How far a member has read, of the marker as it is written: its own messages count, too. They can only be near.
pub(super) fn read_so_far(
    snapshot: &Snapshot<'_>,
    account: AccountId,
    id: ConversationId,
    from_seq: Seq,
    marker: Option<&Marker>,
) -> Result<ReadSoFar> {
    let topic = *id.as_bytes();
    let before = from_seq.previous();
    let marker = marker.filter(|marker| marker.read_seq >= before);
    let written = marker.map_or(before, |marker| marker.read_seq);
    let last = Seq::new(written.get().saturating_add(MARKER_LAG_MAX - 1));
    let after = snapshot.rows(&topic, written.next()..=last)?;
    let is_end = after.is_empty();
    for (seq, pos) in after.into_iter().rev() {
        let own = snapshot.event(&TimelineRow { topic, seq, pos }, |row| {
            let is_own = row.get::<_, i64>(KIND)? == kind::MESSAGE
                && bytes(row, SENDER, AccountId::from_bytes)? == account;
            is_own.then(|| number(row, N)).transpose()
        })?;
        if let Some(n) = own {
            return Ok(ReadSoFar {
                seq,
                reading: Reading { n, mentions: mentions(snapshot, account, id, seq)? },
            });
        }
    }
    let n = match marker {
        Some(marker) => marker.read_n,
        None => messages_up_to(snapshot, topic, written)?.unwrap_or(0),
    };
    let mentions = if is_end { 0 } else { mentions(snapshot, account, id, written)? };
    Ok(ReadSoFar { seq: written, reading: Reading { n, mentions } })
}

/// What is left to a member after a row of a timeline, if there is the row.
pub(super) fn reading(
    snapshot: &Snapshot<'_>,
    account: AccountId,
    id: ConversationId,
    seq: Seq,
) -> Result<Option<Reading>> {
    let Some(n) = messages_up_to(snapshot, *id.as_bytes(), seq)? else { return Ok(None) };
    Ok(Some(Reading { n, mentions: mentions(snapshot, account, id, seq)? }))
}

/// Messages of a timeline up to a row of it, if there is the row.
fn messages_up_to(snapshot: &Snapshot<'_>, topic: Topic, seq: Seq) -> Result<Option<u64>> {
    let Some(pos) = snapshot.pos(&topic, seq)? else { return Ok(None) };
    let (n, _) = snapshot.counted(&TimelineRow { topic, seq, pos })?;
    Ok(Some(n))
}

/// Messages after a row that mention an account. Its own do not come after what it has read.
fn mentions(connection: &Connection, account: AccountId, id: ConversationId, seq: Seq) -> Result<u64> {
    let mut statement = connection.prepare_cached(statements::COUNT_MENTIONS)?;
    let place = (account.as_bytes(), id.as_bytes(), integer(seq.get()));
    Ok(statement.query_row(place, |row| number(row, 0))?)
}

/// Up to where rows of replaced events may be gone.
pub(super) fn compacted(connection: &Connection) -> Result<Pos> {
    let upto =
        connection.prepare_cached(statements::COMPACTED)?.query_row([], |row| pos(row, 0)).optional()?;
    Ok(upto.unwrap_or(Pos::ZERO))
}

/// Takes away rows of events that were replaced at `until` or earlier and lie before `below`, at most `limit`. Gives how many.
pub(super) fn forget_replaced(
    connection: &Connection,
    below: Pos,
    until: Timestamp,
    limit: usize,
) -> Result<u64> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows: Vec<(i64, Pos)> = connection
        .prepare_cached(statements::REPLACED)?
        .query_map((until.as_millis(), limit), |row| Ok((row.get(0)?, pos(row, 1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let (mut upto, mut removed) = (Pos::ZERO, 0);
    for (at, pos) in rows.into_iter().filter(|(_, pos)| *pos < below) {
        let gone = connection.prepare_cached(statements::FORGET_EVENT)?.execute([integer(pos.get())])?;
        if gone != 1 {
            return Err(Failure::damaged(format!("event {pos}"), "it was replaced, and its row is missing"));
        }
        connection.prepare_cached(statements::FORGET_REPLACED)?.execute((at, integer(pos.get())))?;
        upto = upto.max(pos);
        removed += 1;
    }
    if removed > 0 {
        let values = (integer(upto.get()), integer(removed));
        connection.prepare_cached(statements::MOVE_COMPACTION)?.execute(values)?;
    }
    Ok(removed)
}
