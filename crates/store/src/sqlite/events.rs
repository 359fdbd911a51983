//! Rows of the log, read as events.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chinwag_protocol::{
    AccountCard, AccountId, ClientId, Conversation, ConversationId, Event, Message, Pos, Seq, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row};

use super::columns::{self, account, bytes, number, optional_number, pos, seq, time};
use super::event_row::{
    AT, CLIENT_ID, DELETED_BY, DETAIL, KIND, N, POS, SENDER, SEQ, TARGET, TEXT, TOPIC, checked, missing,
};
use super::failure::{Failure, Result};
use super::keyed;
use super::recent::TimelineRow;
use super::snapshot::stands_for;
use super::statements;
use crate::codes::integer;
use crate::detail::{SettingsDetail, kind};
use crate::keyed::is_keyed;
use crate::stored_conversation::StoredConversation;
use crate::stored_event::{self, Names, StoredEvent, event, key};
use crate::topic::{Topic, text_bytes};

/// Reads events, and looks each account and conversation that they name up once.
pub(super) struct Events<'c> {
    connection: &'c Connection,
    accounts: HashMap<AccountId, AccountCard>,
    conversations: HashMap<ConversationId, Conversation>,
}

impl<'c> Events<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, accounts: HashMap::new(), conversations: HashMap::new() }
    }

    /// The event that a row of a timeline stands for; without a number, the keyed event of a topic at that place.
    pub(super) fn at(&mut self, place: &TimelineRow) -> Result<Event> {
        if place.seq == Seq::ZERO {
            return keyed::at(self.connection, place)?.ok_or_else(|| missing(place.pos));
        }
        let mut statement = self.connection.prepare_cached(statements::EVENT)?;
        let mut rows = statement.query([integer(place.pos.get())])?;
        let row = rows.next()?.ok_or_else(|| missing(place.pos))?;
        stands_for(place, row)?;
        self.read(row)
    }

    /// The last events of the log that fit into `budget` bytes, each counted as its text and `overhead`; oldest first. Keyed
    /// events that were replaced are left out.
    pub(super) fn recent(&mut self, head: Pos, budget: usize, overhead: usize) -> Result<Vec<Event>> {
        let mut statement = self.connection.prepare_cached(statements::EVENTS_BACK)?;
        let mut rows = statement.query([head.get() as i64])?;
        let compacted = keyed::compacted(self.connection)?;
        let mut events = Vec::new();
        let mut used = 0;
        let mut expected = head;
        while let Some(row) = rows.next()? {
            let at = pos(row, POS)?;
            // Only what was replaced is ever taken away.
            if at != expected && expected > compacted {
                return Err(missing(expected));
            }
            expected = at.previous();
            let event = self.read_latest(row)?;
            used += event.as_ref().map_or(0, text_bytes) + overhead;
            if used > budget {
                break;
            }
            events.extend(event);
        }
        events.reverse();
        Ok(events)
    }

    /// The next events of the log after `after`, of at most `limit` rows, and where the last of these stands. Keyed events that
    /// were replaced are left out.
    pub(super) fn after(&mut self, after: Pos, limit: u32) -> Result<(Vec<Event>, Option<Pos>)> {
        let compacted = keyed::compacted(self.connection)?;
        let mut statement = self.connection.prepare_cached(statements::EVENTS_AFTER)?;
        let mut rows = statement.query([after.get() as i64, i64::from(limit)])?;
        let (mut events, mut last) = (Vec::new(), None);
        let mut expected = after.next();
        while let Some(row) = rows.next()? {
            let at = pos(row, POS)?;
            if at != expected && at.previous() > compacted {
                return Err(missing(expected));
            }
            expected = at.next();
            last = Some(at);
            events.extend(self.read_latest(row)?);
        }
        Ok((events, last))
    }

    /// As [`Events::read`]; none if it is a keyed event that was replaced.
    pub(super) fn read_latest(&mut self, row: &Row<'_>) -> Result<Option<Event>> {
        if !is_keyed(row.get(KIND)?) {
            return self.read(row).map(Some);
        }
        checked(row)?;
        let at = pos(row, POS)?;
        let latest = keyed::latest(self.connection, &row.topic()?, &key(row)?)?;
        Ok(latest.filter(|event| event.pos == at))
    }

    /// An event, which is no keyed one, from a row of one of the statements that select one.
    pub(super) fn read(&mut self, row: &Row<'_>) -> Result<Event> {
        checked(row)?;
        let at = pos(row, POS)?;
        event(row, self).map_err(|failure| match failure {
            Failure::Damaged { what, .. } => Failure::damaged(format!("event {at}"), what),
            failure => failure,
        })
    }
}

impl Names<Failure> for Events<'_> {
    fn account(&mut self, id: AccountId) -> Result<&AccountCard> {
        match self.accounts.entry(id) {
            Entry::Occupied(found) => Ok(found.into_mut()),
            Entry::Vacant(place) => {
                let card = account_of(self.connection, id)?;
                Ok(place
                    .insert(card.ok_or_else(|| Failure::damaged("", format!("there is no account {id}")))?))
            }
        }
    }

    fn conversation(&mut self, id: ConversationId) -> Result<Conversation> {
        if let Some(conversation) = self.conversations.get(&id) {
            return Ok(conversation.clone());
        }
        let (conversation, ..) = conversation(self.connection, id)?
            .ok_or_else(|| Failure::damaged("", format!("there is no conversation {id}")))?;
        self.conversations.insert(id, conversation.clone());
        Ok(conversation)
    }

    fn message(&mut self, pos: Pos) -> Result<Message> {
        let mut statement = self.connection.prepare_cached(statements::EVENT)?;
        let mut rows = statement.query([integer(pos.get())])?;
        let row = rows.next()?.ok_or_else(|| missing(pos))?;
        checked(row)?;
        match row.get(KIND)? {
            kind::MESSAGE => stored_event::message(row, self),
            _ => Err(Failure::damaged(format!("event {pos}"), "it is no message, and one edits it")),
        }
    }
}

impl StoredEvent for Row<'_> {
    type Failure = Failure;

    fn damaged(what: String) -> Failure {
        Failure::damaged("", what)
    }

    fn pos(&self) -> Result<Pos> {
        Ok(pos(self, POS)?)
    }

    fn topic(&self) -> Result<Topic> {
        Ok(bytes(self, TOPIC, |topic| topic)?)
    }

    fn seq(&self) -> Result<Seq> {
        Ok(seq(self, SEQ)?)
    }

    fn kind(&self) -> Result<i64> {
        Ok(self.get(KIND)?)
    }

    fn at(&self) -> Result<Timestamp> {
        Ok(time(self, AT)?)
    }

    fn sender(&self) -> Result<AccountId> {
        Ok(bytes(self, SENDER, AccountId::from_bytes)?)
    }

    fn n(&self) -> Result<u64> {
        Ok(number(self, N)?)
    }

    fn client_id(&self) -> Result<ClientId> {
        Ok(bytes(self, CLIENT_ID, ClientId::from_bytes)?)
    }

    fn target(&self) -> Result<Seq> {
        Ok(seq(self, TARGET)?)
    }

    fn deleted_by(&self) -> Result<Option<Seq>> {
        Ok(optional_number(self, DELETED_BY)?.map(Seq::new))
    }

    fn text(&self) -> Result<String> {
        Ok(self.get(TEXT)?)
    }

    fn detail(&self) -> Result<&str> {
        self.get_ref(DETAIL)?.as_str().map_err(|error| Failure::damaged("", error.to_string()))
    }

    fn optional_detail(&self) -> Result<Option<&str>> {
        self.get_ref(DETAIL)?.as_str_or_null().map_err(|error| Failure::damaged("", error.to_string()))
    }
}

/// An account as it is now.
pub(super) fn account_of(connection: &Connection, id: AccountId) -> Result<Option<AccountCard>> {
    let mut statement = connection.prepare_cached(statements::ACCOUNT)?;
    Ok(statement.query_row([id.as_bytes()], |row| account(row, id)).optional()?)
}

/// A conversation, its owner and the number of its members.
pub(super) fn conversation(
    connection: &Connection,
    id: ConversationId,
) -> Result<Option<(Conversation, AccountId, u64)>> {
    let mut statement = connection.prepare_cached(statements::CONVERSATION)?;
    let mut rows = statement.query([id.as_bytes()])?;
    rows.next()?.map(|row| conversation_of(id, row)).transpose()
}

/// The conversation `id`, its owner and the number of its members, of the columns that `statements::CONVERSATION` selects.
pub(super) fn conversation_of(id: ConversationId, row: &Row<'_>) -> Result<(Conversation, AccountId, u64)> {
    let stored = StoredConversation {
        id,
        kind: columns::kind(row, 0)?,
        slug: row.get(1)?,
        settings: SettingsDetail {
            title: row.get(4)?,
            topic: row.get(5)?,
            listed: row.get(6)?,
            locked: row.get(7)?,
            history_visible: row.get(8)?,
            slow_mode_seconds: number(row, 9)?,
            version: number(row, 10)?,
        },
        key: row.get(11)?,
    };
    let conversation =
        stored.read().map_err(|error| Failure::damaged(format!("conversation {id}"), error))?;
    Ok((conversation, bytes(row, 2, AccountId::from_bytes)?, number(row, 3)?))
}
