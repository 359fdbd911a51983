//! Who blocks an account may end that. What it wrote meanwhile stays hidden.

use chinwag_protocol::{AccountId, Actor, Body, Problem, Timestamp};

use crate::appends::Appends;
use crate::decide::{Decision, Reply};
use crate::state::{Need, State};

pub(crate) fn needs(actor: &Actor, blocked: AccountId, mut need: impl FnMut(Need)) {
    need(Need::Block { account: actor.account, blocked });
    need(Need::Blocks(actor.account));
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    blocked: AccountId,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let account = actor.account;
    if !state.blocks(account, blocked) {
        return Ok(Decision::nothing(Reply::Done));
    }
    let mut appends = Appends::new(state, now);
    appends.push(Body::Unblocked { account, blocked })?;
    Ok(appends.decision(Reply::Done))
}
