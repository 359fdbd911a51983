//! A sender may delete their own message, those who run the conversation any. What is hidden from an account is absent for it.

use chinwag_protocol::{Actor, Body, ConversationId, Event, Problem, Seq, Timestamp};
use chinwag_sabotage::{Promise, breaks};

use crate::decide::{Append, Decision, Private, Reply};
use crate::permission::{Action, permit};
use crate::state::{Need, State};
use crate::writing::visible_message;

pub(crate) fn needs(actor: &Actor, conversation: ConversationId, seq: Seq, mut need: impl FnMut(Need)) {
    need(Need::Conversation(conversation));
    need(Need::Membership(actor.account, conversation));
    need(Need::Message(conversation, seq));
    need(Need::Marks(conversation, seq));
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    id: ConversationId,
    seq: Seq,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let membership = state.membership(actor.account, id).ok_or_else(Problem::no_conversation)?;
    let conversation = state.conversation(id).ok_or_else(Problem::no_conversation)?;
    let message = visible_message(state, actor, id, seq)?;
    if message.sender != actor.account && !breaks(Promise::DeleteOwn) {
        permit(membership.role, Action::DeleteAny, conversation.conversation.kind)?;
    }
    if let Some((seq, pos, at)) = message.deleted {
        return Ok(Decision::nothing(Reply::Stored { seq, pos, at }));
    }
    let event = Event {
        pos: state.head.next(),
        seq: conversation.head.next(),
        at: now,
        body: Body::Delete {
            conversation: id,
            target: seq,
            sender: state.sender(actor.account).ok_or_else(Problem::unavailable)?,
            hidden: message.hidden,
        },
    };
    let reply = Reply::Stored { seq: event.seq, pos: event.pos, at: now };
    Ok(Decision::of(vec![Append { event, private: Private::Nothing }], reply))
}
