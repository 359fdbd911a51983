//! Whoever is signed in and knows the password may set another one, which signs out all other devices.

use chinwag_protocol::{AccountChange, Actor, Body, PasswordHash, Problem, Timestamp};

use crate::decide::{Decision, Private, Reply};
use crate::own_topic::OwnTopic;
use crate::state::{Need, State};

pub(crate) fn needs(actor: &Actor, mut need: impl FnMut(Need)) {
    need(Need::Credential(actor.account));
    need(Need::Devices(actor.account));
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    verified: u64,
    password: &PasswordHash,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let account = state.account(actor.account).ok_or_else(Problem::unavailable)?;
    if state.credential(actor.account) != Some(verified) {
        return Err(Problem::wrong_credentials());
    }
    let mut topic = OwnTopic::after(state, account, now);
    topic.push(
        Body::Account { card: account.card.clone(), change: AccountChange::PasswordChanged },
        Private::Password { hash: password.clone(), version: verified + 1, used: None },
    );
    topic.remove(state.own_devices(actor.account), |id| id != actor.device);
    Ok(topic.decide(Reply::Done))
}
