//! How much a history has shown.

use std::fmt;

/// How much there was to check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Lines.
    pub lines: u64,
    /// Messages that were acknowledged.
    pub acknowledged: u64,
    /// Messages that were not acknowledged, and are stored.
    pub unacknowledged_stored: u64,
    /// Messages that were not acknowledged, and are not stored.
    pub unacknowledged_absent: u64,
    /// Attempts to post, beyond the first of each message.
    pub retries: u64,
    /// Readers.
    pub readers: u64,
    /// Rows that came by streams and polls.
    pub received: u64,
    /// Messages in pages.
    pub paged: u64,
    /// Gaps.
    pub gaps: u64,
    /// Conversations.
    pub conversations: u64,
    /// How often the server went down.
    pub deaths: u64,
    /// Messages that were acknowledged, and lost because an earlier backup was put back.
    pub not_backed_up: u64,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} lines: {} messages acknowledged, {} not acknowledged and stored, {} not stored, {} retries; {} readers \
             got {} rows and {} messages in pages of {} conversations, {} gaps; the server went down {} times; {} messages \
             were not in a backup that was put back",
            self.lines,
            self.acknowledged,
            self.unacknowledged_stored,
            self.unacknowledged_absent,
            self.retries,
            self.readers,
            self.received,
            self.paged,
            self.conversations,
            self.gaps,
            self.deaths,
            self.not_backed_up,
        )
    }
}
