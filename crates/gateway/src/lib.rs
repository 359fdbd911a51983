//! Everything between a TCP listener and store and hub.
//!
//! The way of a request: [`Gateway::serve`] accepts (`accept.rs`), `connection.rs` speaks HTTP/1.1, `front.rs` keeps the rules
//! that hold for every request, `routes/` has one file for each group of routes. A stream's connection leaves HTTP after its
//! head and goes to the hub as a bare socket. No rule of chat lives here.

mod accept;
mod admin;
mod answer;
mod app;
mod assets;
mod caller;
mod client;
mod commands;
mod connection;
mod cursor;
mod digest;
mod etag;
mod flush_watch;
mod frames;
mod front;
mod gateway;
mod generations;
mod head;
mod history;
mod json;
mod limits;
mod metrics;
mod options;
mod origin;
mod quality;
mod query;
mod refusal;
mod routes;
mod security_headers;
mod sessions;
mod socket;
mod tickets;
mod token;

pub use gateway::Gateway;
pub use options::{GatewayOptions, TrustedProxy};
pub use sessions::Sessions;
