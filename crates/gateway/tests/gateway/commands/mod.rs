//! Commands that come up a WebSocket.

mod bad;
mod beside_rest;
mod guest;
