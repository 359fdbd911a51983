//! Connections that read, each lent to one reader at a time.

use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::SqliteOptions;
use super::connection::open_reader;
use super::failure::Result;
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
}

impl Readers {
    pub(super) fn new(path: PathBuf, options: SqliteOptions, recent: SharedRecent) -> Self {
        let turns = Arc::new(Semaphore::new(options.readers));
        Self(Arc::new(Pool { path, options, recent, turns, idle: Mutex::default() }))
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
            Ok(result) => Ok(result?),
            Err(error) => Err(StoreError::Database(error.to_string())),
        }
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
