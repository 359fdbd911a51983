//! Who reads, over one transport after another, with one cursor.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chinwag_client::{
    BackoffOptions, ClientError, EventReader, HistoryRange, ReaderOptions, Session, Transport,
};
use chinwag_protocol::{ConversationId, EndReason, HistoryPage, MemberChange, Record, Seq, SyncPage};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::sending::PAUSE;
use crate::shared::{Return, Shared};

/// Short waits, so that tests are quick.
pub(crate) fn quick() -> ReaderOptions {
    ReaderOptions {
        poll_interval: Duration::from_millis(40),
        long_poll_wait: Duration::from_secs(10),
        backoff: BackoffOptions { first: Duration::from_millis(5), longest: Duration::from_millis(20) },
        ..ReaderOptions::default()
    }
}

/// The last part of a window that a reader has drawn for its return, and when.
#[derive(Clone, Default)]
struct Drawn(Arc<Mutex<Option<(Instant, f64)>>>);

pub(crate) struct Reader {
    number: usize,
    name: String,
    shared: Arc<Shared>,
    session: Session,
    events: EventReader,
    drawn: Drawn,
    random: fastrand::Rng,
    /// Changes whenever a reader may choose another transport.
    occasions: watch::Receiver<u64>,
}

impl Reader {
    /// Knows what there is, and is recorded under a name of its own.
    pub(crate) async fn begin(
        session: Session,
        transport: Transport,
        options: ReaderOptions,
        shared: Arc<Shared>,
        mut random: fastrand::Rng,
        occasions: watch::Receiver<u64>,
    ) -> Self {
        let sync = stubbornly(|| sync(session.clone())).await;
        let heads: Vec<_> = sync.conversations.iter().map(|card| (card.id, card.seq)).collect();
        let number = shared.add_reader(HashMap::from_iter(heads.clone()));
        let name = format!("{} {number}", session.account().name);
        shared.history.recorder.reader(&name, &session.account().id);
        shared.history.recorder.synced(&name, &heads);
        let drawn = Drawn::default();
        let (cell, mut draws, who) = (drawn.clone(), random.fork(), Arc::clone(&shared));
        let draw = move || {
            let drawn = draws.f64();
            *cell.0.lock() = Some((Instant::now(), drawn));
            who.draws_a_wait(number);
            drawn
        };
        let options = ReaderOptions { random: Box::new(draw), ..options };
        let events = session.events(transport, Some(sync.cursor), options);
        Self { number, name, shared, session, events, drawn, random, occasions }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Until it is dropped.
    pub(crate) async fn read(mut self) {
        self.shared.history.recorder.connect(&self.name, &self.events.transport().to_string());
        loop {
            tokio::select! {
                biased;
                Ok(()) = self.occasions.changed() => {
                    let transport = Transport::ALL[self.random.usize(0..Transport::ALL.len())];
                    self.shared.history.recorder.connect(&self.name, &transport.to_string());
                    self.events.switch(transport);
                }
                record = self.events.next() => {
                    let record = record.unwrap_or_else(|error| panic!("{} is refused: {error}", self.name));
                    self.shared.history.recorder.received(&self.name, &record);
                    self.take(record).await;
                }
            }
        }
    }

    async fn take(&mut self, record: Record) {
        let (number, shared) = (self.number, Arc::clone(&self.shared));
        match record {
            Record::Message(message) => shared.place(number, message.conversation, Some(message.seq)),
            Record::Delete { conversation, seq, .. }
            | Record::Edit { conversation, seq, .. }
            | Record::Reaction { conversation, seq, .. }
            | Record::Pin { conversation, seq, .. }
            | Record::Erased { conversation, seq, .. }
            | Record::Hidden { conversation, seq, .. } => {
                shared.place(number, conversation, Some(seq));
            }
            Record::Member { conversation, change: MemberChange::Joined, from_seq, .. } => {
                let from = from_seq.expect("who joins is told from where");
                shared.place(number, conversation, Some(from.previous()));
            }
            Record::Member { conversation, change: MemberChange::Left, .. } => {
                shared.place(number, conversation, None);
            }
            Record::Hello { .. } => shared.stream_begun(number),
            Record::End { reason: EndReason::Restart, reconnect_ms, .. } => {
                let window = Duration::from_millis(reconnect_ms.expect("a stream may come back"));
                let (since, part) = self.drawn.0.lock().expect("a return is at a random moment");
                shared.told_to_come_back(number, Return { window, wait: window.mul_f64(part), since });
            }
            Record::Gap { .. } => self.fill().await,
            _ => {}
        }
    }

    /// After a gap: what there is, and the rows that the stream will not bring.
    async fn fill(&mut self) {
        let session = self.session.clone();
        let sync = stubbornly(|| sync(session.clone())).await;
        let heads: Vec<_> = sync.conversations.iter().map(|card| (card.id, card.seq)).collect();
        self.shared.history.recorder.synced(&self.name, &heads);
        for (conversation, head) in heads {
            match self.shared.place_of(self.number, conversation) {
                Some(place) => {
                    let last =
                        read_pages(&self.shared, &self.name, &session, conversation, place, head).await;
                    self.shared.place(self.number, conversation, Some(last));
                }
                None => self.shared.place(self.number, conversation, Some(head)),
            }
        }
    }
}

/// Reads the rows after `place` up to `head`, and records them; the last that was read.
pub(crate) async fn read_pages(
    shared: &Shared,
    reader: &str,
    session: &Session,
    conversation: ConversationId,
    mut place: Seq,
    head: Seq,
) -> Seq {
    while place < head {
        let range = HistoryRange::After(place);
        let page = stubbornly(|| history(session.clone(), conversation, range)).await;
        shared.history.recorder.page(reader, &conversation, &page);
        assert!(page.to_seq > place, "row {place} is the last, and {head} was acknowledged");
        place = page.to_seq;
    }
    place
}

/// Asks for what there is.
pub(crate) async fn sync(session: Session) -> Result<SyncPage, ClientError> {
    session.sync(None).await
}

async fn history(
    session: Session,
    conversation: ConversationId,
    range: HistoryRange,
) -> Result<HistoryPage, ClientError> {
    session.history(conversation, range, 200).await
}

/// Asks until there is an answer.
pub(crate) async fn stubbornly<T, F: Future<Output = Result<T, ClientError>>>(
    mut ask: impl FnMut() -> F,
) -> T {
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(error) if error.may_pass() => tokio::time::sleep(PAUSE).await,
            Err(error) => panic!("refused for good: {error}"),
        }
    }
}
