//! Signs out devices that nobody has seen for long, and those whose time is over.

use std::sync::Arc;
use std::time::Duration;

use chinwag_chat::{EndDevice, ExpireDevice, Request, Subject, SubjectKind};
use chinwag_protocol::{Actor, Timestamp};
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
            self.end().await;
        }
    }

    /// Signs out devices whose time is over. The first to end stand first.
    async fn end(&self) {
        let rulings = match self.store.rulings(SubjectKind::Expiry, None, PAGE).await {
            Ok(rulings) => rulings,
            Err(error) => return tracing::warn!(%error, "devices whose time is over could not be looked for"),
        };
        let now = (self.clock)();
        let mut ended = 0_usize;
        for (subject, terms) in &rulings {
            let (Subject::Expiry(at, device), Some(account)) = (*subject, terms.account) else { continue };
            if at > now {
                break;
            }
            let end = EndDevice { actor: Actor { account, device }, at };
            ended += usize::from(self.store.submit(Request::EndDevice(end)).await.is_ok());
        }
        if ended > 0 {
            tracing::info!(devices = ended, "devices whose time was over were signed out");
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
