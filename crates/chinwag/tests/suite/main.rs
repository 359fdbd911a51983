//! The whole server as its clients meet it: each test starts one in this process or as a program, with a data folder of its own.
//!
//! `CHINWAG_TEST_NODES` has so many servers share a database of PostgreSQL instead. `CHINWAG_MESSAGES` sets how many messages the long tests post, `CHINWAG_SEED` repeats their random choices.

mod deletion;
mod delivery;
mod destroyed;
mod direct;
mod fault_proxy;
mod fixtures;
mod gaps;
mod idempotence;
mod lines;
mod membership;
#[path = "../nodes/mod.rs"]
mod nodes;
mod polls;
mod posting;
mod program;
mod restart;
mod seed;
mod server;
mod sign_out;
mod storage;
mod streams;
mod switching;
mod sync;
mod traffic;
mod utf8;
mod way;
