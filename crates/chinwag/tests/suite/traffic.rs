//! Several people who post into several rooms at once, and readers who must get all of it.

use std::time::Duration;

use chinwag_client::{EventReader, Session};
use chinwag_protocol::{ConversationId, Record};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::history_check::{Acknowledged, Received};
use crate::posting::{new_client_id, post_stubbornly};
use crate::server::{DEADLINE, TestServer, open};

/// People who are all in the same rooms.
pub(crate) struct Crowd {
    pub(crate) people: Vec<Session>,
    pub(crate) rooms: Vec<ConversationId>,
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
        Self { people, rooms }
    }

    /// All of `senders` post at once, `count` messages together, each until it is acknowledged.
    pub(crate) async fn post(
        &self,
        senders: &[Session],
        count: usize,
        random: &mut fastrand::Rng,
    ) -> Vec<Acknowledged> {
        let mut posting = JoinSet::new();
        for (number, sender) in senders.iter().cloned().enumerate() {
            let own = count / senders.len() + usize::from(number < count % senders.len());
            let (rooms, random) = (self.rooms.clone(), random.fork());
            posting.spawn(post_all(sender, rooms, own, random));
        }
        let acknowledged = timeout(deadline(count), posting.join_all()).await;
        acknowledged.expect("all are acknowledged in time").concat()
    }
}

async fn post_all(
    sender: Session,
    rooms: Vec<ConversationId>,
    count: usize,
    mut random: fastrand::Rng,
) -> Vec<Acknowledged> {
    let mut acknowledged = Vec::with_capacity(count);
    for number in 0..count {
        let conversation = rooms[random.usize(0..rooms.len())];
        let client_id = new_client_id();
        let text =
            format!("{number} {}", ["x", "é", "茶", "👋🏽"][random.usize(0..4)].repeat(random.usize(0..60)));
        let answer = post_stubbornly(&sender, conversation, client_id, &text).await;
        acknowledged.push(Acknowledged { conversation, client_id, seq: answer.seq, text });
    }
    acknowledged
}

/// How long so many messages may take.
pub(crate) fn deadline(messages: usize) -> Duration {
    DEADLINE + Duration::from_millis(40) * messages as u32
}

/// Reads so many messages. Before each record and at moments of its own choosing, `disturb` may do to the reader whatever
/// a reader must bear; it says how long to wait undisturbed.
pub(crate) async fn read_all(
    mut reader: EventReader,
    count: usize,
    mut disturb: impl FnMut(&mut EventReader) -> Duration,
) -> Vec<Received> {
    let mut received = Vec::with_capacity(count);
    let reading = async {
        while received.len() < count {
            let patience = disturb(&mut reader);
            tokio::select! {
                biased;
                record = reader.next() => {
                    let record = record.expect("reading is not refused");
                    assert!(!matches!(record, Record::Gap { .. }), "{record:?}");
                    received.extend(Received::of(&record));
                }
                () = tokio::time::sleep(patience) => {}
            }
        }
    };
    if timeout(deadline(count), reading).await.is_err() {
        panic!("{} of {count} messages have come; {reader:?}", received.len());
    }
    received
}
