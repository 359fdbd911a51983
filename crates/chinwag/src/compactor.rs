//! Takes away the log's rows of keyed events that were replaced (decision 0013).

use std::sync::Arc;
use std::time::{Duration, Instant};

use chinwag_hub::Hub;
use chinwag_protocol::Timestamp;
use chinwag_store::{Clock, Store, StoreError};

/// A row stays for so long after it was replaced: a range of the log that is younger is whole, and its count proves it.
const KEPT: Duration = Duration::from_secs(10 * 60);
/// Rows that one batch of the writer takes away.
const ROWS: usize = 1_000;

/// Looks for such rows now and then. On a database of several servers each does; a row is taken away once.
pub(crate) struct Compactor {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) hub: Hub,
    pub(crate) clock: Clock,
}

impl Compactor {
    /// Goes on for ever.
    pub(crate) async fn run(self, interval: Duration) {
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match self.compact().await {
                Ok(0) => {}
                Ok(rows) => tracing::debug!(rows, "rows of replaced events were taken away"),
                Err(error) => tracing::warn!(%error, "rows of replaced events are taken away later"),
            }
        }
    }

    async fn compact(&self) -> Result<u64, StoreError> {
        let mut removed = 0;
        loop {
            let started = Instant::now();
            let kept_ms = i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX);
            let until = Timestamp::from_millis((self.clock)().as_millis().saturating_sub(kept_ms));
            let rows = self.store.forget_replaced(self.hub.tail(), until, ROWS).await?;
            removed += rows;
            if rows < ROWS as u64 {
                return Ok(removed);
            }
            // Most of the writer's time is for others, however many there are.
            tokio::time::sleep(4 * started.elapsed()).await;
        }
    }
}
