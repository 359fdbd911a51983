//! Who is to be woken: shards by sockets, and the carriers of owned sinks by shards.

use std::sync::Arc;
use std::task::{Wake, Waker};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::ConnectionKey;

/// Connections whose sockets can do something again.
#[derive(Debug, Default)]
pub(crate) struct Ready {
    keys: Mutex<Vec<ConnectionKey>>,
    notify: Arc<Notify>,
}

impl Ready {
    pub(crate) fn new(notify: Arc<Notify>) -> Self {
        Self { keys: Mutex::default(), notify }
    }

    /// Wakes the shard for one connection.
    pub(super) fn waker(self: &Arc<Self>, key: ConnectionKey) -> Waker {
        Arc::new(ConnectionWaker { ready: self.clone(), key }).into()
    }

    /// Exchanges the collected keys for an empty list, so that both keep their memory.
    pub(crate) fn take(&self, into: &mut Vec<ConnectionKey>) {
        into.clear();
        std::mem::swap(&mut *self.keys.lock(), into);
    }
}

struct ConnectionWaker {
    ready: Arc<Ready>,
    key: ConnectionKey,
}

impl Wake for ConnectionWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ready.keys.lock().push(self.key);
        self.ready.notify.notify_one();
    }
}

/// Carriers that were given bytes in this pass of the shard, to be woken once at its end.
#[derive(Debug, Default)]
pub(crate) struct Carriers(Mutex<Vec<Waker>>);

impl Carriers {
    pub(super) fn push(&self, waker: Waker) {
        self.0.lock().push(waker);
    }

    /// Ends the pass.
    pub(crate) fn wake(&self) {
        let wakers = std::mem::take(&mut *self.0.lock());
        for waker in wakers {
            waker.wake();
        }
    }
}
