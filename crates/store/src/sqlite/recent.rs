//! The last rows of the timelines, in memory for the writer and the readers until they are folded into the database.

use std::ops::RangeInclusive;
use std::sync::Arc;

use chinwag_protocol::{Pos, Seq};
use foldhash::HashMap;
use parking_lot::RwLock;

use super::failure::{Failure, Result};
use crate::topic::Topic;

/// A row of a timeline: where the event with this number in its topic stands in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TimelineRow {
    pub(super) topic: Topic,
    pub(super) seq: Seq,
    pub(super) pos: Pos,
}

/// The rows of a part of the log without a hole in it, by topic. It only grows. Keyed events have no rows here.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Each in order of `seq`, which is the order of position too. Seeded: others may choose ids that come here.
    topics: HashMap<Topic, Vec<(Seq, Pos)>>,
    /// Where the last keyed event of each topic stands.
    keyed: HashMap<Topic, Pos>,
    number: usize,
    bytes: usize,
    last: Pos,
}

impl Rows {
    /// Adds the row after the last, whose text has so many bytes.
    pub(super) fn push(&mut self, topic: Topic, seq: Seq, pos: Pos, text: usize) -> Result<()> {
        let rows = self.topics.entry(topic).or_default();
        if pos <= self.last || rows.last().is_some_and(|(last, _)| last.next() != seq) {
            return Err(Failure::damaged(
                format!("event {pos}"),
                "it is not the next of the log and of its topic",
            ));
        }
        rows.push((seq, pos));
        self.number += 1;
        self.bytes += text;
        self.last = pos;
        Ok(())
    }

    /// Remembers that there is a keyed event after the last row.
    pub(super) fn push_keyed(&mut self, topic: Topic, pos: Pos) {
        self.keyed.insert(topic, pos);
        self.last = pos;
    }

    /// Number of rows.
    pub(super) fn number(&self) -> usize {
        self.number
    }

    /// Bytes of their texts.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Position of the last.
    pub(super) fn last(&self) -> Pos {
        self.last
    }

    /// The topics that have rows here, in order.
    pub(super) fn sorted_topics(&self) -> Vec<Topic> {
        let mut topics: Vec<_> = self.topics.keys().copied().collect();
        topics.sort_unstable();
        topics
    }

    /// A topic's rows.
    pub(super) fn of(&self, topic: &Topic) -> &[(Seq, Pos)] {
        self.topics.get(topic).map_or(&[], Vec::as_slice)
    }
}

/// What is in memory at a moment: every event after `from` that is no keyed one is in one of the two, those of `folding` before those of
/// `growing`. So it has the end of each timeline, and the database has what comes before.
///
/// Events are added before their commit, so there may be some that are not, or never will be, in the log. Who reads passes
/// over what lies beyond the head of its snapshot.
#[derive(Debug, Clone, Default)]
pub(super) struct Recent {
    pub(super) from: Pos,
    /// Is being folded and does not change; empty if there is nothing to fold.
    pub(super) folding: Arc<RwLock<Rows>>,
    /// Takes what is new.
    pub(super) growing: Arc<RwLock<Rows>>,
}

impl Recent {
    /// Numbers of a topic's rows here; none if there are none.
    pub(super) fn first(&self, topic: &Topic) -> Option<Seq> {
        let first = |rows: &RwLock<Rows>| rows.read().of(topic).first().map(|(seq, _)| *seq);
        first(&self.folding).or_else(|| first(&self.growing))
    }

    /// A topic's last row up to `head`.
    pub(super) fn last(&self, topic: &Topic, head: Pos) -> Option<(Seq, Pos)> {
        let last =
            |rows: &RwLock<Rows>| rows.read().of(topic).iter().rev().find(|(_, pos)| *pos <= head).copied();
        last(&self.growing).or_else(|| last(&self.folding))
    }

    /// Whether a keyed event of the topic may stand after `after`; only for places that are in memory.
    pub(super) fn has_keyed(&self, topic: &Topic, after: Pos) -> bool {
        let has = |rows: &RwLock<Rows>| rows.read().keyed.get(topic).is_some_and(|last| *last > after);
        has(&self.growing) || has(&self.folding)
    }

    /// A topic's rows of these numbers up to `head`, in order.
    pub(super) fn range(&self, topic: &Topic, seqs: &RangeInclusive<Seq>, head: Pos) -> Vec<(Seq, Pos)> {
        let mut found = Vec::new();
        for rows in [&self.folding, &self.growing] {
            let rows = rows.read();
            let rows = rows.of(topic);
            let rows = &rows[rows.partition_point(|(seq, _)| seq < seqs.start())..];
            found.extend(rows.iter().take_while(|(seq, pos)| seq <= seqs.end() && *pos <= head));
        }
        found
    }

    /// A topic's rows after `after` and up to `head`, in order, until `found` has `most`.
    pub(super) fn after(
        &self,
        topic: &Topic,
        after: Pos,
        head: Pos,
        most: usize,
        found: &mut Vec<TimelineRow>,
    ) {
        for rows in [&self.folding, &self.growing] {
            let rows = rows.read();
            let rows = rows.of(topic);
            let rows = &rows[rows.partition_point(|(_, pos)| *pos <= after)..];
            let rows = rows.iter().take_while(|(_, pos)| *pos <= head).take(most.saturating_sub(found.len()));
            found.extend(rows.map(|&(seq, pos)| TimelineRow { topic: *topic, seq, pos }));
        }
    }
}

/// What is in memory now, for whoever asks.
#[derive(Debug, Clone, Default)]
pub(super) struct SharedRecent(Arc<RwLock<Recent>>);

impl SharedRecent {
    pub(super) fn now(&self) -> Recent {
        self.0.read().clone()
    }

    pub(super) fn replace(&self, recent: Recent) {
        // What nobody reads any more is taken down after the lock was given back.
        let before = std::mem::replace(&mut *self.0.write(), recent);
        drop(before);
    }
}
