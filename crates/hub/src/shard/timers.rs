//! What time brings: heartbeats, stalls, ends, forgotten accounts, the ends of waits.

use super::Shard;
use crate::sink::{ConnectionKey, Sink};

/// What the wheel brings up.
#[derive(Debug)]
pub(super) enum Due {
    Stream(ConnectionKey),
    Closing(ConnectionKey),
    Account(u32),
}

impl<S: Sink> Shard<S> {
    /// Does what is due by now.
    pub(crate) fn tick(&mut self, now_ms: u64) {
        for due in self.wheel.advance(now_ms) {
            match due {
                Due::Stream(key) => self.stream_due(key, now_ms),
                Due::Closing(key) => self.closing_due(key, now_ms),
                Due::Account(index) => self.account_due(index, now_ms),
            }
        }
        self.statuses.tick(now_ms);
        self.polls_due(now_ms);
    }
}
