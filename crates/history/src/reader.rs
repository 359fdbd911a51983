//! A reader: what it has of each conversation.

use std::collections::HashMap;

use crate::names::Name;
use crate::violation::Fault;

#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) account: Name,
    /// Of each conversation of which something is owed to it.
    pub(crate) places: HashMap<Name, Place>,
    /// The line since which it has its connection.
    pub(crate) connected: u64,
}

/// What a reader has of a conversation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The last row that it has, by whatever way.
    pub(crate) got: u64,
    /// The next row of the stream.
    next: u64,
    /// After a gap: the stream may begin with rows that have come otherwise.
    gap: bool,
    /// It had rows that never were, and must be told of a gap first.
    ahead: bool,
    /// The number of messages before the next row, where it is known.
    n: Option<u64>,
}

impl Place {
    pub(crate) fn at(got: u64) -> Self {
        Self { got, next: got + 1, gap: false, ahead: false, n: None }
    }

    /// Whether pages must fill a gap.
    pub(crate) fn has_gap(&self) -> bool {
        self.gap
    }

    /// A page has brought these rows.
    pub(crate) fn page(&mut self, from: u64, to: u64) {
        if from <= self.got + 1 {
            self.got = self.got.max(to);
        }
    }

    /// The stream has a gap here.
    pub(crate) fn gap(&mut self) {
        self.gap = true;
        self.ahead = false;
        self.n = None;
    }

    /// The rows after `kept` never were.
    pub(crate) fn forget(&mut self, kept: u64) {
        if self.got > kept {
            *self = Self { ahead: true, ..Self::at(kept) };
        }
    }

    /// The stream has brought a row.
    pub(crate) fn receive(&mut self, seq: u64, row: Counted) -> Result<(), PlaceFault> {
        if self.ahead {
            return Err(PlaceFault::NoGap);
        }
        let expected = if self.gap { seq.min(self.got + 1) } else { self.next };
        if seq < expected {
            return Err(PlaceFault::Repeated);
        }
        let before = self.n;
        self.n = match row {
            Counted::Message(n) => Some(n),
            Counted::Deletion => before,
            Counted::Hidden => None,
        };
        self.next = seq + 1;
        self.gap = false;
        self.got = self.got.max(seq);
        match (row, before) {
            _ if seq > expected => Err(PlaceFault::Hole { expected }),
            (Counted::Message(n), Some(before)) if n != before + 1 => {
                Err(PlaceFault::Miscounted { expected: before + 1 })
            }
            _ => Ok(()),
        }
    }
}

/// What a row does to the number of messages.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Counted {
    /// This is the number with it.
    Message(u64),
    /// Nothing.
    Deletion,
    /// Nobody knows.
    Hidden,
}

pub(crate) enum PlaceFault {
    NoGap,
    Repeated,
    Hole { expected: u64 },
    Miscounted { expected: u64 },
}

impl PlaceFault {
    pub(crate) fn of(self, reader: String, conversation: String, seq: u64, row: Counted) -> Fault {
        match self {
            Self::NoGap => Fault::NoGap { reader, conversation, seq },
            Self::Repeated => Fault::Repeated { reader, conversation, seq },
            Self::Hole { expected } => Fault::Hole { reader, conversation, expected, got: seq },
            Self::Miscounted { expected } => {
                let n = if let Counted::Message(n) = row { n } else { 0 };
                Fault::Miscounted { reader, conversation, seq, expected, n }
            }
        }
    }
}
