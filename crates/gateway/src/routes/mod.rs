//! The routes, one file for each group.

mod ack;
mod blocks;
mod conversations;
mod direct;
mod events;
mod fallback;
mod guests;
mod openapi;
mod pages;
mod router;
mod server;
mod session;
mod sync;
mod tickets;
mod upgrade;

pub(crate) use router::{router, with_refusals};
