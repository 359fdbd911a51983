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
mod request;
mod state;

pub use command::block::BLOCKS_MAX;
pub use decide::{Append, Decide, Decision, Private, Reply, decide, needs};
pub use direct::REQUEST_MESSAGES_MAX;
pub use request::{CreateGuest, Idempotency, KeyHash, Request, RequestHash, Salt, TokenHash};
pub use state::{Account, ConversationState, FirstGuest, MessageState, Need, Sent, State};
