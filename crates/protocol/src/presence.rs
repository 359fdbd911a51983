//! Presence and typing: what is shown of those whom somebody looks at.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::rest::SenderCard;
use crate::{AccountId, ConversationId, StreamId};

/// What an account shows of its presence to those who may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ShownStatus {
    /// One of its devices is in use.
    Online,
    /// It is there, and none of its devices is in use.
    Away,
    /// It is not there, or is not to be seen.
    Offline,
}

/// What a device says of itself, or one of them for the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OwnStatus {
    /// It is in use, as each device is that says nothing. The account is invisible no more.
    Online,
    /// It is not in use. The account is invisible no more.
    Away,
    /// The account shows nothing of itself on any device, until one says something else.
    Invisible,
}

/// What a connection looks at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ViewBody {
    /// Of which it is told who types, and of rooms how many are there.
    #[serde(default)]
    #[ts(optional, as = "Option<Vec<ConversationId>>")]
    pub conversations: Vec<ConversationId>,
    /// Of which it is told whether they are there.
    #[serde(default)]
    #[ts(optional, as = "Option<Vec<AccountId>>")]
    pub accounts: Vec<AccountId>,
}

impl ViewBody {
    /// Conversations and accounts in one.
    pub const PLACES_MAX: usize = 200;
}

/// Body of `POST /v1/view`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct StreamViewBody {
    /// Which stream looks: as its `hello` says.
    pub stream: StreamId,
    /// At what.
    #[serde(flatten)]
    pub view: ViewBody,
}

/// Body of `PUT /v1/presence`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PresenceBody {
    /// What to show.
    pub status: OwnStatus,
}

/// Body of `POST /v1/conversations/{id}/typing`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct TypingBody {
    /// Whether the caller types.
    pub on: bool,
}

/// Answer of `GET /v1/conversations/{id}/present`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PresentPage {
    /// Members who are there, in order of id.
    pub accounts: Vec<SenderCard>,
    /// Value of `after` for the following page.
    #[cfg_attr(test, schema(required))]
    pub next: Option<AccountId>,
}
