//! The WebSocket protocol (RFC 6455) with permessage-deflate (RFC 7692), without I/O.
//!
//! The layers, from the wire upwards:
//!
//! - [`frame`]: the header of one frame, and masking;
//! - [`message`]: fragments become a message, inflated and checked as they arrive;
//! - [`connection`]: bytes in, events out, control frames to write, and the closing handshake;
//! - [`handshake`]: how a request becomes a connection, over HTTP/1.1 (RFC 6455 §4) and over HTTP/2 (RFC 8441).
//!
//! No context is ever taken over from one message to the next. So a server that sends one message to many can frame and
//! deflate it once, with [`frame`] and a [`Deflater`], and share it.
//!
//! This crate knows no socket, no clock and no source of randomness: time limits, throttling and masking keys are the
//! caller's. A [`Connection`] between messages holds no buffer.

pub mod close;
pub mod connection;
pub mod deflate;
pub mod frame;
pub mod handshake;
pub mod limits;
pub mod mask;
pub mod message;
pub mod violation;

pub use close::{Close, CloseCode};
pub use connection::{Closing, Connection, Ending, Event, Role};
pub use deflate::{Deflate, Deflater};
pub use limits::Limits;
pub use message::Message;
pub use violation::Violation;
