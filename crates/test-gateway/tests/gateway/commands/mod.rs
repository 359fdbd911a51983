//! Commands that come up a WebSocket.

mod authorization;
mod bad;
mod beside_rest;
mod guest;
