//! What is left of an account that was removed.

use chinwag_protocol::{AccountId, ClientId, ConversationId, Emoji, Pos, Removal, Seq};
use foldhash::HashMap;

use super::{Account, State};
use crate::decide::RemovalStep;

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessagePlace {
    /// In which conversation.
    pub conversation: ConversationId,
    /// Its row there.
    pub seq: Seq,
    /// Its place in the log.
    pub pos: Pos,
}

/// Something that the account stored under a client id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentRow {
    /// Under which.
    pub client_id: ClientId,
    /// Where, if it is a message that has its text.
    pub message: Option<MessagePlace>,
}

/// A reaction of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReactionPlace {
    /// In which conversation.
    pub conversation: ConversationId,
    /// To which row.
    pub seq: Seq,
    /// With what.
    pub emoji: Emoji,
    /// Whether only the account could see it.
    pub hidden: bool,
}

/// What is left to do of removing an account: as much as one step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovalState {
    /// As the store has it. For everything else it is no more.
    pub account: Account,
    /// The first conversations that it is still in, at most [`crate::REMOVAL_CONVERSATIONS`].
    pub conversations: Vec<ConversationId>,
    /// If what it sent is emptied: the first of its reactions, at most [`crate::REMOVAL_REACTIONS`].
    pub reactions: Vec<ReactionPlace>,
    /// Whether it is named in more messages than are forgotten in one step.
    pub many_mentions: bool,
    /// If what it sent is emptied: the next of that in the order of client ids, at most [`crate::REMOVAL_MESSAGES`].
    pub sent: Vec<SentRow>,
    /// The row of each of these messages' conversations that says that they are emptied, where it stands already.
    pub erased: HashMap<ConversationId, Seq>,
    /// Whether the account's own topic has more keyed events than the [`crate::REMOVAL_KEYED`] that a step takes away.
    pub more_keyed: bool,
}

impl RemovalState {
    /// Rows in memory.
    pub(super) fn rows(&self) -> usize {
        1 + self.conversations.len() + self.reactions.len() + self.sent.len() + self.erased.len()
    }

    /// Whether what the account sent is emptied.
    pub fn erases(&self) -> bool {
        self.account.card.removed == Some(Removal::Deleted)
    }

    /// The conversations that a step changes.
    pub(super) fn touched(&self) -> impl Iterator<Item = ConversationId> + '_ {
        let messages = self.sent.iter().filter_map(|row| row.message);
        let reactions = self.reactions.iter().map(|row| row.conversation);
        let messages = messages.map(|message| message.conversation);
        self.conversations.iter().copied().chain(reactions).chain(messages)
    }
}

impl State {
    /// Records what is left to do of removing an account, if anything is.
    pub fn put_removal(&mut self, id: AccountId, row: Option<RemovalState>) {
        self.removals.insert(id, row);
    }

    /// Records whether an account owns a group or room that others are in.
    pub fn put_owner_of_shared(&mut self, id: AccountId, owns: bool) {
        self.owners_of_shared.insert(id, owns);
    }

    pub(crate) fn removal(&self, id: AccountId) -> Option<&RemovalState> {
        self.removals.get(&id)?.as_ref()
    }

    pub(crate) fn owns_shared(&self, id: AccountId) -> bool {
        self.owners_of_shared.get(&id).copied().unwrap_or_default()
    }

    /// Makes a step's effects visible to what is decided next in its batch, beside those of its events: that is no business of
    /// this batch any more.
    pub fn apply_step(&mut self, step: &RemovalStep) {
        self.removals.insert(step.account, None);
    }
}
