//! What goes wrong in the first minute, told so that the next step is clear.

mod port_holder;

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::PathBuf;

use chinwag_gateway::{PemFile, TlsError};
use chinwag_store::{OpenError, PostgresOpenError};

pub use port_holder::PortHolder;

use crate::maintenance::WHAT_HELPS;

/// One of the two servers of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// The chat server.
    Chat,
    /// The admin server.
    Admin,
}

impl Listener {
    fn flag(self) -> &'static str {
        match self {
            Self::Chat => "--listen",
            Self::Admin => "--admin-listen",
        }
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Chat => "chat",
            Self::Admin => "admin",
        })
    }
}

/// Why the server cannot start, or something else cannot be done with its data. The message says what is wrong, [`StartError::next_step`] what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another socket holds the port.
    #[error("cannot start the {listener} server: port {} is already taken{}", address.port(), by(holder.as_ref()))]
    PortTaken {
        /// Which server.
        listener: Listener,
        /// What it should listen on.
        address: SocketAddr,
        /// Who holds the port, if that could be found.
        holder: Option<PortHolder>,
    },

    /// The system keeps the port for privileged programs.
    #[error("cannot start the {listener} server: port {} may not be used without privileges", address.port())]
    PortPrivileged {
        /// Which server.
        listener: Listener,
        /// What it should listen on.
        address: SocketAddr,
    },

    /// No interface of this machine has the address.
    #[error("cannot start the {listener} server: {} is not an address of this machine", address.ip())]
    AddressNotHere {
        /// Which server.
        listener: Listener,
        /// What it should listen on.
        address: SocketAddr,
    },

    /// Listening fails in another way.
    #[error("cannot start the {listener} server on {address}: {source}")]
    Listen {
        /// Which server.
        listener: Listener,
        /// What it should listen on.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },

    /// The data directory is absent and cannot be made.
    #[error("the data directory {} cannot be created: {source}", path.display())]
    DataNotCreatable {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },

    /// The data directory is there and cannot be written.
    #[error("{} cannot be written: {what}", path.display())]
    DataNotWritable {
        /// The directory, or what in it cannot be written.
        path: PathBuf,
        /// What the system says.
        what: String,
    },

    /// Another process works in the data directory.
    #[error("the data directory {} is in use by another chinwag{}", path.display(), in_parentheses(*pid))]
    DataLocked {
        /// The directory.
        path: PathBuf,
        /// The other process, if its lock file names it.
        pid: Option<u32>,
    },

    /// The data cannot be used as they are.
    #[error("{what}")]
    Data {
        /// What is wrong.
        what: String,
        /// What to do about it.
        next_step: String,
    },

    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),

    /// No space for the data.
    #[error("the disk of the data directory {} is full", path.display())]
    DiskFull {
        /// The directory.
        path: PathBuf,
    },
}

impl StartError {
    /// Tells why binding `address` failed. Where the port is taken, looks for its holder.
    pub fn listen(listener: Listener, address: SocketAddr, error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::AddrInUse => Self::PortTaken { listener, address, holder: PortHolder::find(address) },
            ErrorKind::PermissionDenied => Self::PortPrivileged { listener, address },
            ErrorKind::AddrNotAvailable => Self::AddressNotHere { listener, address },
            _ => Self::Listen { listener, address, source: error },
        }
    }

    /// Tells why the data directory was not opened.
    pub fn store(error: OpenError) -> Self {
        let what = error.to_string();
        let data = |next_step: &str| Self::Data { what, next_step: next_step.to_owned() };
        match error {
            OpenError::NotCreatable { path, source } => Self::DataNotCreatable { path, source },
            OpenError::NotWritable { path, what } => Self::DataNotWritable { path, what },
            OpenError::Locked { path, pid } => Self::DataLocked { path, pid },
            OpenError::DiskFull { path } => Self::DiskFull { path },
            OpenError::Damaged { .. } | OpenError::Database { .. } => data(WHAT_HELPS),
            OpenError::Foreign { .. } => data("Choose another directory: --data DIR"),
            OpenError::TooNew { .. } => {
                data("Install that version, or restore a backup from before it was used.")
            }
            OpenError::Thread(_) => {
                data("Raise this user's limits on processes and memory, then start again.")
            }
        }
    }

    /// Tells why the database was not opened.
    pub fn database(error: &PostgresOpenError) -> Self {
        Self::Data { what: error.to_string(), next_step: error.next_step() }
    }

    /// What to do about it, in one line.
    pub fn next_step(&self) -> String {
        match self {
            Self::PortTaken { listener: Listener::Chat, holder, .. } => {
                let stop = match holder {
                    Some(PortHolder { pid, .. }) => format!("Stop process {pid}"),
                    None => "Stop what holds it".to_owned(),
                };
                format!("{stop}, or choose another port: --listen 127.0.0.1:PORT")
            }
            Self::PortTaken { listener: Listener::Admin, .. } => {
                "Choose another port for the admin server: --admin-listen 127.0.0.1:PORT; or do without: \
                 --admin-listen off"
                    .to_owned()
            }
            Self::PortPrivileged { listener, .. } => {
                format!(
                    "Choose a port from 1024 up, and put a proxy in front: {} 127.0.0.1:8080",
                    listener.flag()
                )
            }
            Self::AddressNotHere { listener, address } => {
                let flag = listener.flag();
                let all = if address.is_ipv4() { "0.0.0.0" } else { "[::]" };
                format!("Choose an address of this machine, or all of them: {flag} {all}:{}", address.port())
            }
            Self::Listen { listener, .. } => {
                format!("Choose another address: {} 127.0.0.1:PORT", listener.flag())
            }
            Self::DataNotCreatable { .. } | Self::DataNotWritable { .. } => {
                "Choose a directory in which this user may write: --data DIR".to_owned()
            }
            Self::DataLocked { pid: Some(pid), .. } => {
                format!("Stop process {pid}, or choose another directory: --data DIR")
            }
            Self::DataLocked { pid: None, .. } => {
                "Stop the other chinwag, or choose another directory: --data DIR".to_owned()
            }
            Self::Data { next_step, .. } => next_step.clone(),
            Self::Tls(error) => tls_next_step(error).to_owned(),
            Self::DiskFull { .. } => {
                "Free some space, or choose a directory on another disk: --data DIR".to_owned()
            }
        }
    }
}

fn tls_next_step(error: &TlsError) -> &'static str {
    match error {
        TlsError::Missing { file: PemFile::Certificate, .. } => {
            "Name the file that holds the certificate: --tls-cert FILE; or serve without TLS: --tls-cert off --tls-key off"
        }
        TlsError::Missing { file: PemFile::Key, .. } => {
            "Name the file that holds the key: --tls-key FILE; or serve without TLS: --tls-cert off --tls-key off"
        }
        TlsError::Unreadable { .. } => "Let this user read the file, and nobody who need not.",
        TlsError::NotPem { file: PemFile::Certificate, .. } => {
            "Name a file with \"-----BEGIN CERTIFICATE-----\" in it; from DER: openssl x509 -inform der -in FILE -out NEW"
        }
        TlsError::NotPem { file: PemFile::Key, .. } => {
            "Name a file with \"-----BEGIN PRIVATE KEY-----\" in it; from an encrypted one: openssl pkey -in FILE -out NEW"
        }
        TlsError::Mismatch { .. } => {
            "Name the key that the certificate was made for; in the certificate's file, its own must come first."
        }
        TlsError::Unusable { .. } => "Get a certificate of version 3 for an RSA, ECDSA or Ed25519 key.",
    }
}

fn by(holder: Option<&PortHolder>) -> String {
    holder.map(|holder| format!(" by {holder}")).unwrap_or_default()
}

fn in_parentheses(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

#[cfg(test)]
mod tests;
