//! Events in an account's own topic, one after another.

use chinwag_protocol::{Body, DeviceId, Event, Pos, Seq, Timestamp};

use crate::decide::{Append, Decision, Private, Reply};
use crate::state::{Account, OwnDevice, State};

/// What one decision appends to the topic of one account.
pub(crate) struct OwnTopic<'s> {
    account: &'s Account,
    at: Timestamp,
    pos: Pos,
    seq: Seq,
    appends: Vec<Append>,
}

impl<'s> OwnTopic<'s> {
    pub(crate) fn after(state: &State, account: &'s Account, at: Timestamp) -> Self {
        Self { account, at, pos: state.head, seq: account.head, appends: Vec::new() }
    }

    pub(crate) fn push(&mut self, body: Body, private: Private) {
        self.pos = self.pos.next();
        self.seq = self.seq.next();
        let event = Event { pos: self.pos, seq: self.seq, at: self.at, body };
        self.appends.push(Append { event, private });
    }

    /// Signs out those of `devices` that `which` says, in an order that does not depend on the store's.
    pub(crate) fn remove(&mut self, devices: &[OwnDevice], which: impl Fn(DeviceId) -> bool) {
        let mut removed: Vec<DeviceId> = devices.iter().map(|own| own.id).filter(|id| which(*id)).collect();
        removed.sort_unstable();
        for device in removed {
            self.push(Body::DeviceRemoved { account: self.account.card.id, device }, Private::Nothing);
        }
    }

    pub(crate) fn decide(self, reply: Reply) -> Decision {
        Decision::of(self.appends, reply)
    }
}
