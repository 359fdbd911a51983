//! People who talk in two rooms while something happens to the server: senders and readers over every transport.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chinwag_client::{Protocol, Session, Transport};
use chinwag_history::{Fault, Summary};
use chinwag_protocol::{ConversationId, Seq};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::program::Launch;
use crate::reading::{Reader, quick, read_pages};
use crate::sending::Sender;
use crate::shared::{DEADLINE, Death, Shared};
use crate::wanderer::Wanderer;

const SLUGS: [&str; 2] = ["tea", "milk"];

pub(crate) struct Crowd {
    pub(crate) shared: Arc<Shared>,
    pub(crate) rooms: Vec<ConversationId>,
    pub(crate) people: Vec<[Session; 2]>,
    names: Vec<String>,
    busy: JoinSet<()>,
    reading: JoinSet<()>,
    occasions: watch::Sender<u64>,
    random: fastrand::Rng,
}

impl Crowd {
    /// They have begun when this returns.
    pub(crate) async fn gather(launch: &Launch, random: &mut fastrand::Rng) -> Self {
        let mut crowd = Self {
            shared: Arc::new(Shared::new()),
            rooms: Vec::new(),
            people: Vec::new(),
            names: Vec::new(),
            busy: JoinSet::new(),
            reading: JoinSet::new(),
            occasions: watch::Sender::new(0),
            random: random.fork(),
        };
        if launch.front.is_some() {
            crowd.shared.history.recorder.several();
        }
        for name in ["Ada", "Bob", "Cleo"] {
            let person = guest(launch, name).await;
            crowd.rooms.clear();
            for slug in SLUGS {
                crowd.rooms.push(open(&person[0], slug).await);
            }
            crowd.people.push(person);
        }
        // By HTTP/1.1 and HTTP/2 on each.
        for number in 0..2 * Transport::ALL.len() {
            let session = crowd.people[number % 3][number % 2].clone();
            crowd.add_reader(session, Transport::ALL[number / 2]).await;
        }
        let eve = guest(launch, "Eve").await;
        let (slug, room) = (SLUGS[0], crowd.rooms[0]);
        open(&eve[0], slug).await;
        let transport = Transport::ALL[crowd.random.usize(0..5)];
        crowd.add_reader(eve[1].clone(), transport).await;
        for number in 0..6 {
            let sender = Sender {
                number,
                shared: Arc::clone(&crowd.shared),
                sessions: crowd.people[number % 3].clone(),
                rooms: crowd.rooms.clone(),
                random: crowd.random.fork(),
                socket: None,
            };
            crowd.busy.spawn(sender.talk());
        }
        let [session, _] = eve;
        let (shared, random) = (Arc::clone(&crowd.shared), crowd.random.fork());
        crowd.busy.spawn(Wanderer { shared, session, room, slug, random }.wander());
        crowd
    }

    async fn add_reader(&mut self, session: Session, transport: Transport) {
        let (shared, occasions) = (Arc::clone(&self.shared), self.occasions.subscribe());
        let beginning = Reader::begin(session, transport, quick(), shared, self.random.fork(), occasions);
        let reader = within("a reader begins", beginning).await;
        self.names.push(reader.name().to_owned());
        self.reading.spawn(reader.read());
    }

    /// Each reader chooses a transport anew.
    pub(crate) fn switch(&self) {
        self.occasions.send_modify(|occasions| *occasions += 1);
    }

    /// Waits until so many more sends are acknowledged.
    pub(crate) async fn goes_on(&mut self, more: u64) {
        let enough = self.shared.acknowledged() + more;
        self.until("sends are acknowledged", |shared| (shared.acknowledged() >= enough).then_some(())).await;
    }

    /// Waits at most so long, and not always.
    pub(crate) async fn moment(&mut self, longest: Duration) {
        let moment = longest.mul_f64(self.random.f64());
        tokio::time::sleep(moment).await;
    }

    /// The server has died after `Shared::dies` was called: who was at what. It must not be running.
    pub(crate) async fn death(&mut self, how: &str) -> Death {
        self.shared.history.recorder.server(how);
        self.until("everyone notices", Shared::death).await
    }

    /// Waits until it is so, as long as nobody has failed.
    pub(crate) async fn until<T>(&mut self, what: &str, mut is_so: impl FnMut(&Shared) -> Option<T>) -> T {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(value) = is_so(&self.shared) {
                return value;
            }
            for tasks in [&mut self.busy, &mut self.reading] {
                while let Some(ended) = tasks.try_join_next() {
                    ended.expect("nobody fails");
                }
            }
            let late = Instant::now() > deadline;
            assert!(!late, "{what}: not within {DEADLINE:?}; {}", self.shared.describe());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Ends it on a server that runs: the last messages are stored, the readers get everything, the pages tell the same, and
    /// the whole history is right.
    pub(crate) async fn end(mut self) -> Summary {
        self.shared.stop();
        let busy = async {
            while let Some(ended) = self.busy.join_next().await {
                ended.expect("nobody fails");
            }
        };
        within("the last messages are stored", busy).await;
        self.until("readers have everything", |shared| shared.all_have_all().then_some(())).await;
        self.reading.shutdown().await;
        let recorder = &self.shared.history.recorder;
        for name in &self.names {
            recorder.done(name);
        }
        self.survey().await;
        let shared = Arc::into_inner(self.shared).expect("nobody else has it any more");
        shared.history.check()
    }

    /// Nobody talks or reads any more.
    pub(crate) async fn give_up(&mut self) {
        self.busy.shutdown().await;
        self.reading.shutdown().await;
    }

    /// Ends it on a server that runs and has lost something: how many acknowledged rows it lacks, and whether the check of
    /// the history has noticed.
    pub(crate) async fn losses(self) -> (u64, bool) {
        let heads = self.survey().await;
        let acknowledged = self.shared.heads().into_iter();
        let lost = acknowledged.map(|(room, head)| head.get().saturating_sub(heads[&room].get())).sum();
        let violations = self.shared.history.violations().err().unwrap_or_default();
        let noticed = |fault: &Fault| matches!(fault, Fault::Lost { .. } | Fault::Behind { .. });
        (lost, violations.iter().any(|violation| noticed(&violation.fault)))
    }

    /// Reads all pages of all rooms; the last row of each.
    async fn survey(&self) -> HashMap<ConversationId, Seq> {
        let [session, _] = &self.people[0];
        let sync = within("sync", session.sync(None)).await.expect("sync is answered");
        let recorder = &self.shared.history.recorder;
        recorder.reader("pages", &session.account().id);
        let beginnings: Vec<_> = self.rooms.iter().map(|room| (*room, Seq::ZERO)).collect();
        recorder.synced("pages", &beginnings);
        for card in &sync.conversations {
            let reading = read_pages(&self.shared, "pages", session, card.id, Seq::ZERO, card.seq);
            within("pages", reading).await;
        }
        recorder.done("pages");
        sync.conversations.iter().map(|card| (card.id, card.seq)).collect()
    }
}

async fn guest(launch: &Launch, name: &str) -> [Session; 2] {
    let session = within("a guest", launch.client(Protocol::Http1).guest(name)).await;
    let session = session.expect("a guest may come");
    let by_http2 = session.by_way_of(&launch.client(Protocol::Http2));
    [session, by_http2]
}

async fn open(session: &Session, slug: &str) -> ConversationId {
    let room = within("a room", session.open_room(slug)).await.expect("a room may be opened");
    room.conversation.id
}

/// Waits for `future`; names what did not happen if it takes too long.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what}: not within {DEADLINE:?}"),
    }
}
