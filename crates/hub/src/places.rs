//! How far each device says it has got: in memory, written to the store once a second in one batch. And what others are told of
//! how far accounts are, as often.

use std::collections::{HashMap, HashSet};

use chinwag_protocol::{AccountId, Actor, ConversationId, DeviceId, Pos};
use parking_lot::Mutex;

/// Places that were not written yet; one more is written with the batch of its next acknowledgement. As many accounts and
/// readings may wait; of one more others are told when it goes on.
const PLACES_MAX: usize = 200_000;

#[derive(Debug, Default)]
pub(crate) struct Places(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    devices: HashMap<DeviceId, Pos>,
    /// How far the device of each account that is farthest has got.
    accounts: HashMap<AccountId, Pos>,
    /// Who has read something, and where.
    readings: HashSet<(AccountId, ConversationId)>,
}

impl Places {
    /// Moves a device's place forward, never back.
    pub(crate) fn advance(&self, actor: Actor, pos: Pos) {
        let mut noted = self.0.lock();
        advance(&mut noted.devices, actor.device, pos);
        if pos > Pos::ZERO {
            advance(&mut noted.accounts, actor.account, pos);
        }
    }

    /// Notes that an account has read something.
    pub(crate) fn read(&self, account: AccountId, conversation: ConversationId) {
        let mut noted = self.0.lock();
        if noted.readings.len() < PLACES_MAX {
            noted.readings.insert((account, conversation));
        }
    }

    /// The places of devices that are to be written.
    pub(crate) fn take_devices(&self) -> Vec<(DeviceId, Pos)> {
        self.0.lock().devices.drain().collect()
    }

    /// What others are to be told: how far accounts have got, and who has read something where.
    pub(crate) fn take_progress(&self) -> (HashMap<AccountId, Pos>, HashSet<(AccountId, ConversationId)>) {
        let mut noted = self.0.lock();
        (std::mem::take(&mut noted.accounts), std::mem::take(&mut noted.readings))
    }
}

fn advance<K: std::hash::Hash + Eq>(places: &mut HashMap<K, Pos>, key: K, pos: Pos) {
    if let Some(place) = places.get_mut(&key) {
        *place = pos.max(*place);
    } else if places.len() < PLACES_MAX {
        places.insert(key, pos);
    }
}
