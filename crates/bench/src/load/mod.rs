//! The engine: sends messages, reads them with many readers, and knows of each what became of it.
//!
//! [`Engine`] opens the readers' streams and keeps their [`board::Board`]; a [`Drive`] says how fast messages go out. What
//! is read is never parsed: a message is found by the [`Marker`] at the beginning of its text.

mod bare;
mod board;
mod conversation;
mod drive;
mod engine;
mod lane;
mod marker;
mod metronome;
mod numbers;
mod schedule;
mod times;

pub use board::{Board, Group};
pub use drive::{Amount, Drive, Driven, Pace};
pub use engine::{Cast, Engine, EngineOptions, Reader, Sender};
pub use marker::{Mark, Marker};
pub use schedule::Schedule;
pub use times::Times;
