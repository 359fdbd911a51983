//! A message, as its sender knows it.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::names::Name;

/// Who sent it, and its `client_id`: this is what makes a message one and the same.
pub(crate) type Key = (Name, Name);

#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) conversation: Name,
    /// A hash of the text.
    pub(crate) text: u64,
    pub(crate) follows: Option<Name>,
    /// The line of the first attempt.
    pub(crate) sent: u64,
    pub(crate) attempts: u64,
    /// Attempts that have certainly stored nothing.
    pub(crate) refusals: u64,
    /// The row of its answer.
    pub(crate) acknowledged: Option<u64>,
    /// The row where it was seen.
    pub(crate) row: Option<u64>,
}

pub(crate) fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
