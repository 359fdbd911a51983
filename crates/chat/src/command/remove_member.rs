//! Who runs a conversation may send away who stands below.

use chinwag_protocol::{
    AccountId, Actor, Body, ConversationId, LeftChange, MembersChange, Problem, Timestamp,
};

use crate::appends::Appends;
use crate::decide::{Decision, Reply};
use crate::permission::{Action, check_rank};
use crate::standing::{self, Standing};
use crate::state::{Need, State};

pub(crate) fn needs(actor: &Actor, id: ConversationId, account: AccountId, mut need: impl FnMut(Need)) {
    standing::needs(actor, id, &mut need);
    standing::needs_of_other(account, id, &mut need);
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    id: ConversationId,
    account: AccountId,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let standing = Standing::of(state, actor, id, Action::Remove)?;
    let Some(membership) = state.membership(account, id) else { return Ok(Decision::nothing(Reply::Done)) };
    check_rank(standing.membership.role, membership.role)?;
    let mut appends = Appends::new(state, now);
    // Before the row of the timeline, which is for those who stay.
    let conversation = standing.conversation.conversation.clone();
    appends.push(Body::Left { account, conversation, change: LeftChange::Removed })?;
    if standing.is_group() {
        appends.push(Body::Members {
            conversation: id,
            actor: state.sender(actor.account).ok_or_else(Problem::unavailable)?,
            accounts: vec![state.sender(account).ok_or_else(Problem::unavailable)?],
            change: MembersChange::Removed,
            role: None,
        })?;
    }
    Ok(appends.decision(Reply::Done))
}
