//! A WebSocket of a server: records come, commands go, and what is answered comes back.

mod after_close;
mod commands;
mod frame;
mod open;
mod socket;

pub(crate) use after_close::AfterClose;
pub use frame::{CommandFrame, Received};
pub use open::WebSocketOptions;
pub use socket::WebSocket;
