//! The limits of the real program, seen from outside.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod attacks;
mod capacity;
mod memory;
mod memory_cap;
mod program;
mod reader;
mod stalled_readers;
mod table;
mod timing;
