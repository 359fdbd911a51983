//! The owner makes another member the owner, and is an admin then.

use chinwag_protocol::{AccountId, Actor, Body, ConversationId, MembersChange, Problem, Role, Timestamp};

use super::create_group::check_owns_few;
use super::set_role::push_role;
use crate::appends::Appends;
use crate::decide::{Decision, Reply};
use crate::permission::Action;
use crate::standing::{self, Standing};
use crate::state::{Need, State};

pub(crate) fn needs(actor: &Actor, id: ConversationId, account: AccountId, mut need: impl FnMut(Need)) {
    standing::needs(actor, id, &mut need);
    need(Need::Restriction(id, actor.account));
    standing::needs_of_other(account, id, &mut need);
    need(Need::OwnedGroups(account));
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    id: ConversationId,
    account: AccountId,
    now: Timestamp,
) -> Result<Decision, Problem> {
    state.membership(actor.account, id).ok_or_else(Problem::no_conversation)?;
    let other = state.membership(account, id);
    if other.is_some_and(|other| other.role == Role::Owner) {
        // A retry asks as who is no owner any more.
        return Ok(Decision::nothing(Reply::Done));
    }
    let standing = Standing::of(state, actor, id, Action::HandOver)?;
    other.ok_or_else(Problem::no_member)?;
    if standing.is_group() {
        check_owns_few(state, account)?;
    }
    let mut appends = Appends::new(state, now);
    push_role(&mut appends, state, id, actor.account, Role::Admin)?;
    push_role(&mut appends, state, id, account, Role::Owner)?;
    if standing.is_group() {
        appends.push(Body::Members {
            conversation: id,
            actor: state.sender(actor.account).ok_or_else(Problem::unavailable)?,
            accounts: vec![state.sender(account).ok_or_else(Problem::unavailable)?],
            change: MembersChange::Owner,
            role: Some(Role::Owner),
        })?;
    }
    Ok(appends.decision(Reply::Done))
}
