//! Every device may sign out any device of its account.

use chinwag_protocol::{Actor, DeviceId, Problem, Timestamp};

use crate::decide::{Decision, Reply};
use crate::own_topic::OwnTopic;
use crate::state::State;

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    device: DeviceId,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let account = state.account(actor.account).ok_or_else(Problem::unavailable)?;
    let devices = state.own_devices(actor.account);
    // The same for another's device: nobody learns whose ids exist.
    if devices.iter().all(|own| own.id != device) {
        return Err(Problem::no_device());
    }
    let mut topic = OwnTopic::after(state, account, now);
    topic.remove(devices, |id| id == device);
    Ok(topic.decide(Reply::Done))
}
