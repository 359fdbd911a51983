//! Whoever has one of an account's recovery codes may set its password and sign in, once, and everyone else is signed out.

use chinwag_protocol::{AccountChange, Body, Problem, Timestamp};

use crate::decide::{Decision, Private, Reply};
use crate::own_topic::OwnTopic;
use crate::request::Recover;
use crate::ruling::{Subject, check_not_banned};
use crate::state::{Need, State};

pub(crate) fn needs(recover: &Recover, mut need: impl FnMut(Need)) {
    need(Need::Account(recover.account));
    need(Need::Ruling(Subject::Account(recover.account)));
    need(Need::Credential(recover.account));
    need(Need::Devices(recover.account));
    need(Need::RecoveryCode(recover.account, recover.code));
}

pub(crate) fn decide(state: &State, recover: &Recover, now: Timestamp) -> Result<Decision, Problem> {
    let account = state.account(recover.account).ok_or_else(Problem::wrong_credentials)?;
    let version = state.credential(recover.account).ok_or_else(Problem::wrong_credentials)?;
    if !state.recovery_code(recover.account, recover.code) {
        return Err(Problem::wrong_credentials());
    }
    // Only to whom has proved to be the account.
    check_not_banned(state, recover.account, now)?;
    let mut topic = OwnTopic::after(state, account, now);
    topic.push(
        Body::Account { card: account.card.clone(), change: AccountChange::PasswordChanged },
        Private::Password { hash: recover.password.clone(), version: version + 1, used: Some(recover.code) },
    );
    topic.remove(state.own_devices(recover.account), |_| true);
    let device = &recover.device;
    topic.push(
        Body::DeviceAdded { account: recover.account, device: device.id },
        Private::Device { name: device.name.clone(), token: device.token },
    );
    Ok(topic.decide(Reply::SignedIn(account.card.clone())))
}
