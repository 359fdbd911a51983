//! Whoever is signed in may choose what holds for all of their conversations.

use chinwag_protocol::{Actor, Body, Key, Keyed, Preferences, Problem, Timestamp, Topic};

use crate::appends::Appends;
use crate::decide::{Decision, Reply};
use crate::receipts::preferences;
use crate::state::{Need, State};

pub(crate) fn needs(actor: &Actor, mut need: impl FnMut(Need)) {
    need(Need::Keyed(Topic::Account(actor.account), Key::Preferences));
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    receipts: Option<bool>,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let account = actor.account;
    let (before, version) = preferences(state, account);
    let preferences = Preferences { receipts: receipts.unwrap_or(before.receipts) };
    if preferences == before {
        return Ok(Decision::nothing(Reply::Preferences { preferences, version }));
    }
    let version = version + 1;
    let mut appends = Appends::new(state, now);
    appends.push(Body::Keyed(Keyed::Preferences { account, preferences, version }))?;
    Ok(appends.decision(Reply::Preferences { preferences, version }))
}
