//! How fast messages go out.

use std::time::Duration;

/// When the next message may go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// As soon as fewer than this number are outstanding. A message is outstanding until its sender is acknowledged and all
    /// its readers have it.
    Closed {
        /// At most so many.
        outstanding: usize,
    },
    /// At times that were drawn before, whatever is answered.
    Open {
        /// Messages a second.
        per_second: f64,
        /// If one is due while so many are outstanding, the server is overloaded, and the run ends.
        outstanding_max: usize,
        /// Of the schedule.
        seed: u64,
    },
}

/// When it is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// After so many messages.
    Messages(u64),
    /// After so long.
    Time(Duration),
}

/// Some load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drive {
    /// Which conversations get messages, by turns of their senders.
    pub group: usize,
    /// How fast.
    pub pace: Pace,
    /// How much.
    pub amount: Amount,
    /// Whether times are wanted; not for a warm-up.
    pub counted: bool,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Driven {
    /// Messages that were sent.
    pub sent: u64,
    /// From the beginning until nothing was outstanding.
    pub took: Duration,
    /// Whether it ended because too many were outstanding.
    pub overloaded: bool,
    /// Whether it ended because it was told to.
    pub stopped: bool,
}
