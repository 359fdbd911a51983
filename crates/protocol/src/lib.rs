//! The words that everyone in Chinwag shares.
//!
//! `docs/protocol.md` is the same thing for readers. No I/O, no clock and no randomness live here.

mod about;
mod account;
mod address_range;
mod code;
mod color;
mod command;
mod cursor;
mod emoji;
mod entity;
mod event;
mod frame;
mod groups;
mod history;
mod id;
mod invite;
mod keyed;
mod limits;
mod members;
mod name;
mod own_settings;
mod pair;
mod presence;
mod problem;
mod programs;
mod record;
mod rest;
mod secret;
mod settings;
mod text;
mod timestamp;
mod username;

pub use about::{About, AboutError};
pub use account::{
    AccountCard, AccountChange, AccountUpdateBody, DeletionBody, DeviceEntry, DevicesAnswer,
    PasswordChangeBody, RecoveryBody, RecoveryCodesAnswer, RecoveryCodesBody, RegistrationBody, Removal,
    SignInBody, SignUpBody,
};
pub use address_range::{AddressRange, AddressRangeError};
pub use code::{CloseCode, Code, Retry};
pub use color::{Color, ColorError};
pub use command::{Actor, Command};
pub use cursor::{Cursor, CursorCipher, CursorError, EpochTag, Place};
pub use emoji::{Emoji, EmojiError};
pub use entity::{Entities, EntitiesError, Entity};
pub use event::{
    Attributes, Body, Conversation, Event, LeftChange, MembersChange, Membership, Message, RestrictionChange,
    Sender, Topic,
};
pub use frame::{AnswerFrame, CommandFrame, Empty, FrameCommand, Pong};
pub use groups::{
    AddAnswer, AddBody, BansPage, GroupBody, InviteAnswer, InviteBody, InviteCard, InvitedAnswer,
    InvitesAnswer, MemberCard, MembersPage, MuteBody, OwnerBody, RoleBody, SettingsBody,
};
pub use history::{
    HistoryChange, HistoryMessage, HistoryPage, MessageList, ReactionCount, ReactionEntry, ReactionsPage,
};
pub use id::{AccountId, ApiKeyId, ClientId, ConversationId, DeviceId, InviteId, Pos, Seq, StreamId};
pub use invite::{InviteHash, InviteTerms};
pub use keyed::{
    Key, Keyed, MarkBody, Marker, MarkerCard, Preferences, PreferencesBody, PreferencesCard, ReadersPage,
    Receipt, ReceiptCard, ReceiptsAnswer,
};
pub use limits::Limits;
pub use members::{AccountList, MuteSeconds};
pub use name::{Name, NameError, Slug, SlugError};
pub use own_settings::{
    DraftBody, DraftCard, NoticeLevel, OwnSettings, OwnSettingsBody, OwnSettingsCard, OwnSettingsChange,
};
pub use pair::Pair;
pub use presence::{OwnStatus, PresenceBody, PresentPage, ShownStatus, StreamViewBody, TypingBody, ViewBody};
pub use problem::Problem;
pub use programs::{DeviceTokenAnswer, ServerAccountBody, ServerDeviceBody};
pub use record::{
    AccountEndReason, BlockChange, ConversationChange, DeviceChange, EndReason, GapReason, Head,
    InviteChange, MemberChange, MessageRecord, Record,
};
pub use rest::{
    AckBody, BlocksPage, ConversationCard, DeviceCard, DirectBody, EditBody, GuestAnswer, GuestBody,
    ListedRoom, Poll, RoomAnswer, RoomsPage, SendAnswer, SendBody, SenderCard, ServerAnswer, SessionAnswer,
    SessionEntry, SessionKind, SessionsAnswer, SettingsCard, SyncConversation, SyncPage, TicketAnswer,
};
pub use secret::{Password, PasswordError, PasswordHash, RecoveryCodeHash};
pub use settings::{LineError, Settings, SettingsChange, SlowMode, Title, TopicLine};
pub use text::{DraftText, MessageText, TextError};
pub use timestamp::Timestamp;
pub use username::{Username, UsernameError};

#[cfg(test)]
mod document;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod typescript;

/// Version of the protocol that this crate speaks, as told in `hello`.
pub const PROTOCOL_VERSION: u32 = 1;

/// A conversation's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, ts_rs::TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Public, opened by its slug.
    Room,
    /// For those who are added or come by an invitation.
    Group,
    /// Between two, or one's notes to oneself.
    Direct,
}

impl Role {
    /// Every role, the highest first.
    pub const ALL: &[Self] = &[Self::Owner, Self::Admin, Self::Moderator, Self::Member, Self::ReadOnly];
}

/// What a member may do in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, ts_rs::TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Made it, or was handed it over; may do everything.
    Owner,
    /// Reads and writes.
    Member,
    /// Runs it: members and their roles, settings, invitations.
    Admin,
    /// Keeps order: deletes messages, removes, bans and mutes members.
    Moderator,
    /// Reads.
    ReadOnly,
}
