//! Anyone signed in may open any room; who makes it owns it.

use chinwag_protocol::{
    Actor, Body, Code, Conversation, ConversationId, Event, Membership, Problem, Role, Seq, Slug, Timestamp,
};

use super::join;
use crate::appends::Appends;
use crate::decide::{Append, Decision, Entry, Private, Reply};
use crate::ruling::{Entrance, Subject, check_open};
use crate::state::{Need, State};

pub(crate) fn needs(actor: &Actor, slug: &Slug, mut need: impl FnMut(Need)) {
    need(Need::Ruling(Subject::Entrance(Entrance::RoomCreation)));
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
        check_open(state, Entrance::RoomCreation, now)?;
        join::check_room_for_one_more(state, actor.account)?;
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
        return Ok(Decision::of(
            vec![
                Append { event: created, private: Private::Conversation { owner: actor.account } },
                Append { event: joined, private: Private::Nothing },
            ],
            Reply::Room { conversation, role: Role::Owner, entry: Entry::Made },
        ));
    };
    let conversation = room.conversation.clone();
    if let Some(membership) = state.membership(actor.account, conversation.id) {
        let reply = Reply::Room { conversation, role: membership.role, entry: Entry::Before };
        return Ok(Decision::nothing(reply));
    }
    if state.is_ruled(Subject::Conversation(conversation.id), now) {
        let detail = "Those who run the server have closed this room. Open another one.";
        return Err(Problem::new(Code::Closed, detail));
    }
    if state.restriction(conversation.id, actor.account).banned {
        let detail = "You are banned from this room. Those who run it can lift the ban.";
        return Err(Problem::new(Code::Banned, detail));
    }
    join::check_room_for_one_more(state, actor.account)?;
    let mut appends = Appends::new(state, now);
    let role = join::push_joined(&mut appends, state, actor.account, room)?;
    Ok(appends.decision(Reply::Room { conversation, role, entry: Entry::Joined }))
}
