//! From the tail of the log to every reader.
//!
//! [`Publisher`] takes committed batches from the store and puts them, encoded once, into the window of recent events.
//! [`Hub`] runs the shards: each owns some connections, knows which topics their accounts read, and writes straight to their
//! sockets. A connection that falls behind keeps only its place and reads the window or the log again.

mod actors;
mod encode;
mod hub;
#[cfg(feature = "measure")]
pub mod measure;
mod metrics;
mod options;
mod outbox;
mod places;
mod publisher;
mod random;
mod readers;
mod shard;
mod sink;
mod statuses;
mod topics;
mod views;
mod wheel;
mod window;

pub use actors::Actors;
pub use encode::Format;
pub use hub::{
    After, CommandAnswer, Commands, Hub, OpenError, PollAnswer, PollEnd, PollRequest, ShownMessages,
    StreamRequest,
};
pub use metrics::HubMetrics;
pub use options::HubOptions;
pub use publisher::Publisher;
pub use sink::{Carrier, Outgoing};
pub use views::View;
