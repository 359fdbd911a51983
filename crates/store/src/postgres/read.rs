//! What the store is asked. What belongs together in an answer comes from one statement, and so from one snapshot; events
//! that it names by position are looked up after, for they never change but for a text that is deleted.

use chinwag_chat::{RECEIPTS_MEMBERS_MAX, TokenHash};
use chinwag_protocol::{
    AccountCard, AccountId, Actor, ConversationId, DeviceId, Event, PasswordHash, Pos, Sender, Seq,
    Timestamp, Username,
};
use foldhash::HashMap;
use tokio_postgres::Row;

use super::columns::{self, bytes, get, last_seq, number, pos, role, time};
use super::event_row::{COLUMNS, EventRow};
use super::events;
use super::failure::{Failure, Result};
use super::keyed;
use super::load::membership;
use super::marks;
use super::members::sender;
use super::session::Session;
use super::statements;
use crate::codes::integer;
use crate::store::{RECENT_OVERHEAD, fitting, has_receipts, marker_now};
use crate::stored_event::StoredEvent;
use crate::{
    AccountPage, Credential, Device, History, HistoryRange, SyncPlace, SyncRow, Synced, TopicHead, Topics,
    Unread, UnseenGuests,
};

/// Last position of the log.
pub(super) async fn head(session: &Session) -> Result<Pos> {
    pos(&session.query_one(statements::HEAD, &[], "head").await?, 0)
}

/// The last events of the log.
pub(super) async fn recent(session: &Session, bytes: usize) -> Result<Vec<Event>> {
    events::recent(session, head(session).await?, bytes, RECENT_OVERHEAD).await
}

pub(super) async fn topics(session: &Session, account: AccountId) -> Result<Topics> {
    let rows = session.query(statements::TOPICS, &[&account.as_bytes().as_slice()]).await?;
    let first = rows.first().ok_or_else(|| Failure::damaged("head", "its row is missing"))?;
    let head = pos(first, 0)?;
    let mut conversations = Vec::with_capacity(rows.len());
    for row in &rows {
        if get::<Option<&[u8]>>(row, 1)?.is_some() {
            conversations.push(TopicHead {
                conversation: bytes(row, 1, ConversationId::from_bytes)?,
                membership: membership(row, 2)?,
                seq: last_seq(row, 6)?,
                receipts: has_receipts(columns::kind(row, 7)?, number(row, 8)?),
            });
        }
    }
    let (place, receipts) = (pos(first, 9)?, get(first, 10)?);
    Ok(Topics { head, conversations, invisible: get(first, 11)?, place, receipts })
}

/// The conversations whose members may be told how far others are and whose last row lies after `after` and not after `until`.
pub(super) async fn received(
    session: &Session,
    account: AccountId,
    after: Pos,
    until: Pos,
) -> Result<Vec<(ConversationId, Seq)>> {
    let (after, until) = (integer(after.get()), integer(until.get()));
    let most = integer(RECEIPTS_MEMBERS_MAX);
    let wanted = [&account.as_bytes().as_slice() as _, &after as _, &until as _, &most as _];
    let rows = session.query(statements::RECEIVED, &wanted).await?;
    rows.iter().map(|row| Ok((bytes(row, 0, ConversationId::from_bytes)?, columns::seq(row, 1)?))).collect()
}

pub(super) async fn history(
    session: &Session,
    account: AccountId,
    conversation: ConversationId,
    range: HistoryRange,
    limit: usize,
) -> Result<Option<History>> {
    let topic = conversation.as_bytes().as_slice();
    let visible = session.query_opt(statements::VISIBLE, &[&account.as_bytes().as_slice(), &topic]).await?;
    let Some(visible) = visible else { return Ok(None) };
    let (visible_from, last, head) = (number(&visible, 0)?, last_seq(&visible, 1)?.get(), pos(&visible, 2)?);
    let rows = range.rows(visible_from, last, limit);
    let found = rows_of(session, conversation, rows).await?;
    let history = History::of(found, Some(account), rows, head);
    // After the rows: what it counts and they do not have yet comes by the stream, and is told apart by its row.
    let seqs: Vec<i64> = history.messages.iter().map(|(seq, ..)| integer(seq.get())).collect();
    let marks = marks::of_rows(session, account, conversation, &seqs).await?;
    Ok(Some(history.with_marks(marks)))
}

/// These rows of a timeline.
pub(super) async fn rows_of(
    session: &Session,
    conversation: ConversationId,
    (from, to): (Seq, Seq),
) -> Result<Vec<Event>> {
    let topic = conversation.as_bytes().as_slice();
    let mut found = Vec::new();
    if from <= to {
        let places = [&topic as _, &integer(from.get()) as _, &integer(to.get()) as _];
        let rows = session.query(statements::EVENTS_OF_TOPIC, &places).await?;
        if rows.len() as u64 != to.get() - from.previous().get() {
            return Err(Failure::damaged(format!("the timeline of {conversation}"), "rows are missing"));
        }
        found = events::events(session, &rows).await?;
    }
    Ok(found)
}

pub(super) async fn sync(
    session: &Session,
    account: AccountId,
    after: Option<SyncPlace>,
    limit: usize,
) -> Result<Synced> {
    // Without a place: before all that there can be.
    let (before, conversation) = after
        .map_or((i64::MAX, [0xff; 16]), |place| (integer(place.pos.get()), *place.conversation.as_bytes()));
    let rows_wanted = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let (reader, conversation) = (account.as_bytes().as_slice(), conversation.as_slice());
    let rows = session.query(statements::SYNC, &[&reader, &before, &conversation, &rows_wanted]).await?;
    let first = rows.first().ok_or_else(|| Failure::damaged("head", "its row is missing"))?;
    let head = pos(first, COLUMNS)?;
    let (mut conversations, mut places) = (Vec::new(), Vec::new());
    for row in &rows {
        if get::<Option<&[u8]>>(row, COLUMNS + 1)?.is_none() {
            continue;
        }
        let id = bytes(row, COLUMNS + 1, ConversationId::from_bytes)?;
        let last = EventRow::optional(row, 0)?;
        places.push(SyncPlace { pos: pos(row, COLUMNS + 3)?, conversation: id });
        conversations.push(SyncRow {
            conversation: events::conversation_of(id, row, COLUMNS + 4)?,
            role: role(row, COLUMNS + 2)?,
            request: get(row, COLUMNS + 4 + events::CONVERSATION_COLUMNS)?,
            peer: None,
            seq: last.map_or(Ok(Seq::ZERO), |last| last.seq())?,
            n: last.map_or(Ok(0), |last| last.n())?,
            active_at: last.map(|last| last.at()).transpose()?,
            marker: Default::default(),
            settings: Default::default(),
            drafts: Vec::new(),
        });
    }
    let (mut synced, places) = order_and_cut(head, conversations, places, limit);
    keyed::put_own(session, account, &mut synced.conversations).await?;
    let fitting = fitting(&synced.conversations);
    if fitting < synced.conversations.len() {
        synced.conversations.truncate(fitting);
        synced.next = places.get(fitting - 1).copied();
    }
    if after.is_none() {
        let all = keyed::all_read_so_far(session, account).await?;
        let mut unread = Unread::default();
        for found in all.values() {
            let (marker, _) = marker_now(found.written.as_ref(), found.so_far, found.n);
            unread.messages += marker.unread;
            unread.mentions += marker.mentions;
        }
        synced.unread = Some(unread);
        put_markers(&all, &mut synced.conversations);
    } else {
        let all = keyed::of_conversations(session, account, &synced.conversations).await?;
        put_markers(&all, &mut synced.conversations);
    }
    name_peers(session, account, &mut synced.conversations).await?;
    Ok(synced)
}

/// How far the account has read each. It may be a moment newer than the rows; nobody is told less.
fn put_markers(found: &HashMap<ConversationId, keyed::SoFar>, rows: &mut [SyncRow]) {
    for row in rows {
        if let Some(found) = found.get(&row.conversation.id) {
            row.marker = marker_now(found.written.as_ref(), found.so_far, row.n);
        }
    }
}

/// Looks up whom `account` talks to in direct chats.
async fn name_peers(session: &Session, account: AccountId, rows: &mut [SyncRow]) -> Result<()> {
    let peer_of = |row: &SyncRow| row.conversation.pair.map(|pair| pair.peer(account));
    let peers: Vec<AccountId> = rows.iter().filter_map(peer_of).collect();
    if peers.is_empty() {
        return Ok(());
    }
    let ids: Vec<&[u8]> = peers.iter().map(|id| id.as_bytes().as_slice()).collect();
    let found = session.query(statements::CARDS, &[&ids]).await?;
    let found: HashMap<AccountId, Sender> = found
        .iter()
        .map(|row| columns::account(row).map(|card| (card.id, card.sender())))
        .collect::<Result<_>>()?;
    for row in rows {
        if let Some(peer) = peer_of(row) {
            let sender = found.get(&peer).cloned();
            let missing = || Failure::damaged("", format!("there is no account {peer}"));
            row.peer = Some(sender.ok_or_else(missing)?);
        }
    }
    Ok(())
}

/// Whom an account blocks after an account in order of id; without one, from the first.
pub(super) async fn blocks(
    session: &Session,
    account: AccountId,
    after: Option<AccountId>,
    limit: usize,
) -> Result<AccountPage<Sender>> {
    let after = after.as_ref().map_or(&[][..], |after| after.as_bytes());
    let wanted = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let rows = session.query(statements::BLOCKS, &[&account.as_bytes().as_slice(), &after, &wanted]).await?;
    let accounts = rows.iter().map(|row| sender(row, 0));
    Ok(AccountPage::cut(accounts.collect::<Result<_>>()?, limit))
}

/// The rows of a page, and the place of each.
fn order_and_cut(
    head: Pos,
    conversations: Vec<SyncRow>,
    places: Vec<SyncPlace>,
    limit: usize,
) -> (Synced, Vec<SyncPlace>) {
    let more = places.len() > limit;
    let mut rows: Vec<_> = places.into_iter().zip(conversations).collect();
    rows.sort_unstable_by_key(|(place, _)| std::cmp::Reverse((place.pos, place.conversation)));
    rows.truncate(limit);
    let next = rows.last().map(|(place, _)| *place).filter(|_| more);
    let (places, conversations) = rows.into_iter().unzip();
    (Synced { conversations, next, head, unread: None }, places)
}

pub(super) async fn session(session: &Session, token: TokenHash) -> Result<Option<Actor>> {
    session.query_opt(statements::SESSION, &[&token.0.as_slice()]).await?.as_ref().map(actor).transpose()
}

fn actor(row: &Row) -> Result<Actor> {
    Ok(Actor { account: bytes(row, 0, AccountId::from_bytes)?, device: bytes(row, 1, DeviceId::from_bytes)? })
}

pub(super) async fn account(session: &Session, id: AccountId) -> Result<Option<AccountCard>> {
    let row = session.query_opt(statements::CARD, &[&id.as_bytes().as_slice()]).await?;
    row.as_ref().map(columns::account).transpose()
}

pub(super) async fn credential(session: &Session, account: AccountId) -> Result<Option<Credential>> {
    let row = session.query_opt(statements::CREDENTIAL, &[&account.as_bytes().as_slice()]).await?;
    row.as_ref().map(credential_of).transpose()
}

pub(super) async fn credential_of_username(
    session: &Session,
    username: Username,
) -> Result<Option<Credential>> {
    let row = session.query_opt(statements::CREDENTIAL_OF_USERNAME, &[&username.as_str()]).await?;
    row.as_ref().map(credential_of).transpose()
}

fn credential_of(row: &Row) -> Result<Credential> {
    Ok(Credential {
        account: bytes(row, 0, AccountId::from_bytes)?,
        password: PasswordHash::new(get::<String>(row, 1)?),
        version: number(row, 2)?,
    })
}

pub(super) async fn devices(session: &Session, account: AccountId) -> Result<Vec<Device>> {
    let rows = session.query(statements::OWN_DEVICES, &[&account.as_bytes().as_slice()]).await?;
    let device = |row: &Row| {
        Ok(Device {
            id: bytes(row, 0, DeviceId::from_bytes)?,
            name: get(row, 1)?,
            created_at: time(row, 2)?,
            seen_at: time(row, 3)?,
        })
    };
    let mut devices: Vec<Device> = rows.iter().map(device).collect::<Result<_>>()?;
    devices.sort_unstable_by_key(|device| (device.created_at, device.id));
    Ok(devices)
}

pub(super) async fn unseen_devices(session: &Session, since: Timestamp, limit: usize) -> Result<Vec<Actor>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = session.query(statements::UNSEEN_DEVICES, &[&since.as_millis(), &limit]).await?;
    rows.iter().map(actor).collect()
}

pub(super) async fn unseen_guests(
    session: &Session,
    since: Timestamp,
    after: Option<AccountId>,
    limit: usize,
) -> Result<UnseenGuests> {
    // The server's own account, whose id is the least of all, is no guest.
    let after = after.unwrap_or(AccountId::SERVER);
    let after = after.as_bytes().as_slice();
    let wanted = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = session.query(statements::GUESTS, &[&after, &since.as_millis(), &wanted]).await?;
    let guest = |row: &Row| Ok((bytes(row, 0, AccountId::from_bytes)?, get(row, 1)?));
    Ok(UnseenGuests::of(rows.iter().map(guest).collect::<Result<_>>()?, limit))
}

pub(super) async fn removals(session: &Session, limit: usize) -> Result<Vec<AccountId>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = session.query(statements::REMOVALS, &[&limit]).await?;
    rows.iter().map(|row| bytes(row, 0, AccountId::from_bytes)).collect()
}

pub(super) async fn place(session: &Session, device: DeviceId) -> Result<Option<Pos>> {
    let row = session.query_opt(statements::PLACE, &[&device.as_bytes().as_slice()]).await?;
    row.map(|row| pos(&row, 0)).transpose()
}
