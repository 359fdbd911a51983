//! Frames beside the same requests of REST, and frames that are none.

mod bad;
mod beside_rest;
mod server;
