//! The engine against a server that does wrong on purpose: it must report exactly that.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod faults;
mod latency;
mod pace;
mod scripted;
mod scripted_http;
