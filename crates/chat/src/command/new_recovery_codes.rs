//! Whoever is signed in and knows the password may have new recovery codes; the old ones are void.

use chinwag_protocol::{AccountChange, Actor, Body, Problem, RecoveryCodeHash, Timestamp};

use crate::decide::{Decision, Private, Reply};
use crate::own_topic::OwnTopic;
use crate::state::{Need, State};

pub(crate) fn needs(actor: &Actor, mut need: impl FnMut(Need)) {
    need(Need::Credential(actor.account));
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    verified: u64,
    codes: &[RecoveryCodeHash],
    now: Timestamp,
) -> Result<Decision, Problem> {
    let account = state.account(actor.account).ok_or_else(Problem::unavailable)?;
    if state.credential(actor.account) != Some(verified) {
        return Err(Problem::wrong_credentials());
    }
    let mut topic = OwnTopic::after(state, account, now);
    topic.push(
        Body::Account { card: account.card.clone(), change: AccountChange::RecoveryCodesMade },
        Private::RecoveryCodes(codes.to_vec()),
    );
    Ok(topic.decide(Reply::Done))
}
