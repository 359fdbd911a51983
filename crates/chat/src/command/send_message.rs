//! Members may post.

use chinwag_protocol::{
    Actor, Attributes, Body, ClientId, Code, ConversationId, Event, Message, MessageText, Problem, Timestamp,
};
use chinwag_sabotage::{Promise, breaks};

use crate::appends::Appends;
use crate::decide::{Append, Decision, Private, Reply};
use crate::direct;
use crate::marker;
use crate::request::RequestHash;
use crate::state::{Need, State};
use crate::writing::{self, check_may_write, check_slow_mode};

pub(crate) struct Send<'a> {
    pub(crate) conversation: ConversationId,
    pub(crate) client_id: ClientId,
    pub(crate) text: &'a MessageText,
    pub(crate) follows: Option<ClientId>,
    pub(crate) attributes: &'a Attributes,
    pub(crate) hash: RequestHash,
}

pub(crate) fn needs(
    actor: &Actor,
    conversation: ConversationId,
    client_id: ClientId,
    follows: Option<ClientId>,
    attributes: &Attributes,
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
    if let Some(reply_to) = attributes.reply_to {
        need(Need::Message(conversation, reply_to));
    }
    writing::needs_of_entities(&attributes.entities, need);
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
        check_may_write(state, actor, conversation, membership.role, now)?;
        let restriction = check_slow_mode(state, actor, conversation, membership.role, now)?;
        writing::check_entities(state, &send.attributes.entities, conversation, membership.role)?;
        if let Some(reply_to) = send.attributes.reply_to {
            writing::visible_message(state, actor, send.conversation, reply_to)?;
        }
        restriction
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
            attributes: send.attributes.clone(),
            edited: None,
        }),
    };
    let mut decision = appends.decision(Reply::Stored { seq: event.seq, pos: event.pos, at: now });
    decision.appends.push(Append { event, private: Private::Sent { hash: send.hash, restriction } });
    marker::after_message(state, &mut decision.appends);
    Ok(decision)
}
