//! The rules of chat.
//!
//! [`needs`] names the rows that a request reads, [`decide`] turns a request into events or a refusal, and
//! [`State::apply`] makes the effects of events visible to the request decided next. The log's writer calls the three while
//! it holds the head of the log, so a decision and its place in the log are one thing. Nothing here does I/O, reads a clock
//! or draws a random number: ids and hashes come with the request.

mod appends;
mod command;
mod decide;
mod direct;
mod marker;
mod operation;
mod own_topic;
mod permission;
mod quotas;
mod receipts;
mod request;
mod ruling;
mod standing;
mod state;
mod writing;

pub use command::sign_in::DEVICES_MAX;
pub use decide::{Added, Append, Decide, Decision, Entry, Private, RemovalStep, Reply, decide, needs};
pub use marker::MARKER_LAG_MAX;
pub use operation::{Operate, Operation, REMOVED_AT_ONCE_MAX};
pub use permission::{Action, Authority, ServerAction, may, may_on_server, outranks, permit};
pub use quotas::{
    BANNED_ADDRESSES_MAX, BLOCKS_MAX, CONVERSATIONS_MAX, DRAFTS_MAX, GROUP_MEMBERS_MAX, INVITES_MAX,
    KEYS_MAX, OWNED_GROUPS_MAX, PINS_MAX, REACTIONS_MAX, RECEIPTS_MEMBERS_MAX, REMOVAL_CONVERSATIONS,
    REMOVAL_KEYED, REMOVAL_MENTIONS, REMOVAL_MESSAGES, REMOVAL_REACTIONS, REQUEST_MESSAGES_MAX,
};
pub use request::{
    CreateGuest, EndDevice, ExpireDevice, ExpireGuest, Idempotency, KeyHash, NewDevice, Received, Recover,
    Registration, Request, RequestHash, Salt, SignIn, TokenHash,
};
pub use ruling::{ApiKeyHash, Entrance, Subject, SubjectKind, Terms};
pub use state::{
    Account, ConversationState, FirstGuest, Invite, Marks, MessagePlace, MessageState, Need, OwnDevice,
    OwnReaction, ReactionPlace, ReadSoFar, Reading, RemovalState, Restriction, Sent, SentRow, State,
};
