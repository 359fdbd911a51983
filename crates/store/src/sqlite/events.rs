//! Rows of the log, read as events.

use std::collections::HashMap;

use chinwag_protocol::{
    AccountId, Body, ClientId, Conversation, ConversationId, Event, Membership, Message, Pos, Sender, Seq,
    Slug,
};
use rusqlite::{Connection, OptionalExtension, Row};
use serde::de::DeserializeOwned;

use super::columns::{bytes, kind, number, optional_number, pos, seq, time};
use super::event_row::{
    AT, CLIENT_ID, DELETED_BY, DETAIL, KIND, N, POS, SENDER, SEQ, TARGET, TEXT, TOPIC, checked, missing,
};
use super::failure::{Failure, Result};
use super::recent::TimelineRow;
use super::snapshot::stands_for;
use super::statements;
use crate::codes::integer;
use crate::detail::{self, ConversationDetail, DeviceDetail, JoinedDetail};
use crate::topic::{Topic, text_bytes};

/// Reads events, and looks each account and conversation that they name up once.
pub(super) struct Events<'c> {
    connection: &'c Connection,
    senders: HashMap<AccountId, Sender>,
    conversations: HashMap<ConversationId, Conversation>,
}

impl<'c> Events<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, senders: HashMap::new(), conversations: HashMap::new() }
    }

    /// The event that a row of a timeline stands for.
    pub(super) fn at(&mut self, place: &TimelineRow) -> Result<Event> {
        let mut statement = self.connection.prepare_cached(statements::EVENT)?;
        let mut rows = statement.query([integer(place.pos.get())])?;
        let row = rows.next()?.ok_or_else(|| missing(place.pos))?;
        stands_for(place, row)?;
        self.read(row)
    }

    /// The last events of the log that fit into `budget` bytes, each counted as its text and `overhead`; oldest first.
    pub(super) fn recent(&mut self, head: Pos, budget: usize, overhead: usize) -> Result<Vec<Event>> {
        let mut statement = self.connection.prepare_cached(statements::EVENTS_BACK)?;
        let mut rows = statement.query([head.get() as i64])?;
        let mut events = Vec::new();
        let mut used = 0;
        let mut expected = head;
        while let Some(row) = rows.next()? {
            let event = self.read(row)?;
            if event.pos != expected {
                return Err(missing(expected));
            }
            expected = expected.previous();
            used += text_bytes(&event) + overhead;
            if used > budget {
                break;
            }
            events.push(event);
        }
        events.reverse();
        Ok(events)
    }

    /// The next events of the log after `after`, at most `limit`.
    pub(super) fn after(&mut self, after: Pos, limit: u32) -> Result<Vec<Event>> {
        let mut statement = self.connection.prepare_cached(statements::EVENTS_AFTER)?;
        let mut rows = statement.query([after.get() as i64, i64::from(limit)])?;
        let mut events = Vec::new();
        let mut expected = after.next();
        while let Some(row) = rows.next()? {
            let event = self.read(row)?;
            if event.pos != expected {
                return Err(missing(expected));
            }
            expected = expected.next();
            events.push(event);
        }
        Ok(events)
    }

    /// An event from a row of one of the statements that select one.
    pub(super) fn read(&mut self, row: &Row<'_>) -> Result<Event> {
        checked(row)?;
        let at = pos(row, POS)?;
        self.event(at, row).map_err(|failure| match failure {
            Failure::Damaged { what, .. } => Failure::damaged(format!("event {at}"), what),
            failure => failure,
        })
    }

    fn event(&mut self, at: Pos, row: &Row<'_>) -> Result<Event> {
        Ok(Event { pos: at, seq: seq(row, SEQ)?, at: time(row, AT)?, body: self.body(row)? })
    }

    fn body(&mut self, row: &Row<'_>) -> Result<Body> {
        let account = || bytes(row, TOPIC, AccountId::from_bytes);
        Ok(match row.get(KIND)? {
            detail::kind::MESSAGE => Body::Message(self.message(row)?),
            detail::kind::DELETE => Body::Delete {
                conversation: bytes(row, TOPIC, ConversationId::from_bytes)?,
                target: seq(row, TARGET)?,
                sender: self.sender(bytes(row, SENDER, AccountId::from_bytes)?)?,
            },
            detail::kind::CONVERSATION_CREATED => {
                let detail: ConversationDetail = parse_detail(row)?;
                Body::ConversationCreated {
                    conversation: self.conversation(detail.conversation)?,
                    owner: account()?,
                }
            }
            detail::kind::JOINED => {
                let detail: JoinedDetail = parse_detail(row)?;
                Body::Joined {
                    account: account()?,
                    conversation: self.conversation(detail.conversation)?,
                    membership: Membership {
                        role: detail.role,
                        since: detail.since,
                        visible_from: detail.visible_from,
                    },
                    from_seq: detail.from_seq,
                }
            }
            detail::kind::LEFT => {
                let detail: ConversationDetail = parse_detail(row)?;
                Body::Left { account: account()?, conversation: self.conversation(detail.conversation)? }
            }
            detail::kind::GUEST_CREATED => {
                let detail: DeviceDetail = parse_detail(row)?;
                Body::GuestCreated { account: account()?, device: detail.device }
            }
            detail::kind::DEVICE_REMOVED => {
                let detail: DeviceDetail = parse_detail(row)?;
                Body::DeviceRemoved { account: account()?, device: detail.device }
            }
            kind => return Err(Failure::damaged("", format!("kind {kind} is unknown"))),
        })
    }

    /// A message from a row of one of the statements that select an event.
    pub(super) fn message(&mut self, row: &Row<'_>) -> Result<Message> {
        Ok(Message {
            conversation: bytes(row, TOPIC, ConversationId::from_bytes)?,
            n: number(row, N)?,
            sender: self.sender(bytes(row, SENDER, AccountId::from_bytes)?)?,
            client_id: bytes(row, CLIENT_ID, ClientId::from_bytes)?,
            text: row.get(TEXT)?,
            deleted_by: optional_number(row, DELETED_BY)?.map(Seq::new),
        })
    }

    fn sender(&mut self, id: AccountId) -> Result<Sender> {
        if let Some(sender) = self.senders.get(&id) {
            return Ok(sender.clone());
        }
        let sender = self
            .connection
            .prepare_cached(statements::ACCOUNT)?
            .query_row([id.as_bytes()], |row| {
                Ok(Sender { id, name: row.get(0)?, lookalike: row.get(1)?, version: number(row, 2)? })
            })
            .optional()?
            .ok_or_else(|| Failure::damaged("", format!("there is no account {id}")))?;
        self.senders.insert(id, sender.clone());
        Ok(sender)
    }

    /// A conversation's lasting properties; it must exist.
    pub(super) fn conversation(&mut self, id: ConversationId) -> Result<Conversation> {
        if let Some(conversation) = self.conversations.get(&id) {
            return Ok(conversation.clone());
        }
        let (conversation, _) = conversation(self.connection, id)?
            .ok_or_else(|| Failure::damaged("", format!("there is no conversation {id}")))?;
        self.conversations.insert(id, conversation.clone());
        Ok(conversation)
    }
}

/// A conversation and its owner.
pub(super) fn conversation(
    connection: &Connection,
    id: ConversationId,
) -> Result<Option<(Conversation, AccountId)>> {
    let mut statement = connection.prepare_cached(statements::CONVERSATION)?;
    let mut rows = statement.query([id.as_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let slug = Slug::parse(row.get::<_, String>(1)?)
        .map_err(|error| Failure::damaged(format!("conversation {id}"), error.to_string()))?;
    Ok(Some((Conversation { id, kind: kind(row, 0)?, slug }, bytes(row, 2, AccountId::from_bytes)?)))
}

fn parse_detail<T: DeserializeOwned>(row: &Row<'_>) -> Result<T> {
    let text = row.get_ref(DETAIL)?.as_str().map_err(|error| Failure::damaged("", error.to_string()))?;
    serde_json::from_str(text).map_err(|error| Failure::damaged("", error.to_string()))
}
