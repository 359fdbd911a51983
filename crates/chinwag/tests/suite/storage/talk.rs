//! People who talk over every transport while something goes wrong.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chinwag_client::{ClientError, Protocol, Session, Transport, WebSocket};
use chinwag_protocol::{ClientId, Code, ConversationId, Cursor, SendAnswer};
use parking_lot::Mutex;
use tokio::task::JoinSet;

use crate::history_check::{Acknowledged, Received, check};
use crate::posting::{cursor_of_now, new_client_id, reader};
use crate::program::Program;
use crate::server::{DEADLINE, open, within};

/// Every transport that reads.
pub(crate) const TRANSPORTS: [Transport; 5] =
    [Transport::Poll, Transport::LongPoll, Transport::Stream, Transport::Sse, Transport::WebSocket];

/// What the senders were told.
#[derive(Default)]
struct Told {
    acknowledged: Vec<Acknowledged>,
    refused: HashMap<Option<Code>, usize>,
}

/// Senders by REST and WebSocket and a reader on each transport, all over HTTP/1.1 and HTTP/2, in one room.
pub(crate) struct Talk {
    pub(crate) ada: Session,
    by_http2: Session,
    pub(crate) room: ConversationId,
    pub(crate) start: Cursor,
    stop: Arc<AtomicBool>,
    told: Arc<Mutex<Told>>,
    senders: JoinSet<()>,
    readers: JoinSet<()>,
    readings: Vec<Arc<Mutex<Vec<Received>>>>,
}

impl Talk {
    /// Begins it in this room, with texts of so many bytes.
    pub(crate) async fn begin(program: &Program, slug: &str, bytes: usize) -> Self {
        let ada = program.guest("Ada").await;
        let room = open(&ada, slug).await;
        let start = cursor_of_now(&ada).await;
        let (stop, told) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Told::default())));
        let by_http2 = program.resume(&ada, Protocol::Http2).await;
        let mut senders = JoinSet::new();
        for (session, by_websocket) in [(&ada, false), (&by_http2, false), (&ada, true), (&by_http2, true)] {
            let sender = Sender { session: session.clone(), by_websocket, socket: None, room, bytes };
            senders.spawn(sender.talk(Arc::clone(&stop), Arc::clone(&told)));
        }
        let (mut readers, mut readings) = (JoinSet::new(), Vec::new());
        for (session, transport) in each_way(&ada, &by_http2) {
            let mut reader = reader(session, transport, &start);
            let received = Arc::new(Mutex::new(Vec::new()));
            let into = Arc::clone(&received);
            readers.spawn(async move {
                loop {
                    let record = reader.next().await.expect("reading is not refused");
                    into.lock().extend(Received::of(&record));
                }
            });
            readings.push(received);
        }
        Self { ada, by_http2, room, start, stop, told, senders, readers, readings }
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.told.lock().acknowledged.len()
    }

    /// What is acknowledged now.
    pub(crate) fn told(&self) -> Vec<Acknowledged> {
        self.told.lock().acknowledged.clone()
    }

    pub(crate) fn unavailable(&self) -> usize {
        self.told.lock().refused.get(&Some(Code::Unavailable)).copied().unwrap_or(0)
    }

    /// Waits for so many more acknowledgements.
    pub(crate) async fn goes_on(&self, more: usize) {
        let enough = self.acknowledged() + more;
        until("sends are acknowledged", async || self.acknowledged() >= enough).await;
    }

    /// Everything acknowledged by now, read anew over each transport.
    pub(crate) async fn is_all_readable(&self) {
        let acknowledged = self.told();
        for (session, transport) in each_way(&self.ada, &self.by_http2) {
            let mut reader = reader(session, transport, &self.start);
            let mut received = Vec::new();
            while received.len() < acknowledged.len() {
                let record = within("a record", reader.next()).await.expect("reading is not refused");
                received.extend(Received::of(&record));
            }
            assert_eq!(check(&acknowledged, &[received]), Ok(()), "{transport:?}");
        }
        within("sync", self.ada.sync(None)).await.expect("sync is answered");
    }

    /// Ends it: each sender repeats its last message until that is stored. The readers must have got all of it by then,
    /// once and in order, and nobody was refused for another reason than `unavailable`.
    pub(crate) async fn end(mut self) -> Finished {
        self.stop.store(true, Ordering::Relaxed);
        within("the last messages are stored", async {
            while let Some(sender) = self.senders.join_next().await {
                sender.expect("a sender does not panic");
            }
        })
        .await;
        let told = std::mem::take(&mut *self.told.lock());
        assert!(told.refused.keys().all(|code| *code == Some(Code::Unavailable)), "{:?}", told.refused);
        let acknowledged = told.acknowledged;
        for reading in &self.readings {
            until("readers have all", async || reading.lock().len() >= acknowledged.len()).await;
        }
        self.readers.shutdown().await;
        let readings: Vec<_> = self.readings.iter().map(|reading| reading.lock().clone()).collect();
        assert_eq!(check(&acknowledged, &readings), Ok(()));
        let (ada, start) = (self.ada.clone(), self.start.clone());
        Finished { ada, start, acknowledged }
    }
}

fn each_way<'a>(http1: &'a Session, http2: &'a Session) -> impl Iterator<Item = (&'a Session, Transport)> {
    [http1, http2].into_iter().flat_map(|session| TRANSPORTS.map(|transport| (session, transport)))
}

/// A talk that is over.
pub(crate) struct Finished {
    pub(crate) ada: Session,
    pub(crate) start: Cursor,
    pub(crate) acknowledged: Vec<Acknowledged>,
}

impl Finished {
    /// Everything that was acknowledged is in this program's data, once, and nothing else.
    pub(crate) async fn is_kept_by(&self, program: &Program) {
        let ada = program.resume(&self.ada, Protocol::Http1).await;
        let mut reader = reader(&ada, Transport::Stream, &self.start);
        let mut received = Vec::new();
        while received.len() < self.acknowledged.len() {
            let record = within("a record", reader.next()).await.expect("reading is not refused");
            received.extend(Received::of(&record));
        }
        assert_eq!(check(&self.acknowledged, &[received]), Ok(()));
    }
}

struct Sender {
    session: Session,
    by_websocket: bool,
    socket: Option<WebSocket>,
    room: ConversationId,
    bytes: usize,
}

impl Sender {
    async fn talk(mut self, stop: Arc<AtomicBool>, told: Arc<Mutex<Told>>) {
        while !stop.load(Ordering::Relaxed) {
            let client_id = new_client_id();
            let text = format!("{client_id}{}", "x".repeat(self.bytes));
            loop {
                match self.send(client_id, &text).await {
                    Ok(answer) => {
                        let conversation = self.room;
                        let message = Acknowledged { conversation, client_id, seq: answer.seq, text };
                        told.lock().acknowledged.push(message);
                        break;
                    }
                    Err(error) if error.may_pass() => {
                        *told.lock().refused.entry(error.code()).or_default() += 1;
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    Err(error) => panic!("refused for good: {error}"),
                }
            }
        }
    }

    async fn send(&mut self, client_id: ClientId, text: &str) -> Result<SendAnswer, ClientError> {
        if !self.by_websocket {
            return self.session.send(self.room, client_id, text, None).await;
        }
        let mut socket = match self.socket.take() {
            Some(socket) => socket,
            None => self.session.websocket(None).await?,
        };
        let answer = socket.send_message(self.room, client_id, text, None).await;
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
