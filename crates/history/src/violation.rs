//! What is wrong with a history.

use std::fmt;

/// What is wrong, and where it showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The line, from 1 on; none for what shows only at the end.
    pub line: Option<u64>,
    /// What.
    pub fault: Fault,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.fault),
            None => write!(f, "at the end: {}", self.fault),
        }
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The history itself cannot be used.
    #[error("the history cannot be used: {0}")]
    Unusable(String),
    /// An acknowledged message, or deletion, is nowhere.
    #[error("{what} was acknowledged as row {seq} and is nowhere")]
    Lost {
        /// The `client_id`, or what was deleted.
        what: String,
        /// The row of its answer.
        seq: u64,
    },
    /// What was acknowledged before a backup is not in it.
    #[error(
        "the backup that was put back has {conversation} up to row {kept}, and row {acknowledged} was acknowledged before"
    )]
    NotBackedUp {
        /// Where.
        conversation: String,
        /// The last row in the backup.
        kept: u64,
        /// The last row that was acknowledged before it.
        acknowledged: u64,
    },
    /// A reader that had more than the backup that was put back got a row, and was not told of the gap.
    #[error("{reader} got row {seq} of {conversation} and had rows that were lost, and was told of no gap")]
    NoGap {
        /// Who.
        reader: String,
        /// Where.
        conversation: String,
        /// Which row.
        seq: u64,
    },
    /// A message has two rows.
    #[error("{client_id} is row {first} and row {second}")]
    Doubled {
        /// The message.
        client_id: String,
        /// The row where it was seen first.
        first: u64,
        /// The other one.
        second: u64,
    },
    /// A retry got another answer.
    #[error("{what} was acknowledged as row {first}, and then as row {second}")]
    Moved {
        /// The `client_id`, or what was deleted.
        what: String,
        /// The first answer.
        first: u64,
        /// The other one.
        second: u64,
    },
    /// Not everyone was told the same of a row.
    #[error("row {seq} of {conversation} is {first} and {second}")]
    Differs {
        /// Where.
        conversation: String,
        /// Which row.
        seq: u64,
        /// What was told first.
        first: String,
        /// What was told later.
        second: String,
    },
    /// A text is not what was sent.
    #[error("the text of {client_id} has changed")]
    Changed {
        /// The message.
        client_id: String,
    },
    /// A message that nobody sent.
    #[error("{client_id} was sent by nobody")]
    Unsent {
        /// The message.
        client_id: String,
    },
    /// A message is stored although each attempt was refused.
    #[error("{client_id} is stored and was refused")]
    Refused {
        /// The message.
        client_id: String,
    },
    /// A message comes before the one that it follows, or without it.
    #[error("{client_id} is stored, but not after {follows}")]
    Unfollowed {
        /// The message.
        client_id: String,
        /// The one before.
        follows: String,
    },
    /// A reader was not told of a row.
    #[error("{reader} got row {got} of {conversation}, and {expected} was next")]
    Hole {
        /// Who.
        reader: String,
        /// Where.
        conversation: String,
        /// The next row.
        expected: u64,
        /// The row that came.
        got: u64,
    },
    /// A reader was told of a row again.
    #[error("{reader} got row {seq} of {conversation} again")]
    Repeated {
        /// Who.
        reader: String,
        /// Where.
        conversation: String,
        /// Which row.
        seq: u64,
    },
    /// The number of messages is wrong.
    #[error("{reader} got row {seq} of {conversation} with n = {n}, and {expected} was next")]
    Miscounted {
        /// Who.
        reader: String,
        /// Where.
        conversation: String,
        /// Which row.
        seq: u64,
        /// The next number.
        expected: u64,
        /// The number that came.
        n: u64,
    },
    /// A reader was told something of a conversation whose member its account is not.
    #[error("{reader} got row {seq} of {conversation}, and its account is not a member")]
    NotMember {
        /// Who.
        reader: String,
        /// Where.
        conversation: String,
        /// Which row.
        seq: u64,
    },
    /// A reader was told what happened to another account.
    #[error("{reader} got a record for account {account}")]
    NotOwn {
        /// Who.
        reader: String,
        /// For whom it was.
        account: String,
    },
    /// A reader was done without the last rows.
    #[error("{reader} was done with row {got} of {conversation}, and row {acknowledged} was acknowledged")]
    Behind {
        /// Who.
        reader: String,
        /// Where.
        conversation: String,
        /// Its last row.
        got: u64,
        /// The last row that was acknowledged.
        acknowledged: u64,
    },
    /// A page is not what a page is.
    #[error("the page of {conversation} from {from_seq} to {to_seq} is not in order: row {seq}")]
    Page {
        /// Where.
        conversation: String,
        /// First row of the page.
        from_seq: u64,
        /// Last row of the page.
        to_seq: u64,
        /// The row that does not belong there.
        seq: u64,
    },
}
