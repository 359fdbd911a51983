//! The events of one decision, numbered as they come.

use chinwag_protocol::{Body, Event, Pos, Problem, Seq, Timestamp, Topic};

use crate::decide::{Append, Decision, Private, Reply};
use crate::state::State;

pub(crate) struct Appends<'s> {
    state: &'s State,
    now: Timestamp,
    done: Vec<Append>,
}

impl<'s> Appends<'s> {
    pub(crate) fn new(state: &'s State, now: Timestamp) -> Self {
        // Most decisions are one event. A vector makes room for four, which is more than what allocators hand out fastest.
        Self { state, now, done: Vec::with_capacity(1) }
    }

    /// After those of a decision.
    pub(crate) fn after(state: &'s State, now: Timestamp, decision: Decision) -> (Self, Reply) {
        (Self { state, now, done: decision.appends }, decision.reply)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Whether one of them is in this topic.
    pub(crate) fn has(&self, topic: Topic) -> bool {
        self.done.iter().any(|append| append.event.keyed().is_none() && append.event.topic() == topic)
    }

    /// Adds the first event of a topic that there was not.
    pub(crate) fn push_first(&mut self, body: Body, private: Private) {
        let event = Event { pos: self.next_pos(), seq: Seq::new(1), at: self.now, body };
        self.done.push(Append { event, private });
    }

    /// Where the next event will stand in the log.
    pub(crate) fn next_pos(&self) -> Pos {
        self.done.last().map_or(self.state.head, |append| append.event.pos).next()
    }

    /// Adds an event and what is kept beside it, and gives its row in its topic, whose head must be in memory; 0 of a keyed event,
    /// which takes no row.
    pub(crate) fn push_with(&mut self, body: Body, private: Private) -> Result<Seq, Problem> {
        let mut event = Event { pos: self.next_pos(), seq: Seq::ZERO, at: self.now, body };
        if event.keyed().is_some() {
            self.done.push(Append { event, private });
            return Ok(Seq::ZERO);
        }
        let topic = event.topic();
        let mut before =
            self.done.iter().rev().map(|append| &append.event).filter(|event| event.keyed().is_none());
        let last = match (before.find(|before| before.topic() == topic), topic) {
            (Some(before), _) => before.seq,
            (None, Topic::Account(id)) => self.state.account_head(id).ok_or_else(Problem::unavailable)?,
            (None, Topic::Conversation(id)) => {
                self.state.conversation(id).ok_or_else(Problem::unavailable)?.head
            }
        };
        event.seq = last.next();
        let seq = event.seq;
        self.done.push(Append { event, private });
        Ok(seq)
    }

    /// Adds an event.
    pub(crate) fn push(&mut self, body: Body) -> Result<Seq, Problem> {
        self.push_with(body, Private::Nothing)
    }

    pub(crate) fn decision(self, reply: Reply) -> Decision {
        Decision::of(self.done, reply)
    }
}
