//! The loads, one file each.

mod append;
mod bystander;
mod catch_up;
mod coming_and_going;
mod error;
mod idle;
mod load;
mod mixed;
mod pairs;
mod returning;
mod room;
mod room_curve;
mod storm;

pub use append::{AppendOptions, append};
pub use catch_up::{Absent, CatchUpOptions, catch_up, fill_for_catch_up};
pub use error::ScenarioError;
pub use idle::{IdleOptions, idle};
pub use load::LoadOptions;
pub use mixed::{MixedOptions, mixed};
pub use pairs::{PairsOptions, pairs};
pub use room::{RoomOptions, room};
pub use room_curve::room_curve;
pub use storm::{Cut, StormOptions, storm};
