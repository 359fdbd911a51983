//! Who runs a conversation may forbid writing to who stands below, for a while.

use chinwag_protocol::{
    AccountId, Actor, Body, ConversationId, MuteSeconds, Problem, RestrictionChange, Timestamp,
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

/// For so many seconds from now on, or, if there are none, no more.
pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    id: ConversationId,
    account: AccountId,
    seconds: Option<MuteSeconds>,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let standing = Standing::of(state, actor, id, Action::Mute)?;
    let membership = state.membership(account, id).ok_or_else(Problem::no_member)?;
    check_rank(standing.membership.role, membership.role)?;
    let before = state.restriction(id, account);
    let muted_until =
        seconds.map(|seconds| Timestamp::from_millis(now.as_millis() + 1000 * i64::from(seconds.get())));
    if muted_until.is_none() && before.muted_until.is_none() {
        return Ok(Decision::nothing(Reply::Done));
    }
    let restriction = Restriction { muted_until, ..before };
    let change = match muted_until {
        Some(until) => RestrictionChange::Muted { until },
        None => RestrictionChange::Unmuted,
    };
    let conversation = standing.conversation.conversation.clone();
    let mut appends = Appends::new(state, now);
    appends.push_with(
        Body::Restricted { account, conversation, change },
        Private::Restricted { conversation: id, account, restriction },
    )?;
    Ok(appends.decision(Reply::Done))
}
