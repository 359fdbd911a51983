//! When accounts were last seen, on its way to the store.

use std::collections::HashMap;

use chinwag_protocol::{AccountId, Timestamp};
use chinwag_store::Presence;

use super::Statuses;

/// An account is written at most once in so long.
const EVERY_MS: u64 = 60_000;
/// Accounts that wait to be written; one more is written when it is noted again.
const WAITING_MAX: usize = 200_000;

#[derive(Debug, Default)]
pub(super) struct LastSeen {
    waiting: HashMap<AccountId, Timestamp>,
    /// When each was last taken to be written, of those that were of late.
    taken: HashMap<AccountId, u64>,
}

impl LastSeen {
    pub(super) fn note(&mut self, account: AccountId, at: Timestamp) {
        if let Some(waiting) = self.waiting.get_mut(&account) {
            *waiting = at.max(*waiting);
        } else if self.waiting.len() < WAITING_MAX {
            self.waiting.insert(account, at);
        }
    }

    fn take(&mut self, now_ms: u64) -> Vec<Presence> {
        self.taken.retain(|_, taken_ms| now_ms < *taken_ms + EVERY_MS);
        let taken = &self.taken;
        let due: Vec<_> = self.waiting.extract_if(|account, _| !taken.contains_key(account)).collect();
        self.taken.extend(due.iter().map(|(account, _)| (*account, now_ms)));
        due.into_iter().map(|(account, at)| Presence::Seen { account, at }).collect()
    }
}

impl Statuses {
    /// What is to be written now.
    pub(crate) fn take_seen(&self, now_ms: u64) -> Vec<Presence> {
        self.table.lock().seen.take(now_ms)
    }

    /// What is to be written when the server goes: all that waits, and that who is there was seen now.
    pub(crate) fn take_all_seen(&self) -> Vec<Presence> {
        let mut table = self.table.lock();
        let now = (table.clock)();
        let there: Vec<AccountId> = table.there().collect();
        there.into_iter().for_each(|account| table.seen.note(account, now));
        let waiting = std::mem::take(&mut table.seen.waiting);
        waiting.into_iter().map(|(account, at)| Presence::Seen { account, at }).collect()
    }
}
