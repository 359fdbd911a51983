//! A peer that sends every message back, over anything that carries bytes.

mod echo;

pub(crate) use echo::{LIMITS, echo};
