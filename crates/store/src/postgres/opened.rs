//! A database in which this process has written nothing yet.

use std::fmt;
use std::sync::Arc;
use std::thread;

use chinwag_chat::Decide;
use chinwag_protocol::{Event, Pos};
use tokio::runtime::{Builder, Runtime};

use super::address::Address;
use super::failure::Result as Outcome;
use super::fitness::{examine, explain};
use super::incarnation::{Incarnation, enter};
use super::migrations::migrate;
use super::session::{Session, within};
use super::store::PostgresStore;
use super::{PostgresOpenError, PostgresOptions, events};
use crate::batch::Rules;
use crate::store::RECENT_OVERHEAD;
use crate::{Clock, Epochs, Secrets, Store, StoreError, Tail};

/// An open database in which this process has written nothing yet.
///
/// What a node does before it is ready, it does here: fill the window of recent events, then [`PostgresOpened::start`]. All
/// of it blocks; on an async runtime it belongs on a blocking thread.
pub struct PostgresOpened {
    pub(super) address: Address,
    pub(super) options: PostgresOptions,
    pub(super) driven: Driven,
    pub(super) secrets: Secrets,
    pub(super) epochs: Arc<Epochs>,
    pub(super) head: Pos,
}

/// The connection that will write, and the runtime that drives it on the thread that needs an answer.
pub(super) struct Driven {
    /// Before the runtime, which it must not outlive.
    pub(super) session: Option<Session>,
    pub(super) runtime: Option<Runtime>,
}

impl Drop for Driven {
    fn drop(&mut self) {
        self.session = None;
        if let Some(runtime) = self.runtime.take() {
            // An ordinary end would wait, which async code must not.
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for PostgresOpened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOpened").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Opens the database at `url`, makes its tables if there are none, and brings an older schema up to date.
pub(super) fn open(url: &str, options: PostgresOptions) -> Result<PostgresOpened, PostgresOpenError> {
    let address = Address::parse(url, &options)?;
    let runtime = Builder::new_current_thread().enable_all().build().map_err(PostgresOpenError::Thread)?;
    let mut driven = Driven { session: None, runtime: Some(runtime) };
    let opening = async { enter_database(&address, &options).await };
    let (session, entered) = driven
        .wait(opening)
        .map_err(PostgresOpenError::Thread)?
        .unwrap_or_else(|failure| Err(explain(&failure, &address, &options)))?;
    driven.session = Some(session);
    let Incarnation { secrets, epochs, head } = entered;
    Ok(PostgresOpened { address, options, driven, secrets, epochs: Arc::new(epochs), head })
}

type Entered = Result<(Session, Incarnation), PostgresOpenError>;

async fn enter_database(address: &Address, options: &PostgresOptions) -> Outcome<Entered> {
    let mut session = Session::connect(address, "chinwag writer", options.connect_patience).await?;
    if let Err(refused) = within(options.connect_patience, examine(&session, address)).await? {
        return Ok(Err(refused));
    }
    // Before the limits of a writer are set: an old schema may take longer than a batch.
    if let Err(refused) = migrate(&session, address).await? {
        return Ok(Err(refused));
    }
    session.become_writer(options).await?;
    let entered = within(options.commit_patience, enter(&session)).await?;
    Ok(Ok((session, entered)))
}

impl Driven {
    /// Waits for `work` on a thread of its own, since the calling one may belong to another runtime.
    fn wait<T: Send>(&self, work: impl Future<Output = T> + Send) -> std::io::Result<T> {
        let runtime = self.runtime.as_ref().ok_or_else(|| std::io::Error::other("it has ended"))?;
        thread::scope(|scope| {
            let waiting = thread::Builder::new().name("store-opener".to_owned());
            let waiting = waiting.spawn_scoped(scope, || runtime.block_on(work))?;
            waiting.join().map_err(|_| std::io::Error::other("it panicked"))
        })
    }
}

impl PostgresOpened {
    /// The log's head when the database was opened. Others may have appended since.
    pub fn head(&self) -> Result<Pos, StoreError> {
        Ok(self.head)
    }

    /// As [`Store::recent`], up to [`PostgresOpened::head`].
    pub fn recent(&self, bytes: usize) -> Result<Vec<Event>, StoreError> {
        let Some(session) = &self.driven.session else { return Err(StoreError::Closed) };
        let reading = events::recent(session, self.head, bytes, RECENT_OVERHEAD);
        let read = self.driven.wait(reading).map_err(|error| StoreError::Database(error.to_string()))?;
        Ok(read?)
    }

    /// Keys of the installation, the same for every process on the database.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Incarnations of the log.
    pub fn epochs(&self) -> Arc<Epochs> {
        Arc::clone(&self.epochs)
    }

    /// Starts the writer, which runs `decide` on every request at `clock`'s time and gives what it and other processes have
    /// committed to `tail`, from the position after [`PostgresOpened::head`] on.
    pub fn start(
        self,
        decide: Decide,
        clock: Clock,
        tail: Arc<dyn Tail>,
    ) -> Result<Arc<dyn Store>, PostgresOpenError> {
        Ok(Arc::new(PostgresStore::start(self, Rules { decide, clock, tail })?))
    }
}
