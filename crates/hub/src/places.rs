//! How far each device says it has got: in memory, written to the store once a second in one batch.

use std::collections::HashMap;

use chinwag_protocol::{DeviceId, Pos};
use parking_lot::Mutex;

/// Places that were not written yet; one more is written with the batch of its next acknowledgement.
const PLACES_MAX: usize = 200_000;

#[derive(Debug, Default)]
pub(crate) struct Places(Mutex<HashMap<DeviceId, Pos>>);

impl Places {
    /// Moves a device's place forward, never back.
    pub(crate) fn advance(&self, device: DeviceId, pos: Pos) {
        let mut places = self.0.lock();
        if let Some(place) = places.get_mut(&device) {
            *place = pos.max(*place);
        } else if places.len() < PLACES_MAX {
            places.insert(device, pos);
        }
    }

    /// What is to be written.
    pub(crate) fn take(&self) -> Vec<(DeviceId, Pos)> {
        self.0.lock().drain().collect()
    }
}
