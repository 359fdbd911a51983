//! Bodies of requests and answers over HTTP.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    AccountCard, AccountId, ClientId, Conversation, ConversationId, Cursor, DeviceId, DraftCard, Entity,
    HistoryChange, HistoryMessage, Kind, Limits, MarkerCard, OwnSettingsCard, Record, Role, Sender, Seq,
    Timestamp,
};

/// Body of `POST /v1/guests`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct GuestBody {
    /// The name to go by.
    #[cfg_attr(test, schema(min_length = 1, max_length = 40))]
    pub name: String,
    /// How the device wants to be known from then on; a token if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub session: Option<SessionKind>,
}

/// How a device is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// By a token that it sends itself.
    Token,
    /// By a cookie that scripts cannot read.
    Cookie,
}

/// A device, to its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct DeviceCard {
    /// Its id.
    pub id: DeviceId,
}

/// Answer of `POST /v1/guests`, `/v1/accounts`, `/v1/sessions` and `/v1/account/recovery`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct GuestAnswer {
    /// The account.
    pub account: AccountCard,
    /// The new device.
    pub device: DeviceCard,
    /// The device's token; absent when a cookie was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub token: Option<String>,
}

impl std::fmt::Debug for GuestAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The token must not reach a log.
        f.debug_struct("GuestAnswer").field("account", &self.account).finish_non_exhaustive()
    }
}

/// Answer of `GET /v1/session`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct SessionAnswer {
    /// Who the token or cookie speaks for.
    pub account: AccountCard,
    /// The device that it was given to.
    pub device: DeviceCard,
}

/// Answer of `GET /v1/sessions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct SessionsAnswer {
    /// Each account that the browser is signed in as, in the order of their ids.
    pub sessions: Vec<SessionEntry>,
}

/// An account that a browser is signed in as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct SessionEntry {
    /// Which.
    pub account: AccountCard,
    /// The device that the browser is to it.
    pub device: DeviceCard,
    /// Whether it is the one that the request named, or the only one.
    pub current: bool,
}

/// What those who run a conversation may change of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct SettingsCard {
    /// What it is called; its slug, where a room has no title.
    pub title: String,
    /// What it is about; empty if nothing is said.
    pub topic: String,
    /// Whether it stands in the list of rooms.
    pub listed: bool,
    /// Whether only owners, admins and moderators write.
    pub locked: bool,
    /// Seconds that a member waits between two messages.
    pub slow_mode_seconds: u16,
    /// Whether new members see what was before them.
    pub history_visible: bool,
    /// Counts the changes; apply only a higher one.
    #[ts(type = "number")]
    pub version: u64,
}

impl From<&Conversation> for SettingsCard {
    fn from(conversation: &Conversation) -> Self {
        let settings = &conversation.settings;
        Self {
            title: conversation.title().to_owned(),
            topic: settings.topic.as_str().to_owned(),
            listed: settings.listed,
            locked: settings.locked,
            slow_mode_seconds: settings.slow_mode.seconds(),
            history_visible: settings.history_visible,
            version: settings.version,
        }
    }
}

/// A conversation, to a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ConversationCard {
    /// Its id.
    pub id: ConversationId,
    /// What sort.
    pub kind: Kind,
    /// Of a room: its name in the URL, as its maker typed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub slug: Option<String>,
    /// What the caller may do.
    pub role: Role,
    /// Whether the slug, or the title of what has none, may be taken for another.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub lookalike: bool,
    /// Of a direct chat: the other; oneself of notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub peer: Option<SenderCard>,
    /// Whether a stranger began the direct chat and the caller has not taken it up.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub request: bool,
    /// What it is called, and how it may be used.
    #[serde(flatten)]
    pub settings: SettingsCard,
    /// Number of its members; not told of direct chats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub members: Option<u64>,
}

impl ConversationCard {
    /// Of a conversation, to a member in this role.
    pub fn of(conversation: &Conversation, role: Role) -> Self {
        Self {
            id: conversation.id,
            kind: conversation.kind,
            slug: conversation.slug.as_ref().map(|slug| slug.as_str().to_owned()),
            role,
            lookalike: conversation.is_lookalike(),
            peer: None,
            request: false,
            settings: SettingsCard::from(conversation),
            members: None,
        }
    }
}

/// Answer of `PUT /v1/rooms/{slug}` and `PUT /v1/direct/{account}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct RoomAnswer {
    /// What was opened.
    pub conversation: ConversationCard,
    /// Its newest page, oldest first.
    pub messages: Vec<HistoryMessage>,
    /// The page's rows that tell what else has changed, oldest first.
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

/// Body of `POST /v1/conversations/{id}/messages`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct SendBody {
    /// Made once by the sender, the same in every retry.
    pub client_id: ClientId,
    /// What.
    #[cfg_attr(test, schema(min_length = 1))]
    pub text: String,
    /// The sender's earlier message that must be stored first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub follows: Option<ClientId>,
    /// The message of the same conversation that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub reply_to: Option<Seq>,
    /// Whether its text comes from another message.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub forwarded: bool,
    /// Who is named in it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<Entity>>")]
    pub entities: Vec<Entity>,
}

impl SendBody {
    /// A message with nothing but its text.
    pub fn new(client_id: ClientId, text: impl Into<String>) -> Self {
        let (follows, reply_to, forwarded, entities) = (None, None, false, Vec::new());
        Self { client_id, text: text.into(), follows, reply_to, forwarded, entities }
    }
}

/// Body of `PATCH /v1/conversations/{id}/messages/{seq}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct EditBody {
    /// What it says from then on.
    #[cfg_attr(test, schema(min_length = 1))]
    pub text: String,
    /// Who is named in it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<Entity>>")]
    pub entities: Vec<Entity>,
}

/// Answer to a send, an edit or a deletion: where its row stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct SendAnswer {
    /// The row.
    pub seq: Seq,
    /// The answer contains everything up to here.
    pub cursor: Cursor,
    /// When.
    pub sent_at: Timestamp,
}

/// Who sent a row, as of encoding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct SenderCard {
    /// Account.
    pub id: AccountId,
    /// Name as of encoding.
    pub name: String,
    /// Counts changes of the profile; a client that meets a higher one fetches it.
    #[serde(default)]
    #[ts(type = "number")]
    pub version: u64,
    /// Whether the name may be taken for another.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub lookalike: bool,
}

impl From<&Sender> for SenderCard {
    fn from(sender: &Sender) -> Self {
        Self {
            id: sender.id,
            name: sender.name.clone(),
            version: sender.version,
            lookalike: sender.lookalike,
        }
    }
}

/// Answer of `GET /v1/sync`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct SyncPage {
    /// Who asks.
    pub account: AccountCard,
    /// Newest activity first.
    pub conversations: Vec<SyncConversation>,
    /// Stream from the first page's.
    pub cursor: Cursor,
    /// Value of `next` for the following page.
    #[cfg_attr(test, schema(required))]
    pub next: Option<String>,
    /// Of all conversations, on the first page: messages that were not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub unread_total: Option<u64>,
    /// Of all conversations, on the first page: how many of these mention the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub mentions_total: Option<u64>,
}

/// A conversation in `GET /v1/sync`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct SyncConversation {
    /// Its id.
    pub id: ConversationId,
    /// What sort.
    pub kind: Kind,
    /// Of a room: its name in the URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub slug: Option<String>,
    /// What the caller may do.
    pub role: Role,
    /// Whether the slug, or the title of what has none, may be taken for another.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub lookalike: bool,
    /// What it is called, and how it may be used.
    #[serde(flatten)]
    pub settings: SettingsCard,
    /// Of a direct chat: the other; oneself of notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub peer: Option<SenderCard>,
    /// Whether a stranger began the direct chat and the caller has not taken it up.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub request: bool,
    /// Last row.
    pub seq: Seq,
    /// Number of messages so far.
    #[ts(type = "number")]
    pub n: u64,
    /// When the last row came; absent in a conversation without rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub active_at: Option<Timestamp>,
    /// How far the caller has read it.
    #[serde(default)]
    #[cfg_attr(test, schema(required))]
    pub marker: MarkerCard,
    /// What the caller has set for itself.
    #[serde(default)]
    #[cfg_attr(test, schema(required))]
    pub own_settings: OwnSettingsCard,
    /// What the caller's devices have begun to write.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<DraftCard>>")]
    pub drafts: Vec<DraftCard>,
}

/// Answer of `GET /v1/rooms`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct RoomsPage {
    /// In the order of their slugs, as these are compared.
    pub rooms: Vec<ListedRoom>,
    /// Value of `after` for the following page.
    #[cfg_attr(test, schema(required))]
    pub next: Option<String>,
}

/// A room in `GET /v1/rooms`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ListedRoom {
    /// Its name in the URL.
    pub slug: String,
    /// Whether the slug may be taken for another.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub lookalike: bool,
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub topic: String,
    /// How many are in it.
    #[ts(type = "number")]
    pub members: u64,
    /// Whether the caller is.
    pub joined: bool,
}

/// Body of `PUT /v1/direct`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct DirectBody {
    /// What the other signs in with.
    pub username: String,
}

/// Answer of `GET /v1/blocks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct BlocksPage {
    /// Whom the caller blocks, in order of id.
    pub blocks: Vec<SenderCard>,
    /// Value of `after` for the following page.
    #[cfg_attr(test, schema(required))]
    pub next: Option<AccountId>,
}

/// Body of `POST /v1/ack`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct AckBody {
    /// The device has everything up to here.
    pub cursor: Cursor,
}

/// Answer of a poll of `GET /v1/events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Poll {
    /// What came after the place asked for.
    pub events: Vec<Record>,
    /// Where the next poll goes on.
    pub cursor: Cursor,
    /// Whether there is more already.
    pub more: bool,
}

/// Answer of `POST /v1/tickets`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct TicketAnswer {
    /// Good for one `GET /v1/events?ticket=…`.
    pub ticket: String,
    /// Seconds that it lives.
    pub expires_in_seconds: u32,
}

impl std::fmt::Debug for TicketAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The ticket must not reach a log.
        f.debug_struct("TicketAnswer").finish_non_exhaustive()
    }
}

/// Answer of `GET /v1/server`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ServerAnswer {
    /// Version of the protocol.
    pub protocol: u32,
    /// Name and version of the server.
    pub server: String,
    /// Milliseconds without traffic after which a heartbeat comes.
    #[ts(type = "number")]
    pub heartbeat_ms: u64,
    /// What a client must keep to.
    pub limits: Limits,
}
