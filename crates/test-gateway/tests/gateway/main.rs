//! The gateway over real sockets, with the real store and hub behind it: the store in a folder or, with `CHINWAG_TEST_NODES`,
//! in PostgreSQL.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod accounts;
mod bodies;
mod browser;
mod capacity;
mod cases;
mod commands;
mod conversations;
mod data;
mod frames;
mod groups;
mod guests;
mod handshake;
mod http2;
mod http2_client;
mod http2_floods;
mod http2_wire;
mod listed_rooms;
mod messages;
mod methods;
mod openapi;
mod operator;
mod origins;
mod own_settings;
mod page_sizes;
mod pages;
mod per_address;
mod per_device;
mod polls;
mod presence;
mod problems;
mod profiles;
mod programs;
mod rates;
mod receipts;
mod refusals;
mod server;
mod several;
mod socket;
mod stalled;
mod streams;
mod tls;
mod wire;
