//! What one reader sees: a snapshot of the database, and the ends of the timelines that are still in memory.

use std::ops::{Deref, RangeInclusive};

use chinwag_protocol::{Pos, Seq, Timestamp};
use rusqlite::{CachedStatement, Connection};

use super::columns::{integer, number, pos, seq, time};
use super::failure::{Failure, Result};
use super::recent::{Recent, SharedRecent, Topic};
use super::statements;

/// A snapshot in which each timeline is whole; [`super::fold`] says why. As a connection it runs the other statements.
#[derive(Debug)]
pub(super) struct Snapshot<'c> {
    connection: &'c Connection,
    recent: Recent,
    /// The log's head; for the writer, everything that it has added.
    head: Pos,
}

impl Deref for Snapshot<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl<'c> Snapshot<'c> {
    /// Of a connection whose transaction has read nothing yet; `None` if what was in memory when its snapshot began is not there any
    /// more, in which case a new transaction is needed. For that a round must have ended in between.
    pub(super) fn begin(connection: &'c Connection, recent: &SharedRecent) -> Result<Option<Self>> {
        let (done, head) = connection
            .prepare_cached(statements::SNAPSHOT)?
            .query_row([], |row| Ok((pos(row, 0)?, row.get::<_, Option<i64>>(1)?)))?;
        let recent = recent.now();
        let head = head.map_or(Pos::ZERO, |head| Pos::new(head.unsigned_abs()));
        Ok((recent.from <= done).then_some(Self { connection, recent, head }))
    }

    /// What the writer sees in its transaction, with the rows that it has added.
    pub(super) fn of_writer(transaction: &'c Connection, recent: Recent) -> Self {
        Self { connection: transaction, recent, head: Pos::new(u64::MAX) }
    }

    /// Last position of the log.
    pub(super) fn head(&self) -> Pos {
        self.head
    }

    /// Where a row stands in the log, if it exists.
    pub(super) fn pos(&self, topic: &Topic, at: Seq) -> Result<Option<Pos>> {
        Ok(self.rows(topic, at..=at)?.first().map(|(_, pos)| *pos))
    }

    /// A topic's rows of these numbers, in order, as far as they exist.
    pub(super) fn rows(&self, topic: &Topic, seqs: RangeInclusive<Seq>) -> Result<Vec<(Seq, Pos)>> {
        let recent = self.recent.range(topic, &seqs, self.head);
        let first = self.recent.first(topic);
        if first.is_some_and(|first| first <= *seqs.start()) {
            return Ok(recent);
        }
        let (from, to) = seqs.into_inner();
        let to = first.map_or(to, |first| to.min(first.previous()));
        let mut statement = self.prepare_cached(statements::TIMELINE)?;
        let rows = statement.query_map((topic, integer(from.get()), integer(to.get())), |row| {
            Ok((seq(row, 0)?, pos(row, 1)?))
        })?;
        let mut found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        found.extend(recent);
        Ok(found)
    }

    /// Number of messages and time of the row of a timeline that stands here.
    pub(super) fn counted(&self, at: Pos) -> Result<(u64, Timestamp)> {
        let mut statement = self.prepare_cached(statements::COUNTED)?;
        let mut rows = statement.query([integer(at.get())])?;
        match rows.next()? {
            Some(row) => Ok((number(row, 0)?, time(row, 1)?)),
            None => Err(Failure::damaged(format!("event {at}"), "the row is missing")),
        }
    }

    /// Reads the ends of timelines.
    pub(super) fn ends(&self) -> Result<Ends<'_>> {
        Ok(Ends {
            recent: &self.recent,
            head: self.head,
            back: self.prepare_cached(statements::TIMELINE_BACK)?,
        })
    }
}

/// Reads the ends of many timelines with one statement.
pub(super) struct Ends<'s> {
    recent: &'s Recent,
    head: Pos,
    back: CachedStatement<'s>,
}

impl Ends<'_> {
    /// Number and position of a topic's last row, if there is any.
    pub(super) fn last(&mut self, topic: &Topic) -> Result<Option<(Seq, Pos)>> {
        if let Some(last) = self.recent.last(topic, self.head) {
            return Ok(Some(last));
        }
        let mut last = None;
        self.back(topic, |row| {
            last = Some(row);
            false
        })?;
        Ok(last)
    }

    /// Adds the positions of a topic's rows after `after` to `found`, in no order, until `found` has more than `most`.
    pub(super) fn after(
        &mut self,
        topic: &Topic,
        after: Pos,
        most: usize,
        found: &mut Vec<Pos>,
    ) -> Result<()> {
        let enough = most.saturating_add(1);
        self.recent.after(topic, after, self.head, enough, found);
        if after >= self.recent.from {
            return Ok(());
        }
        self.back(topic, |(_, pos)| {
            let missed = pos > after && found.len() < enough;
            if missed {
                found.push(pos);
            }
            missed
        })
    }

    /// Reads the rows before those in memory back from their end, while `next` wants them.
    fn back(&mut self, topic: &Topic, mut next: impl FnMut((Seq, Pos)) -> bool) -> Result<()> {
        let before = self.recent.first(topic).map_or(i64::MAX, |first| integer(first.get()));
        let mut rows = self.back.query((topic, before))?;
        while let Some(row) = rows.next()? {
            if !next((seq(row, 0)?, pos(row, 1)?)) {
                break;
            }
        }
        Ok(())
    }
}
