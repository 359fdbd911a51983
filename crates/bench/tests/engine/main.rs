//! The engine against a server that does wrong on purpose: it must report exactly that.

mod faults;
mod latency;
mod pace;
mod scripted;
mod scripted_http;
