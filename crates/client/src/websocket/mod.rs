//! A WebSocket of a server: records come, commands go, and what is answered comes back.

mod commands;
mod frame;
mod open;
mod socket;

pub use frame::Received;
pub use open::WebSocketOptions;
pub use socket::WebSocket;
