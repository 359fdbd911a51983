//! One connection to the database, with the statements that it has prepared.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use foldhash::{HashMap, HashMapExt};
use tokio::task::AbortHandle;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

use super::PostgresOptions;
use super::address::Address;
use super::failure::{Failure, Result};

pub(super) type Parameters<'p> = &'p [&'p (dyn ToSql + Sync)];

/// An answer that is on its way.
pub(super) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Plans are made once and for any parameters, of indexes and nested loops alone: what is right for a full table, whatever
/// the server knows of it. Compiling a plan takes longer than running it.
const PLANS: &str =
    "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off;
    SET enable_mergejoin = off; SET enable_bitmapscan = off; SET enable_sort = off; SET jit = off; SET client_min_messages = warning;";

/// Begins a transaction to write, whatever the database's defaults are. Each statement sees what was committed before it, so
/// that what is read under a lock is the latest.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// A connection. Ends when it is dropped.
#[derive(Debug)]
pub(super) struct Session {
    client: Client,
    prepared: HashMap<&'static str, Statement>,
    driver: AbortHandle,
}

impl Drop for Session {
    fn drop(&mut self) {
        // Else a server that does not answer would keep it.
        self.driver.abort();
    }
}

impl Session {
    /// Connects, as the program `name` to those who look at the server. What goes wrong is the driver's error, so that the
    /// first to connect can explain it.
    pub(super) async fn connect(address: &Address, name: &str, patience: Duration) -> Result<Self> {
        let mut config = address.config.clone();
        config.application_name(name);
        let connecting = config.connect(address.tls.clone());
        let (client, connection) =
            tokio::time::timeout(patience, connecting).await.map_err(|_| Failure::Late(patience))??;
        let driver = tokio::spawn(async move {
            // Whoever waits for an answer is told.
            drop(connection.await);
        });
        Ok(Self { client, prepared: HashMap::new(), driver: driver.abort_handle() })
    }

    /// Connects to write.
    pub(super) async fn writer(address: &Address, options: &PostgresOptions) -> Result<Self> {
        let mut session = Self::connect(address, "chinwag writer", options.connect_patience).await?;
        session.become_writer(options).await?;
        Ok(session)
    }

    /// From now on it is what [`Session::writer`] makes; the schema must be there.
    pub(super) async fn become_writer(&mut self, options: &PostgresOptions) -> Result<()> {
        let becoming = async {
            self.set(&settings_of_writer(options)).await?;
            self.prepare(super::log::STATEMENTS).await
        };
        within(options.connect_patience, becoming).await
    }

    /// Connects to read.
    pub(super) async fn reader(address: &Address, options: &PostgresOptions) -> Result<Self> {
        let mut session = Self::connect(address, "chinwag reader", options.connect_patience).await?;
        let patience = options.read_patience.as_millis();
        let settings =
            format!("{PLANS} SET default_transaction_read_only = on; SET statement_timeout = {patience};");
        let prepare = async {
            session.set(&settings).await?;
            session.prepare(super::readers::STATEMENTS).await
        };
        within(options.connect_patience, prepare).await?;
        Ok(session)
    }

    /// Runs statements that answer nothing.
    pub(super) async fn set(&self, sql: &str) -> Result<()> {
        Ok(self.client.batch_execute(sql).await?)
    }

    /// Prepares statements, all in one flight.
    pub(super) async fn prepare(&mut self, statements: &[&'static str]) -> Result<()> {
        let client = &self.client;
        let preparing = statements
            .iter()
            .map(|sql| -> Answer<'_, Statement> { Box::pin(async move { Ok(client.prepare(sql).await?) }) })
            .collect();
        let prepared = flight(preparing).await?;
        self.prepared.extend(statements.iter().copied().zip(prepared));
        Ok(())
    }

    /// Runs a statement that was prepared. It is sent when this is polled for the first time.
    pub(super) async fn query(&self, sql: &'static str, parameters: Parameters<'_>) -> Result<Vec<Row>> {
        Ok(self.client.query(self.prepared(sql)?, parameters).await?)
    }

    /// As [`Session::query`], for at most one row.
    pub(super) async fn query_opt(
        &self,
        sql: &'static str,
        parameters: Parameters<'_>,
    ) -> Result<Option<Row>> {
        Ok(self.query(sql, parameters).await?.pop())
    }

    /// As [`Session::query`], for a row that is always there; `table` has it.
    pub(super) async fn query_one(
        &self,
        sql: &'static str,
        parameters: Parameters<'_>,
        table: &str,
    ) -> Result<Row> {
        self.query_opt(sql, parameters).await?.ok_or_else(|| Failure::damaged(table, "its row is missing"))
    }

    /// Runs a statement that was prepared, and gives the number of rows that it changed.
    pub(super) async fn execute(&self, sql: &'static str, parameters: Parameters<'_>) -> Result<u64> {
        Ok(self.client.execute(self.prepared(sql)?, parameters).await?)
    }

    /// Runs a statement once, at the start.
    pub(super) async fn once(&self, sql: &str, parameters: Parameters<'_>) -> Result<Vec<Row>> {
        Ok(self.client.query(sql, parameters).await?)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    fn prepared(&self, sql: &'static str) -> Result<&Statement> {
        self.prepared.get(sql).ok_or_else(|| Failure::Unusable(format!("a statement is not prepared: {sql}")))
    }
}

/// A writer that is silent inside its transaction, or whose network is, is cut off, so that it does not hold up the others
/// for long. `synchronous_commit` may be stronger than `on`, never weaker.
fn settings_of_writer(options: &PostgresOptions) -> String {
    let (idle, commit) = (options.idle_patience.as_millis(), options.commit_patience.as_millis());
    let synchronous = if chinwag_sabotage::breaks(chinwag_sabotage::Promise::Fsync) { "off" } else { "on" };
    format!(
        "{PLANS} SET idle_in_transaction_session_timeout = {idle}; SET tcp_user_timeout = {idle};
        SET statement_timeout = {commit};
        SELECT set_config('synchronous_commit', '{synchronous}', false)
            WHERE current_setting('synchronous_commit') <> 'remote_apply';"
    )
}

/// The driver logs the parameters of each statement as `debug`: texts of messages, hashes of tokens. They never come into a log.
const _: () = assert!(
    cfg!(debug_assertions) || log::STATIC_MAX_LEVEL as usize <= log::LevelFilter::Info as usize,
    "the crate `log` has its feature release_max_level_info"
);

/// Gives up on what takes too long. The connection cannot be used any more then.
pub(super) async fn within<T>(patience: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(patience, work).await.unwrap_or(Err(Failure::Late(patience)))
}

/// Sends all of `answers` before it waits for the first, in their order. The first failure counts.
pub(super) async fn flight<T>(mut answers: Vec<Answer<'_, T>>) -> Result<Vec<T>> {
    let mut done: Vec<Option<Result<T>>> = answers.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut waiting = false;
        for (answer, done) in answers.iter_mut().zip(&mut done) {
            if done.is_none() {
                match answer.as_mut().poll(context) {
                    Poll::Ready(result) => *done = Some(result),
                    Poll::Pending => waiting = true,
                }
            }
        }
        if waiting { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    done.into_iter().flatten().collect()
}
