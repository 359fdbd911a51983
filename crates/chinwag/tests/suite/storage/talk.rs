//! People who talk over every transport while something goes wrong.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chinwag_client::{ClientError, Protocol, Session, Transport, WebSocket};
use chinwag_history::{History, Recorder, Summary};
use chinwag_protocol::{ClientId, Code, ConversationId, Cursor, SendAnswer, Seq};
use parking_lot::Mutex;
use tokio::task::JoinSet;

use crate::posting::{Draft, cursor_of_now, new_client_id};
use crate::program::Program;
use crate::server::{DEADLINE, open, within};
use crate::storage::listening::{Listener, read_anew};

/// Every transport that reads.
pub(crate) const TRANSPORTS: [Transport; 5] =
    [Transport::Poll, Transport::LongPoll, Transport::Stream, Transport::Sse, Transport::WebSocket];

/// What everyone in a room knows.
pub(crate) struct Shared {
    pub(crate) history: History,
    pub(crate) room: ConversationId,
    bytes: usize,
    told: Mutex<Told>,
    /// Of each reader, up to where it has come.
    pub(crate) places: Vec<Mutex<Place>>,
}

/// What the senders were told.
#[derive(Default)]
struct Told {
    acknowledged: Vec<(ClientId, Seq)>,
    refused: HashMap<Option<Code>, usize>,
}

/// Up to where a reader has come.
pub(crate) struct Place {
    pub(crate) cursor: Cursor,
    pub(crate) last: Seq,
}

impl Shared {
    pub(crate) fn recorder(&self) -> &Recorder {
        &self.history.recorder
    }

    /// The last row that was acknowledged.
    pub(crate) fn head(&self) -> Seq {
        self.told.lock().acknowledged.iter().map(|(_, seq)| *seq).max().unwrap_or(Seq::ZERO)
    }

    fn text(&self, client_id: ClientId) -> String {
        format!("{client_id}{}", "x".repeat(self.bytes))
    }
}

/// Senders by REST and WebSocket and a reader on each transport, all over HTTP/1.1 and HTTP/2, in one room.
pub(crate) struct Talk {
    pub(crate) ada: Session,
    by_http2: Session,
    start: Cursor,
    shared: Arc<Shared>,
    stop: Arc<AtomicBool>,
    senders: JoinSet<()>,
    readers: JoinSet<()>,
}

impl Talk {
    /// Begins it in this room, with texts of so many bytes.
    pub(crate) async fn begin(program: &Program, slug: &str, bytes: usize) -> Self {
        let ada = program.guest("Ada").await;
        let room = open(&ada, slug).await;
        let start = cursor_of_now(&ada).await;
        let place = || Mutex::new(Place { cursor: start.clone(), last: Seq::ZERO });
        let places = readers().map(|_| place()).collect();
        let history = History::new().expect("a temporary file can be made");
        for name in readers() {
            history.recorder.reader(&name, &ada.account().id);
            history.recorder.synced(&name, &[(room, Seq::ZERO)]);
        }
        let shared = Shared { history, room, bytes, told: Mutex::default(), places };
        Self::go_on(program, ada, start, Arc::new(shared)).await
    }

    async fn go_on(program: &Program, ada: Session, start: Cursor, shared: Arc<Shared>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let by_http2 = program.resume(&ada, Protocol::Http2).await;
        let mut senders = JoinSet::new();
        for (session, by_websocket) in [(&ada, false), (&by_http2, false), (&ada, true), (&by_http2, true)] {
            let shared = Arc::clone(&shared);
            let sender = Sender { session: session.clone(), by_websocket, socket: None, shared };
            senders.spawn(sender.talk(Arc::clone(&stop)));
        }
        let mut readers = JoinSet::new();
        for (number, (name, session, transport)) in each_way(&ada, &by_http2).enumerate() {
            readers.spawn(Listener::new(number, name, transport, session, &shared).listen());
        }
        Self { ada, by_http2, start, shared, stop, senders, readers }
    }

    /// A backup is about to be taken.
    pub(crate) fn before_backup(&self) {
        self.shared.recorder().backup();
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.shared.told.lock().acknowledged.len()
    }

    pub(crate) fn unavailable(&self) -> usize {
        self.shared.told.lock().refused.get(&Some(Code::Unavailable)).copied().unwrap_or(0)
    }

    /// Waits for so many more acknowledgements.
    pub(crate) async fn goes_on(&self, more: usize) {
        let enough = self.acknowledged() + more;
        until("sends are acknowledged", async || self.acknowledged() >= enough).await;
    }

    /// Everything acknowledged by now, read anew over each transport. Nothing more may be acknowledged meanwhile.
    pub(crate) async fn is_all_readable(&self) {
        for (_, session, transport) in each_way(&self.ada, &self.by_http2) {
            read_anew(&self.shared, session, transport, &self.start).await;
        }
        within("sync", self.ada.sync(None)).await.expect("sync is answered");
    }

    /// Ends it: each sender repeats its last message until that is stored. The readers get all of it, and nobody was
    /// refused for another reason than `unavailable`.
    pub(crate) async fn end(mut self) -> Finished {
        self.stop.store(true, Ordering::Relaxed);
        within("the last messages are stored", async {
            while let Some(sender) = self.senders.join_next().await {
                sender.expect("a sender does not panic");
            }
        })
        .await;
        let refused = std::mem::take(&mut self.shared.told.lock().refused);
        assert!(refused.keys().all(|code| *code == Some(Code::Unavailable)), "{refused:?}");
        let head = self.shared.head();
        for place in &self.shared.places {
            until("readers have all", async || place.lock().last >= head).await;
        }
        self.readers.shutdown().await;
        for name in readers() {
            self.shared.recorder().done(&name);
        }
        Finished { ada: self.ada, start: self.start, shared: self.shared }
    }
}

/// Each transport over each version of HTTP, and its name.
fn each_way<T>(http1: T, http2: T) -> impl Iterator<Item = (String, T, Transport)>
where
    T: Copy,
{
    let over = [("HTTP/1.1", http1), ("HTTP/2", http2)];
    over.into_iter().flat_map(|(over, session)| {
        TRANSPORTS.map(|transport| (format!("{transport} over {over}"), session, transport))
    })
}

/// Who reads, each over a way of its own.
pub(crate) fn readers() -> impl Iterator<Item = String> {
    each_way((), ()).map(|(name, ..)| name)
}

/// A talk that is over.
pub(crate) struct Finished {
    ada: Session,
    start: Cursor,
    shared: Arc<Shared>,
}

impl Finished {
    /// Reads, without a gap, everything that was acknowledged.
    pub(crate) async fn is_kept_by(&self, program: &Program) {
        let ada = program.resume(&self.ada, Protocol::Http1).await;
        read_anew(&self.shared, &ada, Transport::Stream, &self.start).await;
    }

    /// The last backup was put back, and is what this program runs on. How many rows it has.
    pub(crate) async fn is_put_back_on(&mut self, program: &Program) -> Seq {
        self.ada = program.resume(&self.ada, Protocol::Http1).await;
        let sync = within("sync", self.ada.sync(None)).await.expect("sync is answered");
        let heads: Vec<_> = sync.conversations.iter().map(|card| (card.id, card.seq)).collect();
        self.shared.recorder().restored(&heads);
        assert_eq!(heads.len(), 1);
        heads[0].1
    }

    /// Who has a message still that is lost sends it again, and it is stored as if it were new.
    pub(crate) async fn send_lost(&self, kept: Seq) -> usize {
        let acknowledged = std::mem::take(&mut self.shared.told.lock().acknowledged);
        let (kept, lost): (Vec<_>, Vec<_>) = acknowledged.into_iter().partition(|(_, seq)| *seq <= kept);
        self.shared.told.lock().acknowledged = kept;
        for (client_id, _) in &lost {
            let text = self.shared.text(*client_id);
            let draft = Draft { conversation: self.shared.room, client_id: *client_id, text: &text };
            let answer = draft.post_stubbornly(self.shared.recorder(), &self.ada).await;
            self.shared.told.lock().acknowledged.push((*client_id, answer.seq));
        }
        lost.len()
    }

    /// The same people talk on, the readers from where they were.
    pub(crate) async fn go_on(self, program: &Program) -> Talk {
        Talk::go_on(program, self.ada, self.start, self.shared).await
    }

    /// All that was done and got is right.
    pub(crate) fn check(self) -> Summary {
        Arc::into_inner(self.shared).expect("nobody talks any more").history.check()
    }
}

struct Sender {
    session: Session,
    by_websocket: bool,
    socket: Option<WebSocket>,
    shared: Arc<Shared>,
}

impl Sender {
    async fn talk(mut self, stop: Arc<AtomicBool>) {
        let shared = Arc::clone(&self.shared);
        let session = self.session.clone();
        while !stop.load(Ordering::Relaxed) {
            let client_id = new_client_id();
            let text = shared.text(client_id);
            let draft = Draft { conversation: shared.room, client_id, text: &text };
            let way = if self.by_websocket { "WebSocket" } else { "request" };
            loop {
                let sending = self.send(client_id, &text);
                match draft.post_by(shared.recorder(), &session, way, sending).await {
                    Ok(answer) => {
                        shared.told.lock().acknowledged.push((client_id, answer.seq));
                        break;
                    }
                    Err(error) if error.may_pass() => {
                        *shared.told.lock().refused.entry(error.code()).or_default() += 1;
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    Err(error) => panic!("refused for good: {error}"),
                }
            }
        }
    }

    async fn send(&mut self, client_id: ClientId, text: &str) -> Result<SendAnswer, ClientError> {
        let room = self.shared.room;
        if !self.by_websocket {
            return self.session.send(room, client_id, text, None).await;
        }
        let mut socket = match self.socket.take() {
            Some(socket) => socket,
            None => self.session.websocket(None).await?,
        };
        let answer = socket.send_message(room, client_id, text, None).await;
        if matches!(answer, Ok(_) | Err(ClientError::Problem(_))) {
            self.socket = Some(socket);
        }
        answer
    }
}

/// Waits until it is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(DEADLINE, waiting).await;
    waited.unwrap_or_else(|_| panic!("{what}: not within {DEADLINE:?}"));
}
