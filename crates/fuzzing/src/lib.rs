//! What is fuzzed, a function for each target: it panics where something does not hold, whatever the input.
//!
//! `/fuzz` hands them to libFuzzer. `tests/corpus.rs` runs them over the committed corpus and what random changes make of it,
//! on the stable compiler.

#![expect(clippy::unwrap_used, reason = "a panic is how a target tells of a finding")]

mod command_parser;
mod markup;
mod sse_writer;
mod websocket_connection;
mod websocket_handshake;
mod websocket_inflate;

pub use command_parser::command_parser;
pub use markup::markup;
pub use sse_writer::sse_writer;
pub use websocket_connection::websocket_connection;
pub use websocket_handshake::websocket_handshake;
pub use websocket_inflate::websocket_inflate;

/// A target: its input may be any bytes.
pub type Target = fn(&[u8]);

/// All targets with their names, which are also those of their corpora.
pub const TARGETS: [(&str, Target); 6] = [
    ("command_parser", command_parser),
    ("markup", markup),
    ("sse_writer", sse_writer),
    ("websocket_connection", websocket_connection),
    ("websocket_handshake", websocket_handshake),
    ("websocket_inflate", websocket_inflate),
];
