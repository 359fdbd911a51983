//! Commands as text messages of a WebSocket.
#![cfg_attr(not(test), expect(dead_code, reason = "the WebSocket's upgrade is about to call it"))]

mod answer;
mod parse;
#[cfg(test)]
mod tests;
