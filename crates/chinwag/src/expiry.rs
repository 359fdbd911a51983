//! Signs out devices that nobody has seen for long and those whose time is over, and removes guests whom nobody has seen.

use std::sync::Arc;
use std::time::Duration;

use chinwag_chat::{EndDevice, ExpireDevice, ExpireGuest, Request, Subject, SubjectKind};
use chinwag_protocol::{AccountId, Actor, Timestamp};
use chinwag_store::{Clock, Store};

/// Devices and guests that are looked at each time.
const PAGE: usize = 1_000;

/// Looks for them now and then. On a database of several servers each does; a device is signed out once.
pub(crate) struct Expiry {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Clock,
    /// How long a device may ask for nothing.
    pub(crate) device_unseen: Duration,
    /// How long all of a guest's devices may.
    pub(crate) guest_unseen: Duration,
}

impl Expiry {
    /// Goes on for ever.
    pub(crate) async fn run(self, interval: Duration) {
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // The first comes at once: those who have come back since the server was started must be seen before.
        ticks.tick().await;
        let mut looked_up_to = None;
        loop {
            ticks.tick().await;
            self.sign_out_devices().await;
            looked_up_to = self.remove_guests(looked_up_to).await;
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

    fn before_now(&self, time: Duration) -> Timestamp {
        let ms = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis((self.clock)().as_millis().saturating_sub(ms))
    }

    /// Looks at the next guests. How far that got; none if the next time begins anew.
    async fn remove_guests(&self, after: Option<AccountId>) -> Option<AccountId> {
        let unseen_since = self.before_now(self.guest_unseen);
        let guests = match self.store.unseen_guests(unseen_since, after, PAGE).await {
            Ok(guests) => guests,
            Err(error) => {
                tracing::warn!(%error, "guests whom nobody has seen could not be looked for");
                return after;
            }
        };
        let mut refused = 0_usize;
        for account in &guests.accounts {
            let request = Request::ExpireGuest(ExpireGuest { account: *account, unseen_since });
            refused += usize::from(self.store.submit(request).await.is_err());
        }
        if !guests.accounts.is_empty() {
            tracing::info!(
                guests = guests.accounts.len(),
                refused,
                "looked at guests whom nobody has seen; those who own nothing were removed"
            );
        }
        guests.last
    }

    async fn sign_out_devices(&self) {
        let unseen_since = self.before_now(self.device_unseen);
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
