use std::fmt;
use std::path::PathBuf;

use super::options::ConfigOption;

/// Where the value of an option comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// No source gave one.
    Default,
    /// A line of the configuration file; the first line is 1.
    File {
        /// The file as it was named.
        path: PathBuf,
        /// The line of the key.
        line: usize,
    },
    /// The environment variable of this name.
    Environment(String),
    /// The flag of this name, with its dashes.
    CommandLine(String),
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::File { path, line } => write!(formatter, "file {}:{line}", path.display()),
            Self::Environment(variable) => write!(formatter, "environment {variable}"),
            Self::CommandLine(flag) => write!(formatter, "command line {flag}"),
        }
    }
}

/// The text that one source gives for one option, not yet parsed. A list is joined by commas.
#[derive(Debug)]
pub struct Given {
    pub(crate) option: &'static ConfigOption,
    pub(crate) text: String,
    pub(crate) source: Source,
}
