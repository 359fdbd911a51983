//! Why nothing can be stored, while that is so.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::StoreMetrics;

/// Set by the writer, read by whoever asks.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    reason: Arc<Mutex<Option<String>>>,
    metrics: StoreMetrics,
}

impl Trouble {
    pub(super) fn new(metrics: &StoreMetrics) -> Self {
        Self { reason: Arc::default(), metrics: metrics.clone() }
    }

    pub(super) fn now(&self) -> Option<String> {
        self.reason.lock().clone()
    }

    pub(super) fn is(&self, reason: String) {
        *self.reason.lock() = Some(reason);
        self.metrics.failing.set(1);
    }

    pub(super) fn is_over(&self) {
        *self.reason.lock() = None;
        self.metrics.failing.set(0);
    }
}
