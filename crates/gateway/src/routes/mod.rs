//! The routes, one file for each group.

mod ack;
mod conversations;
mod events;
mod fallback;
mod groups;
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
