//! What accounts read: loaded when the first connection comes, kept current from the log, forgotten a while after the last
//! has gone.

use chinwag_protocol::{AccountId, Actor, Pos, Topic};
use chinwag_store::{StoreError, Topics};

use super::timers::Due;
use super::{Effect, Shard};
use crate::actors::Actors;
use crate::readers::{Reader, Readers};
use crate::sink::Sink;
use crate::window::Change;

impl<S: Sink> Shard<S> {
    /// Who of those that come reads, and whether nobody does: all of their devices were signed out, as far back as the window
    /// reaches. Then the first stays, whose end is that of the connection.
    pub(super) fn enter(&mut self, actors: &Actors, mut lost: Vec<AccountId>) -> (Readers, bool) {
        if let Some(actor) = actors.only().filter(|_| lost.is_empty()) {
            let reader = Reader { account: self.enter_account(actor.account), device: actor.device };
            return (Readers::One(reader), self.was_signed_out(&actor));
        }
        let is_out = |actor: &&Actor| self.was_signed_out(actor);
        let out: Vec<Actor> = actors.as_slice().iter().filter(is_out).copied().collect();
        let all_out = out.len() == actors.as_slice().len();
        let gone = &out[usize::from(all_out)..];
        lost.extend(gone.iter().map(|actor| actor.account));
        let staying = actors.as_slice().iter().filter(|actor| !gone.contains(actor));
        let reader =
            |actor: &Actor| Reader { account: self.enter_account(actor.account), device: actor.device };
        (Readers::new(staying.map(reader).collect(), lost), all_out)
    }

    /// The account's index; asks for its topics if it is new here.
    fn enter_account(&mut self, id: AccountId) -> u32 {
        let (index, new) = self.topics.enter(id);
        if new {
            self.statuses.enter(self.number, id);
            self.effects.push(Effect::ReadTopics(id));
        }
        index
    }

    /// Takes what an account reads, as of `topics.head`.
    pub(crate) fn topics_read(&mut self, id: AccountId, topics: Result<Topics, StoreError>, now_ms: u64) {
        let Some(index) = self.topics.find(id) else { return };
        let topics = match topics {
            Ok(topics) => topics,
            Err(error) => {
                // Clients come back with their cursors; the next attempt reads again.
                tracing::warn!(%error, "could not read what an account reads; its connections are closed");
                self.drop_account(index, now_ms);
                return;
            }
        };
        while self.advance(now_ms) {}
        if topics.head > self.pos {
            // The store has committed what the tail does not show yet; it will in a moment.
            self.early_topics.push((id, topics));
            return;
        }
        self.fill_account(index, &topics, now_ms);
    }

    /// Uses the answers that were ahead of the shard, once it has caught up with them.
    pub(super) fn use_early_topics(&mut self, now_ms: u64) {
        if self.early_topics.is_empty() {
            return;
        }
        let (ready, early) = self.early_topics.drain(..).partition(|(_, topics)| topics.head <= self.pos);
        self.early_topics = early;
        let ready: Vec<(AccountId, Topics)> = ready;
        for (id, topics) in ready {
            if let Some(index) = self.topics.find(id) {
                self.fill_account(index, &topics, now_ms);
            }
        }
    }

    fn fill_account(&mut self, index: u32, topics: &Topics, now_ms: u64) {
        let id = self.topics.account(index).id;
        let changes = {
            let window = self.publisher.window();
            if !window.reaches(topics.head) {
                // It took longer than the window is long: read again.
                self.effects.push(Effect::ReadTopics(id));
                return;
            }
            let positions = window.positions(Topic::Account(id), topics.head, self.pos);
            positions.filter_map(|pos| window.get(pos).map(|entry| entry.change.clone())).collect::<Vec<_>>()
        };
        self.topics.fill(index, topics);
        self.statuses.learn(id, topics.invisible, now_ms);
        self.count(id);
        for change in &changes {
            self.topics.apply(change);
        }
        self.cut_withdrawn(index, now_ms);
        for stream in self.topics.account(index).streams.clone() {
            self.drive(stream, now_ms);
        }
        for poll in self.topics.account(index).polls.clone() {
            self.wake_poll(poll);
        }
    }

    /// The window has run away from this shard: joins and leaves were missed, so everything is read anew.
    pub(super) fn reload_all_accounts(&mut self) {
        self.early_topics.clear();
        for index in self.topics.indices() {
            self.topics.empty(index);
            self.effects.push(Effect::ReadTopics(self.topics.account(index).id));
        }
    }

    /// A connection of the account has gone.
    pub(super) fn left_account(&mut self, index: u32, now_ms: u64) {
        let account = self.topics.account_mut(index);
        if account.streams.is_empty() && account.polls.is_empty() {
            account.idle_since_ms = now_ms;
            let due = now_ms + self.options.topics_kept.as_millis() as u64;
            self.wheel.insert(Due::Account(index), due);
        }
    }

    /// Forgets an account that nobody came back to.
    pub(super) fn account_due(&mut self, index: u32, now_ms: u64) {
        if !self.topics.contains(index) {
            return;
        }
        let kept = self.options.topics_kept.as_millis() as u64;
        let account = self.topics.account(index);
        if account.streams.is_empty() && account.polls.is_empty() && now_ms >= account.idle_since_ms + kept {
            self.forget_account(index);
        }
    }

    fn forget_account(&mut self, index: u32) {
        let id = self.topics.account(index).id;
        self.topics.remove(index);
        self.statuses.leave(self.number, id);
    }

    fn drop_account(&mut self, index: u32, now_ms: u64) {
        for stream in self.topics.account(index).streams.clone() {
            self.remove_stream(stream, now_ms);
        }
        self.fail_polls(index, now_ms);
        self.forget_account(index);
    }

    /// Whether the device was signed out, as far back as the window reaches: its session may have been looked up just before.
    fn was_signed_out(&self, actor: &Actor) -> bool {
        let window = self.publisher.window();
        let mut own = window.positions(Topic::Account(actor.account), Pos::ZERO, self.pos);
        own.any(|pos| {
            window.get(pos).is_some_and(
                |entry| matches!(entry.change, Change::DeviceRemoved { device, .. } if device == actor.device),
            )
        })
    }

    /// Where the account's readers stand when they have everything.
    pub(super) fn tail(&self) -> Pos {
        self.pos
    }
}
