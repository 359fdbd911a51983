//! Every member may leave.

use chinwag_protocol::{Actor, Body, ConversationId, Event, Problem, Timestamp};

use crate::decide::{Append, Decision, Private, Reply};
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
    let (Some(conversation), Some(_)) = (state.conversation(id), state.membership(actor.account, id)) else {
        // The same for a conversation that never was: leaving must not tell what exists.
        return Ok(Decision::nothing(Reply::Done));
    };
    let account = state.account(actor.account).ok_or_else(Problem::unavailable)?;
    let event = Event {
        pos: state.head.next(),
        seq: account.head.next(),
        at: now,
        body: Body::Left { account: actor.account, conversation: conversation.conversation.clone() },
    };
    Ok(Decision { appends: vec![Append { event, private: Private::Nothing }], reply: Reply::Done })
}
