//! Anyone signed in may open any room; who makes it owns it.

use chinwag_protocol::{
    Actor, Body, Conversation, ConversationId, Event, Membership, Problem, Role, Seq, Slug, Timestamp,
};

use crate::decide::{Append, Decision, Private, Reply};
use crate::state::{Need, State};

pub(crate) fn needs(actor: &Actor, slug: &Slug, mut need: impl FnMut(Need)) {
    need(Need::Room { key: slug.key(), account: actor.account });
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    slug: &Slug,
    fresh: ConversationId,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let account_head = state.account(actor.account).ok_or_else(Problem::unavailable)?.head;
    let Some(room) = state.room(slug) else {
        let conversation = Conversation::room(fresh, slug.clone());
        let created = Event {
            pos: state.head.next(),
            seq: account_head.next(),
            at: now,
            body: Body::ConversationCreated { conversation: conversation.clone(), owner: actor.account },
        };
        let membership = Membership {
            role: Role::Owner,
            since: created.pos.next(),
            visible_from: Seq::new(1),
            request: false,
        };
        let joined = Event {
            pos: created.pos.next(),
            seq: created.seq.next(),
            at: now,
            body: Body::Joined {
                account: actor.account,
                conversation: conversation.clone(),
                membership,
                from_seq: Seq::new(1),
            },
        };
        return Ok(Decision {
            appends: vec![
                Append { event: created, private: Private::Conversation { owner: actor.account } },
                Append { event: joined, private: Private::Nothing },
            ],
            reply: Reply::Room { conversation, role: Role::Owner, created: true },
        });
    };
    let conversation = room.conversation.clone();
    if let Some(membership) = state.membership(actor.account, conversation.id) {
        return Ok(Decision::nothing(Reply::Room { conversation, role: membership.role, created: false }));
    }
    let role = if room.owner == actor.account { Role::Owner } else { Role::Member };
    let pos = state.head.next();
    let event = Event {
        pos,
        seq: account_head.next(),
        at: now,
        body: Body::Joined {
            account: actor.account,
            conversation: conversation.clone(),
            // A room's history is open to everyone.
            membership: Membership { role, since: pos, visible_from: Seq::new(1), request: false },
            from_seq: room.head.next(),
        },
    };
    Ok(Decision {
        appends: vec![Append { event, private: Private::Nothing }],
        reply: Reply::Room { conversation, role, created: false },
    })
}
