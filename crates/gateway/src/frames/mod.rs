//! Commands as text messages of a WebSocket.

mod answer;
mod parse;

pub use parse::{BadFrame, parse as parse_command};
