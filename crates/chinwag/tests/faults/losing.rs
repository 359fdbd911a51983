//! A device is signed out, a member removed, one of several accounts of a browser signed out, while somebody talks on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chinwag_client::{EventReader, Protocol, Session, Transport};
use chinwag_protocol::{ClientId, ConversationId, Record};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::program::Launch;
use crate::reading::quick;
use crate::settings::{figure, number, random};
use crate::shared::DEADLINE;

/// The longest that something may still come.
const PROMISED: Duration = Duration::from_secs(1);

/// How access is lost.
#[derive(Debug, Clone, Copy)]
enum Loss {
    Device,
    Member,
    OneOfSeveral,
}

/// Who is about to lose access to what is said, and when they last heard some of it.
struct Listener {
    session: Session,
    loss: Loss,
    way: (Protocol, Transport),
    heard: Arc<Mutex<Option<Instant>>>,
}

impl Listener {
    async fn lose(&self, owner: &Session, room: ConversationId) {
        let lost = match self.loss {
            Loss::Device | Loss::OneOfSeveral => self.session.sign_out().await,
            Loss::Member => owner.remove_member(room, self.session.account().id).await,
        };
        lost.expect("one may sign out, and an owner may remove");
    }
}

/// How long after an answer that says so what they may not read still comes, on every transport. With `CHINWAG_JUDGE_TIMES` it
/// is judged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_loses_access_soon_gets_nothing_more() {
    let launch = Launch::new(&mut random("losing"));
    let program = launch.start();
    let owner = launch.client(Protocol::Http1).guest("Ada").await.expect("a guest may come");
    let room = open(&owner).await;
    let mut listening = JoinSet::new();
    let mut listeners = Vec::new();
    for protocol in [Protocol::Http1, Protocol::Http2] {
        for transport in Transport::ALL {
            for loss in [Loss::Device, Loss::Member, Loss::OneOfSeveral] {
                let client = launch.client(protocol);
                let session = client.guest("Bob").await.expect("a guest may come");
                open(&session).await;
                let reading = match loss {
                    Loss::Device | Loss::Member => session.clone(),
                    Loss::OneOfSeveral => {
                        let other = client.guest("Cyd").await.expect("a guest may come");
                        other.together_with(&[&session]).expect("tokens fit into a header")
                    }
                };
                let heard = Arc::default();
                listening.spawn(listen(reading.events(transport, None, quick()), Arc::clone(&heard)));
                listeners.push(Listener { session, loss, way: (protocol, transport), heard });
            }
        }
    }

    let (end, ended) = watch::channel(None);
    let talking = tokio::spawn(talk(owner.clone(), room, ended));
    let begun = Instant::now();
    while listeners.iter().any(|listener| listener.heard.lock().is_none()) {
        assert!(begun.elapsed() < DEADLINE, "not everyone hears what is said");
        tokio::task::yield_now().await;
    }
    let mut lost = Vec::new();
    for listener in &listeners {
        listener.lose(&owner, room).await;
        lost.push(Instant::now());
    }
    end.send_replace(Some(Instant::now() + 2 * PROMISED));
    talking.await.expect("what is said is stored");
    listening.shutdown().await;
    program.stop();

    for (name, wanted) in [("device", 0), ("member", 1), ("one_of_several", 2)] {
        let mut longest = 0;
        for (listener, lost) in listeners.iter().zip(&lost) {
            if listener.loss as u8 != wanted {
                continue;
            }
            let heard = listener.heard.lock().expect("all have heard something");
            let after = heard.saturating_duration_since(*lost);
            let judged = number("CHINWAG_JUDGE_TIMES", 0) == 1;
            assert!(!judged || after <= PROMISED, "{:?} {:?} {after:?}", listener.loss, listener.way);
            longest = longest.max(u64::try_from(after.as_micros()).unwrap_or(u64::MAX));
        }
        figure(&format!("lost_{name}_longest_us"), longest);
    }
    figure("lost_readers", listeners.len() as u64);
}

async fn open(session: &Session) -> ConversationId {
    session.open_room("tea").await.expect("a room may be opened").conversation.id
}

/// Without a pause, until a moment that is said later.
async fn talk(owner: Session, room: ConversationId, end: watch::Receiver<Option<Instant>>) {
    while end.borrow().is_none_or(|end| Instant::now() < end) {
        let id = ClientId::new(Uuid::now_v7());
        owner.send(room, id, "hello", None).await.expect("it is stored");
    }
}

/// Until the server refuses it.
async fn listen(mut events: EventReader, heard: Arc<Mutex<Option<Instant>>>) {
    while let Ok(record) = events.next().await {
        if let Record::Message(_) = record {
            *heard.lock() = Some(Instant::now());
        }
    }
}
