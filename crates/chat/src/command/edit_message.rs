//! A sender may give their own message another text, as long as they may write. What the other of a direct chat does not see any
//! more when it is edited is the whole message: it has one text only.

use chinwag_protocol::{Actor, Body, Code, ConversationId, Entities, MessageText, Problem, Seq, Timestamp};
use chinwag_sabotage::{Promise, breaks};

use crate::appends::Appends;
use crate::decide::{Decision, Private, Reply};
use crate::state::{Need, State};
use crate::writing::{self, Written};

pub(crate) struct Edit<'a> {
    pub(crate) conversation: ConversationId,
    pub(crate) seq: Seq,
    pub(crate) text: &'a MessageText,
    pub(crate) entities: &'a Entities,
}

pub(crate) fn needs(
    actor: &Actor,
    conversation: ConversationId,
    seq: Seq,
    entities: &Entities,
    mut need: impl FnMut(Need),
) {
    writing::needs(actor, conversation, seq, &mut need);
    writing::needs_of_entities(entities, need);
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    edit: &Edit<'_>,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let Written { conversation, membership, message, hidden } =
        Written::of(state, actor, edit.conversation, edit.seq, now)?;
    if message.sender != actor.account && !breaks(Promise::EditOwn) {
        return Err(Problem::new(Code::Forbidden, "Only who has sent a message may edit it."));
    }
    writing::check_entities(state, edit.entities, conversation, membership.role)?;
    if message.text == edit.text.as_str() && message.entities == *edit.entities {
        let (seq, pos, at) = message.edited.unwrap_or((edit.seq, message.pos, message.at));
        return Ok(Decision::nothing(Reply::Stored { seq, pos, at }));
    }
    let mut appends = Appends::new(state, now);
    let pos = appends.next_pos();
    let body = Body::Edit {
        conversation: edit.conversation,
        target: edit.seq,
        sender: state.sender(actor.account).ok_or_else(Problem::unavailable)?,
        text: edit.text.as_str().to_owned(),
        entities: edit.entities.clone(),
        superseded: false,
        deleted: false,
        hidden,
    };
    let seq = appends.push_with(body, Private::Edited { pos: message.pos })?;
    Ok(appends.decision(Reply::Stored { seq, pos, at: now }))
}
