//! A line of a history, as it is read: of each what matters to the check.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Line {
    Reader {
        reader: String,
        account: String,
    },
    Connect {
        reader: String,
    },
    Synced {
        reader: String,
        conversations: Vec<Head>,
    },
    Received {
        reader: String,
        record: Record,
    },
    Page {
        reader: String,
        conversation: String,
        page: Page,
    },
    Done {
        reader: String,
    },
    Send {
        account: String,
        conversation: String,
        client_id: String,
        text: String,
        follows: Option<String>,
    },
    Acknowledged {
        account: String,
        client_id: String,
        seq: u64,
    },
    Delete {
        conversation: String,
        target: u64,
    },
    Deleted {
        conversation: String,
        target: u64,
        seq: u64,
    },
    Refused {
        account: String,
        client_id: String,
        status: u16,
    },
    Join {
        account: String,
        conversation: String,
    },
    Left {
        account: String,
        conversation: String,
    },
    Server {
        did: String,
    },
    Several,
    Backup,
    Restored {
        conversations: Vec<Head>,
    },
    #[serde(other)]
    Unknown,
}

/// Up to where something is had.
#[derive(Debug, Deserialize)]
pub(crate) struct Head {
    pub(crate) id: String,
    pub(crate) seq: u64,
}

/// A record of the protocol; of each what matters here.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Record {
    Message {
        conversation: String,
        #[serde(flatten)]
        message: Message,
    },
    Delete {
        conversation: String,
        seq: u64,
        target: u64,
    },
    Hidden {
        conversation: String,
        seq: u64,
    },
    Member {
        account: String,
        conversation: String,
        change: Change,
        from_seq: Option<u64>,
    },
    Gap,
    #[serde(other)]
    Other,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    Joined,
    /// However it ended.
    #[serde(alias = "removed", alias = "banned")]
    Left,
    /// Any other: what the reader is owed stays the same.
    #[serde(other)]
    Other,
}

/// A message in a record or a page.
#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    pub(crate) seq: u64,
    pub(crate) n: u64,
    pub(crate) sender: Sender,
    pub(crate) client_id: String,
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) deleted: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Sender {
    pub(crate) id: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    pub(crate) messages: Vec<Message>,
    pub(crate) from_seq: u64,
    pub(crate) to_seq: u64,
}
