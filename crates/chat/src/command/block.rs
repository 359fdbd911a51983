//! Everyone may block anyone but themselves, up to a number. The blocked learn nothing of it.

use chinwag_protocol::{AccountId, Actor, Body, Code, Problem, Timestamp};

use crate::appends::Appends;
use crate::decide::{Decision, Reply};
use crate::quotas::BLOCKS_MAX;
use crate::state::{Need, State};

pub(crate) fn needs(actor: &Actor, blocked: AccountId, mut need: impl FnMut(Need)) {
    need(Need::Account(blocked));
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
    if state.account(blocked).is_none() {
        return Err(Problem::no_account());
    }
    if blocked == account {
        return Err(Problem::new(Code::Forbidden, "You cannot block yourself."));
    }
    if state.blocks(account, blocked) {
        return Ok(Decision::nothing(Reply::Done));
    }
    if state.number_of_blocks(account) >= BLOCKS_MAX {
        let detail =
            format!("You block {BLOCKS_MAX} accounts, and no more are possible. Unblock another first.");
        return Err(Problem::new(Code::TooManyBlocks, detail));
    }
    let mut appends = Appends::new(state, now);
    appends.push(Body::Blocked { account, blocked })?;
    Ok(appends.decision(Reply::Done))
}
