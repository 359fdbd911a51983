//! The thread that decides and commits.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use tokio::runtime::Runtime;

use super::failure::{Failure, Result};
use super::log::{Log, Unanswered};
use crate::StoreMetrics;
use crate::batch::{Answers, answer, ended_removals, refuse};
use crate::pause::Pause;
use crate::queue::{Queued, Work};
use crate::trouble::Trouble;

/// Owns the connection that writes, and drives it.
pub(super) struct Writer {
    pub(super) runtime: Runtime,
    pub(super) log: Log,
    pub(super) metrics: StoreMetrics,
    pub(super) trouble: Trouble,
    /// Set while the database cannot be written to: everything is refused until the next try has succeeded.
    pub(super) failing: Option<Pause>,
}

impl Writer {
    /// Works until the queue is closed and done.
    pub(super) fn run(mut self, queued: &Queued) {
        loop {
            let until = match &self.failing {
                Some(pause) => pause.next,
                None => Instant::now() + self.log.options.poll,
            };
            let Some(batch) = queued.take_batch(Some(until)) else { break };
            if self.failing.is_some_and(|pause| pause.next <= Instant::now()) {
                self.repair();
            }
            if !batch.is_empty() {
                self.work(batch);
            } else if self.failing.is_none() {
                self.follow();
            }
        }
    }

    fn work(&mut self, batch: Vec<Work>) {
        if let Some(reason) = self.trouble.now() {
            return refuse(batch, &reason);
        }
        let started = Instant::now();
        let mut result = self.attempt(&batch);
        if let Err(Unanswered::Lost(failure)) = &result
            && failure.is_of_the_connection()
        {
            // PostgreSQL was restarted, perhaps. Nothing of the batch was sent to be stored, so nobody need be told.
            tracing::warn!(%failure, "the connection that writes was lost and is made anew");
            if !self.recover() {
                return refuse(batch, &failure.to_string());
            }
            result = self.attempt(&batch);
        }
        let failure = match result {
            Ok(answers) => return self.answer(batch, answers, started),
            Err(unanswered) => match self.settle(unanswered, batch.len()) {
                Ok(answers) => return self.answer(batch, answers, started),
                Err(failure) => failure,
            },
        };
        if matches!(failure, Failure::Damaged { .. }) && batch.len() > 1 {
            // Whoever does not touch what is damaged must not be refused for it.
            return batch.into_iter().for_each(|work| self.work(vec![work]));
        }
        refuse(batch, &failure.to_string());
    }

    /// A panic is a failure like any other: nobody waits for an answer that never comes.
    fn attempt(&mut self, batch: &[Work]) -> std::result::Result<Answers, Unanswered> {
        let Self { runtime, log, .. } = self;
        catch_unwind(AssertUnwindSafe(|| runtime.block_on(log.commit(batch))))
            .unwrap_or(Err(Unanswered::Lost(Failure::Panicked)))
    }

    fn answer(&self, batch: Vec<Work>, answers: Answers, started: Instant) {
        let metrics = &self.metrics;
        metrics.batches.inc();
        metrics.batched.inc_by(batch.len() as u64);
        metrics.batch_seconds.observe(started.elapsed().as_secs_f64());
        metrics.removals.inc_by(ended_removals(&answers.replies));
        metrics.forgotten.inc_by(answers.forgotten);
        metrics.state_rows.set(self.log.state.len() as i64);
        answer(batch, answers);
    }

    /// Goes on after a batch that was not answered. Its answers, if it turns out to be stored.
    fn settle(&mut self, unanswered: Unanswered, requests: usize) -> Result<Answers> {
        let (failure, stored) = match unanswered {
            Unanswered::Lost(failure) => (failure, None),
            Unanswered::InDoubt { failure, step, answers } => (failure, Some((step, answers))),
        };
        tracing::error!(%failure, requests, "a batch could not be stored, or it is not known that it was");
        let recovered = self.recover();
        if let Some((step, answers)) = stored
            && recovered
            && matches!(self.runtime.block_on(self.log.has_stored(&step)), Ok(true))
        {
            tracing::info!("the batch was stored");
            return Ok(answers);
        }
        self.metrics.failed_batches.inc();
        if matches!(failure, Failure::Damaged { .. }) {
            self.metrics.damage_met.inc();
        }
        Err(failure)
    }

    fn follow(&mut self) {
        let Self { runtime, log, .. } = self;
        let followed = catch_unwind(AssertUnwindSafe(|| runtime.block_on(log.follow())));
        let Err(failure) = followed.unwrap_or(Err(Failure::Panicked)) else { return };
        tracing::warn!(%failure, "the log could not be followed");
        self.recover();
    }

    /// Takes up the log again on another connection, at once; if that cannot be, later and later.
    fn recover(&mut self) -> bool {
        let Err(failure) = self.resume() else { return true };
        tracing::error!(%failure, "nothing can be stored until the database can be written to again");
        self.trouble.is(failure.to_string());
        self.failing = Some(Pause::begin(self.log.options.repair_first));
        false
    }

    fn repair(&mut self) {
        let Some(mut pause) = self.failing.take() else { return };
        match self.resume() {
            Ok(()) => {
                self.trouble.is_over();
                self.metrics.repairs.inc();
                tracing::info!("storing goes on");
            }
            Err(failure) => {
                tracing::warn!(%failure, "still nothing can be stored");
                self.trouble.is(failure.to_string());
                pause.wait_longer(self.log.options.repair_longest);
                self.failing = Some(pause);
            }
        }
    }

    fn resume(&mut self) -> Result<()> {
        let Self { runtime, log, .. } = self;
        let resumed = catch_unwind(AssertUnwindSafe(|| runtime.block_on(log.resume())));
        let resumed = resumed.unwrap_or(Err(Failure::Panicked));
        if resumed.is_err() {
            log.session = None;
        }
        resumed
    }
}
