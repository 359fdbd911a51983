//! Signals: what a connection is told of those that it looks at. Latest value wins, and nothing waits but marks.

use std::io::IoSlice;

use chinwag_protocol::{AccountId, ConversationId, Topic};

use super::Shard;
use super::streams::Pending;
use super::writing::Step;
use crate::encode::Frame;
use crate::sink::{Sink, Written};
use crate::statuses::{Changed, nothing_shown};
use crate::views::{Holder, Looking, Sight};

/// Signals in one write.
const SIGNALS_PER_WRITE: usize = 64;

/// What of a view a signal has told once it is written.
enum Told {
    Account {
        at: usize,
        shown: bool,
    },
    /// With what is to be told when it is over.
    Typing {
        at: usize,
        account: AccountId,
        off: Frame,
    },
    TypingEnded {
        at: usize,
        account: AccountId,
    },
    Count {
        at: usize,
    },
}

/// A signal, and the mark that it answers.
struct Signal {
    frame: Frame,
    told: Told,
    mark: u16,
}

impl<S: Sink> Shard<S> {
    /// A pass, if one is due: marks what has changed for those who look at it, and asks the store what it has to be asked.
    pub(super) fn pass_signals(&mut self, now_ms: u64) {
        if now_ms < self.next_pass_ms {
            return;
        }
        let mut is_pass = self.views.has_questions();
        self.ask_store();
        if self.statuses.has_changes(self.number) {
            is_pass = true;
            let mut changes = std::mem::take(&mut self.scratch.changes);
            self.statuses.take_changes(self.number, &mut changes);
            for changed in changes.drain(..) {
                self.take_up(changed, now_ms);
            }
            self.scratch.changes = changes;
        }
        for (room, count) in self.topics.take_counts() {
            is_pass = true;
            self.statuses.count(self.number, room, count, now_ms);
        }
        if is_pass {
            self.next_pass_ms = now_ms + self.options.signals_every.as_millis() as u64;
        }
    }

    /// When the next pass is due, if there is something for it.
    pub(super) fn next_pass_ms(&self) -> Option<u64> {
        let is_due =
            self.views.has_questions() || self.statuses.has_changes(self.number) || self.topics.has_counts();
        is_due.then_some(self.next_pass_ms)
    }

    fn take_up(&mut self, changed: Changed, now_ms: u64) {
        match changed {
            Changed::Counted(account) => self.count(account),
            Changed::Person(account) => {
                self.count(account);
                for view in self.views.at_account(account).to_vec() {
                    self.mark_account(view, account, now_ms);
                }
            }
            Changed::Typing(conversation) => {
                for view in self.views.at_conversation(conversation).to_vec() {
                    self.mark_place(view, conversation, false, now_ms);
                }
            }
            Changed::Room(conversation) => {
                for view in self.views.at_conversation(conversation).to_vec() {
                    self.mark_place(view, conversation, true, now_ms);
                }
            }
            Changed::Watched(conversation) => {
                let is_watched = self.statuses.is_watched(conversation);
                self.topics.watch(conversation, is_watched);
            }
        }
    }

    /// The shard may be the one that counts an account from now on, or no more.
    pub(super) fn count(&mut self, account: AccountId) {
        if let Some(index) = self.topics.find(account) {
            let counted = self.statuses.is_counted(self.number, account);
            self.topics.set_counted(index, counted);
        }
    }

    /// What an account shows has changed. Whoever may not see it hears nothing.
    fn mark_account(&mut self, view: u32, account: AccountId, now_ms: u64) {
        let Some(looking) = self.views.get_mut(view) else { return };
        let Some((at, looked)) = looking.account(account) else { return };
        if looked.sight != Sight::Hidden && looking.mark(at) {
            self.wake_view(view, now_ms);
        }
    }

    pub(super) fn mark_place(&mut self, view: u32, conversation: ConversationId, count: bool, now_ms: u64) {
        let Some(looking) = self.views.get_mut(view) else { return };
        let Some((at, place)) = looking.place(conversation) else { return };
        if count && !place.is_room {
            return;
        }
        place.count_due |= count;
        if looking.mark(at) {
            self.wake_view(view, now_ms);
        }
    }

    /// There may be something to tell whoever looks.
    pub(super) fn wake_view(&mut self, view: u32, now_ms: u64) {
        let Some(looking) = self.views.get(view) else { return };
        match looking.holder {
            Holder::Stream(key) => {
                let Some(stream) = self.streams.get_mut(key.index as usize).filter(|it| it.key == key) else {
                    return;
                };
                stream.signalled = true;
                // Behind events that few read; and whoever is blocked or behind gets to it after its records.
                if stream.live
                    && stream.blocked_since_ms.is_none()
                    && !std::mem::replace(&mut stream.queued, true)
                {
                    self.bulk.push_back(key);
                }
            }
            // Only if there is: when it is answered must not tell of what may not be seen.
            Holder::Poll(ticket) => {
                if looking.is_told && !self.signals(looking).is_empty() {
                    self.signal_poll(ticket, now_ms);
                }
            }
        }
    }

    /// What the marks of a view stand for now, of as many as one write takes.
    fn signals(&self, looking: &Looking) -> Vec<Signal> {
        let mut signals = Vec::new();
        for &mark in &looking.marks {
            if signals.len() >= SIGNALS_PER_WRITE {
                break;
            }
            match usize::from(mark).checked_sub(looking.accounts.len()) {
                None => {
                    let at = usize::from(mark);
                    let looked = &looking.accounts[at];
                    let shown = looked.sight == Sight::Shown;
                    if !looked.sight.is_known() || (!shown && looked.told_shown == Some(false)) {
                        continue;
                    }
                    let account = looked.account;
                    let frame = if shown { self.statuses.frame(account) } else { nothing_shown(account) };
                    signals.push(Signal { frame, told: Told::Account { at, shown }, mark });
                }
                Some(at) => self.signals_of_place(looking, at, mark, &mut signals),
            }
        }
        signals
    }

    fn signals_of_place(&self, looking: &Looking, at: usize, mark: u16, into: &mut Vec<Signal>) {
        let place = &looking.places[at];
        let conversation = place.conversation;
        if !self.topics.reads(looking.viewer, conversation) {
            return;
        }
        let typists = self.statuses.typists(conversation);
        let shown = || typists.iter().filter(|typist| typist.shows_to(looking.viewer_id));
        for (account, off) in &place.typing {
            if !shown().any(|typist| typist.account == *account) {
                let told = Told::TypingEnded { at, account: *account };
                into.push(Signal { frame: off.clone(), told, mark });
            }
        }
        for typist in shown() {
            if !place.typing.iter().any(|(account, _)| *account == typist.account) {
                let told = Told::Typing { at, account: typist.account, off: typist.off.clone() };
                into.push(Signal { frame: typist.on.clone(), told, mark });
            }
        }
        if place.is_room
            && place.count_due
            && let Some(frame) = self.statuses.room_frame(conversation)
        {
            into.push(Signal { frame, told: Told::Count { at }, mark });
        }
    }

    /// Writes what a stream is to be told of those that it looks at.
    pub(super) fn write_signals(&mut self, index: u32, now_ms: u64) -> Step {
        let view = self.streams[index as usize].view;
        let signals = match view.and_then(|view| self.views.get(view)) {
            Some(looking) => self.signals(looking),
            None => Vec::new(),
        };
        let stream = &mut self.streams[index as usize];
        let mut taken = 0;
        if !signals.is_empty() {
            let format = stream.format;
            let mut buffers = Vec::with_capacity(2 * signals.len());
            let mut lengths = Vec::with_capacity(signals.len());
            for signal in &signals {
                let parts = signal.frame.parts(format, &mut self.deflater);
                lengths.push(parts.iter().map(|part| part.len()).sum::<usize>());
                buffers.extend(parts.into_iter().filter(|part| !part.is_empty()).map(IoSlice::new));
            }
            self.metrics.writes.inc();
            let mut bytes = match stream.sink.write(&buffers) {
                Written::Closed => return Step::Close,
                Written::Blocked => return stream.block(now_ms),
                Written::Bytes(count) => count,
            };
            self.metrics.written_bytes.inc_by(bytes as u64);
            // Not a record: heartbeats go on, for they carry the place.
            stream.unblock(now_ms);
            for (signal, length) in signals.iter().zip(lengths) {
                if bytes == 0 {
                    break;
                }
                if bytes < length {
                    let rest = signal.frame.rest(format, bytes, &mut self.deflater);
                    stream.pending = Some(Box::new(Pending { bytes: rest, shown: None }));
                }
                bytes = bytes.saturating_sub(length);
                taken += 1;
            }
            self.metrics.signals.inc_by(taken as u64);
        }
        let is_done = view
            .and_then(|view| self.views.get_mut(view))
            .is_none_or(|looking| looking.has_told(&signals, taken));
        let stream = &mut self.streams[index as usize];
        stream.signalled = !is_done;
        Step::Again
    }

    /// Everything that a view shows now, for the answer to a poll.
    pub(super) fn all_signals(&mut self, view: u32) -> Vec<Frame> {
        let Some(looking) = self.views.get_mut(view) else { return Vec::new() };
        looking.tell_all();
        let mut frames = Vec::new();
        loop {
            let Some(looking) = self.views.get(view) else { return frames };
            let signals = self.signals(looking);
            let count = signals.len();
            frames.extend(signals.iter().map(|signal| signal.frame.clone()));
            let Some(looking) = self.views.get_mut(view) else { return frames };
            looking.has_told(&signals, count);
            if count == 0 || looking.marks.is_empty() {
                self.metrics.signals.inc_by(frames.len() as u64);
                return frames;
            }
        }
    }

    /// Those of the shard's accounts after `after` that are there and in a conversation: the first `limit`, in order of id.
    pub(crate) fn present(
        &self,
        conversation: ConversationId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Vec<AccountId> {
        let readers = self.topics.readers(Topic::Conversation(conversation)).iter();
        let mut present: Vec<AccountId> = readers
            .map(|&index| self.topics.account(index))
            .filter(|account| account.counted && after.is_none_or(|after| account.id > after))
            .map(|account| account.id)
            .collect();
        if present.len() > limit {
            present.select_nth_unstable(limit);
            present.truncate(limit);
        }
        present.sort_unstable();
        present
    }
}

impl Looking {
    /// Marks all of it as if nothing had been told.
    fn tell_all(&mut self) {
        for at in 0..(self.accounts.len() + self.places.len()) as u16 {
            self.mark(at);
        }
        self.accounts.iter_mut().for_each(|looked| looked.told_shown = None);
        for place in &mut self.places {
            place.typing.clear();
            place.count_due = true;
        }
    }

    /// The first `taken` of the signals are told; whether that was all, for now.
    fn has_told(&mut self, signals: &[Signal], taken: usize) -> bool {
        for signal in &signals[..taken] {
            match &signal.told {
                &Told::Account { at, shown } => self.accounts[at].told_shown = Some(shown),
                Told::Typing { at, account, off } => self.places[*at].typing.push((*account, off.clone())),
                Told::TypingEnded { at, account } => {
                    self.places[*at].typing.retain(|(other, _)| other != account);
                }
                &Told::Count { at } => self.places[at].count_due = false,
            }
        }
        // Marks before the one of the first signal that was not taken are done, those after the last that was looked at are not.
        let first_left = signals.get(taken).map(|signal| signal.mark);
        let is_full = signals.len() >= SIGNALS_PER_WRITE;
        let end = first_left.or_else(|| signals.last().filter(|_| is_full).map(|signal| signal.mark));
        let done = end.and_then(|mark| self.marks.iter().position(|&other| other == mark));
        let done = match (done, first_left) {
            (Some(at), Some(_)) => at,
            (Some(at), None) => at + 1,
            (None, _) => self.marks.len(),
        };
        let accounts = self.accounts.len();
        let mut kept = Vec::new();
        for mark in self.marks.drain(..done) {
            match usize::from(mark).checked_sub(accounts) {
                // It stays marked until it is known whether it may be seen.
                None if !self.accounts[usize::from(mark)].sight.is_known() => kept.push(mark),
                None => self.accounts[usize::from(mark)].marked = false,
                Some(at) => self.places[at].marked = false,
            }
        }
        let is_done = self.marks.is_empty();
        self.marks.extend(kept);
        is_done
    }
}
