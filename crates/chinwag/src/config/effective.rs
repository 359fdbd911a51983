//! The configuration that holds after all sources are laid over each other.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use super::environment;
use super::error::ConfigError;
use super::file;
use super::options::{Config, OPTIONS};
use super::overlap::overlap;
use super::source::{Given, Source};

/// A configuration and the source of each of its values.
///
/// Its display is a TOML file that gives the same configuration, with each value's source in a comment.
#[derive(Debug, Default)]
pub struct EffectiveConfig {
    /// The values.
    pub config: Config,
    /// By the option's name; one that is absent has its default.
    sources: BTreeMap<&'static str, Source>,
}

/// Lays the command line over the environment, the file and the defaults.
///
/// `config_file` is the file that the command line names; without it, the environment may name one.
pub fn load(
    command_line: Vec<Given>,
    config_file: Option<PathBuf>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<EffectiveConfig, ConfigError> {
    let environment = environment::read(environment)?;
    let file = match (config_file, environment.config_file) {
        (Some(path), _) => file::read(&path, &Source::CommandLine("--config".to_owned()))?,
        (None, Some(path)) => {
            file::read(&path, &Source::Environment(environment::CONFIG_VARIABLE.to_owned()))?
        }
        (None, None) => Vec::new(),
    };

    let mut effective = EffectiveConfig::default();
    // From the weakest to the strongest.
    for given in file.into_iter().chain(environment.given).chain(command_line) {
        effective.set(given)?;
    }
    effective.refuse_shared_port()?;
    effective.refuse_half_of_tls()?;
    Ok(effective)
}

impl EffectiveConfig {
    fn set(&mut self, given: Given) -> Result<(), ConfigError> {
        let Given { option, text, source } = given;
        if let Err(refused) = (option.set)(&mut self.config, &text) {
            return Err(ConfigError::InvalidValue {
                option: option.name,
                source_of_value: source,
                found: format!("`{}`", refused.0),
                allowed: (option.allowed)(),
            });
        }
        self.sources.insert(option.name, source);
        Ok(())
    }

    pub(super) fn source(&self, option: &str) -> Source {
        self.sources.get(option).cloned().unwrap_or(Source::Default)
    }

    /// Both would be told "port taken" by the system otherwise, and the culprit would be this process itself.
    fn refuse_shared_port(&self) -> Result<(), ConfigError> {
        let listen = self.config.listen;
        match self.config.admin_listen {
            Some(admin_listen) if overlap(listen, admin_listen) => Err(ConfigError::SharedPort {
                listen: self.source("listen"),
                admin_listen: self.source("admin_listen"),
                port: listen.port(),
            }),
            _ => Ok(()),
        }
    }

    fn refuse_half_of_tls(&self) -> Result<(), ConfigError> {
        let (given, missing) = match (&self.config.tls_cert, &self.config.tls_key) {
            (Some(_), None) => ("tls_cert", "tls_key"),
            (None, Some(_)) => ("tls_key", "tls_cert"),
            (Some(_), Some(_)) | (None, None) => return Ok(()),
        };
        Err(ConfigError::HalfOfTls { given, source_of_value: self.source(given), missing })
    }
}

impl fmt::Display for EffectiveConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Puts the comments of a usual configuration below each other.
        const SETTING_WIDTH: usize = 36;

        for option in OPTIONS {
            let setting = format!("{} = {}", option.name, (option.get)(&self.config));
            // A comment ends at a line break, which the name of a file may have.
            let source = self.source(option.name).to_string().replace(char::is_control, "?");
            writeln!(formatter, "{setting:<SETTING_WIDTH$} # {source}")?;
        }
        Ok(())
    }
}
