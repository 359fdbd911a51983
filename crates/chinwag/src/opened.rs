//! The store of a configuration, whichever it is, before the server writes to it.

use std::path::Path;
use std::sync::Arc;

use chinwag_protocol::Event;
use chinwag_store::{
    Clock, Epochs, Postgres, PostgresOpened, PostgresOptions, Secrets, Sqlite, SqliteOptions, Store,
    StoreError, Tail,
};

use crate::config::DatabaseUrl;
use crate::failure::StartError;
use crate::maintenance::WHAT_HELPS;

pub(crate) enum Opened {
    Folder(Box<chinwag_store::Opened>),
    Database(Box<PostgresOpened>),
}

impl Opened {
    /// Blocks while an older schema is brought up to date, as does [`Opened::database`].
    pub(crate) fn folder(folder: &Path, options: SqliteOptions) -> Result<Self, StartError> {
        let opened = Sqlite::open(folder, options).map_err(StartError::store)?;
        Ok(Self::Folder(Box::new(opened)))
    }

    pub(crate) fn database(url: &DatabaseUrl, options: PostgresOptions) -> Result<Self, StartError> {
        let opened =
            Postgres::open(url.with_password(), options).map_err(|error| StartError::database(&error))?;
        Ok(Self::Database(Box::new(opened)))
    }

    pub(crate) fn secrets(&self) -> &Secrets {
        match self {
            Self::Folder(opened) => opened.secrets(),
            Self::Database(opened) => opened.secrets(),
        }
    }

    pub(crate) fn epochs(&self) -> Arc<Epochs> {
        match self {
            Self::Folder(opened) => opened.epochs(),
            Self::Database(opened) => opened.epochs(),
        }
    }

    /// The log's last events, as many as fit into `bytes`. Blocks.
    pub(crate) fn recent(&self, bytes: usize) -> Result<Vec<Event>, StartError> {
        let (recent, next_step) = match self {
            Self::Folder(opened) => (opened.recent(bytes), WHAT_HELPS),
            Self::Database(opened) => {
                (opened.recent(bytes), "See what PostgreSQL logs; if it is damaged, restore a backup of it.")
            }
        };
        recent.map_err(|error: StoreError| StartError::Data {
            what: error.to_string(),
            next_step: next_step.to_owned(),
        })
    }

    /// Starts the writer, which gives every committed batch to `tail`.
    pub(crate) fn start(self, clock: Clock, tail: Arc<dyn Tail>) -> Result<Arc<dyn Store>, StartError> {
        match self {
            Self::Folder(opened) => {
                opened.start(chinwag_chat::decide, clock, tail).map_err(StartError::store)
            }
            Self::Database(opened) => {
                opened.start(chinwag_chat::decide, clock, tail).map_err(|error| StartError::database(&error))
            }
        }
    }
}
