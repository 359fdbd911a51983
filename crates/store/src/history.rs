//! What is read of a timeline: pages, and messages one by one.

use std::collections::BTreeMap;

use chinwag_protocol::{AccountId, Body, Emoji, Event, Message, Pos, Sender, Seq, Timestamp};

/// Which part of a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryRange {
    /// The last rows.
    Newest,
    /// The last rows before this one.
    Before(Seq),
    /// The first rows after this one.
    After(Seq),
    /// As many rows before this one as after it, as far as there are.
    Around(Seq),
}

impl HistoryRange {
    /// The first and the last row of a page of at most `limit`, of a timeline that is visible from `visible_from` on and
    /// ends at `last`. If there is none to be seen, the last is the one before the first.
    pub(crate) fn rows(self, visible_from: u64, last: u64, limit: usize) -> (Seq, Seq) {
        let limit = limit as u64;
        let back = |to: u64| {
            let from = visible_from.max((to + 1).saturating_sub(limit));
            (from.min(to + 1), to)
        };
        let (from, to) = match self {
            Self::Newest => back(last),
            Self::Before(seq) => back(last.min(seq.previous().get())),
            Self::Around(seq) => {
                let to = last.min(seq.get().saturating_add(limit / 2)).max(visible_from.saturating_sub(1));
                let (from, _) = back(to);
                // What there is not before it comes after it.
                (from, last.min((from - 1).saturating_add(limit)).max(from - 1))
            }
            Self::After(seq) => {
                let from = visible_from.max(last.min(seq.get()) + 1);
                (from, last.min((from - 1).saturating_add(limit)).max(from - 1))
            }
        };
        (Seq::new(from), Seq::new(to))
    }
}

/// What others have added to a message, as one account sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeenMarks {
    /// The reactions to it, with how many there are.
    pub reactions: Vec<(Emoji, u64)>,
    /// Those of them that are the account's own, in order.
    pub mine: Vec<Emoji>,
    /// Whether it is pinned.
    pub pinned: bool,
    /// The last row of a reaction or pin that is in these.
    pub changed: Seq,
}

impl SeenMarks {
    /// Of what all may see.
    pub(crate) fn new(reactions: Vec<(Emoji, u64)>, pinned: bool, changed: Seq) -> Self {
        Self { reactions, mine: Vec::new(), pinned, changed }
    }

    /// With a reaction of the account's own, which may be one that only it may see.
    pub(crate) fn add_own(&mut self, emoji: Emoji, hidden: bool) {
        if hidden {
            match self.reactions.iter_mut().find(|(known, _)| *known == emoji) {
                Some((_, count)) => *count += 1,
                None => self.reactions.push((emoji.clone(), 1)),
            }
        }
        let at = self.mine.partition_point(|known| *known < emoji);
        self.mine.insert(at, emoji);
    }
}

/// Who reacts to a message with what, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reactor {
    /// Who.
    pub account: Sender,
    /// With what.
    pub emoji: Emoji,
    /// Since when.
    pub at: Timestamp,
}

/// A page of a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Messages, oldest first, with their rows and times.
    pub messages: Vec<(Seq, Timestamp, Message)>,
    /// What others have added to those of them to which anything was added.
    pub marks: BTreeMap<Seq, SeenMarks>,
    /// What became of members and settings, oldest first.
    pub changes: Vec<Event>,
    /// First row covered.
    pub from: Seq,
    /// Last row covered; `from` - 1 if there is none.
    pub to: Seq,
    /// The log's head when it was read.
    pub head: Pos,
}

impl History {
    /// With what others have added to those of its messages.
    #[must_use]
    pub(crate) fn with_marks(mut self, mut marks: BTreeMap<Seq, SeenMarks>) -> Self {
        let own = self.messages.iter().filter_map(|(seq, ..)| marks.remove_entry(seq));
        self.marks = own.collect();
        self
    }

    /// What `account` may see of `events`, which are the rows `from` to `to`; whoever runs the server, who is none, sees all.
    pub(crate) fn of(
        events: Vec<Event>,
        account: Option<AccountId>,
        (from, to): (Seq, Seq),
        head: Pos,
    ) -> Self {
        let (mut messages, mut changes) = (Vec::new(), Vec::new());
        for event in events {
            match event.body {
                _ if event.only_for().is_some_and(|only| account.is_some_and(|account| only != account)) => {}
                Body::Message(message) => messages.push((event.seq, event.at, message)),
                Body::Members { .. } | Body::ConversationChanged { .. } => changes.push(event),
                _ => {}
            }
        }
        Self { messages, marks: BTreeMap::new(), changes, from, to, head }
    }
}
