//! Several people who post into several rooms at once, and readers who must get all of it.

use std::sync::Arc;
use std::time::Duration;

use chinwag_client::{EventReader, Session};
use chinwag_history::History;
use chinwag_protocol::{ConversationId, Record, Seq};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::posting::{Draft, new_client_id};
use crate::server::{DEADLINE, TestServer, open};

/// People who are all in the same rooms, and what they do and get.
pub(crate) struct Crowd {
    pub(crate) people: Vec<Session>,
    pub(crate) rooms: Vec<ConversationId>,
    history: Arc<History>,
}

impl Crowd {
    pub(crate) async fn gather(server: &TestServer, names: &[&str], slugs: &[&str]) -> Self {
        let mut people = Vec::new();
        let mut rooms = Vec::new();
        for name in names {
            let person = server.guest(name).await;
            rooms.clear();
            for slug in slugs {
                rooms.push(open(&person, slug).await);
            }
            people.push(person);
        }
        Self::of(people, rooms)
    }

    /// Of people who are in these rooms already.
    pub(crate) fn of(people: Vec<Session>, rooms: Vec<ConversationId>) -> Self {
        let history = Arc::new(History::new().expect("a temporary file can be made"));
        Self { people, rooms, history }
    }

    /// All of `senders` post at once, `count` messages together, each until it is acknowledged.
    pub(crate) async fn post(&self, senders: &[Session], count: usize, random: &mut fastrand::Rng) {
        let mut posting = JoinSet::new();
        for (number, sender) in senders.iter().cloned().enumerate() {
            let own = count / senders.len() + usize::from(number < count % senders.len());
            let (history, rooms, random) = (Arc::clone(&self.history), self.rooms.clone(), random.fork());
            posting.spawn(post_all(history, sender, rooms, own, random));
        }
        timeout(deadline(count), posting.join_all()).await.expect("all are acknowledged in time");
    }

    /// Reads so many messages, of which none has been posted yet. Before each record and at moments of its own choosing,
    /// `disturb` may do to the reader whatever a reader must bear; it says how long to wait undisturbed.
    pub(crate) fn read<D: FnMut(&mut EventReader) -> Duration + Send + 'static>(
        &self,
        session: &Session,
        reader: EventReader,
        count: usize,
        disturb: D,
    ) -> impl Future<Output = ()> + Send + use<D> {
        let name = session.account().name.clone();
        let recorder = &self.history.recorder;
        recorder.reader(&name, &session.account().id);
        let places: Vec<_> = self.rooms.iter().map(|room| (*room, Seq::ZERO)).collect();
        recorder.synced(&name, &places);
        read_all(Arc::clone(&self.history), name, reader, count, disturb)
    }

    /// Everything was posted, and read. It must be right, and so much.
    pub(crate) fn check(self, count: usize) {
        let history = Arc::into_inner(self.history).expect("nobody posts or reads any more");
        let summary = history.check();
        assert_eq!((summary.acknowledged, summary.gaps), (count as u64, 0));
    }
}

async fn post_all(
    history: Arc<History>,
    sender: Session,
    rooms: Vec<ConversationId>,
    count: usize,
    mut random: fastrand::Rng,
) {
    for number in 0..count {
        let conversation = rooms[random.usize(0..rooms.len())];
        let text =
            format!("{number} {}", ["x", "é", "茶", "👋🏽"][random.usize(0..4)].repeat(random.usize(0..60)));
        let draft = Draft { conversation, client_id: new_client_id(), text: &text };
        draft.post_stubbornly(&history.recorder, &sender).await;
    }
}

/// How long so many messages may take.
fn deadline(messages: usize) -> Duration {
    DEADLINE + Duration::from_millis(40) * messages as u32
}

async fn read_all(
    history: Arc<History>,
    name: String,
    mut reader: EventReader,
    count: usize,
    mut disturb: impl FnMut(&mut EventReader) -> Duration,
) {
    let mut received = 0;
    let reading = async {
        history.recorder.connect(&name, &reader.transport().to_string());
        while received < count {
            let before = reader.transport();
            let patience = disturb(&mut reader);
            if reader.transport() != before {
                history.recorder.connect(&name, &reader.transport().to_string());
            }
            tokio::select! {
                biased;
                record = reader.next() => {
                    let record = record.expect("reading is not refused");
                    history.recorder.received(&name, &record);
                    received += usize::from(matches!(record, Record::Message(_)));
                }
                () = tokio::time::sleep(patience) => {}
            }
        }
    };
    if timeout(deadline(count), reading).await.is_err() {
        panic!("{received} of {count} messages have come; {reader:?}");
    }
    history.recorder.done(&name);
}
