//! Why nothing can be stored, while that is so.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::StoreMetrics;

/// Set by the writer, read by whoever asks.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    reason: Arc<Mutex<Option<String>>>,
    metrics: StoreMetrics,
}

impl Trouble {
    pub(crate) fn new(metrics: &StoreMetrics) -> Self {
        Self { reason: Arc::default(), metrics: metrics.clone() }
    }

    pub(crate) fn now(&self) -> Option<String> {
        self.reason.lock().clone()
    }

    pub(crate) fn is(&self, reason: String) {
        *self.reason.lock() = Some(reason);
        self.metrics.failing.set(1);
    }

    pub(crate) fn is_over(&self) {
        *self.reason.lock() = None;
        self.metrics.failing.set(0);
    }
}
