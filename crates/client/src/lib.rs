//! The Rust client of a Chinwag server.
//!
//! [`Client`] is a server, [`Session`] a device that is signed in there, and [`EventReader`] reads what the device may see,
//! over any transport. The reader owns the cursor: it moves only with what was handed to the caller, so a connection may
//! break and a transport may change at any moment, and nothing is lost or repeated.
//!
//! HTTP/1.1 and HTTP/2 are spoken, each with TLS and without ([`ClientOptions`]). A [`WebSocket`] takes commands too.
//!
//! Commands are not repeated by themselves. Each may be sent again after a failure that [`ClientError::may_pass`], a
//! message with the same `client_id`; the server keeps the first answer.

mod account;
mod answer;
mod backoff;
mod browser;
mod client;
mod endpoint;
mod error;
mod groups;
mod http;
mod http1;
mod http2;
mod messages;
mod ndjson;
mod options;
mod path;
mod presence;
mod reader;
mod record;
mod session;
mod silence;
mod sse;
mod transport;
mod websocket;

pub use backoff::{Backoff, BackoffOptions, Random, system_random};
pub use chinwag_websocket::CloseCode;
pub use client::Client;
pub use error::ClientError;
pub use http::Http;
pub use ndjson::{LineTooLong, NdjsonParser};
pub use options::{ClientOptions, Protocol, TlsRoots};
pub use reader::{EventReader, ReaderOptions, RecordBytes, RecordBytesOptions, RecordSocket};
pub use session::{HistoryRange, Session};
pub use sse::{SseEvent, SseParser, SseTooLong};
pub use transport::Transport;
pub use websocket::{Received, WebSocket, WebSocketOptions};
