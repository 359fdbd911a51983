//! Where and for how long a floor is measured.

use std::path::PathBuf;
use std::time::Duration;

/// Where the work of a floor is done, and for how long.
#[derive(Debug, Clone)]
pub struct Place {
    /// The program that does it when it is called with `arguments` and those of a [`FloorCommand`](super::FloorCommand).
    pub program: PathBuf,
    /// What stands before the command: `bench`.
    pub arguments: Vec<String>,
    /// Cores that it runs on, the server's; all that this process may use, if empty.
    pub server_cores: Vec<usize>,
    /// Cores that its sockets are read on, with one thread each; if empty, one thread that may use all.
    pub tool_cores: Vec<usize>,
    /// How long each measurement takes, about. The figures are steady from 1 s on.
    pub duration: Duration,
}
