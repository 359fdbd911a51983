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
//! | `CHINWAG_CLUSTER_ROUNDS` | rounds of each fault of three servers on one database |
//! | `CHINWAG_RATE_SECONDS` | how long each rate is measured |
//! | `CHINWAG_REMOVAL_MESSAGES` | what is emptied of a deleted account |
//! | `CHINWAG_JUDGE_TIMES` | 1 where times are judged, too: on a quiet machine |

mod clock;
mod cluster;
mod crowd;
mod disk;
mod frozen;
mod kill;
mod losing;
mod many;
#[path = "../nodes/mod.rs"]
mod nodes;
mod power_loss;
mod program;
mod rate;
mod reading;
mod removal;
mod sending;
mod settings;
mod shared;
mod stop;
mod sync_kill;
mod wanderer;
