//! What a store counts.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// Counters of a store.
#[derive(Debug, Clone)]
pub struct StoreMetrics {
    pub(crate) queued: Gauge,
    pub(crate) queued_bytes: Gauge,
    pub(crate) refused: Counter,
    pub(crate) batches: Counter,
    pub(crate) batched: Counter,
    pub(crate) failed_batches: Counter,
    pub(crate) failed_checkpoints: Counter,
    pub(crate) failing: Gauge,
    pub(crate) repairs: Counter,
    pub(crate) removals: Counter,
    pub(crate) forgotten: Counter,
    pub(crate) damage_met: Counter,
    pub(crate) batch_seconds: Histogram,
    pub(crate) state_rows: Gauge,
    pub(crate) recent_rows: Gauge,
}

impl Default for StoreMetrics {
    fn default() -> Self {
        Self {
            queued: Gauge::default(),
            queued_bytes: Gauge::default(),
            refused: Counter::default(),
            batches: Counter::default(),
            batched: Counter::default(),
            failed_batches: Counter::default(),
            failed_checkpoints: Counter::default(),
            failing: Gauge::default(),
            repairs: Counter::default(),
            removals: Counter::default(),
            forgotten: Counter::default(),
            damage_met: Counter::default(),
            // From half a millisecond to eight seconds.
            batch_seconds: Histogram::new(exponential_buckets(0.0005, 2.0, 15)),
            state_rows: Gauge::default(),
            recent_rows: Gauge::default(),
        }
    }
}

impl StoreMetrics {
    /// Names the counters for Prometheus.
    pub fn register(&self, registry: &mut Registry) {
        let r = registry.sub_registry_with_prefix("chinwag_store");
        r.register("queued", "Requests waiting for the writer", self.queued.clone());
        r.register("queued_bytes", "Bytes of the requests waiting for the writer", self.queued_bytes.clone());
        r.register("refused", "Requests refused because too many were waiting", self.refused.clone());
        r.register("batches", "Batches committed", self.batches.clone());
        r.register("batched", "Requests in committed batches", self.batched.clone());
        r.register("failed_batches", "Batches that could not be stored", self.failed_batches.clone());
        let help = "Times that the write-ahead log could not be emptied";
        r.register("failed_checkpoints", help, self.failed_checkpoints.clone());
        r.register("failing", "1 while nothing can be stored", self.failing.clone());
        let help = "Times that storing went on after the disk or the database had failed";
        r.register("repairs", help, self.repairs.clone());
        let help = "Removals of accounts that have come to their end";
        r.register("removals", help, self.removals.clone());
        let help = "Rows of replaced keyed events that were taken away";
        r.register("forgotten", help, self.forgotten.clone());
        let help = "Reads and batches that were given up because what is stored is damaged";
        r.register("damage_met", help, self.damage_met.clone());
        r.register("batch_seconds", "Time to decide and commit a batch", self.batch_seconds.clone());
        r.register("state_rows", "Rows that the writer keeps in memory", self.state_rows.clone());
        r.register("recent_rows", "Rows of timelines that are in memory", self.recent_rows.clone());
    }
}
