//! A row of the table `event` as it is stored, and its checksum.

use std::borrow::Cow;

use chinwag_protocol::{AccountId, ClientId, Event, Pos, Seq, Timestamp};
use tokio_postgres::Row;

use super::columns::{bytes, get, number, optional_number, pos, seq, time};
use super::failure::{Failure, Result};
use crate::checksum::Checksum;
use crate::codes::integer;
use crate::detail::MessageDetail;
use crate::keyed::stored_seq;
use crate::stored_event::StoredEvent;
use crate::topic::Topic;

/// Columns of a row with its checksum.
pub(super) const COLUMNS: usize = 14;

/// The columns of a row beside its checksum. What a kind of event does not have is none.
#[derive(Debug, Clone)]
pub(super) struct Values<'v> {
    pub(super) pos: i64,
    pub(super) topic: &'v [u8],
    pub(super) seq: i64,
    pub(super) kind: i16,
    pub(super) at: i64,
    pub(super) sender: Option<&'v [u8]>,
    pub(super) n: Option<i64>,
    pub(super) client_id: Option<&'v [u8]>,
    pub(super) hash: Option<&'v [u8]>,
    pub(super) target: Option<i64>,
    pub(super) deleted_by: Option<i64>,
    pub(super) text: Option<&'v str>,
    pub(super) detail: Option<Cow<'v, str>>,
}

impl<'v> Values<'v> {
    /// With what every event has. `kind` is one of [`crate::detail::kind`].
    pub(super) fn new(event: &Event, topic: &'v Topic, kind: i64) -> Self {
        Self {
            pos: integer(event.pos.get()),
            topic,
            seq: stored_seq(event),
            kind: i16::try_from(kind).unwrap_or(i16::MAX),
            at: event.at.as_millis(),
            sender: None,
            n: None,
            client_id: None,
            hash: None,
            target: None,
            deleted_by: None,
            text: None,
            detail: None,
        }
    }

    /// Empties a message that the row `by` of its timeline deletes.
    pub(super) fn empty(&mut self, by: Seq) -> Result<()> {
        self.deleted_by = Some(integer(by.get()));
        self.text = Some("");
        self.change_detail(MessageDetail::empty)
    }

    /// Changes what a message has beside its columns.
    pub(super) fn change_detail(&mut self, change: impl FnOnce(&mut MessageDetail)) -> Result<()> {
        let damaged =
            |error: serde_json::Error| Failure::damaged(format!("event {}", self.pos), error.to_string());
        let mut detail = MessageDetail::parse(self.detail.as_deref()).map_err(damaged)?;
        change(&mut detail);
        self.detail = detail.to_column().map_err(damaged)?.map(Cow::Owned);
        Ok(())
    }

    pub(super) fn checksum(&self) -> i32 {
        let mut checksum = Checksum::new();
        checksum.integer(self.pos);
        checksum.blob(self.topic);
        checksum.integer(self.seq);
        checksum.integer(self.kind.into());
        checksum.integer(self.at);
        let blob = |checksum: &mut Checksum, value: Option<&[u8]>| match value {
            Some(value) => checksum.blob(value),
            None => checksum.null(),
        };
        let integer = |checksum: &mut Checksum, value: Option<i64>| match value {
            Some(value) => checksum.integer(value),
            None => checksum.null(),
        };
        let text = |checksum: &mut Checksum, value: Option<&str>| match value {
            Some(value) => checksum.text(value.as_bytes()),
            None => checksum.null(),
        };
        blob(&mut checksum, self.sender);
        integer(&mut checksum, self.n);
        blob(&mut checksum, self.client_id);
        blob(&mut checksum, self.hash);
        integer(&mut checksum, self.target);
        integer(&mut checksum, self.deleted_by);
        text(&mut checksum, self.text);
        text(&mut checksum, self.detail.as_deref());
        checksum.finish() as i32
    }
}

/// A row that a statement has selected, or a part of it; it is what was stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct EventRow<'r> {
    row: &'r Row,
    first: usize,
}

impl<'r> EventRow<'r> {
    /// The event whose columns begin at `first`. Refuses it if it is not what was stored.
    pub(super) fn checked(row: &'r Row, first: usize) -> Result<Self> {
        let event = Self { row, first };
        let values = event.values()?;
        if get::<i32>(row, first + 13)? == values.checksum() {
            Ok(event)
        } else {
            Err(Failure::damaged(format!("event {}", values.pos), "its checksum is wrong"))
        }
    }

    /// As [`EventRow::checked`]; none where an outer join has found none.
    pub(super) fn optional(row: &'r Row, first: usize) -> Result<Option<Self>> {
        match get::<Option<i64>>(row, first)? {
            None => Ok(None),
            Some(_) => Self::checked(row, first).map(Some),
        }
    }

    pub(super) fn values(&self) -> Result<Values<'r>> {
        let (row, first) = (self.row, self.first);
        Ok(Values {
            pos: get(row, first)?,
            topic: get(row, first + 1)?,
            seq: get(row, first + 2)?,
            kind: get(row, first + 3)?,
            at: get(row, first + 4)?,
            sender: get(row, first + 5)?,
            n: get(row, first + 6)?,
            client_id: get(row, first + 7)?,
            hash: get(row, first + 8)?,
            target: get(row, first + 9)?,
            deleted_by: get(row, first + 10)?,
            text: get(row, first + 11)?,
            detail: get::<Option<&str>>(row, first + 12)?.map(Cow::Borrowed),
        })
    }

    /// Of a message: the hash of its request.
    pub(super) fn hash<T, const N: usize>(&self, wrap: fn([u8; N]) -> T) -> Result<T> {
        bytes(self.row, self.first + 8, wrap)
    }
}

impl StoredEvent for EventRow<'_> {
    type Failure = Failure;

    fn damaged(what: String) -> Failure {
        Failure::damaged("", what)
    }

    fn pos(&self) -> Result<Pos> {
        pos(self.row, self.first)
    }

    fn topic(&self) -> Result<Topic> {
        bytes(self.row, self.first + 1, |topic| topic)
    }

    fn seq(&self) -> Result<Seq> {
        seq(self.row, self.first + 2)
    }

    fn kind(&self) -> Result<i64> {
        get::<i16>(self.row, self.first + 3).map(i64::from)
    }

    fn at(&self) -> Result<Timestamp> {
        time(self.row, self.first + 4)
    }

    fn sender(&self) -> Result<AccountId> {
        bytes(self.row, self.first + 5, AccountId::from_bytes)
    }

    fn n(&self) -> Result<u64> {
        number(self.row, self.first + 6)
    }

    fn client_id(&self) -> Result<ClientId> {
        bytes(self.row, self.first + 7, ClientId::from_bytes)
    }

    fn target(&self) -> Result<Seq> {
        seq(self.row, self.first + 9)
    }

    fn deleted_by(&self) -> Result<Option<Seq>> {
        Ok(optional_number(self.row, self.first + 10)?.map(Seq::new))
    }

    fn text(&self) -> Result<String> {
        get(self.row, self.first + 11)
    }

    fn detail(&self) -> Result<&str> {
        get(self.row, self.first + 12)
    }

    fn optional_detail(&self) -> Result<Option<&str>> {
        get(self.row, self.first + 12)
    }
}
