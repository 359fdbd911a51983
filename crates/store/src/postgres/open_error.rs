//! Why a database was not opened, and what to do then.

use std::io;

/// Why a database was not opened; [`PostgresOpenError::next_step`] says what to do then. None has a password in it.
#[derive(Debug, thiserror::Error)]
pub enum PostgresOpenError {
    /// The address cannot be understood.
    #[error("the database's address cannot be understood: {what}")]
    Address {
        /// What is wrong.
        what: String,
    },
    /// Nobody answers there.
    #[error("cannot reach PostgreSQL at {address}: {what}")]
    Unreachable {
        /// Host, port and database.
        address: String,
        /// What the system says.
        what: String,
    },
    /// The encrypted connection was not made.
    #[error("no encrypted connection to PostgreSQL at {address}: {what}")]
    Tls {
        /// Host, port and database.
        address: String,
        /// What went wrong.
        what: String,
    },
    /// The user or the password is wrong.
    #[error("PostgreSQL at {address} does not accept the user or the password: {what}")]
    WrongPassword {
        /// Host, port and database.
        address: String,
        /// What the server says.
        what: String,
    },
    /// The server lets nobody in from here, or not as this user.
    #[error("PostgreSQL at {address} does not let this user in from here: {what}")]
    NotLetIn {
        /// Host, port and database.
        address: String,
        /// What the server says.
        what: String,
    },
    /// There is no such database.
    #[error("PostgreSQL at {address} has no such database")]
    NoDatabase {
        /// Host, port and database.
        address: String,
    },
    /// The server has no connection left.
    #[error("PostgreSQL at {address} has no connection left: {what}")]
    TooManyConnections {
        /// Host, port and database.
        address: String,
        /// What the server says.
        what: String,
        /// Connections that this program takes.
        needed: usize,
    },
    /// The user may not do what this program needs.
    #[error("this user may not make or use tables in the database at {address}: {what}")]
    NotPermitted {
        /// Host, port and database.
        address: String,
        /// What the server says.
        what: String,
    },
    /// The server is too old.
    #[error("PostgreSQL at {address} is version {version}; Chinwag needs 15 or later")]
    TooOld {
        /// Host, port and database.
        address: String,
        /// Its version.
        version: String,
    },
    /// The database does not hold every text.
    #[error("the database at {address} has the encoding {encoding}; Chinwag needs UTF8")]
    Encoding {
        /// Host, port and database.
        address: String,
        /// Its encoding.
        encoding: String,
    },
    /// The server is a standby.
    #[error("PostgreSQL at {address} is a standby, which only reads")]
    Standby {
        /// Host, port and database.
        address: String,
    },
    /// The server would lose what is acknowledged.
    #[error(
        "PostgreSQL at {address} has {setting}: after a crash, messages that were acknowledged could be missing"
    )]
    NotDurable {
        /// Host, port and database.
        address: String,
        /// What is set.
        setting: String,
        /// What should be set.
        instead: String,
    },
    /// The database is another program's.
    #[error("the database at {address} holds tables of another program ({table} is one)")]
    Foreign {
        /// Host, port and database.
        address: String,
        /// One of its tables.
        table: String,
    },
    /// A later version of Chinwag has written to the database.
    #[error(
        "the database at {address} was last opened by Chinwag {program} and has schema {version}; this program knows schemas up to {known}"
    )]
    TooNew {
        /// Host, port and database.
        address: String,
        /// Version of its schema.
        version: u32,
        /// The latest schema that this program knows.
        known: u32,
        /// Version of the program that wrote it.
        program: String,
    },
    /// What is stored is damaged.
    #[error("the database at {address} is damaged: {what}")]
    Damaged {
        /// Host, port and database.
        address: String,
        /// What is wrong.
        what: String,
    },
    /// The database answered with another error.
    #[error("cannot open the database at {address}: {what}")]
    Database {
        /// Host, port and database.
        address: String,
        /// What it says.
        what: String,
    },
    /// The system gave no thread to write with.
    #[error("cannot start the writer: {0}")]
    Thread(io::Error),
}

impl PostgresOpenError {
    /// What to do about it, in one line.
    pub fn next_step(&self) -> String {
        match self {
            Self::Address { .. } => "Write it like postgres://user:password@host:5432/database",
            Self::Unreachable { .. } => {
                "See that PostgreSQL runs, that it listens there, and that no firewall is in between."
            }
            Self::Tls { .. } => {
                "Set ssl = on in postgresql.conf with a certificate that fits, or choose another sslmode in the address."
            }
            Self::WrongPassword { .. } => "Correct user and password in the address.",
            Self::NotLetIn { .. } => "Add a line for this user and database to PostgreSQL's pg_hba.conf.",
            Self::NoDatabase { .. } => {
                "Make the database: CREATE DATABASE name OWNER user ENCODING 'UTF8' TEMPLATE template0"
            }
            Self::TooManyConnections { needed, .. } => {
                return format!("Raise PostgreSQL's max_connections; each server takes {needed}.");
            }
            Self::NotPermitted { .. } => "Make the user the owner: ALTER DATABASE name OWNER TO user",
            Self::TooOld { .. } => "Upgrade PostgreSQL with pg_upgrade, or by dump and restore.",
            Self::Encoding { .. } => {
                "Make another database: CREATE DATABASE name OWNER user ENCODING 'UTF8' TEMPLATE template0"
            }
            Self::Standby { .. } => {
                "Give the address of the primary, or make this one the primary: SELECT pg_promote()"
            }
            Self::NotDurable { instead, .. } => {
                return format!("Set {instead} in postgresql.conf and restart PostgreSQL.");
            }
            Self::Foreign { .. } => "Give Chinwag a database of its own.",
            Self::TooNew { program, .. } => return format!("Install Chinwag {program} or later."),
            Self::Damaged { .. } => "Restore a backup of the database.",
            Self::Database { .. } => "See what PostgreSQL logs about it.",
            Self::Thread(_) => "Raise this user's limits on processes and memory, then start again.",
        }
        .to_owned()
    }
}
