//! The store in PostgreSQL 15 and later, for one server or for several that share the database.
//!
//! One row of the table `head` holds the log's last position, and whoever appends holds its lock: so positions have no gaps
//! and are in the order of commit, whichever process writes. A batch is three flights on a connection that only the writer
//! has: take the lock; read all rows that the batch names, and what others have appended; write and commit. Each statement is
//! prepared when a connection is opened, and planned once, for any parameters.

mod address;
mod append;
mod columns;
mod event_row;
mod events;
mod failure;
mod fitness;
mod incarnation;
mod keyed;
mod load;
mod log;
mod marks;
mod members;
mod migrations;
mod new_rows;
mod open_error;
mod opened;
mod page;
mod presence;
mod read;
mod readers;
mod rulings;
mod session;
mod statements;
mod store;
mod tls;
pub(crate) mod transfer;
mod write;
mod writer;

use std::time::Duration;

pub use open_error::PostgresOpenError;
pub use opened::PostgresOpened;

/// The store in PostgreSQL.
#[derive(Debug)]
pub struct Postgres;

/// Sizes and times; the defaults suit a server of a few gigabytes of memory and a database in the same building.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresOptions {
    /// Requests that may wait for the writer; more are refused as `overloaded`.
    pub queue_requests: usize,
    /// Bytes of requests that may wait for the writer; more are refused as `overloaded`.
    pub queue_bytes: usize,
    /// Requests committed at once.
    pub batch_requests: usize,
    /// Bytes of requests after which a batch takes no more.
    pub batch_bytes: usize,
    /// Rows that the writer keeps in memory from batch to batch before it starts anew.
    pub state_rows: usize,
    /// Connections that read, so reads that run at the same time. The writer has one more.
    pub readers: usize,
    /// How often a writer that has nothing to do looks for what other processes have appended.
    pub poll: Duration,
    /// How long making a connection may take.
    pub connect_patience: Duration,
    /// How long one flight of a commit may take, the wait for other writers included; after that the connection counts as
    /// lost.
    pub commit_patience: Duration,
    /// How long a read may take, the wait for a free connection included.
    pub read_patience: Duration,
    /// How long a writer may hold the head's lock without a word before PostgreSQL ends its connection, so that one that is
    /// frozen does not hold up the others.
    pub idle_patience: Duration,
    /// How long after a failure the writer tries again; twice as long after each failure more …
    pub repair_first: Duration,
    /// … up to this. Until it has succeeded, everything that would store something is refused.
    pub repair_longest: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            queue_requests: 8192,
            queue_bytes: 64 << 20,
            batch_requests: 512,
            batch_bytes: 4 << 20,
            state_rows: 400_000,
            readers: 4,
            poll: Duration::from_millis(50),
            connect_patience: Duration::from_secs(5),
            commit_patience: Duration::from_secs(10),
            read_patience: Duration::from_secs(10),
            idle_patience: Duration::from_secs(2),
            repair_first: Duration::from_millis(250),
            repair_longest: Duration::from_secs(5),
        }
    }
}

impl Postgres {
    /// Opens the database at `url`, `postgres://user:password@host:port/database?sslmode=…`, makes its tables if there are
    /// none, and brings an older schema up to date. Other processes may have it open. Blocks; may be called anywhere but
    /// belongs on a blocking thread.
    ///
    /// `sslmode` is one of `disable`; `prefer`, the default: encrypted if the server offers it, to whoever answers;
    /// `require`: encrypted, to whoever answers; and `verify-full`: encrypted, to a server whose certificate names the host
    /// and comes from an authority that the system or the file `sslrootcert` trusts.
    pub fn open(url: &str, options: PostgresOptions) -> Result<PostgresOpened, PostgresOpenError> {
        opened::open(url, options)
    }
}
