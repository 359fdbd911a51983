//! Rows of the log, read as events.

use chinwag_protocol::{AccountCard, AccountId, Conversation, ConversationId, Event, Message, Pos};
use foldhash::{HashMap, HashSet, HashSetExt};
use serde::de::DeserializeOwned;
use tokio_postgres::Row;

use super::columns::{account, bytes, get, number, pos};
use super::event_row::EventRow;
use super::failure::{Failure, Result};
use super::keyed;
use super::session::{Answer, Parameters, Session, flight};
use super::statements;
use crate::codes::{account_change_of, integer};
use crate::detail::{ConversationDetail, EditDetail, MembersDetail, SettingsDetail, kind};
use crate::keyed::{is_keyed, topic_of_key};
use crate::stored_conversation::StoredConversation;
use crate::stored_event::{self, Names, StoredEvent};
use crate::topic::text_bytes;

/// Rows that are read at a time.
pub(super) const SLICE: i64 = 2048;

/// The events that rows of one of the statements stand for that select events and nothing else. Looks all accounts and
/// conversations that they name up at once. Keyed events that were replaced are left out.
pub(super) async fn events(session: &Session, rows: &[Row]) -> Result<Vec<Event>> {
    let rows: Vec<_> = rows.iter().map(|row| EventRow::checked(row, 0)).collect::<Result<_>>()?;
    let (mut accounts, mut conversations) = (HashSet::new(), HashSet::new());
    let edited = edited(session, &rows).await?;
    let mut places = Vec::new();
    for row in &rows {
        match row.kind()? {
            kind if is_keyed(kind) => places.push(place(row)?),
            // Who edits a message has sent it.
            kind::MESSAGE | kind::DELETE | kind::ERASED | kind::EDIT | kind::REACTION | kind::PIN => {
                accounts.insert(row.sender()?);
            }
            kind::CONVERSATION_CREATED
            | kind::JOINED
            | kind::LEFT
            | kind::ROLE_CHANGED
            | kind::INVITE_CREATED
            | kind::INVITE_REVOKED
            | kind::RESTRICTED
            | kind::ACCEPTED => {
                let detail: ConversationDetail = detail(row)?;
                conversations.insert(detail.conversation);
            }
            kind if account_change_of(kind).is_some() => {
                accounts.insert(AccountId::from_bytes(row.topic()?));
            }
            kind::MEMBERS => {
                accounts.insert(row.sender()?);
                let detail: MembersDetail = detail(row)?;
                accounts.extend(detail.accounts);
            }
            kind::CONVERSATION_CHANGED => {
                accounts.insert(row.sender()?);
                conversations.insert(ConversationId::from_bytes(row.topic()?));
            }
            _ => {}
        }
    }
    let mut found = Found::look_up(session, &accounts, &conversations, edited).await?;
    let latest = keyed::latest(session, &places).await?;
    let mut events = Vec::with_capacity(rows.len());
    for row in &rows {
        if is_keyed(row.kind()?) {
            let at = row.pos()?;
            events.extend(latest.get(&place(row)?).filter(|event| event.pos == at).cloned());
        } else {
            events.push(stored_event::event(row, &mut found).map_err(|failure| named(row, failure))?);
        }
    }
    Ok(events)
}

/// Where the latest event of a row's key is looked for.
fn place(row: &EventRow<'_>) -> Result<keyed::Place> {
    let key = stored_event::key(row).map_err(|failure| named(row, failure))?;
    Ok((topic_of_key(&key, row.topic()?), key))
}

/// The messages that some of the rows edit.
async fn edited(session: &Session, rows: &[EventRow<'_>]) -> Result<Vec<Row>> {
    let mut places = Vec::new();
    for row in rows {
        if row.kind()? == kind::EDIT {
            let detail: EditDetail = detail(row)?;
            places.push(integer(detail.message.get()));
        }
    }
    if places.is_empty() {
        return Ok(Vec::new());
    }
    places.sort_unstable();
    places.dedup();
    session.query(statements::EVENTS_AT, &[&places]).await
}

fn detail<T: DeserializeOwned>(row: &EventRow<'_>) -> Result<T> {
    serde_json::from_str(row.detail()?).map_err(|error| named(row, EventRow::damaged(error.to_string())))
}

/// Says of which event damage is.
fn named(row: &EventRow<'_>, failure: Failure) -> Failure {
    match (failure, row.pos()) {
        (Failure::Damaged { what, .. }, Ok(pos)) => Failure::damaged(format!("event {pos}"), what),
        (failure, _) => failure,
    }
}

/// The last events of the log up to `head` that fit into `budget` bytes, each counted as its text and `overhead`; oldest
/// first.
pub(super) async fn recent(
    session: &Session,
    head: Pos,
    budget: usize,
    overhead: usize,
) -> Result<Vec<Event>> {
    let compacted = keyed::compacted(session).await?;
    let (mut found, mut used, mut until) = (Vec::new(), 0_usize, head);
    while until > Pos::ZERO {
        let rows = session.query(statements::EVENTS_BACK, &[&integer(until.get()), &SLICE]).await?;
        for row in &rows {
            let at = pos(row, 0)?;
            // Only what was replaced is ever taken away.
            if at != until && until > compacted {
                return Err(missing(until));
            }
            until = at.previous();
        }
        if rows.is_empty() && until > compacted {
            return Err(missing(until));
        }
        let mut latest = events(session, &rows).await?.into_iter().peekable();
        for row in &rows {
            let at = pos(row, 0)?;
            let event = latest.next_if(|event| event.pos == at);
            used = used.saturating_add(event.as_ref().map_or(0, text_bytes) + overhead);
            if used > budget {
                found.reverse();
                return Ok(found);
            }
            found.extend(event);
        }
        if rows.is_empty() {
            break;
        }
    }
    found.reverse();
    Ok(found)
}

/// The next rows of the log after `after` and up to `head`, as many as one slice has. None is missing, but for keyed
/// events that were replaced long ago.
pub(super) async fn after(session: &Session, after: Pos, head: Pos) -> Result<Vec<Row>> {
    if after == head {
        return Ok(Vec::new());
    }
    let places: Parameters<'_> = &[&integer(after.get()), &integer(head.get()), &SLICE];
    let rows = session.query(statements::EVENTS_AFTER, places).await?;
    let mut last = after;
    for row in &rows {
        let at = pos(row, 0)?;
        if at != last.next() && at.previous() > keyed::compacted(session).await? {
            return Err(missing(last.next()));
        }
        last = at;
    }
    let whole = last == head || rows.len() as i64 == SLICE;
    if whole { Ok(rows) } else { Err(missing(last.next())) }
}

/// The damage that a row is not there.
pub(super) fn missing(pos: Pos) -> Failure {
    Failure::damaged(format!("event {pos}"), "the row is missing")
}

/// What was found under the ids that events name.
struct Found {
    /// Rows of messages that others edit.
    edited: HashMap<Pos, Row>,
    accounts: HashMap<AccountId, AccountCard>,
    conversations: HashMap<ConversationId, Conversation>,
}

impl Found {
    async fn look_up(
        session: &Session,
        accounts: &HashSet<AccountId>,
        conversations: &HashSet<ConversationId>,
        edited: Vec<Row>,
    ) -> Result<Self> {
        let accounts: Vec<&[u8]> = accounts.iter().map(|id| id.as_bytes().as_slice()).collect();
        let conversations: Vec<&[u8]> = conversations.iter().map(|id| id.as_bytes().as_slice()).collect();
        let of_accounts = [&accounts as _];
        let of_conversations = [&conversations as _];
        let mut answers: Vec<Answer<'_, Vec<Row>>> = Vec::new();
        if !accounts.is_empty() {
            answers.push(Box::pin(session.query(statements::CARDS, &of_accounts)));
        }
        if !conversations.is_empty() {
            answers.push(Box::pin(session.query(statements::CONVERSATIONS, &of_conversations)));
        }
        let mut answers = flight(answers).await?.into_iter();
        let mut next = |asked: bool| if asked { answers.next().unwrap_or_default() } else { Vec::new() };
        let (accounts, conversations) = (next(!accounts.is_empty()), next(!conversations.is_empty()));
        Ok(Self {
            edited: edited.into_iter().map(|row| Ok((pos(&row, 0)?, row))).collect::<Result<_>>()?,
            accounts: accounts
                .iter()
                .map(|row| account(row).map(|card| (card.id, card)))
                .collect::<Result<_>>()?,
            conversations: conversations
                .iter()
                .map(|row| conversation(row, 0).map(|(conversation, ..)| (conversation.id, conversation)))
                .collect::<Result<_>>()?,
        })
    }
}

impl Names<Failure> for Found {
    fn account(&mut self, id: AccountId) -> Result<&AccountCard> {
        self.accounts.get(&id).ok_or_else(|| Failure::damaged("", format!("there is no account {id}")))
    }

    fn conversation(&mut self, id: ConversationId) -> Result<Conversation> {
        let conversation = self.conversations.get(&id).cloned();
        conversation.ok_or_else(|| Failure::damaged("", format!("there is no conversation {id}")))
    }

    fn message(&mut self, pos: Pos) -> Result<Message> {
        // Taken out while it is read, for that looks up who has sent it.
        let row = self.edited.remove(&pos).ok_or_else(|| missing(pos))?;
        let message = EventRow::checked(&row, 0).and_then(|message| match message.kind()? {
            kind::MESSAGE => stored_event::message(&message, self),
            _ => Err(Failure::damaged(format!("event {pos}"), "it is no message, and one edits it")),
        });
        self.edited.insert(pos, row);
        message
    }
}

/// Columns of a conversation that come after its id.
pub(super) const CONVERSATION_COLUMNS: usize = 12;

/// A conversation, its owner and the number of its members, of columns that begin with its id at `first`.
pub(super) fn conversation(row: &Row, first: usize) -> Result<(Conversation, AccountId, u64)> {
    let id = bytes(row, first, ConversationId::from_bytes)?;
    let owner = bytes(row, first + 3, AccountId::from_bytes)?;
    Ok((conversation_of(id, row, first + 1)?, owner, number(row, first + 4)?))
}

/// The conversation `id`, whose other columns begin at `first`.
pub(super) fn conversation_of(id: ConversationId, row: &Row, first: usize) -> Result<Conversation> {
    let stored = StoredConversation {
        id,
        kind: super::columns::kind(row, first)?,
        slug: get(row, first + 1)?,
        settings: SettingsDetail {
            title: get(row, first + 4)?,
            topic: get(row, first + 5)?,
            listed: get(row, first + 6)?,
            locked: get(row, first + 7)?,
            history_visible: get(row, first + 8)?,
            slow_mode_seconds: get::<i32>(row, first + 9)?.unsigned_abs().into(),
            version: number(row, first + 10)?,
        },
        key: get(row, first + 11)?,
    };
    stored.read().map_err(|error| Failure::damaged(format!("conversation {id}"), error))
}
