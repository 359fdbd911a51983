//! Connections that read, each lent to one reader at a time.

use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{
    Manager, Metrics, Object, Pool, PoolError, QueueMode, RecycleError, RecycleResult, TimeoutType,
};
use prometheus_client::metrics::counter::Counter;

use super::PostgresOptions;
use super::address::Address;
use super::failure::{Failure, Result};
use super::session::{Answer, Session, within};
use super::statements;
use crate::StoreError;

/// What a reader prepares.
pub(super) const STATEMENTS: &[&str] = &[
    statements::HEAD,
    statements::EVENTS_BACK,
    statements::EVENTS_AT,
    statements::EVENTS_OF_TOPIC,
    statements::EVENTS_OF_ROWS,
    statements::MARKS_OF,
    statements::PINS,
    statements::REACTORS,
    statements::CARDS,
    statements::CONVERSATIONS,
    statements::SESSION,
    statements::CARD,
    statements::CREDENTIAL,
    statements::CREDENTIAL_OF_USERNAME,
    statements::OWN_DEVICES,
    statements::UNSEEN_DEVICES,
    statements::GUESTS,
    statements::REMOVALS,
    statements::PLACE,
    statements::CONVERSATION,
    statements::MEMBERS,
    statements::BANS,
    statements::INVITES_OF,
    statements::INVITATION,
    statements::TOPICS,
    statements::VISIBLE,
    statements::SYNC,
    statements::BLOCKS,
    statements::LISTED_ROOMS,
    statements::ACQUAINTANCES,
    statements::ROOMS_OF,
    statements::TYPIST,
    statements::MUTUAL,
    statements::BLOCKED,
    statements::PRESENT_MEMBERS,
    statements::MISSED,
    statements::RULING,
    statements::RULINGS,
    statements::ALL_ACCOUNTS,
    statements::ALL_USERNAMES,
    statements::ALL_ROOMS,
    statements::ANY_CONVERSATION,
    statements::ANY_MEMBERS,
    statements::ANY_END,
    statements::KEYED,
    statements::READ_SO_FAR,
    statements::ALL_READ_SO_FAR,
    statements::COMPACTED,
    statements::RECEIVED,
    statements::OWN_KEYED,
    statements::RECEIPTS,
];

/// The pool. What it lends is connected when it is needed.
#[derive(Debug, Clone)]
pub(super) struct Readers {
    pool: Pool<Connecting>,
    patience: Duration,
    damage_met: Counter,
}

/// Makes connections.
#[derive(Debug)]
pub(super) struct Connecting {
    address: Address,
    options: PostgresOptions,
}

impl Manager for Connecting {
    type Type = Session;
    type Error = Failure;

    async fn create(&self) -> Result<Session> {
        Session::reader(&self.address, &self.options).await
    }

    async fn recycle(&self, session: &mut Session, _: &Metrics) -> RecycleResult<Failure> {
        if session.is_closed() { Err(RecycleError::message("the connection is closed")) } else { Ok(()) }
    }
}

impl Readers {
    /// Counts reads that meet damage in `damage_met`.
    pub(super) fn new(address: Address, options: PostgresOptions, damage_met: Counter) -> Result<Self> {
        let (patience, most) = (options.read_patience, options.readers.max(1));
        let pool = Pool::builder(Connecting { address, options })
            .max_size(most)
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(patience))
            .build()
            .map_err(|error| Failure::Unusable(error.to_string()))?;
        Ok(Self { pool, patience, damage_met })
    }

    /// Runs `read` on a connection; on another one again if the connection turns out to be gone.
    pub(super) async fn read<T>(
        &self,
        read: impl for<'s> Fn(&'s Session) -> Answer<'s, T>,
    ) -> std::result::Result<T, StoreError> {
        let result = match self.attempt(&read).await {
            // The server was restarted, perhaps, and all its old connections are gone.
            Err(failure) if failure.is_of_the_connection() && !matches!(failure, Failure::Late(_)) => {
                self.pool.retain(|session, _| !session.is_closed());
                self.attempt(&read).await
            }
            result => result,
        };
        if let Err(Failure::Damaged { .. }) = &result {
            self.damage_met.inc();
        }
        Ok(result?)
    }

    async fn attempt<T>(&self, read: &impl for<'s> Fn(&'s Session) -> Answer<'s, T>) -> Result<T> {
        let session = self.pool.get().await.map_err(not_lent)?;
        let result = within(self.patience, read(&session)).await;
        if result.as_ref().is_err_and(Failure::is_of_the_connection) {
            // It is not lent again.
            drop(Object::take(session));
        }
        result
    }

    /// Refuses all reads that follow. Those that run go on.
    pub(super) fn close(&self) {
        self.pool.close();
    }
}

fn not_lent(error: PoolError<Failure>) -> Failure {
    match error {
        PoolError::Backend(failure) => failure,
        PoolError::Closed => Failure::Closed,
        PoolError::Timeout(TimeoutType::Wait) => {
            Failure::Unusable("every connection that reads is busy for too long".to_owned())
        }
        error => Failure::Unusable(error.to_string()),
    }
}
