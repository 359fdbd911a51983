//! Networks that nobody may come from, in memory: every request asks.

use std::net::IpAddr;
use std::sync::Arc;

use chinwag_chat::{BANNED_ADDRESSES_MAX, Subject, SubjectKind};
use chinwag_protocol::{AccountId, AddressRange, Code, Event, Problem, Timestamp, Topic};
use chinwag_store::{Store, StoreError, Tail};
use parking_lot::RwLock;
use tokio::sync::{Mutex, Notify};

/// The networks that those who run the server have banned. It must be part of the tail that the store's writer publishes to, so
/// that what is decided on one server is read again by all.
#[derive(Default)]
pub struct AddressBans {
    ranges: RwLock<Vec<(AddressRange, Option<Timestamp>)>>,
    /// Told when something was decided.
    stale: Notify,
    /// One reads at a time: what was read later is newer.
    reading: Mutex<()>,
}

impl std::fmt::Debug for AddressBans {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AddressBans(..)")
    }
}

impl AddressBans {
    /// Bans nobody yet.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Refuses an address that is banned.
    pub(crate) fn check(&self, address: IpAddr, now: Timestamp) -> Result<(), Problem> {
        let holds = |(range, until): &&(AddressRange, Option<Timestamp>)| {
            until.is_none_or(|until| until > now) && range.contains(address)
        };
        match self.ranges.read().iter().find(holds) {
            None => Ok(()),
            Some(_) => {
                let detail = "Nobody is let in from this address for now. Ask those who run the server.";
                Err(Problem::new(Code::AddressBanned, detail))
            }
        }
    }

    /// Reads what is decided now.
    pub(crate) async fn read(&self, store: &dyn Store) -> Result<(), StoreError> {
        let _reading = self.reading.lock().await;
        let rulings = store.rulings(SubjectKind::Address, None, BANNED_ADDRESSES_MAX as usize).await?;
        let ranges = rulings.into_iter().filter_map(|(subject, terms)| match subject {
            Subject::Address(range) => Some((range, terms.until)),
            _ => None,
        });
        *self.ranges.write() = ranges.collect();
        Ok(())
    }

    /// Returns once something was decided that was not read.
    pub(crate) async fn stale(&self) {
        self.stale.notified().await;
    }
}

impl Tail for AddressBans {
    fn publish(&self, events: &[Event]) {
        if events.iter().any(|event| event.topic() == Topic::Account(AccountId::SERVER)) {
            self.stale.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_banned_until_its_time_is_over() {
        let bans = AddressBans::new();
        let at = Timestamp::from_millis;
        *bans.ranges.write() = vec![
            ("192.0.2.0/24".parse().unwrap(), None),
            ("2001:db8:1:2::/64".parse().unwrap(), Some(at(1_000))),
        ];
        for (address, now, banned) in [
            ("192.0.2.7", 0, true),
            ("::ffff:192.0.2.7", 0, true),
            ("192.0.3.7", 0, false),
            ("2001:db8:1:2::9", 999, true),
            ("2001:db8:1:2::9", 1_000, false),
            ("2001:db8:1:3::9", 0, false),
        ] {
            assert_eq!(bans.check(address.parse().unwrap(), at(now)).is_err(), banned, "{address} {now}");
        }
    }
}
