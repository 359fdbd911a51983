//! Readers at their streams, and those who send to them.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use chinwag_client::{
    Client, ClientError, Protocol, RecordBytes, RecordBytesOptions, RecordSocket, Session, Transport,
    WebSocketOptions,
};
use chinwag_protocol::{ConversationId, Cursor};
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::bare::BareReaders;
use super::board::Board;
use super::drive::{Amount, Drive, Driven, Pace};
use super::lane::{Job, Lane, Shared};
use super::marker::Marker;
use super::metronome::Metronome;
use super::schedule::Schedule;
use crate::target::Target;

/// Streams that are opened at the same time.
const OPENING_MAX: usize = 64;
/// Lanes that share one client: over HTTP/1.1 it keeps so many connections for requests,
const LANES_HTTP1: usize = 16;
/// and over HTTP/2 they are streams of one connection, of which a server allows some 128.
const LANES_HTTP2: usize = 64;

/// Who takes part.
#[derive(Debug, Default)]
pub struct Cast {
    /// Conversations, and the group that each is counted in.
    pub conversations: Vec<(ConversationId, usize)>,
    /// Readers.
    pub readers: Vec<Reader>,
    /// Who sends, by turns within each group.
    pub senders: Vec<Sender>,
}

/// Somebody who reads.
#[derive(Debug)]
pub struct Reader {
    /// The device.
    pub session: Session,
    /// Where its stream begins.
    pub after: Option<Cursor>,
    /// How it reads.
    pub transport: Transport,
    /// Indices of the conversations of which it should get everything.
    pub conversations: Vec<u32>,
    /// Whether that is so; not for one who comes and goes.
    pub checked: bool,
}

/// Somebody who sends to a conversation: on its WebSocket if it reads by one, else by requests.
#[derive(Debug, Clone, Copy)]
pub struct Sender {
    /// Index of the reader.
    pub reader: usize,
    /// Index of the conversation.
    pub conversation: u32,
    /// Requests that it has under way at the same time.
    pub requests: usize,
}

/// How the engine works.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Threads of the runtime, among which readers at bare sockets are shared out.
    pub threads: usize,
    /// Tells this run's messages from others'.
    pub run: u32,
    /// Bytes of each text, at least [`Marker::BYTES`].
    pub text_bytes: usize,
    /// Whether compression is offered on WebSockets.
    pub deflate: bool,
    /// Between two short polls.
    pub poll_interval: Duration,
    /// How long a message may be outstanding, and how long nothing may happen, before what is missing is lost.
    pub patience: Duration,
    /// How long is listened for what should not come, once everything has come that should.
    pub linger: Duration,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            threads: 1,
            run: 0,
            text_bytes: 100,
            deflate: false,
            poll_interval: Duration::from_secs(1),
            patience: Duration::from_secs(10),
            linger: Duration::from_millis(250),
        }
    }
}

/// A stream that was opened.
enum Stream {
    Bare(RecordSocket),
    Tasked(RecordBytes),
}

/// All streams are open.
#[derive(Debug)]
pub struct Engine {
    shared: Arc<Shared>,
    /// Of each group, in turns.
    senders: Vec<Vec<(UnboundedSender<Job>, u32)>>,
    lanes: JoinSet<()>,
    threads: usize,
    patience: Duration,
    linger: Duration,
    stop: watch::Receiver<bool>,
}

impl Engine {
    /// Opens the streams of everybody. Once `stop` is true, drives end.
    pub async fn start(
        target: &Target,
        cast: Cast,
        options: &EngineOptions,
        stop: watch::Receiver<bool>,
    ) -> Result<Self, ClientError> {
        let groups = cast.conversations.iter().map(|(_, group)| group + 1).max().unwrap_or(0);
        let mut board = Board::new(Marker::new(options.run), groups);
        for &(_, group) in &cast.conversations {
            board.add_conversation(group);
        }
        for reader in &cast.readers {
            board.add_reader(&reader.conversations, reader.checked);
        }
        let shared = Arc::new(Shared {
            board: Mutex::new(board),
            conversations: cast.conversations.iter().map(|(id, _)| *id).collect(),
            text_bytes: options.text_bytes,
            options: RecordBytesOptions {
                poll_interval: options.poll_interval,
                websocket: WebSocketOptions { deflate: options.deflate, ..WebSocketOptions::default() },
                ..RecordBytesOptions::default()
            },
        });
        let mut engine = Self {
            shared,
            senders: vec![Vec::new(); groups],
            lanes: JoinSet::new(),
            threads: options.threads,
            patience: options.patience,
            linger: options.linger,
            stop,
        };
        engine.open(target, cast).await?;
        Ok(engine)
    }

    async fn open(&mut self, target: &Target, cast: Cast) -> Result<(), ClientError> {
        let mut clients = Clients::new(target);
        let mut lanes = Vec::new();
        let mut job_senders = vec![None; cast.readers.len()];
        for (index, reader) in cast.readers.into_iter().enumerate() {
            let session = reader.session.by_way_of(&clients.next()?);
            let lane = Lane {
                shared: self.shared.clone(),
                reader: index,
                session,
                transport: reader.transport,
                jobs: None,
            };
            lanes.push((lane, reader.after));
        }
        for sender in cast.senders {
            let lane = &mut lanes[sender.reader].0;
            let jobs = if lane.transport == Transport::WebSocket {
                job_senders[sender.reader].get_or_insert_with(|| {
                    let (jobs, queue) = unbounded_channel();
                    lane.jobs = Some(queue);
                    jobs
                })
            } else {
                &mut self.post(&lane.session.clone(), sender.requests, &mut clients)?
            };
            let (_, group) = cast.conversations[sender.conversation as usize];
            self.senders[group].push((jobs.clone(), sender.conversation));
        }
        self.open_streams(lanes).await
    }

    async fn open_streams(&mut self, lanes: Vec<(Lane, Option<Cursor>)>) -> Result<(), ClientError> {
        let opening = Arc::new(Semaphore::new(OPENING_MAX));
        let mut opened = JoinSet::new();
        for (lane, after) in lanes {
            let opening = opening.clone();
            opened.spawn(async move {
                let _turn = opening.acquire().await;
                // Who sends on its WebSocket has a task of its own.
                let bare = if lane.jobs.is_none() { lane.open_bare(after.clone()).await? } else { None };
                let stream = match bare {
                    Some(socket) => Stream::Bare(socket),
                    None => Stream::Tasked(lane.open(after).await?),
                };
                Ok::<_, ClientError>((lane, stream))
            });
        }
        let mut bare = Vec::new();
        for _ in 0..self.threads {
            bare.push(BareReaders::new(self.shared.clone())?);
        }
        while let Some(opened) = opened.join_next().await {
            match opened.map_err(io::Error::other)?? {
                (lane, Stream::Bare(socket)) => {
                    let share = lane.reader % bare.len();
                    bare[share].add(lane, socket)?;
                }
                (lane, Stream::Tasked(stream)) => {
                    self.lanes.spawn(lane.run(stream));
                }
            }
        }
        for readers in bare.into_iter().filter(|readers| !readers.is_empty()) {
            self.lanes.spawn(readers.run());
        }
        Ok(())
    }

    /// Somebody who sends by so many requests at the same time.
    fn post(
        &mut self,
        session: &Session,
        requests: usize,
        clients: &mut Clients<'_>,
    ) -> Result<UnboundedSender<Job>, ClientError> {
        let (jobs, queue) = unbounded_channel();
        let queue = Arc::new(tokio::sync::Mutex::new(queue));
        for _ in 0..requests {
            let (shared, queue) = (self.shared.clone(), queue.clone());
            let session = session.by_way_of(&clients.next()?);
            self.lanes.spawn(async move { shared.post(&session, &queue).await });
        }
        Ok(jobs)
    }

    /// What is known by now.
    pub fn board(&self) -> MutexGuard<'_, Board> {
        self.shared.board.lock()
    }

    /// Sends, and waits until everything has come that should, or nothing comes any more.
    ///
    /// # Errors
    /// If there are no timers to be had from the system.
    pub async fn drive(&self, drive: Drive) -> io::Result<Driven> {
        let permits = self.board().group(drive.group).permits.clone();
        let outstanding = match drive.pace {
            Pace::Closed { outstanding } => outstanding,
            Pace::Open { outstanding_max, .. } => outstanding_max,
        };
        permits.add_permits(outstanding);
        let began = Instant::now();
        let mut driven = self.send(drive, &permits, began).await?;
        // Until the last one's end, not until nobody hopes any more.
        driven.took = self.drain(drive.group, &permits, outstanding).await - began;
        permits.forget_permits(outstanding);
        Ok(driven)
    }

    async fn send(&self, drive: Drive, permits: &Semaphore, began: Instant) -> io::Result<Driven> {
        let metronome = Metronome::new()?;
        let mut stop = self.stop.clone();
        let mut senders = self.senders[drive.group].iter().cycle();
        let (messages, end) = match drive.amount {
            Amount::Messages(messages) => (messages, None),
            Amount::Time(time) => (u64::MAX, Some(began + time)),
        };
        let mut schedule = match drive.pace {
            Pace::Closed { .. } => None,
            Pace::Open { per_second, seed, .. } => Some(Schedule::new(per_second, seed)),
        };
        let mut driven = Driven { sent: 0, took: Duration::ZERO, overloaded: false, stopped: false };
        while driven.sent < messages {
            if *stop.borrow_and_update() {
                driven.stopped = true;
                break;
            }
            let due = match &mut schedule {
                None => {
                    if end.is_some_and(|end| Instant::now() >= end) {
                        break;
                    }
                    if permits.try_acquire().map(|permit| permit.forget()).is_err() {
                        let wait = end.unwrap_or_else(|| Instant::now() + self.patience);
                        tokio::select! {
                            permit = permits.acquire() => permit.map(|permit| permit.forget()).map_err(io::Error::other)?,
                            Ok(()) = stop.changed() => continue,
                            () = sleep_until(wait.min(Instant::now() + self.patience)) => {
                                self.give_up(drive.group);
                                continue;
                            }
                        }
                    }
                    None
                }
                Some(schedule) => {
                    let Some(due) = schedule.next().map(|due| began + due) else { break };
                    if end.is_some_and(|end| due >= end) {
                        break;
                    }
                    tokio::select! {
                        waited = metronome.wait_until(due) => waited?,
                        Ok(()) = stop.changed() => continue,
                    }
                    if permits.try_acquire().map(|permit| permit.forget()).is_err() {
                        driven.overloaded = true;
                        break;
                    }
                    Some(due)
                }
            };
            let Some((jobs, conversation)) = senders.next() else { break };
            let job = Job { conversation: *conversation, due, counted: drive.counted };
            if jobs.send(job).is_err() {
                return Err(io::Error::other("a sender has gone"));
            }
            driven.sent += 1;
        }
        Ok(driven)
    }

    /// Waits until nothing is outstanding, and gives when that was; or when something last happened.
    async fn drain(&self, group: usize, permits: &Semaphore, outstanding: usize) -> Instant {
        let mut steps = self.board().steps();
        let mut changed = Instant::now();
        let all = u32::try_from(outstanding).unwrap_or(u32::MAX);
        loop {
            if timeout(self.patience, permits.acquire_many(all)).await.is_ok() {
                return Instant::now();
            }
            let now = self.board().steps();
            if now == steps {
                break;
            }
            (steps, changed) = (now, Instant::now());
        }
        self.board().give_up(group, Instant::now());
        changed
    }

    fn give_up(&self, group: usize) {
        if let Some(before) = Instant::now().checked_sub(self.patience) {
            self.board().give_up(group, before);
        }
    }

    /// Listens for what should not come until nothing has come for a while.
    pub async fn linger(&self) {
        let mut steps = None;
        loop {
            let now = Some(self.board().steps());
            if now == steps {
                return;
            }
            steps = now;
            sleep(self.linger).await;
        }
    }

    /// Closes all streams, and waits until they are closed: what is done next may need as many sockets.
    pub async fn end(mut self) {
        self.lanes.shutdown().await;
    }
}

/// Clients by turns, each for so many as its connections are good for.
struct Clients<'a> {
    target: &'a Target,
    share: usize,
    client: Option<Client>,
    used: usize,
}

impl<'a> Clients<'a> {
    fn new(target: &'a Target) -> Self {
        let share = match target.options.protocol {
            Protocol::Http1 => LANES_HTTP1,
            Protocol::Http2 => LANES_HTTP2,
        };
        Self { target, share, client: None, used: 0 }
    }

    fn next(&mut self) -> Result<Client, ClientError> {
        let client = match self.client.take() {
            Some(client) if self.used < self.share => client,
            _ => {
                self.used = 0;
                self.target.client()?
            }
        };
        self.used += 1;
        self.client = Some(client.clone());
        Ok(client)
    }
}
