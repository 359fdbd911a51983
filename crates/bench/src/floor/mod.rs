//! Floors: the least that the same work costs on this machine, measured as the server is: a process on the server's
//! cores, its time read from outside, its sockets read by a loop of the tool, as the server's are.
//!
//! | floor | work |
//! | --- | --- |
//! | [`FanOut`] | the same bytes to the same number of sockets, by a bare loop of writes or by io_uring |
//! | [`Append`] | a batch appended to a file and brought to the disk |
//! | [`Commit`] | a transaction of SQLite's that holds next to nothing |
//! | [`SocketPairs`] | connections that are there and do nothing |

mod append;
mod batches;
mod command;
mod commit;
mod epoll_writer;
mod error;
mod fan_out;
mod io_uring_writer;
mod place;
mod readers;
mod socket_pairs;
mod sockets;
mod worker;

pub use append::Append;
pub use batches::BatchCost;
pub use command::FloorCommand;
pub use commit::Commit;
pub use error::FloorError;
pub use fan_out::{DeliveryCost, FanOut, Writer};
pub use place::Place;
pub use socket_pairs::{PairCost, SocketPairs};
