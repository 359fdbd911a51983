//! Bodies of requests and answers about who is in a conversation and how it may be used.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::rest::SenderCard;
use crate::{AccountId, ClientId, InviteId, Role, Timestamp};

/// Body of `POST /v1/groups`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct GroupBody {
    /// Made once by the maker, the same in every retry.
    pub client_id: ClientId,
    /// What the group is called.
    #[cfg_attr(test, schema(min_length = 1, max_length = 80))]
    pub title: String,
    /// What it is about; nothing if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    #[cfg_attr(test, schema(max_length = 300))]
    pub topic: Option<String>,
    /// Whether new members see what was before them; they do if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub history_visible: Option<bool>,
}

/// Body of `PATCH /v1/conversations/{id}`. What is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct SettingsBody {
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    #[cfg_attr(test, schema(min_length = 1, max_length = 80))]
    pub title: Option<String>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    #[cfg_attr(test, schema(max_length = 300))]
    pub topic: Option<String>,
    /// Of a room: whether it stands in the list of rooms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub listed: Option<bool>,
    /// Whether only owners, admins and moderators write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub locked: Option<bool>,
    /// Seconds that a member waits between two messages; 0 for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    #[cfg_attr(test, schema(maximum = 3600))]
    pub slow_mode_seconds: Option<u64>,
    /// Of a group: whether new members see what was before them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub history_visible: Option<bool>,
}

/// Body of `POST /v1/conversations/{id}/members`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct AddBody {
    /// Whom to bring in.
    #[cfg_attr(test, schema(min_items = 1, max_items = 100))]
    pub accounts: Vec<AccountId>,
}

/// Answer of `POST /v1/conversations/{id}/members`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct AddAnswer {
    /// In now.
    pub added: Vec<AccountId>,
    /// In before.
    pub already: Vec<AccountId>,
    /// Not in: they do not exist, are kept out, or are in too many conversations.
    pub refused: Vec<AccountId>,
}

/// Body of `PUT /v1/conversations/{id}/members/{account}/role`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct RoleBody {
    /// What the member may do from now on.
    pub role: Role,
}

/// Body of `POST /v1/conversations/{id}/owner`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct OwnerBody {
    /// The member who owns it from now on.
    pub account: AccountId,
}

/// Body of `PUT /v1/conversations/{id}/mutes/{account}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct MuteBody {
    /// For how long, from now on.
    #[ts(type = "number")]
    #[cfg_attr(test, schema(minimum = 1, maximum = 31_536_000))]
    pub seconds: u64,
}

/// A member, to the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct MemberCard {
    /// Who.
    pub account: SenderCard,
    /// What it may do.
    pub role: Role,
    /// Until when it is muted, if it is; only those who may mute are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub muted_until: Option<Timestamp>,
}

/// Answer of `GET /v1/conversations/{id}/members`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct MembersPage {
    /// In the order of their ids.
    pub members: Vec<MemberCard>,
    /// Value of `after` for the following page.
    #[cfg_attr(test, schema(required))]
    pub next: Option<AccountId>,
}

/// Answer of `GET /v1/conversations/{id}/bans`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct BansPage {
    /// Who is kept out, in the order of their ids.
    pub accounts: Vec<SenderCard>,
    /// Value of `after` for the following page.
    #[cfg_attr(test, schema(required))]
    pub next: Option<AccountId>,
}

/// Body of `POST /v1/conversations/{id}/invites`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct InviteBody {
    /// For how long it is good; until it is revoked if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    #[cfg_attr(test, schema(minimum = 1, maximum = 31_536_000))]
    pub expires_seconds: Option<u64>,
    /// How many may come by it; any number if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    #[cfg_attr(test, schema(minimum = 1, maximum = 10_000))]
    pub uses: Option<u64>,
}

/// Answer of `POST /v1/conversations/{id}/invites`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct InviteAnswer {
    /// By which it is revoked.
    pub id: InviteId,
    /// By which one comes in; told this once.
    pub token: String,
}

impl std::fmt::Debug for InviteAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The token must not reach a log.
        f.debug_struct("InviteAnswer").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A link into a group, to those who may make one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct InviteCard {
    /// By which it is revoked.
    pub id: InviteId,
    /// Who made it.
    pub maker: AccountId,
    /// When.
    pub made_at: Timestamp,
    /// Until when it is good, if it expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub expires_at: Option<Timestamp>,
    /// How many more may come by it, if they are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub uses: Option<u32>,
}

/// Answer of `GET /v1/conversations/{id}/invites`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct InvitesAnswer {
    /// All that are good, at most 100.
    pub invites: Vec<InviteCard>,
}

/// Answer of `GET /v1/invites/{token}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct InvitedAnswer {
    /// What the group is called.
    pub title: String,
    /// How many are in it.
    #[ts(type = "number")]
    pub members: u64,
}
