//! Who runs a conversation may keep others out, and let them in again.

use chinwag_protocol::{
    AccountId, Actor, Body, ConversationId, LeftChange, MembersChange, Problem, RestrictionChange, Role,
    Timestamp,
};

use crate::appends::Appends;
use crate::decide::{Decision, Private, Reply};
use crate::permission::{Action, check_rank};
use crate::standing::{self, Standing};
use crate::state::{Need, Restriction, State};

pub(crate) fn needs(actor: &Actor, id: ConversationId, account: AccountId, mut need: impl FnMut(Need)) {
    standing::needs(actor, id, &mut need);
    standing::needs_of_other(account, id, &mut need);
}

/// Removes an account and keeps it out, or, if `banned` is false, lets it in again.
pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    id: ConversationId,
    account: AccountId,
    banned: bool,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let standing = Standing::of(state, actor, id, Action::Ban)?;
    let conversation = &standing.conversation.conversation;
    let membership = state.membership(account, id);
    if let Some(membership) = membership
        && banned
    {
        check_rank(standing.membership.role, membership.role)?;
    }
    let other = state.sender(account).ok_or_else(Problem::no_account)?;
    if !standing.is_group() && banned && standing.conversation.owner == account {
        // Not there at the moment, but the owner all the same.
        check_rank(standing.membership.role, Role::Owner)?;
    }
    let before = state.restriction(id, account);
    if before.banned == banned {
        return Ok(Decision::nothing(Reply::Done));
    }
    let restriction = Restriction { banned, ..before };
    let mut private = Private::Restricted { conversation: id, account, restriction };
    let mut appends = Appends::new(state, now);
    if banned && membership.is_some() {
        let private = std::mem::replace(&mut private, Private::Nothing);
        let conversation = conversation.clone();
        appends.push_with(Body::Left { account, conversation, change: LeftChange::Banned }, private)?;
    }
    if standing.is_group() {
        let body = Body::Members {
            conversation: id,
            actor: state.sender(actor.account).ok_or_else(Problem::unavailable)?,
            accounts: vec![other],
            change: if banned { MembersChange::Banned } else { MembersChange::Unbanned },
            role: None,
        };
        appends.push_with(body, private)?;
    } else if private != Private::Nothing {
        let change = if banned { RestrictionChange::Banned } else { RestrictionChange::Unbanned };
        appends
            .push_with(Body::Restricted { account, conversation: conversation.clone(), change }, private)?;
    }
    Ok(appends.decision(Reply::Done))
}
