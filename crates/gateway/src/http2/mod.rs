//! HTTP/2 (RFC 9113): one connection, its streams, and event streams on it.

mod carry;
mod connection;
mod control_frames;
mod exchange;
mod request_body;

pub(crate) use connection::serve;
