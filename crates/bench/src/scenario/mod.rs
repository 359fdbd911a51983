//! The loads, one file each.

mod append;
mod bystander;
mod catch_up;
mod error;
mod idle;
mod load;
mod pairs;
mod returning;
mod room;
mod storm;

pub use append::{AppendOptions, append};
pub use catch_up::{CatchUpOptions, catch_up};
pub use error::ScenarioError;
pub use idle::{IdleOptions, idle};
pub use load::LoadOptions;
pub use pairs::{PairsOptions, pairs};
pub use room::{RoomOptions, room};
pub use storm::{Cut, StormOptions, storm};
