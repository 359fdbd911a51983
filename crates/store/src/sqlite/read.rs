//! What the store is asked, each answered from one snapshot.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chinwag_chat::TokenHash;
use chinwag_protocol::{
    AccountCard, AccountId, Actor, ConversationId, DeviceId, Emoji, Event, Marker, Membership, Message,
    PasswordHash, Pos, Sender, Seq, Timestamp, Username,
};
use foldhash::HashMap;
use rusqlite::{Connection, OptionalExtension, Row};

use super::columns::{bytes, kind, number, pos, role, seq, time};
use super::events::Events;
use super::failure::{Failure, Result};
use super::keyed;
use super::marks;
use super::members::sender;
use super::presence;
use super::recent::TimelineRow;
use super::snapshot::Snapshot;
use super::statements;
use crate::store::{fitting, has_receipts, marker_now};
use crate::stored_event::Names;
use crate::{
    AccountPage, Credential, Device, History, HistoryRange, Reactor, SyncPlace, SyncRow, Synced, TopicHead,
    Topics, Unread, UnseenGuests,
};

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
        let membership = Membership {
            role: role(row, 1)?,
            since: pos(row, 2)?,
            visible_from: seq(row, 3)?,
            request: row.get(4)?,
        };
        Ok((bytes(row, 0, ConversationId::from_bytes)?, membership))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn topics(snapshot: &Snapshot<'_>, account: AccountId) -> Result<Topics> {
    let mut ends = snapshot.ends()?;
    let mut conversations = Vec::new();
    let mut statement = snapshot.prepare_cached(statements::TOPICS)?;
    let mut rows = statement.query([account.as_bytes()])?;
    while let Some(row) = rows.next()? {
        let conversation = bytes(row, 0, ConversationId::from_bytes)?;
        let membership = Membership {
            role: role(row, 1)?,
            since: pos(row, 2)?,
            visible_from: seq(row, 3)?,
            request: row.get(4)?,
        };
        let seq = ends.last(conversation.as_bytes())?.map_or(Seq::ZERO, |(seq, _)| seq);
        let receipts = has_receipts(kind(row, 5)?, number(row, 6)?);
        conversations.push(TopicHead { conversation, membership, seq, receipts });
    }
    let mut statement = snapshot.prepare_cached(statements::FARTHEST_PLACE)?;
    let place = statement.query_row([account.as_bytes()], |row| row.get::<_, Option<i64>>(0))?;
    let place = Pos::new(place.unwrap_or(0).unsigned_abs());
    let receipts = keyed::preferences(snapshot, account)?.0.receipts;
    let invisible = presence::is_invisible(snapshot, account)?;
    Ok(Topics { head: snapshot.head(), conversations, invisible, place, receipts })
}

/// The conversations whose members may be told how far others are and whose last row lies after `after` and not after `until`.
pub(super) fn received(
    snapshot: &Snapshot<'_>,
    account: AccountId,
    after: Pos,
    until: Pos,
) -> Result<Vec<(ConversationId, Seq)>> {
    let mut ends = snapshot.ends()?;
    let mut found = Vec::new();
    let mut statement = snapshot.prepare_cached(statements::TOPICS)?;
    let mut rows = statement.query([account.as_bytes()])?;
    while let Some(row) = rows.next()? {
        let conversation = bytes(row, 0, ConversationId::from_bytes)?;
        if has_receipts(kind(row, 5)?, number(row, 6)?)
            && let Some((seq, last)) = ends.last(conversation.as_bytes())?
            && last > after
            && last <= until
        {
            found.push((conversation, seq));
        }
    }
    Ok(found)
}

pub(super) fn history(
    snapshot: &Snapshot<'_>,
    account: AccountId,
    conversation: ConversationId,
    range: HistoryRange,
    limit: usize,
) -> Result<Option<History>> {
    let Some(visible_from) = visible_from(snapshot, account, conversation)? else { return Ok(None) };
    let last = snapshot.ends()?.last(conversation.as_bytes())?.map_or(0, |(seq, _)| seq.get());
    let rows = range.rows(visible_from.get(), last, limit);
    let found = rows_of(snapshot, conversation, rows)?;
    let mut marks = BTreeMap::new();
    marks::between(snapshot, account, conversation, rows, &mut marks)?;
    Ok(Some(History::of(found, Some(account), rows, snapshot.head()).with_marks(marks)))
}

/// Those of the rows that are messages which the account may see, in the order of `seqs`.
pub(super) fn messages(
    snapshot: &Snapshot<'_>,
    account: AccountId,
    conversation: ConversationId,
    seqs: &[Seq],
) -> Result<Option<History>> {
    let Some(visible_from) = visible_from(snapshot, account, conversation)? else { return Ok(None) };
    let mut reader = Events::new(snapshot);
    let topic = *conversation.as_bytes();
    let (mut found, mut marks) = (Vec::new(), BTreeMap::new());
    for seq in seqs.iter().filter(|seq| **seq >= visible_from) {
        if let Some(pos) = snapshot.pos(&topic, *seq)? {
            found.push(reader.at(&TimelineRow { topic, seq: *seq, pos })?);
            marks::between(snapshot, account, conversation, (*seq, *seq), &mut marks)?;
        }
    }
    let history = History::of(found, Some(account), (Seq::ZERO, Seq::ZERO), snapshot.head());
    Ok(Some(History { changes: Vec::new(), ..history.with_marks(marks) }))
}

pub(super) fn pins(
    snapshot: &Snapshot<'_>,
    account: AccountId,
    conversation: ConversationId,
) -> Result<Option<History>> {
    messages(snapshot, account, conversation, &marks::pins(snapshot, conversation)?)
}

/// See [`crate::Store::reactors`].
pub(super) fn reactors(
    snapshot: &Snapshot<'_>,
    account: AccountId,
    (conversation, seq): (ConversationId, Seq),
    after: Option<&(AccountId, Emoji)>,
    limit: usize,
) -> Result<Option<(Vec<Reactor>, bool)>> {
    let found = messages(snapshot, account, conversation, &[seq])?;
    let is_there = |(.., message): &(_, _, Message)| message.deleted_by.is_none();
    if !found.is_some_and(|found| found.messages.first().is_some_and(is_there)) {
        return Ok(None);
    }
    let wanted = limit.saturating_add(1);
    let mut rows = marks::reactors(snapshot, account, (conversation, seq), after, wanted)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok(Some((rows, more)))
}

/// The first row that an account sees of a conversation, if it is in it.
fn visible_from(
    connection: &Connection,
    account: AccountId,
    conversation: ConversationId,
) -> Result<Option<Seq>> {
    let mut statement = connection.prepare_cached(statements::MEMBERSHIP)?;
    Ok(statement.query_row([account.as_bytes(), conversation.as_bytes()], |row| seq(row, 2)).optional()?)
}

/// These rows of a timeline.
pub(super) fn rows_of(
    snapshot: &Snapshot<'_>,
    conversation: ConversationId,
    (from, to): (Seq, Seq),
) -> Result<Vec<Event>> {
    let mut reader = Events::new(snapshot);
    let topic = *conversation.as_bytes();
    let rows = snapshot.rows(&topic, from..=to)?;
    if rows.len() as u64 != to.get().saturating_sub(from.previous().get()) {
        return Err(Failure::damaged(format!("the timeline of {conversation}"), "rows are missing"));
    }
    rows.into_iter().map(|(seq, pos)| reader.at(&TimelineRow { topic, seq, pos })).collect()
}

pub(super) fn sync(
    snapshot: &Snapshot<'_>,
    account: AccountId,
    after: Option<SyncPlace>,
    limit: usize,
) -> Result<Synced> {
    let mut ends = snapshot.ends()?;
    let mut unread = after.is_none().then(Unread::default);
    let markers = Markers::of(snapshot, account)?;
    let mut places = Vec::new();
    for (conversation, membership) in memberships(snapshot, account)? {
        let last = ends.last(conversation.as_bytes())?;
        if let Some(unread) = &mut unread {
            let (marker, _) = markers.now(snapshot, conversation, last)?;
            unread.messages += marker.unread;
            unread.mentions += marker.mentions;
        }
        let place = SyncPlace { pos: last.map_or(membership.since, |(_, pos)| pos), conversation };
        if after.is_none_or(|after| order(&place) < order(&after)) {
            places.push((place, membership, last));
        }
    }
    places.sort_unstable_by_key(|(place, ..)| Reverse(order(place)));
    let more = places.len() > limit;
    places.truncate(limit);
    let mut events = Events::new(snapshot);
    let mut conversations = Vec::with_capacity(places.len());
    for (place, membership, last) in &places {
        let topic = *place.conversation.as_bytes();
        let counted =
            last.map(|(seq, pos)| snapshot.counted(&TimelineRow { topic, seq, pos })).transpose()?;
        let conversation = events.conversation(place.conversation)?;
        let peer = conversation
            .pair
            .map(|pair| events.account(pair.peer(account)).map(AccountCard::sender))
            .transpose()?;
        conversations.push(SyncRow {
            conversation,
            role: membership.role,
            request: membership.request,
            peer,
            seq: last.map_or(Seq::ZERO, |(seq, _)| seq),
            n: counted.map_or(0, |(n, _)| n),
            active_at: counted.map(|(_, at)| at),
            marker: markers.now(snapshot, place.conversation, *last)?,
            settings: keyed::settings(snapshot, account, place.conversation)?,
            drafts: keyed::drafts(snapshot, account, place.conversation)?,
        });
    }
    let fitting = fitting(&conversations).min(places.len());
    let more = more || fitting < places.len();
    places.truncate(fitting);
    conversations.truncate(fitting);
    let next = places.last().map(|(place, ..)| *place).filter(|_| more);
    Ok(Synced { conversations, next, head: snapshot.head(), unread })
}

/// How far an account has read all of its conversations.
struct Markers {
    account: AccountId,
    written: HashMap<ConversationId, (Marker, u64)>,
    from: HashMap<ConversationId, Seq>,
}

impl Markers {
    fn of(connection: &Connection, account: AccountId) -> Result<Self> {
        let mut statement = connection.prepare_cached(statements::FROM_SEQS)?;
        let rows = statement.query_map([account.as_bytes()], |row| {
            Ok((bytes(row, 0, ConversationId::from_bytes)?, seq(row, 1)?))
        })?;
        let from = rows.collect::<rusqlite::Result<_>>()?;
        Ok(Self { account, written: keyed::markers(connection, account)?, from })
    }

    /// Of one whose last row is this.
    fn now(
        &self,
        snapshot: &Snapshot<'_>,
        id: ConversationId,
        last: Option<(Seq, Pos)>,
    ) -> Result<(Marker, u64)> {
        let written = self.written.get(&id);
        let from = self.from.get(&id).copied().unwrap_or(Seq::new(1));
        let so_far = keyed::read_so_far(snapshot, self.account, id, from, written.map(|(marker, _)| marker))?;
        let topic = *id.as_bytes();
        let n = match last {
            Some((seq, pos)) if seq > so_far.seq => snapshot.counted(&TimelineRow { topic, seq, pos })?.0,
            _ => so_far.reading.n,
        };
        Ok(marker_now(written, so_far, n))
    }
}

fn order(place: &SyncPlace) -> (Pos, ConversationId) {
    (place.pos, place.conversation)
}

pub(super) fn session(connection: &Connection, token: TokenHash) -> Result<Option<Actor>> {
    Ok(connection.prepare_cached(statements::SESSION)?.query_row([token.0], actor).optional()?)
}

fn actor(row: &Row<'_>) -> rusqlite::Result<Actor> {
    Ok(Actor { account: bytes(row, 0, AccountId::from_bytes)?, device: bytes(row, 1, DeviceId::from_bytes)? })
}

pub(super) fn credential(connection: &Connection, account: AccountId) -> Result<Option<Credential>> {
    let mut statement = connection.prepare_cached(statements::CREDENTIAL)?;
    Ok(statement.query_row([account.as_bytes()], credential_of).optional()?)
}

pub(super) fn credential_of_username(
    connection: &Connection,
    username: &Username,
) -> Result<Option<Credential>> {
    let mut statement = connection.prepare_cached(statements::CREDENTIAL_OF_USERNAME)?;
    Ok(statement.query_row([username.as_str()], credential_of).optional()?)
}

fn credential_of(row: &Row<'_>) -> rusqlite::Result<Credential> {
    Ok(Credential {
        account: bytes(row, 0, AccountId::from_bytes)?,
        password: PasswordHash::new(row.get::<_, String>(1)?),
        version: number(row, 2)?,
    })
}

pub(super) fn devices(connection: &Connection, account: AccountId) -> Result<Vec<Device>> {
    let mut statement = connection.prepare_cached(statements::OWN_DEVICES)?;
    let rows = statement.query_map([account.as_bytes()], |row| {
        Ok(Device {
            id: bytes(row, 0, DeviceId::from_bytes)?,
            name: row.get(1)?,
            created_at: time(row, 2)?,
            seen_at: time(row, 3)?,
        })
    })?;
    let mut devices: Vec<Device> = rows.collect::<rusqlite::Result<_>>()?;
    devices.sort_unstable_by_key(|device| (device.created_at, device.id));
    Ok(devices)
}

pub(super) fn unseen_devices(connection: &Connection, since: Timestamp, limit: usize) -> Result<Vec<Actor>> {
    let mut statement = connection.prepare_cached(statements::UNSEEN_DEVICES)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map((since.as_millis(), limit), actor)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn unseen_guests(
    connection: &Connection,
    since: Timestamp,
    after: Option<AccountId>,
    limit: usize,
) -> Result<UnseenGuests> {
    // The server's own account, whose id is the least of all, is no guest.
    let after = after.unwrap_or(AccountId::SERVER);
    let after = after.as_bytes().as_slice();
    let wanted = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(statements::GUESTS)?;
    let row = |row: &Row<'_>| Ok((bytes(row, 0, AccountId::from_bytes)?, row.get(1)?));
    let rows = statement.query_map((after, since.as_millis(), wanted), row)?;
    Ok(UnseenGuests::of(rows.collect::<rusqlite::Result<_>>()?, limit))
}

pub(super) fn removals(connection: &Connection, limit: usize) -> Result<Vec<AccountId>> {
    let mut statement = connection.prepare_cached(statements::REMOVALS)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map([limit], |row| bytes(row, 0, AccountId::from_bytes))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whom an account blocks after an account in order of id; without one, from the first.
pub(super) fn blocks(
    connection: &Connection,
    account: AccountId,
    after: Option<AccountId>,
    limit: usize,
) -> Result<AccountPage<Sender>> {
    let after = after.as_ref().map_or(&[][..], |after| after.as_bytes());
    let wanted = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut statement = connection.prepare_cached(statements::BLOCKS)?;
    let rows = statement.query_map((account.as_bytes(), after, wanted), sender)?;
    Ok(AccountPage::cut(rows.collect::<rusqlite::Result<_>>()?, limit))
}

pub(super) fn place(connection: &Connection, device: DeviceId) -> Result<Option<Pos>> {
    let mut statement = connection.prepare_cached(statements::PLACE)?;
    Ok(statement.query_row([device.as_bytes()], |row| pos(row, 0)).optional()?)
}
