//! A conversation: what was told of its rows, by anyone to anyone.

use std::collections::{HashMap, HashSet};

use crate::message::Key;

#[derive(Debug, Default)]
pub(crate) struct Conversation {
    rows: HashMap<u64, Row>,
    /// The messages that someone tried to delete.
    pub(crate) to_delete: HashSet<u64>,
    /// Of each deleted message, the row of the answer.
    pub(crate) deletions: HashMap<u64, u64>,
    /// The last row of which anyone has an answer.
    pub(crate) acknowledged: u64,
    /// The same when a backup was taken last.
    pub(crate) backed_up: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    Message {
        key: Key,
        n: u64,
    },
    /// A deletion, of a row that a page does not tell.
    Deletion(Option<u64>),
}

impl Conversation {
    /// Takes what was told of a row; what was told before, if it does not agree.
    pub(crate) fn tell(&mut self, seq: u64, row: Row) -> Option<Row> {
        let known = *self.rows.entry(seq).or_insert(row);
        match (known, row) {
            (Row::Deletion(None), Row::Deletion(_)) => {
                self.rows.insert(seq, row);
                None
            }
            (Row::Deletion(_), Row::Deletion(None)) => None,
            _ => (known != row).then_some(known),
        }
    }

    /// The rows after `kept` never were.
    pub(crate) fn forget(&mut self, kept: u64) {
        self.rows.retain(|seq, _| *seq <= kept);
        self.to_delete.retain(|target| *target <= kept);
        self.deletions.retain(|_, seq| *seq <= kept);
        self.acknowledged = self.acknowledged.min(kept);
    }

    pub(crate) fn row(&self, seq: u64) -> Option<Row> {
        self.rows.get(&seq).copied()
    }
}
