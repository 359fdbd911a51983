//! A tail that remembers what it was given, and can hold the writer between a commit and its answers.

use chinwag_protocol::Event;
use parking_lot::{Condvar, Mutex};

use crate::Tail;

/// What was published, batch by batch.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    recorded: Mutex<Recorded>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Recorded {
    batches: Vec<Vec<Event>>,
    hold: bool,
    holding: bool,
    panic: bool,
}

impl Tail for Recorder {
    fn publish(&self, events: &[Event]) {
        let mut recorded = self.recorded.lock();
        if std::mem::take(&mut recorded.panic) {
            drop(recorded);
            panic!("asked for by the test");
        }
        while recorded.hold {
            recorded.holding = true;
            self.changed.notify_all();
            self.changed.wait(&mut recorded);
        }
        recorded.holding = false;
        recorded.batches.push(events.to_vec());
    }
}

impl Recorder {
    /// From now on `publish` does not return, and the writer with it.
    pub(super) fn hold(&self) {
        self.recorded.lock().hold = true;
    }

    /// Waits until the writer is held; blocks.
    pub(super) fn wait_until_held(&self) {
        let mut recorded = self.recorded.lock();
        while !recorded.holding {
            self.changed.wait(&mut recorded);
        }
    }

    /// Lets the writer go on.
    pub(super) fn release(&self) {
        self.recorded.lock().hold = false;
        self.changed.notify_all();
    }

    /// Makes the next `publish` panic before it takes anything.
    pub(super) fn panic_once(&self) {
        self.recorded.lock().panic = true;
    }

    pub(super) fn batches(&self) -> Vec<Vec<Event>> {
        self.recorded.lock().batches.clone()
    }

    pub(super) fn events(&self) -> Vec<Event> {
        self.batches().concat()
    }
}
