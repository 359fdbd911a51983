//! The codec against bytes that were written by hand, and against codecs that are not ours.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod autobahn;
mod closing;
mod compression;
mod extensions;
mod frames;
mod handshake_client;
mod handshake_server;
mod limits;
mod memory;
mod rfc;
mod sent;
mod text;
mod tokio_websockets_peer;
mod tungstenite_peer;
mod wire;
