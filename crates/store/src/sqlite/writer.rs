//! The thread that decides and commits.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use chinwag_chat::{Append, Decide, Reply, State};
use chinwag_protocol::{Event, Pos, Problem};
use chinwag_sabotage::{Promise, breaks};
use rusqlite::{Connection, TransactionBehavior};

use super::SqliteOptions;
use super::append::{append, move_places};
use super::checkpoint::Checkpointer;
use super::connection::open_writer;
use super::events::Events;
use super::failure::{Failure, Result};
use super::fold::Fold;
use super::load::load;
use super::queue::{Queued, Work};
use super::read::head;
use super::recent::SharedRecent;
use super::snapshot::Snapshot;
use crate::{Clock, StoreError, StoreMetrics, Tail};

/// Events that recovery reads and publishes at a time.
const RECOVERY_EVENTS: u32 = 1000;

/// What the writer is given to work with.
pub(super) struct Rules {
    pub(super) decide: Decide,
    pub(super) clock: Clock,
    pub(super) tail: Arc<dyn Tail>,
}

/// What a request is answered once its batch is durable.
type Decided = std::result::Result<Reply, Problem>;

/// Owns the connection that writes.
pub(super) struct Writer {
    path: PathBuf,
    options: SqliteOptions,
    rules: Rules,
    metrics: StoreMetrics,
    checkpointer: Checkpointer,
    /// None after a failure, until recovery has succeeded.
    connection: Option<Connection>,
    /// What the database says, for the rows that are in memory. Empty after a failure.
    state: State,
    /// The last rows of the timelines; as `state` if there is a connection, else as it happens to be.
    fold: Fold,
    recent: SharedRecent,
    /// Everything up to here was given to the tail.
    published: Pos,
}

impl Writer {
    pub(super) fn new(
        path: PathBuf,
        options: SqliteOptions,
        rules: Rules,
        connection: Connection,
        checkpointer: Checkpointer,
        metrics: StoreMetrics,
        recent: SharedRecent,
    ) -> Result<Self> {
        let head = head(&connection)?;
        let fold = Fold::load(&connection, &options, recent.clone())?;
        let state = State::at(head);
        let connection = Some(connection);
        Ok(Self {
            path,
            options,
            rules,
            metrics,
            checkpointer,
            connection,
            state,
            fold,
            recent,
            published: head,
        })
    }

    /// Works until the queue is closed and done, and gives the connection back for the last checkpoint.
    pub(super) fn run(mut self, queued: &Queued) -> Option<Connection> {
        loop {
            let batch = queued.take_batch();
            if batch.is_empty() {
                return self.connection;
            }
            let started = Instant::now();
            match self.attempt(&batch) {
                Ok(replies) => {
                    self.metrics.batches.inc();
                    self.metrics.batched.inc_by(batch.len() as u64);
                    self.metrics.batch_seconds.observe(started.elapsed().as_secs_f64());
                    self.metrics.state_rows.set(self.state.len() as i64);
                    self.metrics.recent_rows.set(self.fold.rows() as i64);
                    answer(batch, replies);
                }
                Err(failure) => {
                    self.metrics.failed_batches.inc();
                    tracing::error!(%failure, requests = batch.len(), "a batch could not be stored");
                    self.recover();
                    refuse(batch, &failure);
                }
            }
        }
    }

    /// A panic is a failure like any other: nobody waits for an answer that never comes.
    fn attempt(&mut self, batch: &[Work]) -> Result<Vec<Decided>> {
        if self.connection.is_none() {
            self.recover();
        }
        catch_unwind(AssertUnwindSafe(|| self.commit(batch))).unwrap_or_else(|_| {
            Err(Failure::damaged("the writer", "it panicked; the message stands above in the log"))
        })
    }

    /// Decides a batch, makes it durable, and publishes it. Gives what its requests are answered, in their order.
    ///
    /// Not inlined, so that `benches/instructions.rs` can count it.
    #[inline(never)]
    fn commit(&mut self, batch: &[Work]) -> Result<Vec<Decided>> {
        let Self { connection, state, fold, rules, options, .. } = self;
        let connection =
            connection.as_mut().ok_or_else(|| Failure::damaged("the writer", "no connection"))?;
        if state.len() > options.state_rows {
            *state = State::at(state.head);
        }
        if breaks(Promise::CommitThenAnswer) && !connection.is_autocommit() {
            connection.execute_batch("COMMIT")?;
        }
        let now = (rules.clock)();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let snapshot = Snapshot::of_writer(&transaction, fold.recent().clone());
        load(&snapshot, state, batch.iter().filter_map(Work::request))?;
        let mut replies = Vec::with_capacity(batch.len());
        let mut appends: Vec<Append> = Vec::with_capacity(batch.len());
        for work in batch {
            match work {
                Work::Request { request, .. } => {
                    let decision = (rules.decide)(state, request, now);
                    replies.push(decision.map(|decision| {
                        decision.appends.iter().for_each(|append| state.apply(append));
                        appends.extend(decision.appends);
                        decision.reply
                    }));
                }
                Work::Places { places, .. } => move_places(&transaction, places)?,
            }
        }
        fold.add(&appends)?;
        for event in &appends {
            append(&snapshot, event)?;
        }
        let round_end = fold.advance(&transaction)?;
        if breaks(Promise::CommitThenAnswer) {
            std::mem::forget(transaction);
        } else {
            transaction.commit()?;
        }
        if let Some(end) = round_end {
            fold.committed(end);
        }
        state.end_batch();
        if !appends.is_empty() {
            let events: Vec<Event> = appends.into_iter().map(|append| append.event).collect();
            rules.tail.publish(&events);
            self.published = state.head;
        }
        if let Err(failure) = self.checkpointer.after_commit(connection) {
            tracing::warn!(%failure, "the write-ahead log could not be emptied; it grows until it can");
        }
        Ok(replies)
    }

    /// Goes on after a failure, whose commit may or may not have been stored: takes what the database says now, and
    /// publishes what the tail has not had.
    ///
    /// A commit whose fsync failed is not stored: SQLite shows a transaction to nobody before its fsync has succeeded, and
    /// the next commit writes over its pages in the write-ahead log, so that no later fsync can pass for the failed one. The
    /// connection is opened anew all the same, so that nothing of the failed transaction stays in its memory. Should the
    /// process die before the next commit, the transaction may be found in the log and count as stored; opening the store
    /// then moves it into the database file, with fsyncs of its own, before anyone can read it.
    fn recover(&mut self) {
        self.connection = None;
        match catch_unwind(AssertUnwindSafe(|| self.reopen())) {
            Ok(Ok(connection)) => self.connection = Some(connection),
            Ok(Err(failure)) => {
                tracing::error!(%failure, "the database is not usable; the next request tries again")
            }
            Err(_) => tracing::error!("recovery panicked; the next request tries again"),
        }
    }

    fn reopen(&mut self) -> Result<Connection> {
        let connection = open_writer(&self.path, &self.options)?;
        let head = head(&connection)?;
        self.fold = Fold::load(&connection, &self.options, self.recent.clone())?;
        if head < self.published {
            let what = format!("it ends at {head}, but events up to {} were published", self.published);
            return Err(Failure::damaged("the log", what));
        }
        while self.published < head {
            let events = Events::new(&connection).after(self.published, RECOVERY_EVENTS)?;
            let last = events.last().ok_or_else(|| Failure::damaged("the log", "its end is missing"))?.pos;
            if !breaks(Promise::PublishAfterFailure) {
                self.rules.tail.publish(&events);
            }
            self.published = last;
        }
        self.state = State::at(head);
        Ok(connection)
    }
}

fn answer(batch: Vec<Work>, replies: Vec<Decided>) {
    let mut replies = replies.into_iter();
    for work in batch {
        // Who has stopped waiting finds the answer by sending again.
        match work {
            Work::Request { answer, .. } => drop(replies.next().map(|reply| answer.send(reply))),
            Work::Places { answer, .. } => drop(answer.send(Ok(()))),
        }
    }
}

fn refuse(batch: Vec<Work>, failure: &Failure) {
    for work in batch {
        match work {
            Work::Request { answer, .. } => drop(answer.send(Err(Problem::unavailable()))),
            Work::Places { answer, .. } => drop(answer.send(Err(StoreError::Database(failure.to_string())))),
        }
    }
}
