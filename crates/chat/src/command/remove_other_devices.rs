//! Every device may sign out all others of its account.

use chinwag_protocol::{Actor, Problem, Timestamp};

use crate::decide::{Decision, Reply};
use crate::own_topic::OwnTopic;
use crate::state::State;

pub(crate) fn decide(state: &State, actor: &Actor, now: Timestamp) -> Result<Decision, Problem> {
    let account = state.account(actor.account).ok_or_else(Problem::unavailable)?;
    let mut topic = OwnTopic::after(state, account, now);
    topic.remove(state.own_devices(actor.account), |id| id != actor.device);
    Ok(topic.decide(Reply::Done))
}
