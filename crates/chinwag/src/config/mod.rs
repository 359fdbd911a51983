//! The configuration: every option, where its value comes from, and what is refused.
//!
//! A value comes from the strongest source that gives it:
//!
//! 1. the command line (`--message-bytes-max 16KiB`),
//! 2. the environment (`CHINWAG_MESSAGE_BYTES_MAX=16KiB`),
//! 3. the TOML file named by `--config` or `CHINWAG_CONFIG` (`message_bytes_max = "16KiB"`); no other file is read,
//! 4. the default.
//!
//! A wrong value is refused even where a stronger source overrides it. The one table in `options.rs` names each
//! option; the flags, variables, keys, help and printed configuration are made from it.

mod database_url;
mod effective;
mod environment;
mod error;
mod file;
mod kind;
mod nearest;
mod options;
mod origin;
mod overlap;
mod source;
#[cfg(test)]
mod tests;

pub use database_url::{DatabaseUrl, ParseDatabaseUrlError};
pub use effective::{EffectiveConfig, load};
pub use error::ConfigError;
pub use options::{Config, LogFormat};
pub use origin::{Origin, ParseOriginError};
pub use source::{Given, Source};

pub(crate) use environment::CONFIG_VARIABLE;
pub(crate) use options::{ConfigOption, OPTIONS};
pub(crate) use overlap::overlap;
