//! Signs out devices that nobody has seen for long.

use std::sync::Arc;
use std::time::Duration;

use chinwag_chat::{ExpireDevice, Request};
use chinwag_protocol::Timestamp;
use chinwag_store::{Clock, Store};

/// Devices that are looked at each time.
const PAGE: usize = 1_000;

/// Looks for such devices now and then. On a database of several servers each does; a device is signed out once.
pub(crate) struct Expiry {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Clock,
    /// How long a device may ask for nothing.
    pub(crate) unseen: Duration,
}

impl Expiry {
    /// Goes on for ever.
    pub(crate) async fn run(self, interval: Duration) {
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // The first comes at once: those who have come back since the server was started must be seen before.
        ticks.tick().await;
        loop {
            ticks.tick().await;
            self.sweep().await;
        }
    }

    async fn sweep(&self) {
        let unseen_ms = i64::try_from(self.unseen.as_millis()).unwrap_or(i64::MAX);
        let unseen_since = Timestamp::from_millis((self.clock)().as_millis().saturating_sub(unseen_ms));
        let devices = match self.store.unseen_devices(unseen_since, PAGE).await {
            Ok(devices) => devices,
            Err(error) => return tracing::warn!(%error, "devices that are not used could not be looked for"),
        };
        let mut refused = 0_usize;
        for actor in &devices {
            let request = Request::ExpireDevice(ExpireDevice { actor: *actor, unseen_since });
            refused += usize::from(self.store.submit(request).await.is_err());
        }
        if !devices.is_empty() {
            tracing::info!(devices = devices.len(), refused, "devices that were not used were signed out");
        }
    }
}
