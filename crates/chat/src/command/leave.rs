//! Members may leave, but for direct chats; the owner of a group that others are in hands it over first.

use chinwag_protocol::{
    Actor, Body, Code, ConversationId, Kind, LeftChange, MembersChange, Problem, Role, Timestamp,
};

use crate::appends::Appends;
use crate::decide::{Decision, Reply};
use crate::state::{Need, State};

pub(crate) fn needs(actor: &Actor, conversation: ConversationId, mut need: impl FnMut(Need)) {
    need(Need::Conversation(conversation));
    need(Need::Membership(actor.account, conversation));
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    id: ConversationId,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let (Some(conversation), Some(membership)) =
        (state.conversation(id), state.membership(actor.account, id))
    else {
        // The same for a conversation that never was: leaving must not tell what exists.
        return Ok(Decision::nothing(Reply::Done));
    };
    let is_group = match conversation.conversation.kind {
        Kind::Group => true,
        // It can be opened again, and its owner is its owner then.
        Kind::Room => false,
        Kind::Direct => {
            let detail = "A direct chat cannot be left. Block the other account to hear no more from it.";
            return Err(Problem::new(Code::Forbidden, detail));
        }
    };
    if is_group && membership.role == Role::Owner && conversation.members > 1 {
        let detail = "You own this group. Hand it over to another member, then leave.";
        return Err(Problem::new(Code::LastOwner, detail));
    }
    let mut appends = Appends::new(state, now);
    appends.push(Body::Left {
        account: actor.account,
        conversation: conversation.conversation.clone(),
        change: LeftChange::Left,
    })?;
    if is_group {
        let sender = state.sender(actor.account).ok_or_else(Problem::unavailable)?;
        appends.push(Body::Members {
            conversation: id,
            actor: sender.clone(),
            accounts: vec![sender],
            change: MembersChange::Left,
            role: None,
        })?;
    }
    Ok(appends.decision(Reply::Done))
}
