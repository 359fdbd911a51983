//! The environment: `CHINWAG_` and the option's name in capitals.

use std::ffi::OsString;
use std::path::PathBuf;

use super::error::ConfigError;
use super::nearest::nearest;
use super::options::OPTIONS;
use super::source::{Given, Source};

const PREFIX: &str = "CHINWAG_";

/// The variable that names the configuration file.
pub(crate) const CONFIG_VARIABLE: &str = "CHINWAG_CONFIG";

/// The variable that breaks a promise in builds that can.
const SABOTAGE_VARIABLE: &str = "CHINWAG_SABOTAGE";

/// What the environment gives.
#[derive(Debug, Default)]
pub(super) struct Environment {
    pub(super) given: Vec<Given>,
    /// The configuration file that [`CONFIG_VARIABLE`] names.
    pub(super) config_file: Option<PathBuf>,
}

/// Takes our variables, and refuses those that begin like ours and are not.
pub(super) fn read(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Environment, ConfigError> {
    // The system's order is arbitrary; the first error should not be.
    let mut variables: Vec<_> = variables.into_iter().collect();
    variables.sort();

    let mut environment = Environment::default();
    for (name, value) in variables {
        let variable = name.to_string_lossy().into_owned();
        if !variable.starts_with(PREFIX) {
            continue;
        }
        if variable == CONFIG_VARIABLE {
            environment.config_file = Some(PathBuf::from(value));
            continue;
        }
        if cfg!(feature = "sabotage") && variable == SABOTAGE_VARIABLE {
            continue;
        }
        let option = OPTIONS
            .iter()
            .find(|option| option.variable() == variable)
            .ok_or_else(|| unknown_variable(&variable))?;
        let text = value
            .into_string()
            .map_err(|_| ConfigError::VariableNotUnicode { variable: variable.clone() })?;
        environment.given.push(Given { option, text, source: Source::Environment(variable) });
    }
    Ok(environment)
}

fn unknown_variable(variable: &str) -> ConfigError {
    // Compared without the prefix: being equal in all names, it would make any two of them look alike.
    let names: Vec<_> =
        OPTIONS.iter().map(|option| option.name.to_uppercase()).chain(["CONFIG".to_owned()]).collect();
    let nearest = nearest(&variable[PREFIX.len()..], names.iter().map(String::as_str));
    ConfigError::UnknownVariable {
        variable: variable.to_owned(),
        nearest: nearest.map(|name| format!("{PREFIX}{name}")),
    }
}
