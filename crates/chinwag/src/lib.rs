//! The Chinwag chat server: command line, configuration and wiring.

pub mod admin;
mod admin_token;
pub mod command_line;
mod compactor;
pub mod config;
mod expiry;
pub mod failure;
pub mod maintenance;
pub mod memory;
mod opened;
mod removal;
pub mod server;
pub mod share;
