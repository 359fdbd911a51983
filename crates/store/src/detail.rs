//! What an event holds beside its columns, as JSON in the column `detail`.

use chinwag_protocol::{
    AccountId, Attributes, ConversationId, DeviceId, Emoji, Entities, Event, InviteId, LeftChange,
    MembersChange, Message, Pos, RestrictionChange, Role, Seq, Settings, SlowMode, Timestamp, Title,
    TopicLine,
};
use serde::{Deserialize, Serialize};

/// Of `conversation_created` and `accepted`.
#[derive(Serialize, Deserialize)]
pub(crate) struct ConversationDetail {
    pub(crate) conversation: ConversationId,
}

/// Of `left`.
#[derive(Serialize, Deserialize)]
pub(crate) struct LeftDetail {
    pub(crate) conversation: ConversationId,
    #[serde(default, skip_serializing_if = "LeftHow::is_left")]
    pub(crate) change: LeftHow,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LeftHow {
    /// What rows from before there was another are.
    #[default]
    Left,
    Removed,
    Banned,
}

impl LeftHow {
    fn is_left(&self) -> bool {
        *self == Self::Left
    }
}

impl From<LeftChange> for LeftHow {
    fn from(change: LeftChange) -> Self {
        match change {
            LeftChange::Left => Self::Left,
            LeftChange::Removed => Self::Removed,
            LeftChange::Banned => Self::Banned,
        }
    }
}

impl From<LeftHow> for LeftChange {
    fn from(how: LeftHow) -> Self {
        match how {
            LeftHow::Left => Self::Left,
            LeftHow::Removed => Self::Removed,
            LeftHow::Banned => Self::Banned,
        }
    }
}

/// Of `members`, in the topic of a group.
#[derive(Serialize, Deserialize)]
pub(crate) struct MembersDetail {
    pub(crate) accounts: Vec<AccountId>,
    pub(crate) change: MembersChange,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<Role>,
}

/// Of `conversation_changed`, in the conversation's topic.
#[derive(Serialize, Deserialize)]
pub(crate) struct SettingsDetail {
    pub(crate) title: Option<String>,
    pub(crate) topic: String,
    pub(crate) listed: bool,
    pub(crate) locked: bool,
    pub(crate) slow_mode_seconds: u64,
    pub(crate) history_visible: bool,
    pub(crate) version: u64,
}

impl SettingsDetail {
    pub(crate) fn of(settings: &Settings) -> Self {
        Self {
            title: settings.title.as_ref().map(|title| title.as_str().to_owned()),
            topic: settings.topic.as_str().to_owned(),
            listed: settings.listed,
            locked: settings.locked,
            slow_mode_seconds: settings.slow_mode.seconds().into(),
            history_visible: settings.history_visible,
            version: settings.version,
        }
    }

    /// The settings, or what is wrong with them.
    pub(crate) fn settings(self) -> Result<Settings, String> {
        Ok(Settings {
            title: self.title.map(Title::parse).transpose().map_err(|error| error.to_string())?,
            topic: TopicLine::parse(self.topic).map_err(|error| error.to_string())?,
            listed: self.listed,
            locked: self.locked,
            slow_mode: SlowMode::new(self.slow_mode_seconds).ok_or("a slow mode that is too long")?,
            history_visible: self.history_visible,
            version: self.version,
        })
    }
}

/// Of `role_changed`.
#[derive(Serialize, Deserialize)]
pub(crate) struct RoleDetail {
    pub(crate) conversation: ConversationId,
    pub(crate) role: Role,
}

/// Of `restricted`.
#[derive(Serialize, Deserialize)]
pub(crate) struct RestrictedDetail {
    pub(crate) conversation: ConversationId,
    pub(crate) change: RestrictedHow,
    /// In milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<i64>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RestrictedHow {
    Banned,
    Unbanned,
    Muted,
    Unmuted,
}

impl RestrictedDetail {
    pub(crate) fn of(conversation: ConversationId, change: RestrictionChange) -> Self {
        let (change, until) = match change {
            RestrictionChange::Banned => (RestrictedHow::Banned, None),
            RestrictionChange::Unbanned => (RestrictedHow::Unbanned, None),
            RestrictionChange::Muted { until } => (RestrictedHow::Muted, Some(until.as_millis())),
            RestrictionChange::Unmuted => (RestrictedHow::Unmuted, None),
        };
        Self { conversation, change, until }
    }

    pub(crate) fn restriction(&self) -> RestrictionChange {
        match self.change {
            RestrictedHow::Banned => RestrictionChange::Banned,
            RestrictedHow::Unbanned => RestrictionChange::Unbanned,
            RestrictedHow::Muted => {
                RestrictionChange::Muted { until: Timestamp::from_millis(self.until.unwrap_or_default()) }
            }
            RestrictedHow::Unmuted => RestrictionChange::Unmuted,
        }
    }
}

/// Of `invite_created` and `invite_revoked`.
#[derive(Serialize, Deserialize)]
pub(crate) struct InviteDetail {
    pub(crate) conversation: ConversationId,
    pub(crate) invite: InviteId,
    /// In milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) uses: Option<u32>,
}

/// Of `joined`.
#[derive(Serialize, Deserialize)]
pub(crate) struct JoinedDetail {
    pub(crate) conversation: ConversationId,
    pub(crate) role: Role,
    pub(crate) since: Pos,
    pub(crate) visible_from: Seq,
    pub(crate) from_seq: Seq,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) request: bool,
}

/// Of `guest_created`, `device_removed` and `device_added`.
#[derive(Serialize, Deserialize)]
pub(crate) struct DeviceDetail {
    pub(crate) device: DeviceId,
}

/// Of what changes an account: what an event says of it is looked up when it is read, and secrets stand in no event.
#[derive(Serialize, Deserialize)]
pub(crate) struct AccountDetail {}

/// Of `blocked` and `unblocked`.
#[derive(Serialize, Deserialize)]
pub(crate) struct BlockDetail {
    pub(crate) blocked: AccountId,
}

/// Of a deletion that only its sender may see; others have none.
pub(crate) const HIDDEN: &str = r#"{"hidden":true}"#;

/// Of a message; one that has nothing of this has none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct MessageDetail {
    /// Whether only its sender may see it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) hidden: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reply_to: Option<Seq>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) forwarded: bool,
    #[serde(default, skip_serializing_if = "Entities::is_empty")]
    pub(crate) entities: Entities,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) edited: Option<EditedDetail>,
}

/// The last edit of a message.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct EditedDetail {
    pub(crate) seq: Seq,
    pub(crate) pos: Pos,
    /// In milliseconds since 1970.
    pub(crate) at: i64,
}

impl MessageDetail {
    /// Of a message that is sent.
    pub(crate) fn of(message: &Message) -> Self {
        let Attributes { reply_to, forwarded, entities } = message.attributes.clone();
        Self { hidden: message.hidden, reply_to, forwarded, entities, edited: None }
    }

    /// Of the column.
    pub(crate) fn parse(detail: Option<&str>) -> serde_json::Result<Self> {
        detail.map_or_else(|| Ok(Self::default()), serde_json::from_str)
    }

    /// For the column.
    pub(crate) fn to_column(&self) -> serde_json::Result<Option<String>> {
        if *self == Self::default() { Ok(None) } else { serde_json::to_string(self).map(Some) }
    }

    /// Forgets what the message had beside its text.
    pub(crate) fn empty(&mut self) {
        *self = Self { hidden: self.hidden, ..Self::default() };
    }

    /// Notes an edit.
    pub(crate) fn edit(&mut self, event: &Event, entities: &Entities, hidden: bool) {
        self.entities.clone_from(entities);
        self.edited = Some(EditedDetail { seq: event.seq, pos: event.pos, at: event.at.as_millis() });
        self.hidden = hidden;
    }

    /// Row, place and time of the last edit.
    pub(crate) fn edited(&self) -> Option<(Seq, Pos, Timestamp)> {
        self.edited.map(|edited| (edited.seq, edited.pos, Timestamp::from_millis(edited.at)))
    }
}

/// Of a reaction.
#[derive(Serialize, Deserialize)]
pub(crate) struct ReactionDetail {
    pub(crate) emoji: Emoji,
    pub(crate) on: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) hidden: bool,
}

/// Of a pin.
#[derive(Serialize, Deserialize)]
pub(crate) struct PinDetail {
    pub(crate) pinned: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) hidden: bool,
}

/// Of an edit. What the message says stands in its own row.
#[derive(Serialize, Deserialize)]
pub(crate) struct EditDetail {
    /// Where the message stands in the log.
    pub(crate) message: Pos,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) hidden: bool,
}

/// Numbers in the column `kind`.
pub(crate) mod kind {
    pub(crate) const MESSAGE: i64 = 1;
    pub(crate) const DELETE: i64 = 2;
    pub(crate) const CONVERSATION_CREATED: i64 = 3;
    pub(crate) const JOINED: i64 = 4;
    pub(crate) const LEFT: i64 = 5;
    pub(crate) const GUEST_CREATED: i64 = 6;
    pub(crate) const DEVICE_REMOVED: i64 = 7;
    pub(crate) const DEVICE_ADDED: i64 = 8;
    pub(crate) const REGISTERED: i64 = 9;
    pub(crate) const ACCOUNT_UPDATED: i64 = 10;
    pub(crate) const PASSWORD_CHANGED: i64 = 11;
    pub(crate) const RECOVERY_CODES_MADE: i64 = 12;
    pub(crate) const ACCOUNT_DELETED: i64 = 13;
    pub(crate) const ACCOUNT_EXPIRED: i64 = 14;
    pub(crate) const MEMBERS: i64 = 20;
    pub(crate) const CONVERSATION_CHANGED: i64 = 21;
    pub(crate) const ROLE_CHANGED: i64 = 22;
    pub(crate) const RESTRICTED: i64 = 23;
    pub(crate) const INVITE_CREATED: i64 = 24;
    pub(crate) const INVITE_REVOKED: i64 = 25;
    pub(crate) const ERASED: i64 = 26;
    pub(crate) const EDIT: i64 = 27;
    pub(crate) const REACTION: i64 = 28;
    pub(crate) const PIN: i64 = 29;
    pub(crate) const ACCEPTED: i64 = 40;
    pub(crate) const BLOCKED: i64 = 41;
    pub(crate) const UNBLOCKED: i64 = 42;
    pub(crate) const RULED: i64 = 60;
    /// Of keyed events, each of which takes its key's place from the one before.
    pub(crate) const FIRST_KEYED: i64 = 80;
    pub(crate) const LAST_KEYED: i64 = 99;
    pub(crate) const MARKER: i64 = 80;
    pub(crate) const RECEIPT: i64 = 81;
    pub(crate) const PREFERENCES: i64 = 82;
    pub(crate) const CONVERSATION_SETTINGS: i64 = 83;
    pub(crate) const DRAFT: i64 = 84;
}
