//! Views: what connections look at, and who may see whom of it.

use chinwag_protocol::{AccountId, Actor, ConversationId, StreamId, Timestamp};
use chinwag_store::{Sight as Seen, StoreError};

use super::{Effect, Shard};
use crate::metrics::Limit;
use crate::sink::{ConnectionKey, Sink};
use crate::views::{Holder, Question, Sight, View};
use crate::window::{Change, Circle};

impl<S: Sink> Shard<S> {
    /// A stream looks at other things from now on, in the name of one of its accounts.
    pub(super) fn look(&mut self, index: u32, viewer: AccountId, view: View, now_ms: u64) {
        self.look_away_stream(index, now_ms);
        let stream = &self.streams[index as usize];
        let readers = stream.readers.as_slice();
        let reader = readers.iter().find(|reader| self.topics.account(reader.account).id == viewer);
        let Some(reader) = reader.map(|reader| reader.account) else { return };
        let holder = Holder::Stream(stream.key);
        self.streams[index as usize].view = self.add_view(holder, reader, view);
        // What somebody has asked for does not wait for others' changes.
        self.ask_store();
    }

    /// The same by the stream's name. False if there is none of that name that reads for the device.
    pub(crate) fn look_by_name(&mut self, id: StreamId, actor: Actor, view: View, now_ms: u64) -> bool {
        let Some(account) = self.topics.find(actor.account) else { return false };
        let is_it = |index: &&u32| {
            let stream = &self.streams[**index as usize];
            let readers = stream.readers.as_slice();
            stream.id == id
                && readers.iter().any(|reader| reader.account == account && reader.device == actor.device)
        };
        let Some(&index) = self.topics.account(account).streams.iter().find(is_it) else { return false };
        self.look(index, actor.account, view, now_ms);
        true
    }

    /// Adds a view, unless there is no room for it.
    pub(super) fn add_view(&mut self, holder: Holder, viewer: u32, view: View) -> Option<u32> {
        if view.is_empty() {
            return None;
        }
        if self.views.places() + view.len() > self.options.looked_at_max {
            self.metrics.hit(Limit::LookedAt);
            return None;
        }
        let id = self.topics.account(viewer).id;
        let index = self.views.insert(holder, (viewer, id), view);
        self.metrics.views.inc();
        self.topics.account_mut(viewer).views.push(index);
        self.views.ask_again(index);
        Some(index)
    }

    pub(super) fn look_away_stream(&mut self, index: u32, now_ms: u64) {
        let stream = &mut self.streams[index as usize];
        stream.signalled = false;
        if let Some(view) = stream.view.take() {
            self.look_away(view, now_ms);
        }
    }

    /// A view is over.
    pub(super) fn look_away(&mut self, view: u32, now_ms: u64) {
        let Some(looking) = self.views.remove(view) else { return };
        self.metrics.views.dec();
        self.topics.account_mut(looking.viewer).views.retain(|&other| other != view);
        for looked in looking.accounts.iter().filter(|looked| looked.counted) {
            self.statuses.look_away(looked.account);
        }
        for place in looking.places.iter().filter(|place| place.is_room) {
            self.unwatch(place.conversation, now_ms);
        }
    }

    fn unwatch(&mut self, room: ConversationId, now_ms: u64) {
        let is_watching = |view: &u32| {
            let views = self.views.get(*view);
            views.is_some_and(|looking| {
                looking.places.iter().any(|place| place.conversation == room && place.is_room)
            })
        };
        if !self.views.at_conversation(room).iter().any(is_watching) {
            self.statuses.unwatch(self.number, room, now_ms);
        }
    }

    /// The stream of this key looks at other things from now on, if it is still there.
    pub(super) fn look_of(&mut self, key: ConnectionKey, viewer: AccountId, view: View, now_ms: u64) {
        if self.streams.get(key.index as usize).is_some_and(|stream| stream.key == key) {
            self.look(key.index, viewer, view, now_ms);
        }
    }

    /// What an event changes of who may see whom.
    pub(super) fn change_sights(&mut self, change: &Change, now_ms: u64) {
        match *change {
            Change::Joined { account, conversation, circle, .. }
            | Change::Left { account, conversation, circle } => {
                let is_left = matches!(change, Change::Left { .. });
                if is_left {
                    self.statuses.stop_typing(account, conversation);
                }
                if let Some(index) = self.topics.find(account) {
                    for view in self.topics.account(index).views.clone() {
                        self.change_place(view, conversation, circle == Circle::Room && !is_left, now_ms);
                    }
                }
                match circle {
                    Circle::Room => {}
                    Circle::Group => self.ask_about(account),
                    Circle::Pair(peer) => self.ask_pair(account, peer),
                }
            }
            Change::Accepted { account, peer } | Change::Unblocked { account, peer } => {
                self.ask_pair(account, peer);
                self.statuses.stop_all_typing(account);
            }
            Change::Blocked { account, peer } => {
                self.hide(account, peer, now_ms);
                self.hide(peer, account, now_ms);
                self.statuses.stop_all_typing(account);
                self.statuses.stop_all_typing(peer);
            }
            Change::Nothing
            | Change::Edited { .. }
            | Change::Deleted { .. }
            | Change::Erased { .. }
            | Change::DeviceRemoved { .. }
            | Change::Preferences { .. } => {}
        }
    }

    fn change_place(&mut self, view: u32, conversation: ConversationId, is_room: bool, now_ms: u64) {
        let Some(looking) = self.views.get_mut(view) else { return };
        let Some((_, place)) = looking.place(conversation) else { return };
        // Who leaves forgets who types, and who comes is told.
        place.typing.clear();
        if std::mem::replace(&mut place.is_room, is_room) != is_room {
            if is_room {
                self.statuses.watch(self.number, conversation);
            } else {
                self.unwatch(conversation, now_ms);
            }
        }
        self.mark_place(view, conversation, is_room, now_ms);
        self.mark_place(view, conversation, false, now_ms);
    }

    /// Whom an account may see, and who may see it, may have changed.
    fn ask_about(&mut self, account: AccountId) {
        if let Some(index) = self.topics.find(account) {
            for &view in &self.topics.account(index).views {
                let accounts = self.views.get(view).map(|looking| looking.accounts.iter());
                let accounts: Vec<AccountId> =
                    accounts.into_iter().flatten().map(|looked| looked.account).collect();
                accounts.into_iter().for_each(|other| self.views.ask_of(view, other));
            }
        }
        self.views.ask_about(account);
    }

    /// Whether two may see each other may have changed.
    fn ask_pair(&mut self, one: AccountId, other: AccountId) {
        for (viewer, account) in [(one, other), (other, one)] {
            if let Some(index) = self.topics.find(viewer) {
                for &view in &self.topics.account(index).views {
                    self.views.ask_of(view, account);
                }
            }
        }
    }

    /// A looker sees an account no more, from now on.
    fn hide(&mut self, viewer: AccountId, account: AccountId, now_ms: u64) {
        let Some(index) = self.topics.find(viewer) else { return };
        for view in self.topics.account(index).views.clone() {
            self.sight(view, account, None, now_ms);
        }
    }

    pub(super) fn ask_store(&mut self) {
        if self.views.has_questions() {
            self.effects.extend(self.views.take_questions().into_iter().map(Effect::Sight));
        }
    }

    /// Takes what the store says that may be seen. It is good both ways.
    pub(crate) fn seen(&mut self, question: &Question, seen: Result<Seen, StoreError>, now_ms: u64) {
        let &Question { number, subject, ref among, .. } = question;
        // What has passed meanwhile has made the answer stale where it matters.
        while self.advance(now_ms) {}
        let own = self.topics.find(subject).map(|index| self.topics.account(index).views.clone());
        let own = own.unwrap_or_default();
        let at_subject = self.views.at_account(subject).to_vec();
        let seen = match seen {
            Ok(seen) => seen,
            Err(error) => {
                tracing::warn!(%error, "could not read who may see whom; it is asked again");
                return self.not_seen(number, &own, &at_subject, subject, now_ms);
            }
        };
        // Of each that may be seen: when it was there last.
        let found = |account: AccountId| {
            let found = seen.acquaintances.iter().find(|found| found.account == account);
            found.map(|found| found.seen_at)
        };
        for &view in &own {
            for &account in among {
                if self.is_asked(view, account, number) {
                    self.sight(view, account, found(account), now_ms);
                }
            }
            self.take_rooms(view, number, &seen.rooms, now_ms);
        }
        let own_seen_at = found(subject).flatten();
        for &view in &at_subject {
            let Some(viewer) = self.views.get(view).map(|looking| looking.viewer_id) else { continue };
            if among.contains(&viewer) && self.is_asked(view, subject, number) {
                self.sight(view, subject, found(viewer).map(|_| own_seen_at), now_ms);
            }
        }
        for view in own.into_iter().chain(at_subject) {
            let Some(looking) = self.views.get(view) else { continue };
            if let Holder::Poll(ticket) = looking.holder
                && looking.is_known()
                && !looking.is_told
            {
                // From here on only what changes ends it.
                self.all_signals(view);
                if let Some(looking) = self.views.get_mut(view) {
                    looking.is_told = true;
                }
                self.wake_poll_of(ticket);
            }
        }
    }

    /// The store could not be asked: streams ask again, polls are answered without.
    fn not_seen(&mut self, number: u32, own: &[u32], at: &[u32], subject: AccountId, now_ms: u64) {
        for &view in own.iter().chain(at) {
            let Some(looking) = self.views.get_mut(view) else { continue };
            let is_own = looking.viewer_id == subject;
            if let Holder::Poll(ticket) = looking.holder {
                self.give_up_view(ticket, now_ms);
                continue;
            }
            let asked = looking.accounts.iter().filter(|looked| looked.sight == Sight::Asked(number));
            let asked: Vec<AccountId> = asked.map(|looked| looked.account).collect();
            let are_rooms_asked = is_own && looking.rooms_asked == Some(number);
            asked.into_iter().for_each(|account| self.views.ask_of(view, account));
            if are_rooms_asked {
                self.views.ask_rooms(view);
            }
        }
        // Not at once, for it may last.
        self.next_pass_ms = self.next_pass_ms.max(now_ms + 1_000);
    }

    fn is_asked(&mut self, view: u32, account: AccountId, number: u32) -> bool {
        let looked = self.views.get_mut(view).and_then(|looking| looking.account(account));
        looked.is_some_and(|(_, looked)| looked.sight == Sight::Asked(number))
    }

    /// A looker may see an account, or may not. What it was told last stays unsaid. The table of statuses keeps what an account
    /// shows for as long as somebody sees it.
    fn sight(&mut self, view: u32, account: AccountId, shown: Option<Option<Timestamp>>, now_ms: u64) {
        let Some(looking) = self.views.get_mut(view) else { return };
        let Some((at, looked)) = looking.account(account) else { return };
        looked.sight = if shown.is_some() { Sight::Shown } else { Sight::Hidden };
        if std::mem::replace(&mut looked.counted, shown.is_some()) != shown.is_some() {
            match shown {
                Some(seen_at) => self.statuses.look(account, seen_at),
                None => self.statuses.look_away(account),
            }
        }
        if looked.told_shown != Some(shown.is_some()) {
            looking.mark(at);
        }
        if !looking.marks.is_empty() {
            self.wake_view(view, now_ms);
        }
    }

    fn take_rooms(&mut self, view: u32, number: u32, rooms: &[ConversationId], now_ms: u64) {
        let Some(looking) = self.views.get_mut(view) else { return };
        if looking.rooms_asked != Some(number) {
            return;
        }
        looking.rooms_asked = None;
        let conversations: Vec<ConversationId> =
            looking.places.iter().map(|place| place.conversation).collect();
        for conversation in conversations {
            let is_room = rooms.contains(&conversation);
            let place = self.views.get_mut(view).and_then(|looking| looking.place(conversation));
            let Some((_, place)) = place else { continue };
            if std::mem::replace(&mut place.is_room, is_room) != is_room {
                if is_room {
                    self.statuses.watch(self.number, conversation);
                } else {
                    self.unwatch(conversation, now_ms);
                }
            }
            self.mark_place(view, conversation, false, now_ms);
            self.mark_place(view, conversation, true, now_ms);
        }
    }
}
