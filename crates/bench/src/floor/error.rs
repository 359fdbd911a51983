//! Why there is no floor.

use std::io;

/// Why there is no floor.
#[derive(Debug, thiserror::Error)]
pub enum FloorError {
    /// The kernel does not let this process use what the floor is of. That floor is left out, and a note says so.
    #[error("the kernel refuses {0}")]
    Refused(String),
    /// The process that does the work has ended, or does something else.
    #[error("the process that measures a floor: {0}")]
    Worker(String),
    /// Sockets or files failed.
    #[error("a floor cannot be measured: {0}")]
    Io(#[from] io::Error),
    /// SQLite failed.
    #[error("a floor cannot be measured: {0}")]
    Sqlite(#[from] rusqlite::Error),
}
