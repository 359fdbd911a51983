//! Every member may leave, but for direct chats.

use chinwag_protocol::{Actor, Body, Code, ConversationId, Event, Kind, Problem, Timestamp};

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
    if conversation.conversation.kind == Kind::Direct {
        let detail = "A direct chat cannot be left. Block the other account to hear no more from it.";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    let account = state.account(actor.account).ok_or_else(Problem::unavailable)?;
    let event = Event {
        pos: state.head.next(),
        seq: account.head.next(),
        at: now,
        body: Body::Left { account: actor.account, conversation: conversation.conversation.clone() },
    };
    Ok(Decision { appends: vec![Append { event, private: Private::Nothing }], reply: Reply::Done })
}
