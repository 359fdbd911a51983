//! Keyed events: of all with the same key in the same topic only the latest counts.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::rest::SenderCard;
use crate::{AccountId, ConversationId, Cursor, DeviceId, OwnSettings, Seq, Topic};

/// What a keyed event replaces its predecessor by, in its topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// How far the topic's account has read a conversation.
    Marker(ConversationId),
    /// What an account lets the topic's conversation know of how far it is.
    Receipt(AccountId),
    /// What the topic's account has chosen for all of its conversations.
    Preferences,
    /// What the topic's account has set for itself in a conversation.
    Settings(ConversationId),
    /// What a device of the topic's account has begun to write in a conversation.
    Draft(ConversationId, DeviceId),
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
    /// What an account lets others know of how far it is, in the conversation's topic.
    Receipt {
        /// Where.
        conversation: ConversationId,
        /// Who.
        account: AccountId,
        /// How far.
        receipt: Receipt,
        /// See [`Keyed::version`].
        version: u64,
    },
    /// What an account has chosen for all of its conversations, in its own topic.
    Preferences {
        /// Who.
        account: AccountId,
        /// What.
        preferences: Preferences,
        /// See [`Keyed::version`].
        version: u64,
    },
    /// What an account has set for itself in a conversation, in its own topic.
    Settings {
        /// Who.
        account: AccountId,
        /// Where.
        conversation: ConversationId,
        /// What.
        settings: OwnSettings,
        /// See [`Keyed::version`].
        version: u64,
    },
    /// What a device of an account has begun to write in a conversation, in the account's own topic.
    Draft {
        /// Who.
        account: AccountId,
        /// Where.
        conversation: ConversationId,
        /// Which device.
        device: DeviceId,
        /// What; empty if nothing is begun any more.
        text: String,
        /// See [`Keyed::version`].
        version: u64,
    },
}

impl Keyed {
    /// Who may see it.
    pub fn topic(&self) -> Topic {
        match self {
            Self::Marker { account, .. }
            | Self::Preferences { account, .. }
            | Self::Settings { account, .. }
            | Self::Draft { account, .. } => Topic::Account(*account),
            Self::Receipt { conversation, .. } => Topic::Conversation(*conversation),
        }
    }

    /// What it replaces.
    pub fn key(&self) -> Key {
        match self {
            Self::Marker { conversation, .. } => Key::Marker(*conversation),
            Self::Receipt { account, .. } => Key::Receipt(*account),
            Self::Preferences { .. } => Key::Preferences,
            Self::Settings { conversation, .. } => Key::Settings(*conversation),
            Self::Draft { conversation, device, .. } => Key::Draft(*conversation, *device),
        }
    }

    /// How many events of this key there have been, this one included.
    pub fn version(&self) -> u64 {
        match self {
            Self::Marker { version, .. }
            | Self::Receipt { version, .. }
            | Self::Preferences { version, .. }
            | Self::Settings { version, .. }
            | Self::Draft { version, .. } => *version,
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

/// How far an account is in a conversation, as the others are told. It never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Receipt {
    /// One of its devices has everything up to this row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub delivered_seq: Option<Seq>,
    /// It has read up to this row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub read_seq: Option<Seq>,
}

/// What an account has chosen for all of its conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Preferences {
    /// Whether others are told how far it is, and it how far others are.
    pub receipts: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { receipts: true }
    }
}

/// A change of [`Preferences`]: what is absent stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PreferencesBody {
    /// See [`Preferences::receipts`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub receipts: Option<bool>,
}

/// Answer of `GET` and `PATCH /v1/account/preferences`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PreferencesCard {
    /// What holds.
    #[serde(flatten)]
    pub preferences: Preferences,
    /// Counts the changes; 0 if there was none.
    #[ts(type = "number")]
    pub version: u64,
}

/// How far an account is, in [`ReceiptsAnswer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ReceiptCard {
    /// Who.
    pub account: AccountId,
    /// How far.
    #[serde(flatten)]
    pub receipt: Receipt,
    /// Of the last `receipt` record that is contained.
    #[ts(type = "number")]
    pub version: u64,
}

/// Answer of `GET /v1/conversations/{id}/receipts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ReceiptsAnswer {
    /// Of members, in the order of their ids.
    pub receipts: Vec<ReceiptCard>,
    /// The answer contains everything up to here.
    pub cursor: Cursor,
}

/// Answer of `GET /v1/conversations/{id}/messages/{seq}/readers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ReadersPage {
    /// Members who have read it, in the order of their ids.
    pub readers: Vec<SenderCard>,
    /// The `after` of the next page, if there is one.
    #[cfg_attr(test, schema(required))]
    pub next: Option<AccountId>,
}
