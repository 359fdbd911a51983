//! One conversation's messages: which are under way, and what the server has said to each.

use std::collections::VecDeque;

use tokio::time::Instant;

use super::numbers::Numbers;

/// What is known of a conversation.
#[derive(Debug)]
pub(super) struct Conversation {
    /// Whose times and permits its messages count for.
    pub(super) group: usize,
    /// Readers of whom each message is expected to reach all.
    pub(super) readers: u32,
    /// Messages so far, and so the next number.
    pub(super) sent: u32,
    pub(super) acknowledged: Numbers,
    pub(super) refused: Numbers,
    /// From number `first` on; the first one is not done.
    under_way: VecDeque<UnderWay>,
    first: u32,
}

/// A message of which something is still to come.
#[derive(Debug)]
struct UnderWay {
    since: Instant,
    counted: bool,
    answered: bool,
    /// Readers that do not have it yet.
    waiting: u32,
    done: bool,
}

/// What a delivery or an answer was to its message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// When the message was sent, or was due.
    pub(super) since: Instant,
    /// Whether its times are wanted.
    pub(super) counted: bool,
    /// Whether it came to the first reader by this.
    pub(super) first: bool,
    /// Whether it came to the last reader by this.
    pub(super) last: bool,
    /// Whether nothing more is to come by this: it is no longer outstanding.
    pub(super) done: bool,
}

impl Conversation {
    pub(super) fn new(group: usize, readers: u32) -> Self {
        Self {
            group,
            readers,
            sent: 0,
            acknowledged: Numbers::default(),
            refused: Numbers::default(),
            under_way: VecDeque::new(),
            first: 0,
        }
    }

    /// Begins a message and gives its number.
    pub(super) fn send(&mut self, since: Instant, counted: bool) -> u32 {
        let waiting = self.readers;
        self.under_way.push_back(UnderWay { since, counted, answered: false, waiting, done: false });
        self.sent += 1;
        self.sent - 1
    }

    /// A reader has it, for the first time. None if the message is not waited for any more.
    pub(super) fn deliver(&mut self, number: u32) -> Option<Step> {
        let readers = self.readers;
        self.step(number, |message| {
            message.waiting = message.waiting.saturating_sub(1);
            (message.waiting + 1 == readers, message.waiting == 0)
        })
    }

    /// The server has stored it. None if the message is not waited for any more.
    pub(super) fn acknowledge(&mut self, number: u32) -> Option<Step> {
        self.acknowledged.insert(number);
        self.step(number, |message| {
            message.answered = true;
            (false, false)
        })
    }

    /// The server does not store it. None if the message is not waited for any more.
    pub(super) fn refuse(&mut self, number: u32) -> Option<Step> {
        self.refused.insert(number);
        self.step(number, |message| {
            (message.answered, message.waiting) = (true, 0);
            (false, false)
        })
    }

    /// Waits no longer for those that began before `before`; how many they were.
    pub(super) fn give_up(&mut self, before: Instant) -> usize {
        let mut given_up = 0;
        for message in self.under_way.iter_mut().filter(|message| !message.done && message.since < before) {
            message.done = true;
            given_up += 1;
        }
        self.forget_done();
        given_up
    }

    fn step(&mut self, number: u32, change: impl FnOnce(&mut UnderWay) -> (bool, bool)) -> Option<Step> {
        let index = number.checked_sub(self.first)?;
        let message = self.under_way.get_mut(index as usize).filter(|message| !message.done)?;
        let (first, last) = change(message);
        message.done = message.answered && message.waiting == 0;
        let step = Step { since: message.since, counted: message.counted, first, last, done: message.done };
        if step.done {
            self.forget_done();
        }
        Some(step)
    }

    fn forget_done(&mut self) {
        while self.under_way.front().is_some_and(|message| message.done) {
            self.under_way.pop_front();
            self.first += 1;
        }
    }
}
