//! What others have added to messages.

use chinwag_protocol::{AccountId, ConversationId, Emoji, Pos, Seq, Timestamp};

use super::State;

/// What others have added to a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// The reactions that all may see, in the order in which the first of each came, with how many there are.
    pub reactions: Vec<(Emoji, u64)>,
    /// Row, place and time of its pinning, if it is pinned.
    pub pinned: Option<(Seq, Pos, Timestamp)>,
}

impl Marks {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.reactions.is_empty() && self.pinned.is_none()
    }

    pub(crate) fn add(&mut self, emoji: &Emoji) {
        match self.reactions.iter_mut().find(|(known, _)| known == emoji) {
            Some((_, count)) => *count += 1,
            None => self.reactions.push((emoji.clone(), 1)),
        }
    }

    pub(crate) fn take(&mut self, emoji: &Emoji) {
        if let Some((_, count)) = self.reactions.iter_mut().find(|(known, _)| known == emoji) {
            *count = count.saturating_sub(1);
        }
        self.reactions.retain(|(_, count)| *count > 0);
    }
}

/// A reaction of one account to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnReaction {
    /// With what.
    pub emoji: Emoji,
    /// Its row.
    pub seq: Seq,
    /// Its place in the log.
    pub pos: Pos,
    /// When.
    pub at: Timestamp,
    /// Whether only the account may see it.
    pub hidden: bool,
}

impl State {
    /// Records what others have added to a message.
    pub fn put_marks(&mut self, id: ConversationId, seq: Seq, row: Marks) {
        self.marks.insert((id, seq), row);
    }

    /// Records an account's reactions to a message.
    pub fn put_own_reactions(
        &mut self,
        id: ConversationId,
        seq: Seq,
        account: AccountId,
        rows: Vec<OwnReaction>,
    ) {
        self.own_reactions.insert((id, seq, account), rows);
    }

    /// Records how many messages are pinned in a conversation.
    pub fn put_pins(&mut self, id: ConversationId, number: u64) {
        self.numbers_of_pins.insert(id, number);
    }

    pub(crate) fn marks(&self, id: ConversationId, seq: Seq) -> Option<&Marks> {
        self.marks.get(&(id, seq))
    }

    pub(crate) fn own_reactions(&self, id: ConversationId, seq: Seq, account: AccountId) -> &[OwnReaction] {
        self.own_reactions.get(&(id, seq, account)).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn number_of_pins(&self, id: ConversationId) -> u64 {
        self.numbers_of_pins.get(&id).copied().unwrap_or_default()
    }

    /// A message is deleted, and all that was added to it is gone.
    pub(super) fn drop_marks(&mut self, id: ConversationId, seq: Seq) {
        let before = self.marks.insert((id, seq), Marks::default());
        if before.is_some_and(|marks| marks.pinned.is_some()) {
            self.count_pins(id, |number| number.saturating_sub(1));
        }
    }

    pub(super) fn count_pins(&mut self, id: ConversationId, counted: fn(u64) -> u64) {
        if let Some(number) = self.numbers_of_pins.get_mut(&id) {
            *number = counted(*number);
        }
    }
}
