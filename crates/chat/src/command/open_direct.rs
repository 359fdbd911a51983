//! Anyone signed in may open the direct chat with any account. Only who opens it learns of it: the other becomes a member with
//! the first message.

use chinwag_protocol::{
    AccountId, Actor, Body, Conversation, ConversationId, Membership, Pair, Problem, Role, Seq, Timestamp,
};

use super::join;
use crate::appends::Appends;
use crate::decide::{Decision, Entry, Private, Reply};
use crate::state::{Need, State};

pub(crate) fn needs(actor: &Actor, peer: AccountId, mut need: impl FnMut(Need)) {
    need(Need::Account(peer));
    need(Need::Room { key: Pair::of(actor.account, peer).key(), account: actor.account });
    // What a message reads that is decided right after.
    need(Need::Block { account: actor.account, blocked: peer });
    need(Need::Block { account: peer, blocked: actor.account });
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    peer: AccountId,
    fresh: ConversationId,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let account = actor.account;
    let sender = state.sender(peer).ok_or_else(Problem::no_account)?;
    let pair = Pair::of(account, peer);
    let mut appends = Appends::new(state, now);
    let found = state.direct(pair);
    let (conversation, from_seq, mut entry) = match found {
        Some(row) => (row.conversation.clone(), row.head.next(), Entry::Joined),
        None => {
            let conversation = Conversation::direct(fresh, pair);
            let made = Body::ConversationCreated { conversation: conversation.clone(), owner: account };
            appends.push_with(made, Private::Conversation { owner: account })?;
            (conversation, Seq::new(1), Entry::Made)
        }
    };
    match state.membership(account, conversation.id) {
        None => {
            join::check_room_for_one_more(state, account)?;
            let since = appends.next_pos();
            let membership =
                Membership { role: Role::Member, since, visible_from: Seq::new(1), request: false };
            let conversation = conversation.clone();
            appends.push(Body::Joined { account, conversation, membership, from_seq })?;
        }
        // The same as if it had been opened before the stranger wrote.
        Some(membership) if membership.request => {
            entry = Entry::Before;
            appends.push(Body::Accepted { account, conversation: conversation.clone() })?;
        }
        Some(_) => entry = Entry::Before,
    }
    Ok(appends.decision(Reply::Direct { conversation, peer: sender, entry }))
}
