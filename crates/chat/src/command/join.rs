//! What holds for whoever comes into a conversation, by whatever way.

use chinwag_protocol::{AccountId, Body, Code, Kind, Membership, Problem, Role, Seq};

use crate::appends::Appends;
use crate::quotas::{CONVERSATIONS_MAX, GROUP_MEMBERS_MAX};
use crate::state::{ConversationState, State};

/// Refuses one conversation more to who is in enough.
pub(crate) fn check_room_for_one_more(state: &State, account: AccountId) -> Result<(), Problem> {
    let row = state.account(account).ok_or_else(Problem::unavailable)?;
    if row.conversations < CONVERSATIONS_MAX {
        return Ok(());
    }
    let detail = format!("An account is in at most {CONVERSATIONS_MAX} conversations. Leave one first.");
    Err(Problem::new(Code::TooManyConversations, detail))
}

/// Refuses members of whom there would be too many.
pub(crate) fn check_not_full(conversation: &ConversationState, more: u64) -> Result<(), Problem> {
    let full = match conversation.conversation.kind {
        Kind::Group => conversation.members + more > GROUP_MEMBERS_MAX,
        // Of a direct chat there are never more than the two.
        Kind::Room | Kind::Direct => false,
    };
    if !full {
        return Ok(());
    }
    let detail = format!("A group has at most {GROUP_MEMBERS_MAX} members. Use a room for more.");
    Err(Problem::new(Code::GroupFull, detail))
}

/// Lets an account in, and says as what. The row that tells the others, if there is one, must come right after all who come in with it.
pub(crate) fn push_joined(
    appends: &mut Appends<'_>,
    state: &State,
    account: AccountId,
    conversation: &ConversationState,
) -> Result<Role, Problem> {
    let restricted = state.restriction(conversation.conversation.id, account).read_only;
    let role = match conversation.conversation.kind {
        Kind::Room if conversation.owner == account => Role::Owner,
        // Going away and coming back is no way around it.
        Kind::Room | Kind::Group if restricted => Role::ReadOnly,
        Kind::Room | Kind::Group | Kind::Direct => Role::Member,
    };
    let from_seq = conversation.head.next();
    let visible_from =
        if conversation.conversation.settings.history_visible { Seq::new(1) } else { from_seq };
    let membership = Membership { role, since: appends.next_pos(), visible_from, request: false };
    let conversation = conversation.conversation.clone();
    appends.push(Body::Joined { account, conversation, membership, from_seq })?;
    Ok(role)
}
