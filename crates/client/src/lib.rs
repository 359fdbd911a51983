//! The Rust client of a Chinwag server.
//!
//! [`Client`] is a server, [`Session`] a device that is signed in there, and [`EventReader`] reads what the device may see,
//! over any transport. The reader owns the cursor: it moves only with what was handed to the caller, so a connection may
//! break and a transport may change at any moment, and nothing is lost or repeated.
//!
//! Commands are not repeated by themselves. Each may be sent again after a failure that [`ClientError::may_pass`], a
//! message with the same `client_id`; the server keeps the first answer.

mod backoff;
mod client;
mod error;
mod http;
mod ndjson;
mod path;
mod reader;
mod session;
mod sse;
mod transport;

pub use backoff::{Backoff, BackoffOptions, Random, system_random};
pub use client::Client;
pub use error::ClientError;
pub use http::Http;
pub use ndjson::{LineTooLong, NdjsonParser};
pub use reader::{EventReader, ReaderOptions};
pub use session::{HistoryRange, Session};
pub use sse::{SseEvent, SseParser, SseTooLong};
pub use transport::Transport;
