//! Connections that read, each lent to one reader at a time.

use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use prometheus_client::metrics::counter::Counter;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::SqliteOptions;
use super::connection::open_reader;
use super::failure::{Failure, Result};
use super::recent::SharedRecent;
use super::snapshot::Snapshot;
use crate::StoreError;

/// Reads run on the runtime's blocking threads, as many at once as there are connections; others wait their turn.
#[derive(Debug, Clone)]
pub(super) struct Readers(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    path: PathBuf,
    options: SqliteOptions,
    recent: SharedRecent,
    turns: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
    /// False while no connection may be open. Held by each read.
    open: RwLock<bool>,
    damage_met: Counter,
}

impl Readers {
    /// Counts reads that meet damage in `damage_met`.
    pub(super) fn new(
        path: PathBuf,
        options: SqliteOptions,
        recent: SharedRecent,
        damage_met: Counter,
    ) -> Self {
        let turns = Arc::new(Semaphore::new(options.readers));
        let (idle, open) = (Mutex::default(), RwLock::new(true));
        Self(Arc::new(Pool { path, options, recent, turns, idle, open, damage_met }))
    }

    /// Runs `read` in one snapshot.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Snapshot<'_>) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, StoreError> {
        let turn = Arc::clone(&self.0.turns).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let pool = Arc::clone(&self.0);
        let reading = tokio::task::spawn_blocking(move || {
            let result = pool.read(read);
            drop(turn);
            result
        });
        match reading.await {
            Ok(result) => {
                if let Err(Failure::Damaged { .. }) = &result {
                    self.0.damage_met.inc();
                }
                Ok(result?)
            }
            Err(error) => Err(StoreError::Database(error.to_string())),
        }
    }

    /// Waits for the reads that run and closes the connections; reads fail until [`Readers::open`].
    pub(super) fn shut(&self) {
        let mut open = self.0.open.write();
        *open = false;
        self.0.idle.lock().clear();
    }

    /// Reads may begin again.
    pub(super) fn open(&self) {
        *self.0.open.write() = true;
    }

    /// Waits for the reads that run, refuses all that follow, and closes the connections.
    pub(super) async fn close(&self) {
        let all = u32::try_from(self.0.options.readers).unwrap_or(u32::MAX);
        let turns = self.0.turns.acquire_many(all).await;
        self.0.turns.close();
        self.0.idle.lock().clear();
        drop(turns);
    }
}

impl Pool {
    fn read<T>(&self, read: impl FnOnce(&Snapshot<'_>) -> Result<T>) -> Result<T> {
        let open = self.open.read();
        if !*open {
            return Err(Failure::Unusable("the database is being opened anew".to_owned()));
        }
        let idle = self.idle.lock().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open_reader(&self.path, &self.options)?,
        };
        let (transaction, snapshot) = loop {
            let transaction = connection.unchecked_transaction()?;
            if let Some(snapshot) = Snapshot::begin(&connection, &self.recent)? {
                break (transaction, snapshot);
            }
        };
        // A connection that failed is not lent again.
        let value = read(&snapshot)?;
        transaction.finish()?;
        self.idle.lock().push(connection);
        Ok(value)
    }
}
