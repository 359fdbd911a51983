//! Owners and admins give roles below their own to who stands below.

use chinwag_protocol::{AccountId, Actor, Body, ConversationId, MembersChange, Problem, Role, Timestamp};

use crate::appends::Appends;
use crate::decide::{Decision, Private, Reply};
use crate::permission::{Action, check_rank};
use crate::standing::{self, Standing};
use crate::state::{Need, Restriction, State};

pub(crate) fn needs(actor: &Actor, id: ConversationId, account: AccountId, mut need: impl FnMut(Need)) {
    standing::needs(actor, id, &mut need);
    standing::needs_of_other(account, id, &mut need);
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    id: ConversationId,
    account: AccountId,
    role: Role,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let standing = Standing::of(state, actor, id, Action::SetRole)?;
    let membership = state.membership(account, id).ok_or_else(Problem::no_member)?;
    check_rank(standing.membership.role, membership.role)?;
    check_rank(standing.membership.role, role)?;
    if membership.role == role {
        return Ok(Decision::nothing(Reply::Done));
    }
    let mut appends = Appends::new(state, now);
    push_role(&mut appends, state, id, account, role)?;
    if standing.is_group() {
        appends.push(Body::Members {
            conversation: id,
            actor: state.sender(actor.account).ok_or_else(Problem::unavailable)?,
            accounts: vec![state.sender(account).ok_or_else(Problem::unavailable)?],
            change: MembersChange::Role,
            role: Some(role),
        })?;
    }
    Ok(appends.decision(Reply::Done))
}

/// Gives a member a role; reading only stays with them when they go and come back.
pub(crate) fn push_role(
    appends: &mut Appends<'_>,
    state: &State,
    id: ConversationId,
    account: AccountId,
    role: Role,
) -> Result<(), Problem> {
    let conversation = state.conversation(id).ok_or_else(Problem::no_conversation)?.conversation.clone();
    let before = state.restriction(id, account);
    let restriction = Restriction { read_only: role == Role::ReadOnly, ..before };
    let private = if restriction == before {
        Private::Nothing
    } else {
        Private::Restricted { conversation: id, account, restriction }
    };
    appends.push_with(Body::RoleChanged { account, conversation, role }, private).map(drop)
}
