//! Takes what was committed since the last turn and queues it for those who read it.

use chinwag_protocol::{Pos, Seq, Topic};
use chinwag_sabotage::{Promise, breaks};

use super::{EVENTS_PER_TURN, Shard};
use crate::sink::Sink;
use crate::window::Change;

/// An event with more readers than this in the shard waits behind those with fewer.
const BULK_READERS: usize = 64;

/// What a shard has to know of an event that passes.
struct Passing {
    pos: Pos,
    topic: Topic,
    seq: Seq,
    change: Change,
    is_receipt: bool,
}

impl<S: Sink> Shard<S> {
    /// Takes the next events from the window; whether there are more.
    pub(super) fn advance(&mut self, now_ms: u64) -> bool {
        let mut events: Vec<Passing> = Vec::new();
        let tail = {
            let window = self.publisher.window();
            let tail = window.tail();
            if tail == self.pos {
                return false;
            }
            if !window.reaches(self.pos) {
                let first = window.first();
                drop(window);
                self.skip_to(first.previous(), now_ms);
                return true;
            }
            while events.len() < EVENTS_PER_TURN {
                let pos = Pos::new(self.pos.get() + 1 + events.len() as u64);
                let Some(entry) = window.get(pos) else { break };
                let (topic, seq, change) = (entry.topic, entry.seq, entry.change.clone());
                events.push(Passing { pos, topic, seq, change, is_receipt: entry.is_receipt() });
            }
            tail
        };
        for event in events {
            self.pass(&event, now_ms);
        }
        self.use_early_topics(now_ms);
        self.pos < tail
    }

    fn pass(&mut self, event: &Passing, now_ms: u64) {
        let Passing { pos, topic, seq, ref change, is_receipt } = *event;
        match change {
            // Whoever holds the text before reads the edit next.
            Change::Nothing
            | Change::Edited { .. }
            | Change::DeviceRemoved { .. }
            | Change::Accepted { .. }
            | Change::Blocked { .. }
            | Change::Unblocked { .. } => {}
            Change::Deleted { .. } if breaks(Promise::WithdrawDeleted) => {}
            Change::Left { .. } if breaks(Promise::LeftIsOut) => {}
            Change::Deleted { target } => {
                self.withdraw_rows(pos, topic, |shown| shown.has_row(topic, *target), now_ms);
            }
            Change::Erased { .. } => self.withdraw_rows(pos, topic, |shown| shown.topic() == topic, now_ms),
            Change::Preferences { .. } => self.topics.apply(change),
            Change::Joined { account, .. } => {
                if self.topics.find(*account).is_some_and(|index| self.topics.account(index).ready) {
                    self.topics.apply(change);
                }
            }
            Change::Left { account, conversation, .. } => {
                if let Some(index) = self.topics.find(*account) {
                    self.withdraw_topic(pos, index, Topic::Conversation(*conversation), now_ms);
                    self.topics.apply(change);
                }
            }
        }
        if !matches!(change, Change::Nothing) {
            self.change_sights(change, now_ms);
        }
        self.pos = pos;
        self.topics.advance_head(topic, seq);
        let readers = self.topics.readers(topic);
        let bulk = readers.len() > BULK_READERS;
        for &index in readers {
            let account = self.topics.account(index);
            if is_receipt && !account.receipts {
                continue;
            }
            for &stream in &account.streams {
                let queue = if bulk { &mut self.bulk } else { &mut self.quick };
                let stream = &mut self.streams[stream as usize];
                if stream.queue_event(pos, &mut self.pool, &self.options, &self.metrics) {
                    queue.push_back(stream.key());
                }
            }
            for &poll in &account.polls {
                if let Some(poll) = self.polls.get_mut(poll as usize)
                    && !std::mem::replace(&mut poll.woken, true)
                {
                    self.woken.push(poll.ticket);
                }
            }
        }
        if let Change::DeviceRemoved { account, device } = change {
            self.end_device(*account, *device, now_ms);
        }
    }

    /// The window begins after what this shard has seen: deletions, departures and sign-outs were missed. Nothing that was
    /// read before may be written any more, and everyone comes back, to be looked up anew.
    fn skip_to(&mut self, pos: Pos, now_ms: u64) {
        tracing::warn!("a shard fell behind the window of recent events; its readers are told to reconnect");
        self.withdraw_all(now_ms);
        self.pos = pos;
        self.reload_all_accounts();
        self.end_all_streams(now_ms);
        self.end_all_polls(now_ms);
    }
}
