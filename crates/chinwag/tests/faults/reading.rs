//! Who reads, over one transport after another, with one cursor.

use std::sync::Arc;
use std::time::Duration;

use chinwag_client::{
    BackoffOptions, ClientError, EventReader, HistoryRange, ReaderOptions, Session, Transport,
};
use chinwag_protocol::{ConversationId, EndReason, HistoryPage, MemberChange, Record, Seq, SyncPage};
use tokio::sync::watch;

use crate::sending::PAUSE;
use crate::shared::Shared;

/// Short waits, so that tests are quick.
pub(crate) fn quick(random: &mut fastrand::Rng) -> ReaderOptions {
    let mut random = random.fork();
    ReaderOptions {
        poll_interval: Duration::from_millis(40),
        long_poll_wait: Duration::from_secs(10),
        backoff: BackoffOptions { first: Duration::from_millis(5), longest: Duration::from_millis(20) },
        random: Box::new(move || random.f64()),
    }
}

pub(crate) struct Reader {
    pub(crate) number: usize,
    pub(crate) name: String,
    pub(crate) shared: Arc<Shared>,
    pub(crate) session: Session,
    pub(crate) events: EventReader,
    pub(crate) random: fastrand::Rng,
    /// Changes whenever a reader may choose another transport.
    pub(crate) occasions: watch::Receiver<u64>,
}

impl Reader {
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
            Record::Delete { conversation, seq, .. } | Record::Hidden { conversation, seq, .. } => {
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
            Record::End { reason: EndReason::Restart, .. } => shared.told_to_come_back(number),
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
