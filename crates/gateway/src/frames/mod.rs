//! Commands as text messages of a WebSocket.

mod answer;
mod parse;
#[cfg(test)]
mod tests;

pub use parse::{BadFrame, parse as parse_command};
