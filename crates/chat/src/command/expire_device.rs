//! A device that nobody has seen for long is signed out.

use chinwag_protocol::Timestamp;

use crate::decide::{Decision, Reply};
use crate::own_topic::OwnTopic;
use crate::request::ExpireDevice;
use crate::state::{Need, State};

pub(crate) fn needs(expire: &ExpireDevice, mut need: impl FnMut(Need)) {
    need(Need::Account(expire.actor.account));
    need(Need::Devices(expire.actor.account));
}

pub(crate) fn decide(state: &State, expire: &ExpireDevice, now: Timestamp) -> Decision {
    let Some(account) = state.account(expire.actor.account) else { return Decision::nothing(Reply::Done) };
    // It may have been seen, or signed out, since it was found.
    let unseen: Vec<_> = state
        .own_devices(expire.actor.account)
        .iter()
        .filter(|own| own.id == expire.actor.device && own.seen_at < expire.unseen_since)
        .copied()
        .collect();
    let mut topic = OwnTopic::after(state, account, now);
    topic.remove(&unseen, |_| true);
    topic.decide(Reply::Done)
}
