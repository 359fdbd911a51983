//! Whoever has a good link comes into its group.

use chinwag_protocol::{Actor, Body, InviteHash, MembersChange, Problem, Timestamp};

use super::join;
use crate::appends::Appends;
use crate::decide::{Decision, Entry, Private, Reply};
use crate::state::{Need, State};

pub(crate) fn needs(actor: &Actor, token: InviteHash, mut need: impl FnMut(Need)) {
    need(Need::Invited { token, account: actor.account });
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    token: InviteHash,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let found = state.invited(token).filter(|(_, invite)| invite.is_good(now));
    let (id, invite) = found.ok_or_else(Problem::no_invite)?;
    let conversation = state.conversation(id).ok_or_else(Problem::no_invite)?;
    if state.membership(actor.account, id).is_some() {
        return Ok(Decision::nothing(Reply::Invited { conversation: id, entry: Entry::Before }));
    }
    let banned = state.restriction(id, actor.account).banned;
    // A group that everybody has left is gone.
    if banned || conversation.members == 0 {
        return Err(Problem::no_invite());
    }
    join::check_room_for_one_more(state, actor.account)?;
    join::check_not_full(conversation, 1)?;
    let mut appends = Appends::new(state, now);
    join::push_joined(&mut appends, state, actor.account, conversation)?;
    let sender = state.sender(actor.account).ok_or_else(Problem::unavailable)?;
    let left = invite.uses.map(|uses| uses.saturating_sub(1));
    appends.push_with(
        Body::Members {
            conversation: id,
            actor: sender.clone(),
            accounts: vec![sender],
            change: MembersChange::Joined,
            role: None,
        },
        Private::Invited { invite: invite.id, left },
    )?;
    Ok(appends.decision(Reply::Invited { conversation: id, entry: Entry::Joined }))
}
