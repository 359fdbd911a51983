//! Every device may sign itself out.

use chinwag_protocol::{Actor, Body, Event, Timestamp};

use crate::decide::{Append, Decision, Private, Reply};
use crate::state::State;

pub(crate) fn decide(state: &State, actor: &Actor, now: Timestamp) -> Decision {
    let (Some(_), Some(account)) = (state.device(actor.device), state.account(actor.account)) else {
        return Decision::nothing(Reply::Done);
    };
    let event = Event {
        pos: state.head.next(),
        seq: account.head.next(),
        at: now,
        body: Body::DeviceRemoved { account: actor.account, device: actor.device },
    };
    Decision::of(vec![Append { event, private: Private::Nothing }], Reply::Done)
}
