//! Members may post.

use chinwag_protocol::{
    Actor, Body, ClientId, Code, ConversationId, Event, Message, MessageText, Problem, Role, Timestamp,
};
use chinwag_sabotage::{Promise, breaks};

use crate::appends::Appends;
use crate::decide::{Append, Decision, Private, Reply};
use crate::direct;
use crate::marker;
use crate::permission::{Action, may, permit};
use crate::request::RequestHash;
use crate::state::{ConversationState, Need, Restriction, State};

pub(crate) struct Send<'a> {
    pub(crate) conversation: ConversationId,
    pub(crate) client_id: ClientId,
    pub(crate) text: &'a MessageText,
    pub(crate) follows: Option<ClientId>,
    pub(crate) hash: RequestHash,
}

pub(crate) fn needs(
    actor: &Actor,
    conversation: ConversationId,
    client_id: ClientId,
    follows: Option<ClientId>,
    mut need: impl FnMut(Need),
) {
    need(Need::Conversation(conversation));
    need(Need::Membership(actor.account, conversation));
    need(Need::Talk { conversation, account: actor.account });
    need(Need::Restriction(conversation, actor.account));
    need(Need::Marker(actor.account, conversation));
    need(Need::Sent(actor.account, client_id));
    if let Some(follows) = follows {
        need(Need::Sent(actor.account, follows));
    }
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    send: &Send<'_>,
    now: Timestamp,
) -> Result<Decision, Problem> {
    // Before membership: a retry gets the first answer even if the sender has left since.
    if let Some(first) = state.sent(actor.account, send.client_id)
        && !breaks(Promise::StoredOnce)
    {
        return if first.hash == send.hash {
            Ok(Decision::nothing(Reply::Stored { seq: first.seq, pos: first.pos, at: first.at }))
        } else {
            Err(Problem::new(
                Code::ClientIdReused,
                "You sent another message under this client_id. Make a new one for each message.",
            ))
        };
    }
    let conversation = state.conversation(send.conversation).ok_or_else(Problem::no_conversation)?;
    let restriction = if breaks(Promise::PostAsMember) {
        None
    } else {
        let membership =
            state.membership(actor.account, send.conversation).ok_or_else(Problem::no_conversation)?;
        check_may_write(state, actor, conversation, membership.role, now)?
    };
    if let Some(follows) = send.follows
        && state.sent(actor.account, follows).is_none_or(|first| first.made.is_some())
        && !breaks(Promise::FollowsIsStored)
    {
        return Err(Problem::new(
            Code::PredecessorMissing,
            "The message named in follows is not stored yet. Send it first, then this one again.",
        ));
    }
    let mut appends = Appends::new(state, now);
    let hidden = match conversation.conversation.pair {
        Some(pair) => direct::before_message(&mut appends, state, conversation, pair, actor.account)?,
        None => false,
    };
    let event = Event {
        pos: appends.next_pos(),
        seq: if breaks(Promise::NoHoles) {
            conversation.head.next().next()
        } else {
            conversation.head.next()
        },
        at: now,
        body: Body::Message(Message {
            conversation: send.conversation,
            n: conversation.n + 1,
            sender: state.sender(actor.account).ok_or_else(Problem::unavailable)?,
            client_id: send.client_id,
            text: send.text.as_str().to_owned(),
            deleted_by: None,
            hidden,
        }),
    };
    let mut decision = appends.decision(Reply::Stored { seq: event.seq, pos: event.pos, at: now });
    decision.appends.push(Append { event, private: Private::Sent { hash: send.hash, restriction } });
    marker::after_message(state, &mut decision.appends);
    Ok(decision)
}

/// Refuses who may not write here now. Gives what holds for the sender after that, where the slow mode counts from it.
fn check_may_write(
    state: &State,
    actor: &Actor,
    conversation: &ConversationState,
    role: Role,
    now: Timestamp,
) -> Result<Option<Restriction>, Problem> {
    let (kind, settings) = (conversation.conversation.kind, &conversation.conversation.settings);
    permit(role, Action::Write, kind)?;
    if settings.locked && !may(role, Action::WriteLocked, kind) {
        return Err(Problem::new(
            Code::Locked,
            "Only owners, admins and moderators write here while the conversation is locked. Wait until it is unlocked.",
        ));
    }
    let restriction = state.restriction(conversation.conversation.id, actor.account);
    if let Some(until) = restriction.muted_until.filter(|until| *until > now) {
        let detail = format!("You may read here, but write only from {until} on.");
        return Err(Problem::new(Code::Muted, detail));
    }
    let wait_ms = 1000 * i64::from(settings.slow_mode.seconds());
    if wait_ms == 0 || may(role, Action::WriteAtOnce, kind) {
        return Ok(None);
    }
    if let Some(wrote_at) = restriction.wrote_at {
        // A clock that was set back does not make anybody wait longer.
        let left_ms = (wrote_at.as_millis() + wait_ms - now.as_millis()).min(wait_ms);
        if left_ms > 0 {
            let seconds = u32::try_from((left_ms + 999) / 1000).unwrap_or(u32::MAX);
            let detail = format!(
                "Members write once in {} s here. Send it again in {seconds} s.",
                settings.slow_mode.seconds()
            );
            return Err(Problem::new(Code::SlowMode, detail).retry_after(seconds));
        }
    }
    Ok(Some(Restriction { wrote_at: Some(now), ..restriction }))
}
