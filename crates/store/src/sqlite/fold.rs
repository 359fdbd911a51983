//! Folding: rows of the timelines go from memory into the database, many rows of a topic at a time.
//!
//! Written one by one, each row of a timeline would touch another page of the table `timeline`, since rooms come in no
//! order. So the writer keeps the timelines' last rows in memory ([`Recent`]), in two parts. New rows go into the part
//! *growing*. The part *folding* does not change; a hand goes through it in order of (topic, `seq`) and writes its rows to
//! the table, as part of the writer's own commits. The hand is always as far through the one part as the other is full.
//! So each commit folds about as many rows as it appends, and both are through at the same commit. That commit ends the
//! round: what was folding is dropped, and what was growing is folding now.
//!
//! How far the hand has come stands in the table `fold` and is written by the same commits as the rows, so that a start
//! finds exactly what a stop or a kill has left. What is in memory, and what a start reads of the log, is bounded by
//! twice [`SqliteOptions::recent_rows`] and [`SqliteOptions::recent_bytes`] and the batch that went beyond them.
//!
//! **Nothing is ever between the two.** An event is added to memory before its commit, and dropped from memory after
//! the commit with which `fold.done` reaches it. A reader begins a snapshot of the database first and takes what is in
//! memory then ([`super::snapshot`]):
//!
//! - Its snapshot has the row of every event up to the snapshot's own `done`, since rows and `done` are one commit.
//! - Memory has every event after [`Recent::from`] that was committed when it was taken; the snapshot is older than that.
//! - So if `from` is not beyond `done`, nothing is missing. Else a round has ended between the two, and the reader begins a
//!   new snapshot.
//!
//! Later the writer may do what it wants: what the reader has taken stays as it is, except that `growing` grows, by
//! events beyond the snapshot's head. What is both in memory and in the table is taken from memory only.

use std::sync::Arc;

use chinwag_chat::Append;
use chinwag_protocol::Pos;
use chinwag_sabotage::{Promise, breaks_one_in};
use parking_lot::RwLock;
use rusqlite::Connection;

use super::SqliteOptions;
use super::columns::{bytes, number, pos, seq};
use super::event_row::{KIND, POS, SEQ, TEXT, TOPIC, checked, missing};
use super::failure::{Failure, Result};
use super::keyed;
use super::recent::{Recent, Rows, SharedRecent};
use super::statements;
use crate::codes::integer;
use crate::keyed::is_keyed;
use crate::topic::{Topic, text_bytes, topic_of};

/// Moves the rows. Belongs to the writer.
#[derive(Debug)]
pub(super) struct Fold {
    recent: SharedRecent,
    /// What the readers have.
    now: Recent,
    hand: Hand,
    most_rows: usize,
    most_bytes: usize,
}

/// Where folding has come to.
#[derive(Debug, Default)]
struct Hand {
    /// Of what is folding, in order.
    topics: Vec<Topic>,
    /// The topic that is next, and how many of its rows are folded.
    topic: usize,
    row: usize,
    /// Rows that are folded, of all topics.
    folded: usize,
}

impl Fold {
    /// Takes up what the database says, so that nothing stays of a commit that failed.
    pub(super) fn load(
        connection: &Connection,
        options: &SqliteOptions,
        recent: SharedRecent,
    ) -> Result<Self> {
        let (done, until, folded) = connection
            .prepare_cached(statements::FOLD)?
            .query_row([], |row| Ok((pos(row, 0)?, pos(row, 1)?, number(row, 2)? as usize)))?;
        let (mut folding, mut growing) = (Rows::default(), Rows::default());
        let mut statement = connection.prepare_cached(statements::EVENTS_AFTER)?;
        let mut rows = statement.query([integer(done.get()), -1])?;
        let compacted = keyed::compacted(connection)?;
        let mut expected = done.next();
        while let Some(row) = rows.next()? {
            checked(row)?;
            let at = pos(row, POS)?;
            if at != expected && at.previous() > compacted {
                return Err(missing(expected));
            }
            expected = at.next();
            if is_keyed(row.get(KIND)?) {
                let part = if at <= until { &mut folding } else { &mut growing };
                part.push_keyed(bytes(row, TOPIC, |topic| topic)?, at);
                continue;
            }
            let text = row
                .get_ref(TEXT)?
                .as_bytes_or_null()
                .map_err(|error| Failure::damaged(format!("event {at}"), error.to_string()))?;
            let part = if at <= until { &mut folding } else { &mut growing };
            part.push(bytes(row, TOPIC, |topic| topic)?, seq(row, SEQ)?, at, text.map_or(0, <[u8]>::len))?;
        }
        let mut hand = Hand::new(&folding);
        hand.pass(&folding, folded, |_, _| Ok(()))?;
        let whole = folding.number() == 0 || folding.last() == until || until <= compacted;
        if hand.folded != folded || !whole {
            return Err(Failure::damaged("fold", format!("{folded} rows up to {until} are not in the log")));
        }
        let part = |rows| Arc::new(RwLock::new(rows));
        let now = Recent { from: done, folding: part(folding), growing: part(growing) };
        recent.replace(now.clone());
        let (most_rows, most_bytes) = (options.recent_rows.max(1), options.recent_bytes.max(1));
        Ok(Self { recent, now, hand, most_rows, most_bytes })
    }

    /// What is in memory.
    pub(super) fn recent(&self) -> &Recent {
        &self.now
    }

    /// Rows in memory.
    pub(super) fn rows(&self) -> usize {
        self.now.folding.read().number() + self.now.growing.read().number()
    }

    /// Adds what is going to be committed.
    pub(super) fn add(&self, appends: &[Append]) -> Result<()> {
        let mut growing = self.now.growing.write();
        for Append { event, .. } in appends {
            match event.keyed() {
                Some(_) => growing.push_keyed(topic_of(event), event.pos),
                None => growing.push(topic_of(event), event.seq, event.pos, text_bytes(event))?,
            }
        }
        Ok(())
    }

    /// Writes the rows that are due, in the transaction that stores what was added. Gives what to hand to
    /// [`Fold::committed`] if this commit ends a round.
    pub(super) fn advance(&mut self, transaction: &Connection) -> Result<Option<RoundEnd>> {
        let (folding, growing) = (self.now.folding.read(), self.now.growing.read());
        let share = |size: usize, most: usize| {
            (folding.number() as u128 * size as u128 / most as u128).min(folding.number() as u128) as usize
        };
        let target = share(growing.number(), self.most_rows).max(share(growing.bytes(), self.most_bytes));
        let due = target.saturating_sub(self.hand.folded);
        let mut statement = transaction.prepare_cached(statements::FOLD_ROW)?;
        self.hand.pass(&folding, due, |topic, (seq, pos)| {
            if breaks_one_in(Promise::FoldEveryRow, 10) {
                return Ok(());
            }
            statement.execute((topic, integer(seq.get()), integer(pos.get())))?;
            Ok(())
        })?;
        let full = growing.number() >= self.most_rows || growing.bytes() >= self.most_bytes;
        let mut end = None;
        if full {
            let done = folding.last().max(self.now.from);
            end = Some(RoundEnd { done });
            move_hand(transaction, done, growing.last(), 0)?;
        } else if due > 0 {
            move_hand(transaction, self.now.from, folding.last(), self.hand.folded)?;
        }
        Ok(end)
    }

    /// Begins the next round, once the end of the last is committed.
    pub(super) fn committed(&mut self, end: RoundEnd) {
        let folding = std::mem::take(&mut self.now.growing);
        self.hand = Hand::new(&folding.read());
        self.now = Recent { from: end.done, folding, growing: Arc::default() };
        self.recent.replace(self.now.clone());
    }
}

/// A round is over with the commit in work.
#[derive(Debug, Clone, Copy)]
pub(super) struct RoundEnd {
    done: Pos,
}

impl Hand {
    fn new(folding: &Rows) -> Self {
        Self { topics: folding.sorted_topics(), ..Self::default() }
    }

    /// Goes on by so many rows, or to the end, and gives each to `fold`.
    fn pass(
        &mut self,
        folding: &Rows,
        number: usize,
        mut fold: impl FnMut(&Topic, Row) -> Result<()>,
    ) -> Result<()> {
        let until = self.folded + number;
        while self.folded < until
            && let Some(topic) = self.topics.get(self.topic)
        {
            match folding.of(topic).get(self.row) {
                Some(row) => {
                    fold(topic, *row)?;
                    self.row += 1;
                    self.folded += 1;
                }
                None => (self.topic, self.row) = (self.topic + 1, 0),
            }
        }
        Ok(())
    }
}

type Row = (chinwag_protocol::Seq, Pos);

fn move_hand(transaction: &Connection, done: Pos, until: Pos, folded: usize) -> Result<()> {
    let moved = transaction.prepare_cached(statements::MOVE_HAND)?.execute((
        integer(done.get()),
        integer(until.get()),
        folded as i64,
    ))?;
    if moved == 1 { Ok(()) } else { Err(Failure::damaged("fold", "its row is missing")) }
}
