//! Everything between a TCP listener and store and hub.
//!
//! The way of a request: [`Gateway::serve`] accepts (`accept.rs`), `connection.rs` finds out what is spoken, `http1.rs` and
//! `http2/` speak it, `front.rs` keeps the rules that hold for every request, `routes/` has one file for each group of routes,
//! `frames/` takes the text messages of WebSockets, and `commands.rs` does what either asks for.
//! In the clear, a stream's connection leaves HTTP/1.1 after its head and goes to the hub as a bare socket; through TLS
//! (`tls/carry.rs`) and HTTP/2 (`http2/carry.rs`) its bytes are carried. No rule of chat lives here.

mod accept;
mod account_commands;
mod address_bans;
mod admin;
mod admin_token;
mod answer;
mod api_key;
mod app;
mod assets;
mod browser;
mod caller;
mod client;
mod commands;
mod connection;
mod cursor;
mod digest;
mod etag;
mod frames;
mod front;
mod gateway;
mod generations;
mod groups;
mod guesses;
mod head;
mod heads;
mod history;
mod http1;
mod http2;
mod json;
mod limits;
mod metrics;
mod occupancy;
mod operator;
mod options;
mod origin;
mod passwords;
mod preface;
mod presence;
mod quality;
mod query;
mod rate_limit;
mod readers;
mod recovery_code;
mod refusal;
mod routes;
mod security_headers;
mod sessions;
mod slow_rate_limit;
mod socket;
mod tickets;
mod tls;
mod token;
mod watched_socket;

pub use address_bans::AddressBans;
pub use admin_token::AdminToken;
pub use browser::ACCOUNTS_PER_BROWSER_MAX;
pub use frames::{BadFrame, parse_command};
pub use gateway::Gateway;
pub use json::NESTING_MAX;
pub use options::{GatewayOptions, Http2Options, Rate, SlowRate, TrustedProxy};
pub use sessions::Sessions;
pub use tls::{PemFile, Tls, TlsError};
