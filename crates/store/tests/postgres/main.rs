//! The PostgreSQL store, on servers that the tests start themselves.

#![expect(clippy::unwrap_used, reason = "these are tests")]

#[path = "../asking/mod.rs"]
mod asking;
mod conformance;
mod crowds;
mod damage;
mod faults;
mod proxy;
mod rate;
mod refusals;
mod support;
mod writers;
