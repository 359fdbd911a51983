//! What accounts have got: as their places move, which messages of which conversations that means, for the others to be told.

use chinwag_protocol::{AccountId, Pos};

use super::{Effect, Shard};
use crate::sink::Sink;

impl<S: Sink> Shard<S> {
    /// Accounts have acknowledged up to these places. Of one that nobody here reads for, others are told when it comes back.
    pub(crate) fn received(&mut self, accounts: Vec<(AccountId, Pos)>) {
        let mut all = Vec::new();
        for (id, pos) in accounts {
            let Some(index) = self.topics.find(id).filter(|index| self.topics.account(*index).ready) else {
                continue;
            };
            let account = self.topics.account_mut(index);
            let (from, to) = (account.place, pos.min(self.pos));
            if to <= from {
                continue;
            }
            account.place = to;
            if !account.receipts {
                continue;
            }
            let window = self.publisher.window();
            if window.reaches(from) {
                self.topics.received(index, &window, from, to, &mut all);
            } else {
                self.effects.push(Effect::ReadReceived(id, from, to));
            }
        }
        if !all.is_empty() {
            self.effects.push(Effect::Receive(all));
        }
    }
}
