//! The loads, one file each.

mod append;
mod bystander;
mod catch_up;
mod error;
mod idle;
mod returning;
mod storm;

pub use append::{AppendOptions, append};
pub use catch_up::{CatchUpOptions, catch_up};
pub use error::ScenarioError;
pub use idle::{IdleOptions, idle};
pub use storm::{Cut, StormOptions, storm};
