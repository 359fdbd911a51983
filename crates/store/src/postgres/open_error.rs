//! Why a database was not opened, and what to do then.

use std::io;

/// Why a database was not opened. Each says what to do next; none has a password in it.
#[derive(Debug, thiserror::Error)]
pub enum PostgresOpenError {
    /// The address cannot be understood.
    #[error(
        "the database's address cannot be understood: {what}. It looks like postgres://user:password@host:5432/database"
    )]
    Address {
        /// What is wrong.
        what: String,
    },
    /// Nobody answers there.
    #[error(
        "cannot reach PostgreSQL at {address}: {what}. See that it runs, that it listens there, and that no firewall is in between"
    )]
    Unreachable {
        /// Host, port and database.
        address: String,
        /// What the system says.
        what: String,
    },
    /// The encrypted connection was not made.
    #[error(
        "no encrypted connection to PostgreSQL at {address}: {what}. Set ssl = on in postgresql.conf with a certificate that fits, or choose another sslmode in the address"
    )]
    Tls {
        /// Host, port and database.
        address: String,
        /// What went wrong.
        what: String,
    },
    /// The user or the password is wrong.
    #[error(
        "PostgreSQL at {address} does not accept the user or the password: {what}. Correct them in the address"
    )]
    WrongPassword {
        /// Host, port and database.
        address: String,
        /// What the server says.
        what: String,
    },
    /// The server lets nobody in from here, or not as this user.
    #[error(
        "PostgreSQL at {address} does not let this user in from here: {what}. Add a line to its pg_hba.conf"
    )]
    NotLetIn {
        /// Host, port and database.
        address: String,
        /// What the server says.
        what: String,
    },
    /// There is no such database.
    #[error(
        "PostgreSQL at {address} has no such database. Make it: CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0"
    )]
    NoDatabase {
        /// Host, port and database.
        address: String,
    },
    /// The server has no connection left.
    #[error("PostgreSQL at {address} has no connection left: {what}. This program takes {needed}")]
    TooManyConnections {
        /// Host, port and database.
        address: String,
        /// What the server says.
        what: String,
        /// Connections that this program takes.
        needed: usize,
    },
    /// The user may not do what this program needs.
    #[error(
        "this user may not make or use tables in the database at {address}: {what}. Make it the owner: ALTER DATABASE name OWNER TO user"
    )]
    NotPermitted {
        /// Host, port and database.
        address: String,
        /// What the server says.
        what: String,
    },
    /// The server is too old.
    #[error(
        "PostgreSQL at {address} is version {version}; Chinwag needs 15 or later. Upgrade it with pg_upgrade or by dump and restore"
    )]
    TooOld {
        /// Host, port and database.
        address: String,
        /// Its version.
        version: String,
    },
    /// The database does not hold every text.
    #[error(
        "the database at {address} has the encoding {encoding}; Chinwag needs UTF8. Make another: CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0"
    )]
    Encoding {
        /// Host, port and database.
        address: String,
        /// Its encoding.
        encoding: String,
    },
    /// The server is a standby.
    #[error(
        "PostgreSQL at {address} is a standby, which only reads. Give the address of the primary, or promote this one: SELECT pg_promote()"
    )]
    Standby {
        /// Host, port and database.
        address: String,
    },
    /// The server would lose what is acknowledged.
    #[error(
        "PostgreSQL at {address} has {setting}: after a crash, messages that were acknowledged could be missing. Set {instead} in postgresql.conf and restart it"
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
    #[error(
        "the database at {address} holds tables of another program ({table} is one). Give Chinwag a database of its own"
    )]
    Foreign {
        /// Host, port and database.
        address: String,
        /// One of its tables.
        table: String,
    },
    /// A later version of Chinwag has written to the database.
    #[error(
        "the database at {address} was last opened by Chinwag {program} and has schema {version}; this program knows schemas up to {known}. Use Chinwag {program} or later"
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
    #[error("the database at {address} is damaged: {what}. Restore a backup")]
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
    #[error("cannot start the writer: {0}. Allow this user more processes")]
    Thread(io::Error),
}
