//! Who runs a conversation, and both of a direct chat, pin messages for all who are in it.

use chinwag_protocol::{Actor, Body, Code, ConversationId, Problem, Seq, Timestamp};

use crate::appends::Appends;
use crate::decide::{Decision, Private, Reply};
use crate::permission::Action;
use crate::quotas::PINS_MAX;
use crate::standing::{self, Standing};
use crate::state::{Need, State};
use crate::writing::{self, visible_message};

pub(crate) fn needs(actor: &Actor, conversation: ConversationId, seq: Seq, mut need: impl FnMut(Need)) {
    standing::needs(actor, conversation, &mut need);
    need(Need::Message(conversation, seq));
    need(Need::Marks(conversation, seq));
    need(Need::Pins(conversation));
}

/// Pins a message, or does so no more.
pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    (conversation, target): (ConversationId, Seq),
    pinned: bool,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let message = visible_message(state, actor, conversation, target)?;
    if message.deleted.is_some() {
        return Err(writing::no_message());
    }
    Standing::of(state, actor, conversation, Action::Pin)?;
    let mut marks = state.marks(conversation, target).cloned().unwrap_or_default();
    match (marks.pinned, pinned) {
        (Some((seq, pos, at)), true) => return Ok(Decision::nothing(Reply::Stored { seq, pos, at })),
        (None, false) => return Ok(Decision::nothing(Reply::Done)),
        (None, true) if state.number_of_pins(conversation) >= PINS_MAX => {
            let detail = format!("{PINS_MAX} messages are pinned here, and no more can be. Unpin one first.");
            return Err(Problem::new(Code::TooManyPins, detail));
        }
        _ => {}
    }
    let mut appends = Appends::new(state, now);
    let pos = appends.next_pos();
    let seq = state.conversation(conversation).ok_or_else(Problem::no_conversation)?.head.next();
    marks.pinned = pinned.then_some((seq, pos, now));
    let body = Body::Pin {
        conversation,
        target,
        sender: state.sender(actor.account).ok_or_else(Problem::unavailable)?,
        pinned,
        hidden: message.hidden,
    };
    appends.push_with(body, Private::Marked(marks))?;
    Ok(appends.decision(Reply::Stored { seq, pos, at: now }))
}
