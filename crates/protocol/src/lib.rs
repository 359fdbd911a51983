//! The words that everyone in Chinwag shares.
//!
//! `docs/protocol.md` is the same thing for readers. No I/O, no clock and no randomness live here.

mod code;
mod command;
mod cursor;
mod event;
mod frame;
mod id;
mod limits;
mod name;
mod pair;
mod problem;
mod record;
mod rest;
mod settings;
mod text;
mod timestamp;

pub use code::{CloseCode, Code, Retry};
pub use command::{Actor, Command};
pub use cursor::{Cursor, CursorCipher, CursorError, EpochTag, Place};
pub use event::{Body, Conversation, Event, Membership, Message, Sender, Topic};
pub use frame::{AnswerFrame, CommandFrame, Empty, FrameCommand, Pong};
pub use id::{AccountId, ClientId, ConversationId, DeviceId, Pos, Seq};
pub use limits::Limits;
pub use name::{Name, NameError, Slug, SlugError};
pub use pair::Pair;
pub use problem::Problem;
pub use record::{
    BlockChange, ConversationChange, DeviceChange, EndReason, GapReason, Head, MemberChange, MessageRecord,
    Record,
};
pub use rest::{
    AccountCard, AckBody, BlocksPage, ConversationCard, DeviceCard, GuestAnswer, GuestBody, HistoryMessage,
    HistoryPage, Poll, RoomAnswer, SendAnswer, SendBody, SenderCard, ServerAnswer, SessionAnswer,
    SessionKind, SettingsCard, SyncConversation, SyncPage, TicketAnswer,
};
pub use settings::{LineError, Settings, SlowMode, Title, TopicLine};
pub use text::{MessageText, TextError};
pub use timestamp::Timestamp;

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

/// What a member may do in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, ts_rs::TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Made the room; may delete anyone's messages.
    Owner,
    /// Reads and writes.
    Member,
}
