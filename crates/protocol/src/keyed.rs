//! Keyed events: of all with the same key in the same topic only the latest counts.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{AccountId, ConversationId, Seq, Topic};

/// What a keyed event replaces its predecessor by, in its topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// How far the topic's account has read a conversation.
    Marker(ConversationId),
}

/// What a keyed event says. Its version counts the events of the key, from 1 on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keyed {
    /// How far an account has read a conversation, in the account's topic.
    Marker {
        /// Who.
        account: AccountId,
        /// What.
        conversation: ConversationId,
        /// How far.
        marker: Marker,
        /// See [`Keyed::version`].
        version: u64,
    },
}

impl Keyed {
    /// Who may see it.
    pub fn topic(&self) -> Topic {
        match self {
            Self::Marker { account, .. } => Topic::Account(*account),
        }
    }

    /// What it replaces.
    pub fn key(&self) -> Key {
        match self {
            Self::Marker { conversation, .. } => Key::Marker(*conversation),
        }
    }

    /// How many events of this key there have been, this one included.
    pub fn version(&self) -> u64 {
        match self {
            Self::Marker { version, .. } => *version,
        }
    }
}

/// How far an account has read a conversation. It never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Marker {
    /// The last row that was read; 0 if none was.
    pub read_seq: Seq,
    /// Number of messages up to it.
    #[ts(type = "number")]
    pub read_n: u64,
    /// Messages after it, as of here.
    #[ts(type = "number")]
    pub unread: u64,
    /// Of these, how many mention the account.
    #[ts(type = "number")]
    pub mentions: u64,
    /// From which row on the account wants to see it as unread, whatever it has read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub marked_unread_from: Option<Seq>,
}

/// A marker as `GET /v1/sync` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct MarkerCard {
    /// As of the answer.
    #[serde(flatten)]
    pub marker: Marker,
    /// Of the last `marker` record that is contained; 0 if there was none.
    #[ts(type = "number")]
    pub version: u64,
}

/// Body of `PUT /v1/conversations/{id}/read` and `…/unread`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct MarkBody {
    /// Which row.
    pub seq: Seq,
}
