//! The PostgreSQL store, on servers that the tests start themselves.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod conformance;
