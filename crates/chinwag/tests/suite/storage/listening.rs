//! Who reads in a talk, and puts all of it on record.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chinwag_client::{EventReader, HistoryRange, Session, Transport};
use chinwag_protocol::{Cursor, GapReason, Record, Seq};

use crate::posting::reader;
use crate::server::within;
use crate::storage::talk::Shared;

/// Who reads over one transport.
pub(crate) struct Listener {
    number: usize,
    name: String,
    session: Session,
    events: EventReader,
    shared: Arc<Shared>,
}

impl Listener {
    /// From the place of this number on.
    pub(crate) fn new(number: usize, transport: Transport, session: &Session, shared: &Arc<Shared>) -> Self {
        let events = reader(session, transport, &shared.places[number].lock().cursor);
        let (name, session) = (transport.to_string(), session.clone());
        Self { number, name, session, events, shared: Arc::clone(shared) }
    }

    /// Until it is dropped.
    pub(crate) async fn listen(mut self) {
        self.shared.recorder().connect(&self.name, &self.name);
        loop {
            let record = self.events.next().await.expect("reading is not refused");
            self.shared.recorder().received(&self.name, &record);
            let last = match &record {
                Record::Message(message) => Some(message.seq),
                // Only a backup that is put back may have it so.
                Record::Gap { reason: GapReason::Ahead, .. } => Some(self.begin_anew().await),
                Record::Gap { .. } => panic!("{}: {record:?}", self.name),
                _ => None,
            };
            let mut place = self.shared.places[self.number].lock();
            place.last = last.unwrap_or(place.last);
            if let Some(cursor) = self.events.cursor() {
                place.cursor.clone_from(cursor);
            }
        }
    }

    /// What it has may never have been. It goes on after the row that this gives.
    async fn begin_anew(&mut self) -> Seq {
        let sync = within("sync", self.session.sync(None)).await.expect("sync is answered");
        let heads: Vec<_> = sync.conversations.iter().map(|card| (card.id, card.seq)).collect();
        self.shared.recorder().synced(&self.name, &heads);
        let room = self.shared.room;
        let (_, head) = heads.into_iter().find(|(id, _)| *id == room).expect("it is a member");
        let mut last = Seq::ZERO;
        while last < head {
            let page = within("a page", self.session.history(room, HistoryRange::After(last), 200)).await;
            let page = page.expect("history may be read");
            self.shared.recorder().page(&self.name, &room, &page);
            assert!(page.to_seq > last, "{head} rows were told, and there are {last}");
            last = page.to_seq;
        }
        last
    }
}

/// Reads by somebody who has nothing since `start`, when nobody posts; there is no gap.
pub(crate) async fn read_anew(shared: &Shared, session: &Session, transport: Transport, start: &Cursor) {
    static READERS: AtomicUsize = AtomicUsize::new(0);
    let name = format!("{transport}, anew {}", READERS.fetch_add(1, Ordering::Relaxed));
    let recorder = shared.recorder();
    recorder.reader(&name, &session.account().id);
    recorder.synced(&name, &[(shared.room, Seq::ZERO)]);
    recorder.connect(&name, &transport.to_string());
    let mut events = reader(session, transport, start);
    let mut last = Seq::ZERO;
    while last < shared.head() {
        let record = within("a record", events.next()).await.expect("reading is not refused");
        assert!(!matches!(record, Record::Gap { .. }), "{name}: {record:?}");
        recorder.received(&name, &record);
        if let Record::Message(message) = record {
            last = message.seq;
        }
    }
    recorder.done(&name);
}
