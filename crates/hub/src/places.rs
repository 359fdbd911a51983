//! How far each device says it has got: in memory, written to the store once a second in one batch.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use chinwag_protocol::{DeviceId, Pos};
use chinwag_store::Store;
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

/// Writes what has come, once a second, until the hub is dropped.
pub(crate) async fn write(places: Weak<Places>, store: Arc<dyn Store>) {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        tick.tick().await;
        let Some(places) = places.upgrade() else { return };
        let batch = places.take();
        if batch.is_empty() {
            continue;
        }
        if let Err(error) = store.record_places(&batch).await {
            tracing::warn!(%error, "could not write how far devices have got; they will say it again");
        }
    }
}
