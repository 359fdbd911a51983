//! The SQLite store: what every store must do, and what only it does.

#![expect(clippy::unwrap_used, reason = "these are tests")]

#[path = "../asking/mod.rs"]
mod asking;
mod backup;
mod conformance;
mod crowds;
mod damage;
mod fold;
mod folder;
mod kill;
mod migration;
mod support;
mod writer;
