//! The log, and what follows from it, computed in the simplest way there is.

use chinwag_protocol::{AccountId, Actor, Body, ConversationId, DeviceId, Event, Pos, Seq, Topic};
use chinwag_store::{TopicHead, Topics};
use uuid::Uuid;

pub(super) fn account(number: u64) -> AccountId {
    AccountId::new(Uuid::from_u128(0xa000 + u128::from(number)))
}

pub(super) fn room(number: u64) -> ConversationId {
    ConversationId::new(Uuid::from_u128(0xc000 + u128::from(number)))
}

/// What an account reads that was never told to anybody.
pub(super) fn topics(head: Pos, conversations: Vec<TopicHead>) -> Topics {
    Topics { head, conversations, invisible: false, place: Pos::ZERO, receipts: true }
}

/// The log, and what follows from it, computed in the simplest way there is.
#[derive(Default)]
pub(super) struct Log {
    pub(super) events: Vec<Event>,
    pub(super) published: usize,
    pub(super) removed: Vec<DeviceId>,
}

impl Log {
    pub(super) fn head(&self) -> Pos {
        Pos::new(self.events.len() as u64)
    }

    pub(super) fn next_seq(&self, topic: Topic) -> Seq {
        let rows = self.events.iter().filter(|event| event.topic() == topic && event.keyed().is_none());
        Seq::new(rows.count() as u64 + 1)
    }

    /// Since when the account has been a member, as of `at`.
    pub(super) fn member_since(&self, account: AccountId, room: ConversationId, at: Pos) -> Option<Pos> {
        let last = self.events[..at.get() as usize].iter().rev().find_map(|event| match &event.body {
            Body::Joined { account: who, conversation, .. } if *who == account && conversation.id == room => {
                Some(Some(event.pos))
            }
            Body::Left { account: who, conversation, .. } if *who == account && conversation.id == room => {
                Some(None)
            }
            _ => None,
        });
        last.flatten()
    }

    /// Whether the account, reading as of `at`, sees the event at `pos`.
    pub(super) fn sees(&self, account: AccountId, pos: Pos, at: Pos) -> bool {
        match self.events[pos.get() as usize - 1].topic() {
            Topic::Account(id) => id == account,
            Topic::Conversation(id) => self.member_since(account, id, at).is_some_and(|since| pos >= since),
        }
    }

    /// Whether the device is signed out, or will be as soon as everything is published.
    pub(super) fn is_removed(&self, actor: &Actor) -> bool {
        self.removed.contains(&actor.device)
    }

    /// The same as of `at`.
    pub(super) fn is_removed_at(&self, actor: &Actor, at: Pos) -> bool {
        self.events[..at.get() as usize]
            .iter()
            .any(|event| matches!(event.body, Body::DeviceRemoved { device, .. } if device == actor.device))
    }

    /// Whether the message at `pos` was deleted up to `at`, alone or with all of its sender's.
    pub(super) fn deleted(&self, pos: Pos, at: Pos) -> bool {
        let event = &self.events[pos.get() as usize - 1];
        let Body::Message(message) = &event.body else { return false };
        self.events[..at.get() as usize].iter().skip(pos.get() as usize).any(|later| {
            let deletes = match &later.body {
                Body::Delete { target, .. } => *target == event.seq,
                Body::Erased { sender, .. } => sender.id == message.sender.id,
                _ => false,
            };
            deletes && later.topic() == event.topic()
        })
    }

    /// Whether a later event has taken the place of the one at `pos`.
    pub(super) fn replaced(&self, pos: Pos) -> bool {
        let Some(keyed) = self.events[pos.get() as usize - 1].keyed() else { return false };
        let mut later = self.events[pos.get() as usize..].iter().filter_map(|event| event.keyed());
        later.any(|later| (later.topic(), later.key()) == (keyed.topic(), keyed.key()))
    }

    /// The event as a read as of now gives it.
    pub(super) fn read(&self, pos: Pos) -> Event {
        let mut event = self.events[pos.get() as usize - 1].clone();
        let deleted = self.deleted(pos, self.head());
        if let Body::Message(message) = &mut event.body
            && deleted
        {
            message.text.clear();
            message.deleted_by = Some(Seq::ZERO);
        }
        let is_gone = self.edited(pos).is_some_and(|of| self.deleted(of, self.head()));
        if let Body::Edit { text, deleted, .. } = &mut event.body
            && is_gone
        {
            text.clear();
            *deleted = true;
        }
        event
    }

    /// The message that the event at `pos` edits, if it edits one.
    pub(super) fn edited(&self, pos: Pos) -> Option<Pos> {
        let event = &self.events[pos.get() as usize - 1];
        let Body::Edit { target, .. } = &event.body else { return None };
        let is_it = |other: &&Event| other.topic() == event.topic() && other.seq == *target;
        self.events.iter().find(is_it).map(|message| message.pos)
    }
}
