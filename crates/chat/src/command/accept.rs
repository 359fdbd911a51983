//! Who was written to by a stranger may take the direct chat up.

use chinwag_protocol::{Actor, Body, ConversationId, Problem, Timestamp};

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
    let membership = state.membership(actor.account, id).ok_or_else(Problem::no_conversation)?;
    let conversation = state.conversation(id).ok_or_else(Problem::no_conversation)?;
    if !membership.request {
        return Ok(Decision::nothing(Reply::Done));
    }
    let mut appends = Appends::new(state, now);
    appends
        .push(Body::Accepted { account: actor.account, conversation: conversation.conversation.clone() })?;
    Ok(appends.decision(Reply::Done))
}
