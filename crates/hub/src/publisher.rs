//! The hub's end of the log: encodes what was committed and puts it into the window.

use std::sync::Arc;

use chinwag_protocol::{AccountId, Cursor, CursorCipher, Event, Pos, Record};
use chinwag_store::{Epochs, Tail};
use parking_lot::{Mutex, RwLock, RwLockReadGuard};
use tokio::sync::Notify;

use crate::encode::Frame;
use crate::metrics::HubMetrics;
use crate::options::HubOptions;
use crate::window::{Entry, Hidden, Window};

/// Takes committed batches from the store's writer.
///
/// There is no queue between the log and the shards: they take what they have not seen yet from the window, and one that is
/// slower than the window is long goes back to reading the store.
#[derive(Debug)]
pub struct Publisher {
    window: RwLock<Window>,
    cipher: CursorCipher,
    epochs: RwLock<Arc<Epochs>>,
    shards: Mutex<Vec<Arc<Notify>>>,
    metrics: HubMetrics,
}

impl Publisher {
    /// A publisher whose window holds `recent`, the log's last events up to `head`.
    pub fn new(
        cipher: CursorCipher,
        epochs: Arc<Epochs>,
        head: Pos,
        recent: &[Event],
        options: &HubOptions,
    ) -> Arc<Self> {
        let before = recent.first().map_or(head, |first| first.pos.previous());
        let publisher = Self {
            window: RwLock::new(Window::new(before, options.window_bytes_max)),
            cipher,
            epochs: RwLock::new(epochs),
            shards: Mutex::default(),
            metrics: HubMetrics::default(),
        };
        publisher.publish(recent);
        Arc::new(publisher)
    }

    /// The cursor for everything up to `pos`.
    pub fn cursor(&self, pos: Pos) -> Cursor {
        self.cipher.seal(self.epochs.read().place(pos))
    }

    pub(crate) fn cipher(&self) -> &CursorCipher {
        &self.cipher
    }

    pub(crate) fn epochs(&self) -> Arc<Epochs> {
        Arc::clone(&self.epochs.read())
    }

    pub(crate) fn metrics(&self) -> &HubMetrics {
        &self.metrics
    }

    pub(crate) fn window(&self) -> RwLockReadGuard<'_, Window> {
        self.window.read()
    }

    pub(crate) fn wake_on_publish(&self, shard: Arc<Notify>) {
        self.shards.lock().push(shard);
    }

    /// The event as those get it who read its topic for one of these accounts.
    pub(crate) fn encode_for(&self, accounts: &[AccountId], event: &Event) -> Frame {
        match self.encode_hidden(event) {
            Some(hidden) if !accounts.contains(&hidden.only_for) => hidden.frame,
            _ => self.encode(event),
        }
    }

    /// The event for those who may see what it says.
    fn encode(&self, event: &Event) -> Frame {
        let cursor = self.cursor(event.pos);
        Frame::encode(&Record::of(event, cursor.clone()), &cursor)
    }

    /// For the others, if only one account may see what it says.
    fn encode_hidden(&self, event: &Event) -> Option<Hidden> {
        let only_for = event.only_for()?;
        let cursor = self.cursor(event.pos);
        let record = Record::hidden(event, cursor.clone())?;
        Some(Hidden { only_for, frame: Frame::encode(&record, &cursor) })
    }
}

impl Tail for Publisher {
    fn publish(&self, events: &[Event]) {
        let entry = |event| Entry::new(event, self.encode(event), self.encode_hidden(event));
        let entries: Vec<Entry> = events.iter().map(entry).collect();
        {
            let mut window = self.window.write();
            for (event, entry) in events.iter().zip(entries) {
                assert!(event.pos > window.tail(), "the tail has every position once, in order");
                while window.tail().next() < event.pos {
                    window.skip();
                }
                window.append(entry);
            }
            self.metrics.window_bytes.set(window.bytes() as i64);
        }
        self.metrics.published.inc_by(events.len() as u64);
        for shard in self.shards.lock().iter() {
            shard.notify_one();
        }
    }

    fn enter(&self, epochs: &Arc<Epochs>) {
        *self.epochs.write() = Arc::clone(epochs);
    }
}
