//! Every version of HTTP, with TLS and without, against a server that speaks it.

mod protocols;
mod socket;
mod stub;
mod websocket;
