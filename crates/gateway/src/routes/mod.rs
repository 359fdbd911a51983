//! The routes, one file for each group.

mod account;
mod ack;
mod blocks;
mod conversations;
mod devices;
mod direct;
mod entry;
mod events;
mod fallback;
mod groups;
mod guests;
mod markers;
mod messages;
mod openapi;
mod own_settings;
mod pages;
mod preferences;
mod presence;
mod receipts;
mod router;
mod server;
mod server_accounts;
mod session;
mod sign_in;
mod sign_up;
mod sync;
mod tickets;
mod upgrade;

pub(crate) use entry::new_device;
pub(crate) use router::{router, with_refusals};
