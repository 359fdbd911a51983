//! A program with a key signs a device in to an account that keys have made, for as long as it says.

use chinwag_protocol::{AccountId, Body, Problem, Timestamp};

use super::server::Server;
use crate::appends::Appends;
use crate::command::sign_in::DEVICES_MAX;
use crate::decide::{Decision, Private, Reply};
use crate::request::NewDevice;
use crate::ruling::{Subject, Terms, check_not_banned};
use crate::state::{Need, State};

pub(super) fn needs(account: AccountId, mut need: impl FnMut(Need)) {
    need(Need::Account(account));
    need(Need::Devices(account));
    need(Need::Ruling(Subject::Managed(account)));
    need(Need::Ruling(Subject::Account(account)));
}

/// An account that no key has made is answered like one that there is not.
pub(super) fn check_managed(state: &State, account: AccountId) -> Result<(), Problem> {
    match state.ruling(Subject::Managed(account)) {
        Some(_) if state.account(account).is_some() => Ok(()),
        _ => Err(Problem::no_account()),
    }
}

pub(super) fn decide(
    server: &Server<'_>,
    account: AccountId,
    device: &NewDevice,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let state = server.state;
    check_managed(state, account)?;
    check_not_banned(state, account, now)?;
    let card = state.account(account).ok_or_else(Problem::no_account)?.card.clone();
    let mut devices = state.own_devices(account).to_vec();
    devices.sort_by_key(|own| (own.seen_at, own.id));
    let too_many = (devices.len() + 1).saturating_sub(DEVICES_MAX);
    let mut appends = Appends::new(state, now);
    for own in &devices[..too_many] {
        appends.push(Body::DeviceRemoved { account, device: own.id })?;
    }
    appends.push_with(
        Body::DeviceAdded { account, device: device.id },
        Private::Device { name: device.name.clone(), token: device.token },
    )?;
    if let Some(until) = until {
        let terms = Terms { account: Some(account), ..Terms::since(now) };
        server.rule(&mut appends, Subject::Expiry(until, device.id), Some(terms))?;
    }
    Ok(appends.decision(Reply::SignedIn(card)))
}
