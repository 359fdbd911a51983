//! The opening handshake (RFC 6455 §4, RFC 8441), on the `http` crate's types.
//!
//! [`server`] judges requests and answers them, [`client`] makes requests and judges the answers; both for the upgrade of
//! HTTP/1.1 and for the extended CONNECT of HTTP/2. `Host` and `Origin` are whoever's who knows the allowed ones.

pub mod client;
mod extension;
mod fields;
mod key;
pub mod server;

pub use client::{Offer, Rejection};
pub use server::{Acceptance, Refusal, Supported};
