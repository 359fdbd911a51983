//! Whoever knows an account's password may sign in with a new device.

use chinwag_protocol::{Body, Problem, Timestamp};

use crate::decide::{Decision, Private, Reply};
use crate::own_topic::OwnTopic;
use crate::request::SignIn;
use crate::ruling::{Subject, check_not_banned};
use crate::state::{Need, State};

/// Devices of one account. One more ends the one that was unseen for longest.
pub const DEVICES_MAX: usize = 50;

pub(crate) fn needs(sign_in: &SignIn, mut need: impl FnMut(Need)) {
    need(Need::Account(sign_in.account));
    need(Need::Ruling(Subject::Account(sign_in.account)));
    need(Need::Credential(sign_in.account));
    need(Need::Devices(sign_in.account));
}

pub(crate) fn decide(state: &State, sign_in: &SignIn, now: Timestamp) -> Result<Decision, Problem> {
    let account = state.account(sign_in.account).ok_or_else(Problem::wrong_credentials)?;
    if state.credential(sign_in.account) != Some(sign_in.verified) {
        return Err(Problem::wrong_credentials());
    }
    // Only to whom has proved to be the account.
    check_not_banned(state, sign_in.account, now)?;
    let mut devices = state.own_devices(sign_in.account).to_vec();
    devices.sort_by_key(|own| (own.seen_at, own.id));
    let too_many = (devices.len() + 1).saturating_sub(DEVICES_MAX);
    let mut topic = OwnTopic::after(state, account, now);
    topic.remove(&devices[..too_many], |_| true);
    let device = &sign_in.device;
    topic.push(
        Body::DeviceAdded { account: sign_in.account, device: device.id },
        Private::Device { name: device.name.clone(), token: device.token },
    );
    Ok(topic.decide(Reply::SignedIn(account.card.clone())))
}
