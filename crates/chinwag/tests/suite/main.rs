//! The whole server as its clients meet it: each test starts one in this process or as a program, with a data folder of its own.
//!
//! `CHINWAG_TEST_NODES` has so many programs share a database of PostgreSQL instead; who needs what the program has no option
//! for stays in this process and says so (`only_here`). `CHINWAG_MESSAGES` sets how many messages the long tests post,
//! `CHINWAG_SEED` repeats their random choices.

mod crowds;
mod deletion;
mod delivery;
mod destroyed;
mod devices;
mod direct;
mod fault_proxy;
mod fixtures;
mod gaps;
mod groups;
mod idempotence;
mod lines;
mod looking;
mod membership;
mod node;
#[path = "../nodes/mod.rs"]
mod nodes;
mod only_here;
mod polls;
mod posting;
mod presence;
mod program;
mod recording;
mod removal;
mod restart;
mod seed;
mod server;
mod several;
mod sign_out;
mod storage;
mod streams;
mod switching;
mod sync;
mod traffic;
mod utf8;
mod way;
