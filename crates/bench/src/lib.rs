//! The load tool, `chinwag bench`: puts load on a server, measures it from outside, and sets a floor beside each figure.
//!
//! A *scenario* drives a [`target::Target`] and yields a [`report::Run`]. What the server used is read from
//! [`outside`] it. A *floor* is the least that the same work could cost on the same machine in the same minute: the bare
//! system calls without a chat server. A figure without its floor says little about anybody else's machine.

pub mod absence;
pub mod command_line;
pub mod connection_args;
pub mod crowd;
pub mod fill;
pub mod floor;
pub mod load;
pub mod load_args;
pub mod outside;
pub mod report;
pub mod scenario;
pub mod target;
pub mod tool;
