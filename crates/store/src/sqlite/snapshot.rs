//! What one reader sees: a snapshot of the database, and the ends of the timelines that are still in memory.

use std::ops::{Deref, RangeInclusive};

use chinwag_protocol::{Pos, Seq, Timestamp};
use rusqlite::{CachedStatement, Connection, Row};

use super::columns::{number, pos, seq, time};
use super::event_row::{self, N, checked, missing};
use super::failure::{Failure, Result};
use super::recent::{Recent, SharedRecent, TimelineRow};
use super::statements;
use crate::codes::integer;
use crate::topic::Topic;

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
    /// Of a connection whose transaction has read nothing yet; `None` if what was in memory when its snapshot began is
    /// not there any more, in which case a new transaction is needed. For that a round must have ended in between.
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
        if let Some(hole) = found.windows(2).find(|pair| !follows(pair[1], pair[0])) {
            return Err(out_of_order(hole[0].1));
        }
        Ok(found)
    }

    /// Reads the event that a row of a timeline stands for, from the columns of [`event_row`].
    pub(super) fn event<T>(
        &self,
        place: &TimelineRow,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        let mut statement = self.prepare_cached(statements::EVENT)?;
        let mut rows = statement.query([integer(place.pos.get())])?;
        let row = rows.next()?.ok_or_else(|| missing(place.pos))?;
        checked(row)?;
        stands_for(place, row)?;
        Ok(read(row)?)
    }

    /// Number of messages up to the row of a timeline, and its time.
    pub(super) fn counted(&self, place: &TimelineRow) -> Result<(u64, Timestamp)> {
        self.event(place, |row| Ok((number(row, N)?, time(row, event_row::AT)?)))
    }

    /// Reads the ends of timelines.
    pub(super) fn ends(&self) -> Result<Ends<'_>> {
        Ok(Ends {
            recent: &self.recent,
            head: self.head,
            back: self.prepare_cached(statements::TIMELINE_BACK)?,
            keyed: self.prepare_cached(statements::KEYED_AFTER)?,
        })
    }
}

/// Refuses an event that is not the one that a timeline says it is.
pub(super) fn stands_for(place: &TimelineRow, row: &Row<'_>) -> Result<()> {
    let topic = row.get_ref(event_row::TOPIC)?;
    if topic.as_blob().is_ok_and(|topic| topic == place.topic) && seq(row, event_row::SEQ)? == place.seq {
        return Ok(());
    }
    Err(Failure::damaged(format!("event {}", place.pos), "a timeline names it that it is not in"))
}

/// Whether a row of a timeline can be the one after another.
fn follows(row: (Seq, Pos), before: (Seq, Pos)) -> bool {
    row.0 == before.0.next() && row.1 > before.1
}

fn out_of_order(near: Pos) -> Failure {
    Failure::damaged(format!("the timeline that event {near} is in"), "its rows are not in order")
}

/// Reads the ends of many timelines with one statement.
pub(super) struct Ends<'s> {
    recent: &'s Recent,
    head: Pos,
    back: CachedStatement<'s>,
    keyed: CachedStatement<'s>,
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

    /// Adds a topic's rows after `after` to `found`, in no order, until `found` has more than `most`; with its keyed events, if
    /// they are wanted, which have no number.
    pub(super) fn after(
        &mut self,
        topic: &Topic,
        after: Pos,
        keyed: bool,
        most: usize,
        found: &mut Vec<TimelineRow>,
    ) -> Result<()> {
        let enough = most.saturating_add(1);
        if keyed && (after < self.recent.from || self.recent.has_keyed(topic, after)) {
            let limit = integer(enough.saturating_sub(found.len()) as u64);
            let rows = self.keyed.query_map((topic, integer(after.get()), limit), |row| {
                Ok(TimelineRow { topic: *topic, seq: Seq::ZERO, pos: pos(row, 0)? })
            })?;
            for row in rows {
                found.push(row?);
            }
        }
        self.recent.after(topic, after, self.head, enough, found);
        if after >= self.recent.from {
            return Ok(());
        }
        self.back(topic, |(seq, pos)| {
            let missed = pos > after && found.len() < enough;
            if missed {
                found.push(TimelineRow { topic: *topic, seq, pos });
            }
            missed
        })
    }

    /// Reads the rows before those in memory back from their end, while `next` wants them.
    fn back(&mut self, topic: &Topic, mut next: impl FnMut((Seq, Pos)) -> bool) -> Result<()> {
        let first = self.recent.first(topic);
        let before = first.map_or(i64::MAX, |first| integer(first.get()));
        let mut rows = self.back.query((topic, before))?;
        // What is in memory comes after everything that is in the table.
        let mut after = first.map(|first| (first, Pos::new(u64::MAX)));
        while let Some(row) = rows.next()? {
            let row = (seq(row, 0)?, pos(row, 1)?);
            if after.is_some_and(|after| !follows(after, row)) {
                return Err(out_of_order(row.1));
            }
            if !next(row) {
                break;
            }
            after = Some(row);
        }
        Ok(())
    }
}
