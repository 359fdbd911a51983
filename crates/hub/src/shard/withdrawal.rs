//! Taking back what waits and may not be sent any more: of a row that lost its text, of a topic that an account left, of all.

use chinwag_protocol::{AccountId, Pos, Seq, Topic};

use super::streams::Stream;
use super::{PageRow, Shard};
use crate::hub::ShownMessages;
use crate::readers::Reader;
use crate::sink::Sink;
use crate::window::Change;

/// Rows whose text is in bytes that wait for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    topic: Topic,
    from: Seq,
    to: Seq,
    /// Their state is as of this place.
    as_of: Pos,
    /// Who alone may see what is in them, be it that they have left the topic since.
    only_for: Option<AccountId>,
}

impl Shown {
    /// One row.
    pub(super) fn row(row: &PageRow, as_of: Pos) -> Self {
        Self { topic: row.topic, from: row.shows, to: row.shows, as_of, only_for: row.only_for }
    }

    pub(super) fn is_only_for(&self, account: AccountId) -> bool {
        self.only_for == Some(account)
    }

    pub(super) fn topic(&self) -> Topic {
        self.topic
    }

    pub(super) fn has_row(&self, topic: Topic, seq: Seq) -> bool {
        self.topic == topic && (self.from..=self.to).contains(&seq)
    }
}

impl<S: Sink> Shard<S> {
    /// At `pos` rows of a topic lost their text: whoever holds them in other memory than the window reads again, and who has one
    /// half written is cut, for the rest must not be sent.
    pub(super) fn withdraw_rows(
        &mut self,
        pos: Pos,
        topic: Topic,
        lost: impl Fn(&Shown) -> bool,
        now_ms: u64,
    ) {
        for account in self.topics.readers(topic).to_vec() {
            self.withdraw(account, |shown| shown.as_of < pos && lost(shown), now_ms);
        }
    }

    /// From `pos` on the account may no longer see a topic: what waits for its connections is read again under the new rules.
    pub(super) fn withdraw_topic(&mut self, pos: Pos, account: u32, topic: Topic, now_ms: u64) {
        for &index in &self.topics.account(account).streams {
            let stream = &mut self.streams[index as usize];
            if !stream.outbox.is_empty() {
                stream.fall_behind(self.pos, &mut self.pool, &self.metrics);
            }
        }
        self.withdraw(account, |shown| shown.as_of < pos && shown.topic == topic, now_ms);
    }

    /// Everything that waits is read again under whatever rules hold then.
    pub(super) fn withdraw_all(&mut self, now_ms: u64) {
        for (_, stream) in &mut self.streams {
            stream.fall_behind(self.pos, &mut self.pool, &self.metrics);
        }
        for account in self.topics.indices() {
            self.withdraw(account, |_| true, now_ms);
        }
    }

    /// Has an account's connections read again what they hold of the store, and cuts those for which something waits that is
    /// void.
    fn withdraw(&mut self, account: u32, is_void: impl Fn(&Shown) -> bool, now_ms: u64) {
        let mut cut = Vec::new();
        for &index in &self.topics.account(account).streams {
            let stream = &mut self.streams[index as usize];
            stream.drop_page();
            if stream.shown().any(&is_void) {
                cut.push(index);
            } else if !stream.live && stream.blocked_since_ms.is_none() && !stream.queued {
                stream.queued = true;
                self.quick.push_back(stream.key);
            }
        }
        for poll in self.topics.account(account).polls.clone() {
            self.read_poll_again(poll);
        }
        for index in cut {
            self.remove_stream(index, now_ms);
        }
    }

    /// The rows of a page that answers a command.
    pub(super) fn shown(&self, messages: &ShownMessages) -> Shown {
        let &ShownMessages { account: _, conversation, from, to, ref cursor } = messages;
        // We have just made it.
        let as_of = self.publisher.cipher().open(cursor.as_str()).map_or(Pos::ZERO, |place| place.pos);
        Shown { topic: Topic::Conversation(conversation), from, to, as_of, only_for: None }
    }

    /// Whether something of it was withdrawn since it was read, as far as this shard has come.
    fn is_withdrawn(&self, account: u32, shown: &Shown) -> bool {
        if shown.as_of >= self.pos {
            return false;
        }
        let window = self.publisher.window();
        if !window.reaches(shown.as_of) {
            return true;
        }
        let any = |topic: Topic, is_void: &dyn Fn(&Change) -> bool| {
            let mut since = window.positions(topic, shown.as_of, self.pos);
            since.any(|pos| window.get(pos).is_some_and(|entry| is_void(&entry.change)))
        };
        let is_deleted = |change: &Change| match change {
            Change::Deleted { target } => shown.has_row(shown.topic, *target),
            Change::Erased { .. } => true,
            _ => false,
        };
        let is_left = |change: &Change| {
            matches!(change, Change::Left { conversation, .. }
                if Topic::Conversation(*conversation) == shown.topic)
        };
        any(shown.topic, &is_deleted) || any(Topic::Account(self.topics.account(account).id), &is_left)
    }

    /// Whether the account for which an answer shows these is none of the stream's any more, or something of it was withdrawn
    /// since it was read.
    pub(super) fn is_void(&self, readers: &[Reader], account: AccountId, shown: &Shown) -> bool {
        let reader = readers.iter().find(|reader| self.topics.account(reader.account).id == account);
        reader.is_none_or(|reader| self.is_withdrawn(reader.account, shown))
    }

    /// Whether something waits for a stream that was withdrawn while nobody here knew what its accounts read.
    pub(super) fn holds_what_is_void(&self, index: u32) -> bool {
        let stream = &self.streams[index as usize];
        let readers = stream.readers.as_slice();
        let from_any = |shown: &Shown| readers.iter().any(|reader| self.is_withdrawn(reader.account, shown));
        !self.topics.are_ready(readers) && stream.shown().any(from_any)
    }

    /// Cuts those of an account's streams for which something waits that was withdrawn while nobody here knew what the account
    /// reads.
    pub(super) fn cut_withdrawn(&mut self, account: u32, now_ms: u64) {
        for index in self.topics.account(account).streams.clone() {
            let mut shown = self.streams[index as usize].shown();
            if shown.any(|shown| self.is_withdrawn(account, shown)) {
                drop(shown);
                self.remove_stream(index, now_ms);
            }
        }
    }
}

impl<S> Stream<S> {
    /// What waits for the socket beside records, and the record that it took in part.
    pub(super) fn shown(&self) -> impl Iterator<Item = &Shown> {
        let pending = self.pending.iter().filter_map(|pending| pending.shown.as_ref());
        pending.chain(self.duplex.iter().flat_map(|duplex| duplex.shown()))
    }
}
