//! Taking back what waits and may not be sent any more: of a row that lost its text, of a topic that an account left, of all.

use chinwag_protocol::{Seq, Topic};

use super::Shard;
use crate::sink::Sink;

impl<S: Sink> Shard<S> {
    /// A row lost its text: whoever holds it in other memory than the window reads again, and who has it half written is
    /// cut, for the rest must not be sent.
    pub(super) fn withdraw_row(&mut self, topic: Topic, target: Seq, now_ms: u64) {
        let mut cut = Vec::new();
        for &index in self.topics.readers(topic) {
            for &index in &self.topics.account(index).streams {
                let stream = &mut self.streams[index as usize];
                stream.drop_page();
                if stream.pending.as_ref().is_some_and(|pending| pending.row == Some((topic, target))) {
                    cut.push(index);
                } else if !stream.live && stream.blocked_since_ms.is_none() && !stream.queued {
                    stream.queued = true;
                    self.quick.push_back(stream.key);
                }
            }
            for &poll in &self.topics.account(index).polls {
                if let Some(poll) = self.polls.get_mut(poll as usize) {
                    poll.drop_page();
                    if !std::mem::replace(&mut poll.woken, true) {
                        self.woken.push(poll.ticket);
                    }
                }
            }
        }
        for index in cut {
            self.remove_stream(index, now_ms);
        }
    }

    /// The account may no longer see a topic: what waits for its streams is read again under the new rules.
    pub(super) fn withdraw_topic(&mut self, account: u32, topic: Topic, now_ms: u64) {
        let mut cut = Vec::new();
        for &index in &self.topics.account(account).streams {
            let stream = &mut self.streams[index as usize];
            stream.drop_page();
            if !stream.outbox.is_empty() {
                stream.fall_behind(self.pos, &mut self.pool, &self.metrics);
            }
            if stream.pending.as_ref().is_some_and(|pending| pending.row.is_some_and(|row| row.0 == topic)) {
                cut.push(index);
            } else if stream.blocked_since_ms.is_none() && !std::mem::replace(&mut stream.queued, true) {
                self.quick.push_back(stream.key);
            }
        }
        for &poll in &self.topics.account(account).polls {
            if let Some(poll) = self.polls.get_mut(poll as usize) {
                poll.drop_page();
                if !std::mem::replace(&mut poll.woken, true) {
                    self.woken.push(poll.ticket);
                }
            }
        }
        for index in cut {
            self.remove_stream(index, now_ms);
        }
    }

    /// Everything that waits is read again under whatever rules hold then.
    pub(super) fn withdraw_all(&mut self, now_ms: u64) {
        let mut cut = Vec::new();
        for (index, stream) in &mut self.streams {
            stream.drop_page();
            stream.fall_behind(self.pos, &mut self.pool, &self.metrics);
            if stream.pending.as_ref().is_some_and(|pending| pending.row.is_some()) {
                cut.push(index as u32);
            }
        }
        for (_, poll) in &mut self.polls {
            poll.drop_page();
        }
        for index in cut {
            self.remove_stream(index, now_ms);
        }
    }
}
