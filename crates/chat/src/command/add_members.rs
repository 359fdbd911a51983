//! Who runs a group may bring others in.

use chinwag_protocol::{
    AccountId, AccountList, Actor, Body, ConversationId, MembersChange, Problem, Timestamp,
};

use super::join;
use crate::appends::Appends;
use crate::decide::{Added, Decision, Reply};
use crate::permission::Action;
use crate::quotas::CONVERSATIONS_MAX;
use crate::standing::{self, Standing};
use crate::state::{Need, State};

pub(crate) fn needs(actor: &Actor, id: ConversationId, accounts: &AccountList, mut need: impl FnMut(Need)) {
    standing::needs(actor, id, &mut need);
    for account in accounts.iter() {
        standing::needs_of_other(account, id, &mut need);
    }
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    id: ConversationId,
    accounts: &AccountList,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let standing = Standing::of(state, actor, id, Action::AddMembers)?;
    let mut answer = Added::default();
    for account in accounts.iter() {
        let list = if state.membership(account, id).is_some() {
            &mut answer.already
        } else if may_come(state, id, account) {
            &mut answer.added
        } else {
            &mut answer.refused
        };
        list.push(account);
    }
    if answer.added.is_empty() {
        return Ok(Decision::nothing(Reply::Added(answer)));
    }
    join::check_not_full(standing.conversation, answer.added.len() as u64)?;
    let mut appends = Appends::new(state, now);
    for account in &answer.added {
        join::push_joined(&mut appends, state, *account, standing.conversation)?;
    }
    let sender = |account: &AccountId| state.sender(*account).ok_or_else(Problem::unavailable);
    appends.push(Body::Members {
        conversation: id,
        actor: sender(&actor.account)?,
        accounts: answer.added.iter().map(sender).collect::<Result<_, _>>()?,
        change: MembersChange::Added,
        role: None,
    })?;
    Ok(appends.decision(Reply::Added(answer)))
}

/// Who is not there, is kept out, or is in too many conversations looks the same.
fn may_come(state: &State, id: ConversationId, account: AccountId) -> bool {
    state.account(account).is_some_and(|row| row.conversations < CONVERSATIONS_MAX)
        && !state.restriction(id, account).banned
}
