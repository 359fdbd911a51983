//! Pages of a timeline.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::rest::{SenderCard, SettingsCard};
use crate::{Body, ClientId, Cursor, Entity, Event, MembersChange, Message, Role, Seq, Timestamp};

/// A message in a history page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct HistoryMessage {
    /// Its row.
    pub seq: Seq,
    /// Number of messages so far.
    #[ts(type = "number")]
    pub n: u64,
    /// Who.
    pub sender: SenderCard,
    /// The sender's id for it.
    pub client_id: ClientId,
    /// What; empty once deleted.
    pub text: String,
    /// When.
    pub sent_at: Timestamp,
    /// Whether it was deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub deleted: bool,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub reply_to: Option<Seq>,
    /// Whether its text comes from another message.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub forwarded: bool,
    /// Who is named in its text, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<Entity>>")]
    pub entities: Vec<Entity>,
    /// When it was last edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub edited_at: Option<Timestamp>,
    /// The reactions to it, in the order in which the first of each came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<ReactionCount>>")]
    pub reactions: Vec<ReactionCount>,
    /// Those of them that are the caller's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<String>>")]
    pub mine: Vec<String>,
    /// Whether it is pinned.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub pinned: bool,
    /// The last row of a reaction or pin that is in these: only rows above change them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub marked: Option<Seq>,
}

/// How many react with an emoji.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ReactionCount {
    /// The emoji.
    pub emoji: String,
    /// How many.
    #[ts(type = "number")]
    pub count: u64,
}

/// Answer of `GET /v1/conversations/{id}/messages/{seq}/reactions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ReactionsPage {
    /// In the order of accounts' ids, and of the emojis of each.
    pub reactions: Vec<ReactionEntry>,
    /// Value of `after` for the following page.
    #[cfg_attr(test, schema(required))]
    pub next: Option<String>,
}

/// Who reacts with what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ReactionEntry {
    /// Who.
    pub account: SenderCard,
    /// With what.
    pub emoji: String,
    /// Since when.
    pub sent_at: Timestamp,
}

/// Messages that were asked for one by one, or that are pinned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct MessageList {
    /// Each in its state as of `cursor`.
    pub messages: Vec<HistoryMessage>,
    /// Rows of more messages, which did not fit: ask for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<Seq>>")]
    pub left_out: Vec<Seq>,
    /// The list contains everything up to here.
    pub cursor: Cursor,
}

impl HistoryMessage {
    /// A message at its row.
    pub fn of(seq: Seq, sent_at: Timestamp, message: Message) -> Self {
        Self {
            seq,
            n: message.n,
            sender: SenderCard::from(&message.sender),
            client_id: message.client_id,
            text: message.text,
            sent_at,
            deleted: message.deleted_by.is_some(),
            reply_to: message.attributes.reply_to,
            forwarded: message.attributes.forwarded,
            entities: message.attributes.entities.as_slice().to_vec(),
            edited_at: message.edited.map(|(_, at)| at),
            reactions: Vec::new(),
            mine: Vec::new(),
            pinned: false,
            marked: None,
        }
    }
}

/// A row of a timeline that is no message: its record without what the whole page has in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum HistoryChange {
    /// Members of a group came, went or have another role.
    Members {
        /// Its row.
        seq: Seq,
        /// Who did it.
        actor: SenderCard,
        /// Whom it concerns.
        accounts: Vec<SenderCard>,
        /// What happened.
        change: MembersChange,
        /// Their role from then on, of a change of roles.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        role: Option<Role>,
        /// When.
        sent_at: Timestamp,
    },
    /// What the conversation is called, or how it may be used, has changed.
    ConversationChanged {
        /// Its row.
        seq: Seq,
        /// Who did it.
        actor: SenderCard,
        /// As it was from then on.
        #[serde(flatten)]
        settings: SettingsCard,
        /// When.
        sent_at: Timestamp,
    },
    /// A type that this version does not know.
    #[serde(other)]
    #[ts(skip)]
    Unknown,
}

impl HistoryChange {
    /// What a page says of an event; none of one that it does not list, or lists as a message.
    pub fn of(event: &Event) -> Option<Self> {
        let (seq, sent_at) = (event.seq, event.at);
        match &event.body {
            Body::Members { actor, accounts, change, role, .. } => Some(Self::Members {
                seq,
                actor: SenderCard::from(actor),
                accounts: accounts.iter().map(SenderCard::from).collect(),
                change: *change,
                role: *role,
                sent_at,
            }),
            Body::ConversationChanged { conversation, actor } => Some(Self::ConversationChanged {
                seq,
                actor: SenderCard::from(actor),
                settings: SettingsCard::from(conversation),
                sent_at,
            }),
            _ => None,
        }
    }
}

/// Answer of `GET /v1/conversations/{id}/messages`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct HistoryPage {
    /// Oldest first, each in its state as of `cursor`.
    pub messages: Vec<HistoryMessage>,
    /// Rows that tell what else has changed, oldest first.
    #[serde(default)]
    #[cfg_attr(test, schema(required))]
    pub changes: Vec<HistoryChange>,
    /// First row that the page covers.
    pub from_seq: Seq,
    /// Last row that the page covers; `from_seq` - 1 if there is none.
    pub to_seq: Seq,
    /// The page contains everything up to here.
    pub cursor: Cursor,
}
