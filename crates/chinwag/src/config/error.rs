use std::io;
use std::path::PathBuf;

use super::source::Source;

/// What is wrong with the given configuration. The text says where it came from and what is allowed.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value that its option does not take.
    #[error("{option} ({source_of_value}): {found} is not {allowed}")]
    InvalidValue {
        /// The option's TOML key.
        option: &'static str,
        /// Where the value came from.
        source_of_value: Source,
        /// The value in backquotes, or its kind, such as "a table".
        found: String,
        /// What the option takes.
        allowed: String,
    },

    /// A list for an option that takes one value.
    #[error("{option} ({source_of_value}): takes one value, not a list")]
    UnexpectedList {
        /// The option's TOML key.
        option: &'static str,
        /// Where the list came from.
        source_of_value: Source,
    },

    /// An environment variable that is not Unicode.
    #[error("environment {variable}: is not valid UTF-8")]
    VariableNotUnicode {
        /// The variable's name.
        variable: String,
    },

    /// A variable that begins like ours and is not one of them.
    #[error("environment {variable}: there is no such option{}", did_you_mean(nearest.as_deref()))]
    UnknownVariable {
        /// The variable's name.
        variable: String,
        /// The variable that was probably meant.
        nearest: Option<String>,
    },

    /// A key of the file that is not an option.
    #[error("file {}:{line}: unknown key `{key}`{}", path.display(), did_you_mean(*nearest))]
    UnknownKey {
        /// The file as it was named.
        path: PathBuf,
        /// The line of the key.
        line: usize,
        /// The key.
        key: String,
        /// The key that was probably meant.
        nearest: Option<&'static str>,
    },

    /// The file is not TOML.
    #[error("file {}:{line}: {message}", path.display())]
    Syntax {
        /// The file as it was named.
        path: PathBuf,
        /// The line at which reading failed.
        line: usize,
        /// What is wrong.
        message: String,
    },

    /// The file cannot be read.
    #[error("file {} ({named_by}): cannot be read: {source}", path.display())]
    Unreadable {
        /// The file as it was named.
        path: PathBuf,
        /// The flag or variable that named the file.
        named_by: Source,
        /// What the system says.
        source: io::Error,
    },

    /// The chat server and the admin server on one address.
    #[error("listen ({listen}) and admin_listen ({admin_listen}) cannot share port {port}")]
    SharedPort {
        /// Where `listen` came from.
        listen: Source,
        /// Where `admin_listen` came from.
        admin_listen: Source,
        /// The port of both.
        port: u16,
    },

    /// A certificate without its key, or a key without its certificate.
    #[error("{given} ({source_of_value}) needs {missing} beside it")]
    HalfOfTls {
        /// The option that is given.
        given: &'static str,
        /// Where its value came from.
        source_of_value: Source,
        /// The option that is not.
        missing: &'static str,
    },
}

impl ConfigError {
    /// What to do about it, in one line.
    pub fn next_step(&self) -> &'static str {
        match self {
            // Kubernetes describes each service of a namespace to every container by such variables.
            Self::UnknownVariable { variable, nearest: None }
                if variable.starts_with("CHINWAG_SERVICE_") || variable.starts_with("CHINWAG_PORT") =>
            {
                "Kubernetes sets this for a service named `chinwag`: write `enableServiceLinks: false` in the pod."
            }
            Self::UnknownVariable { .. } | Self::UnknownKey { .. } => {
                "Correct or remove it; `chinwag config` lists all options."
            }
            Self::InvalidValue { .. } | Self::UnexpectedList { .. } | Self::VariableNotUnicode { .. } => {
                "Correct or remove it; `chinwag --help` tells what each option is for."
            }
            Self::Syntax { .. } => "Correct the file; `chinwag config` without it prints an example.",
            Self::Unreadable { .. } => "Name a readable TOML file, or none.",
            Self::SharedPort { .. } => {
                "Give one of them another port, or switch the second off: --admin-listen off"
            }
            Self::HalfOfTls { .. } => {
                "Name both files, --tls-cert FILE --tls-key FILE, or neither to serve without TLS."
            }
        }
    }
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(", did you mean `{name}`?")).unwrap_or_default()
}
