//! The program under people who talk, while it is killed, loses power, stands still, stops, or its clock jumps. What each
//! client did and got is recorded, and all of it is checked.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `CHINWAG_SEED` | other random choices |
//! | `CHINWAG_KILL_ROUNDS` | rounds that count of the kill at a random moment |
//! | `CHINWAG_SYNC_KILLS` | the last sync at which it is killed |
//! | `CHINWAG_SYNC_STEP` | of how many syncs one is tried |
//! | `CHINWAG_POWER_ROUNDS` | losses of power |
//! | `CHINWAG_POWER_CONTROLS` | the same with syncs that do nothing, which must be noticed |
//! | `CHINWAG_STOPS` | graceful stops |
//! | `CHINWAG_FREEZE_SECONDS` | how long it stands still |
//! | `CHINWAG_CLIENTS` | clients of the restart with many of them |

mod clock;
mod crowd;
mod disk;
mod frozen;
mod kill;
mod many;
mod power_loss;
mod program;
mod reading;
mod sending;
mod settings;
mod shared;
mod stop;
mod sync_kill;
mod wanderer;
