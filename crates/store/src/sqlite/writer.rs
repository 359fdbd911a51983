//! The thread that decides and commits.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Instant;

use chinwag_chat::{Append, RemovalStep, State};
use chinwag_protocol::{Event, Pos};
use chinwag_sabotage::{Promise, breaks};
use rusqlite::{Connection, TransactionBehavior};

use super::SqliteOptions;
use super::append::{append, move_places, take_step};
use super::checkpoint::Checkpointer;
use super::connection::{open_checkpointer, open_writer};
use super::events::Events;
use super::failure::{Failure, Result};
use super::fold::Fold;
use super::keyed;
use super::load::load;
use super::presence;
use super::read::head;
use super::readers::Readers;
use super::recent::SharedRecent;
use super::recovery::{Failing, Scope, reopen};
use super::snapshot::Snapshot;
use crate::StoreMetrics;
use crate::batch::{Answers, Rules, answer, ended_removals, refuse};
use crate::pause::Pause;
use crate::queue::{Queued, Work};
use crate::trouble::Trouble;

/// Events that recovery reads and publishes at a time.
const RECOVERY_EVENTS: u32 = 1000;

/// What the writer shares with the rest of the store.
pub(super) struct Shared {
    pub(super) metrics: StoreMetrics,
    pub(super) readers: Readers,
    pub(super) recent: SharedRecent,
    pub(super) trouble: Trouble,
}

/// Owns the connection that writes.
pub(super) struct Writer {
    path: PathBuf,
    options: SqliteOptions,
    rules: Rules,
    shared: Shared,
    /// These two are none after a failure, until recovery has succeeded.
    connection: Option<Connection>,
    checkpointer: Option<Checkpointer>,
    /// Set while the disk fails: everything is refused until the next try has succeeded.
    failing: Option<Failing>,
    /// What the database says, for the rows that are in memory. Empty after a failure.
    state: State,
    /// The last rows of the timelines; as `state` if there is a connection, else as it happens to be.
    fold: Fold,
    /// Everything up to here was given to the tail.
    published: Pos,
}

impl Writer {
    pub(super) fn new(
        path: PathBuf,
        options: SqliteOptions,
        rules: Rules,
        connection: Connection,
        shared: Shared,
    ) -> Result<Self> {
        let head = head(&connection)?;
        let fold = Fold::load(&connection, &options, shared.recent.clone())?;
        let mut writer = Self {
            path,
            options,
            rules,
            shared,
            connection: Some(connection),
            checkpointer: None,
            failing: None,
            state: State::at(head),
            fold,
            published: head,
        };
        writer.start_checkpointer()?;
        Ok(writer)
    }

    /// Works until the queue is closed and done, and gives the connection back for the last checkpoint.
    pub(super) fn run(mut self, queued: &Queued) -> Option<Connection> {
        while let Some(batch) = queued.take_batch(self.failing.as_ref().map(|failing| failing.pause.next)) {
            if self.failing.as_ref().is_some_and(|failing| failing.pause.next <= Instant::now()) {
                self.repair();
            }
            self.work(batch);
        }
        self.connection
    }

    fn work(&mut self, batch: Vec<Work>) {
        if batch.is_empty() {
            return;
        }
        if let Some(reason) = self.shared.trouble.now() {
            return refuse(batch, &reason);
        }
        let started = Instant::now();
        match self.attempt(&batch) {
            Ok(answers) => {
                let metrics = &self.shared.metrics;
                metrics.batches.inc();
                metrics.batched.inc_by(batch.len() as u64);
                metrics.batch_seconds.observe(started.elapsed().as_secs_f64());
                metrics.removals.inc_by(ended_removals(&answers.replies));
                metrics.forgotten.inc_by(answers.forgotten);
                metrics.state_rows.set(self.state.len() as i64);
                metrics.recent_rows.set(self.fold.rows() as i64);
                answer(batch, answers);
                if let Err(failure) = self.empty_log() {
                    self.fail(Scope::Everything, &failure);
                }
            }
            Err(failure) => {
                self.shared.metrics.failed_batches.inc();
                tracing::error!(%failure, requests = batch.len(), "a batch could not be stored");
                if matches!(failure, Failure::Damaged { .. }) {
                    self.shared.metrics.damage_met.inc();
                }
                self.recover(&failure);
                if matches!(failure, Failure::Damaged { .. }) && batch.len() > 1 {
                    // Whoever does not touch what is damaged must not be refused for it.
                    return batch.into_iter().for_each(|work| self.work(vec![work]));
                }
                refuse(batch, &failure.to_string());
            }
        }
    }

    /// A panic is a failure like any other: nobody waits for an answer that never comes.
    fn attempt(&mut self, batch: &[Work]) -> Result<Answers> {
        catch_unwind(AssertUnwindSafe(|| self.commit(batch))).unwrap_or(Err(Failure::Panicked))
    }

    /// Decides a batch, makes it durable, and publishes it. Gives what its requests are answered, in their order.
    ///
    /// Not inlined, so that `benches/instructions.rs` can count it.
    #[inline(never)]
    fn commit(&mut self, batch: &[Work]) -> Result<Answers> {
        let Self { connection, state, fold, rules, options, .. } = self;
        let connection =
            connection.as_mut().ok_or_else(|| Failure::Unusable("there is no connection".to_owned()))?;
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
        let mut steps: Vec<RemovalStep> = Vec::new();
        let mut forgotten = 0;
        for work in batch {
            match work {
                Work::Request { request, .. } => {
                    let decision = (rules.decide)(state, request, now);
                    replies.push(decision.map(|decision| {
                        decision.appends.iter().for_each(|append| state.apply(append));
                        appends.extend(decision.appends);
                        if let Some(step) = decision.step {
                            state.apply_step(&step);
                            steps.push(step);
                        }
                        decision.reply
                    }));
                }
                Work::Places { places, .. } => move_places(&transaction, places, now)?,
                Work::Presences { presences, .. } => presence::record(&transaction, presences)?,
                Work::Forget { below, until, limit, .. } => {
                    forgotten += keyed::forget_replaced(&transaction, *below, *until, *limit)?;
                }
            }
        }
        fold.add(&appends)?;
        for event in &appends {
            append(&snapshot, event)?;
        }
        steps.iter().try_for_each(|step| take_step(&snapshot, step, now))?;
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
        Ok(Answers { replies, forgotten })
    }

    fn empty_log(&self) -> Result<()> {
        match (&self.checkpointer, &self.connection) {
            (Some(checkpointer), Some(connection)) => checkpointer.after_commit(connection),
            _ => Ok(()),
        }
    }

    /// Goes on after a failure, whose commit may or may not have been stored: takes what the database says now, and
    /// publishes what the tail has not had. The connection is opened anew, so that nothing of the failed transaction
    /// stays in its memory. Where the disk is to blame, that waits until it is well again; see [`super::recovery`].
    fn recover(&mut self, failure: &Failure) {
        if failure.is_of_the_disk() {
            return self.fail(Scope::Writer, failure);
        }
        self.connection = None;
        let opened = catch_unwind(AssertUnwindSafe(|| {
            let connection = open_writer(&self.path, &self.options)?;
            self.resume(connection)
        }));
        match opened {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => self.fail(Scope::Writer, &failure),
            Err(_) => self.fail(Scope::Writer, &Failure::Panicked),
        }
    }

    /// Stores nothing from now on, until [`Writer::repair`] has succeeded.
    fn fail(&mut self, scope: Scope, failure: &Failure) {
        tracing::error!(%failure, "nothing can be stored until the disk is well again");
        self.shared.trouble.is(failure.to_string());
        self.connection = None;
        self.checkpointer = None;
        self.failing = Some(Failing { scope, pause: Pause::begin(self.options.repair_first) });
    }

    fn repair(&mut self) {
        let Some(mut failing) = self.failing.take() else { return };
        let mended = catch_unwind(AssertUnwindSafe(|| {
            let connection = reopen(&self.path, &self.options, &self.shared.readers, &mut failing.scope)?;
            self.resume(connection)?;
            self.start_checkpointer()
        }));
        let failure = match mended {
            Ok(Ok(())) => {
                self.shared.trouble.is_over();
                self.shared.metrics.repairs.inc();
                return tracing::info!("storing goes on");
            }
            Ok(Err(failure)) => failure,
            Err(_) => Failure::Panicked,
        };
        tracing::warn!(%failure, "still nothing can be stored");
        self.shared.trouble.is(failure.to_string());
        self.connection = None;
        self.checkpointer = None;
        failing.pause.wait_longer(self.options.repair_longest);
        self.failing = Some(failing);
    }

    fn start_checkpointer(&mut self) -> Result<()> {
        let failed = self.shared.metrics.failed_checkpoints.clone();
        let started = Checkpointer::start(open_checkpointer(&self.path)?, failed);
        self.checkpointer =
            Some(started.map_err(|error| Failure::unusable("a thread cannot be started", &error))?);
        Ok(())
    }

    /// Takes over what `connection` says, and publishes what the tail has not had of it.
    fn resume(&mut self, connection: Connection) -> Result<()> {
        let head = head(&connection)?;
        self.fold = Fold::load(&connection, &self.options, self.shared.recent.clone())?;
        if head < self.published {
            let what = format!("it ends at {head}, but events up to {} were published", self.published);
            return Err(Failure::damaged("the log", what));
        }
        while self.published < head {
            let (events, last) = Events::new(&connection).after(self.published, RECOVERY_EVENTS)?;
            let last = last.ok_or_else(|| Failure::damaged("the log", "its end is missing"))?;
            if !breaks(Promise::PublishAfterFailure) {
                self.rules.tail.publish(&events);
            }
            self.published = last;
        }
        self.state = State::at(head);
        self.connection = Some(connection);
        Ok(())
    }
}
