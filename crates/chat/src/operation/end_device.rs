//! A device whose time is over is signed out.

use chinwag_protocol::{AccountChange, AccountId, Body, Problem, Timestamp};

use crate::appends::Appends;
use crate::decide::{Decision, Private, Reply};
use crate::request::EndDevice;
use crate::ruling::Subject;
use crate::state::{Need, State};

pub(crate) fn needs(end: &EndDevice, mut need: impl FnMut(Need)) {
    need(Need::Account(AccountId::SERVER));
    need(Need::Account(end.actor.account));
    need(Need::Devices(end.actor.account));
    need(Need::Ruling(Subject::Expiry(end.at, end.actor.device)));
}

pub(crate) fn decide(state: &State, end: &EndDevice, now: Timestamp) -> Result<Decision, Problem> {
    let subject = Subject::Expiry(end.at, end.actor.device);
    let (account, device) = (end.actor.account, end.actor.device);
    // Another server may have done it since it was found.
    let found = state.ruling(subject).filter(|_| end.at <= now);
    let (Some(_), Some(server)) = (found, state.account(AccountId::SERVER)) else {
        return Ok(Decision::nothing(Reply::Done));
    };
    let mut appends = Appends::new(state, now);
    if state.own_devices(account).iter().any(|own| own.id == device) {
        appends.push(Body::DeviceRemoved { account, device })?;
    }
    let body = Body::Account { card: server.card.clone(), change: AccountChange::Ruled };
    appends.push_with(body, Private::Ruling { subject, terms: None })?;
    Ok(appends.decision(Reply::Done))
}
