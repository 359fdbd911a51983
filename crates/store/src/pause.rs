//! When a writer that has failed tries again.

use std::time::{Duration, Instant};

/// Longer and longer pauses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pause {
    pub(crate) next: Instant,
    length: Duration,
}

impl Pause {
    pub(crate) fn begin(first: Duration) -> Self {
        Self { next: Instant::now() + first, length: first }
    }

    /// It failed again.
    pub(crate) fn wait_longer(&mut self, longest: Duration) {
        self.length = (self.length * 2).min(longest);
        self.next = Instant::now() + self.length;
    }
}
