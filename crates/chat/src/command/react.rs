//! Whoever may write may react to what they see. What the other of a direct chat must not see of who it blocks is hidden from
//! them like a message.

use chinwag_protocol::{Actor, Body, Code, ConversationId, Emoji, Problem, Seq, Timestamp};

use crate::appends::Appends;
use crate::decide::{Decision, Private, Reply};
use crate::quotas::REACTIONS_MAX;
use crate::state::{Need, State};
use crate::writing::{self, Written, visible_message};

pub(crate) fn needs(actor: &Actor, conversation: ConversationId, seq: Seq, mut need: impl FnMut(Need)) {
    writing::needs(actor, conversation, seq, &mut need);
    need(Need::Marks(conversation, seq));
    need(Need::Reactions { conversation, seq, account: actor.account });
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    (conversation, target): (ConversationId, Seq),
    emoji: &Emoji,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let written = Written::of(state, actor, conversation, target, now)?;
    let own = state.own_reactions(conversation, target, actor.account);
    if let Some(first) = own.iter().find(|own| own.emoji == *emoji) {
        return Ok(Decision::nothing(Reply::Stored { seq: first.seq, pos: first.pos, at: first.at }));
    }
    let mut marks = state.marks(conversation, target).cloned().unwrap_or_default();
    let is_there = |emoji: &Emoji| marks.reactions.iter().any(|(known, _)| known == emoji);
    let different = marks.reactions.len() + own.iter().filter(|own| !is_there(&own.emoji)).count();
    if own.len() >= REACTIONS_MAX || (different >= REACTIONS_MAX && !is_there(emoji)) {
        let detail = format!(
            "A message has reactions of at most {REACTIONS_MAX} different emojis. Take one that is there already."
        );
        return Err(Problem::new(Code::TooManyReactions, detail));
    }
    if !written.hidden {
        marks.add(emoji);
    }
    let mut appends = Appends::new(state, now);
    let pos = appends.next_pos();
    let body = Body::Reaction {
        conversation,
        target,
        sender: state.sender(actor.account).ok_or_else(Problem::unavailable)?,
        emoji: emoji.clone(),
        on: true,
        hidden: written.hidden,
    };
    let seq = appends.push_with(body, Private::Marked(marks))?;
    Ok(appends.decision(Reply::Stored { seq, pos, at: now }))
}

/// Takes a reaction back, be it that its sender may not write any more.
pub(crate) fn take_back(
    state: &State,
    actor: &Actor,
    (conversation, target): (ConversationId, Seq),
    emoji: &Emoji,
    now: Timestamp,
) -> Result<Decision, Problem> {
    if visible_message(state, actor, conversation, target)?.deleted.is_some() {
        return Err(writing::no_message());
    }
    let own = state.own_reactions(conversation, target, actor.account);
    let Some(first) = own.iter().find(|own| own.emoji == *emoji) else {
        return Ok(Decision::nothing(Reply::Done));
    };
    let mut marks = state.marks(conversation, target).cloned().unwrap_or_default();
    if !first.hidden {
        marks.take(emoji);
    }
    let mut appends = Appends::new(state, now);
    let pos = appends.next_pos();
    let body = Body::Reaction {
        conversation,
        target,
        sender: state.sender(actor.account).ok_or_else(Problem::unavailable)?,
        emoji: emoji.clone(),
        on: false,
        hidden: first.hidden,
    };
    let seq = appends.push_with(body, Private::Marked(marks))?;
    Ok(appends.decision(Reply::Stored { seq, pos, at: now }))
}
