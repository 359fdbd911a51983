//! Backups, and what is said of them.

use std::path::PathBuf;

use crate::OpenError;

/// What was found when everything stored was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Events of the log; none are counted if the schema is older than this program's.
    pub events: u64,
    /// Events of these from before they had checksums.
    pub without_checksum: u64,
    /// What is wrong, the first twenty things; empty if all is well.
    pub faults: Vec<String>,
}

/// Why a backup was not taken, put back or checked.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// There is nothing to copy or check.
    #[error("there is no database at {}", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// A backup never replaces a file.
    #[error("{} is there already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A backup is never put beside other data.
    #[error("the data folder {} is not empty", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// What should be put back is a database in use, of which a part lies beside it.
    #[error("{} is no backup: it has a write-ahead log beside it", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// As when a data folder is opened.
    #[error(transparent)]
    Open(#[from] OpenError),
}
