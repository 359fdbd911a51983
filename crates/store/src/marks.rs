//! What others have added to messages, as it stands in the tables; the same for every store.

use chinwag_chat::Marks;
use chinwag_protocol::{Emoji, Pos, Seq, Timestamp};

/// Reactions for their column.
pub(crate) fn reactions_column(marks: &Marks) -> serde_json::Result<String> {
    serde_json::to_string(&marks.reactions)
}

/// Reactions of their column.
pub(crate) fn reactions_of(column: &str) -> serde_json::Result<Vec<(Emoji, u64)>> {
    serde_json::from_str(column)
}

/// A pinning of its columns.
pub(crate) fn pinned_of(
    row: Option<u64>,
    pos: Option<u64>,
    at: Option<i64>,
) -> Option<(Seq, Pos, Timestamp)> {
    Some((Seq::new(row?), Pos::new(pos?), Timestamp::from_millis(at?)))
}
