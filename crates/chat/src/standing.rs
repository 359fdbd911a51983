//! Where the asker and another stand in a conversation.

use chinwag_protocol::{AccountId, Actor, ConversationId, Kind, Membership, Problem};

use crate::permission::{Action, permit};
use crate::state::{ConversationState, Need, State};

/// The asker's place in a conversation.
pub(crate) struct Standing<'s> {
    pub(crate) conversation: &'s ConversationState,
    pub(crate) membership: &'s Membership,
}

/// The rows that [`Standing::of`] reads.
pub(crate) fn needs(actor: &Actor, id: ConversationId, need: &mut impl FnMut(Need)) {
    need(Need::Conversation(id));
    need(Need::Membership(actor.account, id));
}

/// The rows that a command reads of who it is done to.
pub(crate) fn needs_of_other(account: AccountId, id: ConversationId, need: &mut impl FnMut(Need)) {
    need(Need::Account(account));
    need(Need::Membership(account, id));
    need(Need::Restriction(id, account));
}

impl<'s> Standing<'s> {
    /// Of a member who may do `action`; to everybody else the conversation does not exist.
    pub(crate) fn of(
        state: &'s State,
        actor: &Actor,
        id: ConversationId,
        action: Action,
    ) -> Result<Self, Problem> {
        let membership = state.membership(actor.account, id).ok_or_else(Problem::no_conversation)?;
        let conversation = state.conversation(id).ok_or_else(Problem::no_conversation)?;
        permit(membership.role, action, conversation.conversation.kind)?;
        Ok(Self { conversation, membership })
    }

    pub(crate) fn is_group(&self) -> bool {
        match self.conversation.conversation.kind {
            Kind::Group => true,
            Kind::Room | Kind::Direct => false,
        }
    }
}
