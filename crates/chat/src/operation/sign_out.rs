//! Whoever runs the server may sign out any device; a program with a key those of accounts that keys have made.

use chinwag_protocol::{AccountId, Body, DeviceId, Problem, Timestamp};

use super::add_device::check_managed;
use super::rule::push_removed;
use crate::appends::Appends;
use crate::decide::{Decision, Reply};
use crate::permission::Authority;
use crate::ruling::Subject;
use crate::state::{Need, State};

pub(super) fn needs(account: AccountId, mut need: impl FnMut(Need)) {
    need(Need::Account(account));
    need(Need::Devices(account));
    need(Need::Ruling(Subject::Managed(account)));
}

pub(super) fn decide(
    state: &State,
    authority: &Authority,
    account: AccountId,
    device: Option<DeviceId>,
    now: Timestamp,
) -> Result<Decision, Problem> {
    match authority {
        Authority::Operator => state.account(account).map(drop).ok_or_else(Problem::no_account)?,
        Authority::Key(_) => check_managed(state, account)?,
    }
    let mut appends = Appends::new(state, now);
    match device {
        None => push_removed(&mut appends, state, account)?,
        Some(device) if state.own_devices(account).iter().any(|own| own.id == device) => {
            appends.push(Body::DeviceRemoved { account, device })?;
        }
        Some(_) => return Err(Problem::no_device()),
    }
    Ok(appends.decision(Reply::Done))
}
