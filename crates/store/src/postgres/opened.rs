//! A database in which this process has written nothing yet.

use std::sync::Arc;

use chinwag_chat::Decide;
use chinwag_protocol::{Event, Pos};

use super::{PostgresOpenError, PostgresOptions};
use crate::{Clock, Epochs, Secrets, Store, StoreError, Tail};

/// An open database in which this process has written nothing yet.
///
/// What a node does before it is ready, it does here: fill the window of recent events, then [`PostgresOpened::start`]. All
/// of it blocks; on an async runtime it belongs on a blocking thread.
#[derive(Debug)]
pub struct PostgresOpened {}

pub(super) fn open(url: &str, options: PostgresOptions) -> Result<PostgresOpened, PostgresOpenError> {
    let _ = (url, options);
    unfinished()
}

fn unfinished<T>() -> Result<T, PostgresOpenError> {
    let what = "this version of the program cannot do it yet".to_owned();
    Err(PostgresOpenError::Database { address: String::new(), what })
}

impl PostgresOpened {
    /// The log's head when the database was opened. Others may have appended since.
    pub fn head(&self) -> Result<Pos, StoreError> {
        Ok(Pos::ZERO)
    }

    /// As [`Store::recent`], up to [`PostgresOpened::head`].
    pub fn recent(&self, bytes: usize) -> Result<Vec<Event>, StoreError> {
        let _ = bytes;
        Ok(Vec::new())
    }

    /// Keys of the installation, the same for every process on the database.
    pub fn secrets(&self) -> &Secrets {
        unimplemented!()
    }

    /// Incarnations of the log.
    pub fn epochs(&self) -> Arc<Epochs> {
        unimplemented!()
    }

    /// Starts the writer, which runs `decide` on every request at `clock`'s time and gives what it and other processes have
    /// committed to `tail`, from the position after [`PostgresOpened::head`] on.
    pub fn start(
        self,
        decide: Decide,
        clock: Clock,
        tail: Arc<dyn Tail>,
    ) -> Result<Arc<dyn Store>, PostgresOpenError> {
        let _ = (decide, clock, tail);
        unfinished()
    }
}
