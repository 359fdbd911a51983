//! The hub: runs the shards and hands them connections.

mod presence;

use std::any::Any;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chinwag_chat::{Received, Request};
use chinwag_protocol::{
    AccountId, Actor, Body, ConversationId, Cursor, GapReason, PROTOCOL_VERSION, Place, Pos, Seq,
    ServerAnswer, StreamId,
};
use chinwag_store::{Clock, Limits as PageLimits, Page, Sight, Store, StoreError, Topics};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;

use crate::actors::Actors;
use crate::encode::Format;
use crate::metrics::HubMetrics;
use crate::options::HubOptions;
use crate::places::Places;
use crate::publisher::Publisher;
use crate::random::Random;
use crate::shard::{Effect, EncodedPage, PageRow, PollInput, Shard, Waiter};
use crate::sink::{
    Carrier, Carriers, Connection, ConnectionKey, ConnectionSink, Counted, OwnedEnd, OwnedSink, RawSink,
    Ready,
};
use crate::statuses::Statuses;
use crate::views::{Question, View};

/// Inputs that may wait for a shard; whoever brings one more waits.
const INBOX: usize = 4_096;
/// Of so many accounts in conversations others are told with one request to the log.
const RECEIVED_AT_ONCE: usize = 100;
/// Inputs that a shard takes before it goes on with what it has.
const INPUTS_PER_TURN: usize = 256;
/// Shards that there are at most.
const SHARDS_MAX: usize = 1 << 10;

/// Where a reader stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// Nowhere yet: it begins now, where the log ended when it came.
    Now(Pos),
    /// Everything up to here it has.
    Pos(Pos),
    /// Somewhere that this log cannot replay from. Until it is told so, the reader holds this place.
    Gap(GapReason, Place),
}

/// A stream to attach.
#[derive(Debug, Clone)]
pub struct StreamRequest {
    /// Who reads.
    pub actors: Actors,
    /// Accounts that were to be read for as well and have no device here: the reader is told that they are lost.
    pub lost: Vec<AccountId>,
    /// Where it stands.
    pub after: After,
    /// How records are framed.
    pub format: Format,
    /// Where it comes from; see [`Hub::cut`].
    pub address: IpAddr,
    /// Whom the commands that come up a WebSocket count for by address; handed on to whoever answers them.
    pub network: Option<IpAddr>,
    /// What it looks at, in the name of which of those who read.
    pub view: Option<(AccountId, View)>,
}

/// A poll to answer.
#[derive(Debug, Clone)]
pub struct PollRequest {
    /// Who reads.
    pub actors: Actors,
    /// See [`StreamRequest::lost`].
    pub lost: Vec<AccountId>,
    /// Where it stands.
    pub after: After,
    /// How long it may be held when there is nothing.
    pub wait: Duration,
    /// See [`StreamRequest::view`].
    pub view: Option<(AccountId, View)>,
}

/// Answer to a poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollAnswer {
    /// Records, each as JSON.
    pub events: Vec<Bytes>,
    /// Where the next poll goes on.
    pub cursor: Cursor,
    /// Whether there is more already.
    pub more: bool,
}

/// Why a poll has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PollEnd {
    /// The device was signed out meanwhile; of several, each.
    SignedOut,
    /// The log could not be read.
    Unavailable,
}

/// Answers what comes up WebSockets.
#[async_trait]
pub trait Commands: Send + Sync {
    /// What answers a text that came up a stream of these devices with this [`StreamRequest::network`]. A refusal is an answer
    /// too.
    async fn answer(&self, actors: Actors, network: Option<IpAddr>, text: String) -> CommandAnswer;
}

/// What answers a text that came up a WebSocket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandAnswer {
    /// The text message.
    pub text: String,
    /// The messages that it shows. While it waits, it is taken back if they may not be read any more.
    pub shows: Option<ShownMessages>,
    /// What the stream looks at from now on, in the name of which of those who read by it.
    pub view: Option<(AccountId, View)>,
}

/// Messages in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownMessages {
    /// To whom they are shown.
    pub account: AccountId,
    /// Where they are from.
    pub conversation: ConversationId,
    /// The first row.
    pub from: Seq,
    /// The last row; before the first if there is none.
    pub to: Seq,
    /// Their state is as of here.
    pub cursor: Cursor,
}

/// Why a cursor could not be opened.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OpenError {
    /// It is none of this server's.
    #[error("not a cursor of this server")]
    NotACursor,
    /// The log could not be asked how far it goes.
    #[error(transparent)]
    Unavailable(#[from] StoreError),
}

/// The hub. A clone is another handle on the same.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    publisher: Arc<Publisher>,
    store: Arc<dyn Store>,
    options: Arc<HubOptions>,
    places: Arc<Places>,
    statuses: Arc<Statuses>,
    /// Serialises what is written of invisibility, so that the table takes it up in the same order.
    visibility: mpsc::Sender<presence::Visibility>,
    started: Instant,
    commands: Arc<OnceLock<Weak<dyn Commands>>>,
    shards: Vec<mpsc::Sender<Input>>,
    tickets: AtomicU64,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("shards", &self.0.shards.len()).finish_non_exhaustive()
    }
}

/// A stream's connection, and what goes before the first record.
#[derive(Debug)]
struct Attachment {
    request: StreamRequest,
    connection: Connection,
    head: Bytes,
    early: Bytes,
}

/// Says of an address whether its streams are cut.
struct IsAddressCut(Arc<dyn Fn(IpAddr) -> bool + Send + Sync>);

impl fmt::Debug for IsAddressCut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IsAddressCut(..)")
    }
}

#[derive(Debug)]
enum Input {
    Stream(Attachment),
    Poll(PollInput),
    Abandon(u64),
    Page(Waiter, Result<EncodedPage, StoreError>),
    Topics(AccountId, Result<Topics, StoreError>),
    Answer(ConnectionKey, Option<CommandAnswer>),
    Sight(Question, Result<Sight, StoreError>),
    View(StreamId, Actor, View, oneshot::Sender<bool>),
    Present(ConversationId, Option<AccountId>, usize, oneshot::Sender<Vec<AccountId>>),
    Received(Vec<(AccountId, Pos)>),
    Cut(IsAddressCut),
    Drain(Duration, oneshot::Sender<()>),
}

impl Hub {
    /// Starts the shards on the current runtime. They stop when the last handle is dropped.
    pub fn start(
        publisher: Arc<Publisher>,
        store: Arc<dyn Store>,
        clock: &Clock,
        options: HubOptions,
    ) -> Self {
        let options = Arc::new(options);
        let places = Arc::new(Places::default());
        let commands = Arc::new(OnceLock::new());
        let mut random = Random::new(options.seed);
        let count = options.shards.clamp(1, SHARDS_MAX);
        let wakes: Vec<Arc<Notify>> = (0..count).map(|_| Arc::new(Notify::new())).collect();
        let statuses = Statuses::new(wakes.clone(), clock.clone(), publisher.metrics().clone(), &options);
        let started = Instant::now();
        let shards = wakes.into_iter().zip(0..).map(|(wake, number)| {
            let (sender, inbox) = mpsc::channel(INBOX);
            publisher.wake_on_publish(wake.clone());
            let outside = Outside {
                publisher: publisher.clone(),
                store: store.clone(),
                clock: clock.clone(),
                options: options.clone(),
                commands: commands.clone(),
                inbox: sender.downgrade(),
            };
            let statuses = (statuses.clone(), number);
            let shard = Shard::new(publisher.clone(), statuses, options.clone(), random.next(), 0);
            tokio::spawn(run(shard, inbox, wake, outside, started));
            sender
        });
        let shards = shards.collect();
        let visibility = presence::start(&statuses, &store, started);
        let tickets = AtomicU64::new(0);
        let inner = Arc::new(Inner {
            publisher,
            store,
            options,
            places,
            statuses,
            visibility,
            started,
            commands,
            shards,
            tickets,
        });
        tokio::spawn(write_places(Arc::downgrade(&inner)));
        tokio::spawn(tell_progress(Arc::downgrade(&inner), inner.options.receipts_every));
        Self(inner)
    }

    /// Hands a cleartext HTTP/1.1 connection over, which from here on only carries the stream. `head` is written first;
    /// `early` is what was read beyond the request already. `held` is dropped with the socket.
    pub async fn stream(
        &self,
        request: StreamRequest,
        socket: TcpStream,
        head: Bytes,
        early: Bytes,
        held: Box<dyn Any + Send>,
    ) {
        let connection = Connection::Raw(Counted::new(socket, self.metrics().sockets.clone(), held));
        let first = request.actors.first();
        let attachment = Attachment { request, connection, head, early };
        // A hub that has stopped drops the socket, and the client reconnects.
        let _ = self.shard(first).send(Input::Stream(attachment)).await;
    }

    /// Attaches a stream whose bytes go through TLS or HTTP/2, carried by whoever called. `head` and `early` are as for
    /// [`Self::stream`].
    pub async fn carried_stream(&self, request: StreamRequest, head: Bytes, early: Bytes) -> Carrier {
        let (end, carrier) = OwnedEnd::new(self.metrics().stalled.clone());
        let first = request.actors.first();
        let attachment = Attachment { request, connection: Connection::Owned(end), head, early };
        // A hub that has stopped drops its end, which cuts the stream.
        let _ = self.shard(first).send(Input::Stream(attachment)).await;
        carrier
    }

    /// Names who answers the commands that come up WebSockets; the first time counts. Weak, for whoever answers them
    /// holds the hub.
    pub fn answer_with(&self, commands: Weak<dyn Commands>) {
        let _ = self.0.commands.set(commands);
    }

    /// Answers a poll. Dropping the future frees what it holds.
    pub async fn poll(&self, request: PollRequest) -> Result<PollAnswer, PollEnd> {
        let PollRequest { actors, lost, after, wait, view } = request;
        let shard = self.shard(actors.first());
        let ticket = self.0.tickets.fetch_add(1, Ordering::Relaxed);
        let (reply, answer) = oneshot::channel();
        let wait_ms = wait.as_millis() as u64;
        let input = PollInput { actors, lost, after, wait_ms, view, ticket, reply };
        let mut abandon = Abandon { shard, ticket, answered: false };
        shard.send(Input::Poll(input)).await.map_err(|_| PollEnd::Unavailable)?;
        let answer = answer.await.unwrap_or(Err(PollEnd::Unavailable));
        abandon.answered = true;
        answer
    }

    /// Notes that a device has everything up to `pos`.
    pub fn acknowledge(&self, actor: Actor, pos: Pos) {
        // What it cannot have yet is not believed.
        let tail = self.0.publisher.window().tail();
        self.0.places.advance(actor, pos.min(tail));
    }

    /// Notes that an account has read something, for others to be told.
    pub fn read(&self, account: AccountId, conversation: ConversationId) {
        self.0.places.read(account, conversation);
    }

    /// Where a reader without a cursor stands: at the end of the log, which another process may have moved on before this one
    /// shows it.
    pub async fn now(&self) -> Result<After, StoreError> {
        Ok(After::Now(self.0.store.head().await?))
    }

    /// Where a reader with this cursor stands.
    pub async fn open(&self, cursor: &str) -> Result<After, OpenError> {
        let Inner { publisher, store, .. } = &*self.0;
        let place = publisher.cipher().open(cursor).map_err(|_| OpenError::NotACursor)?;
        let mut head = publisher.window().tail();
        if place.pos > head {
            // The store may have committed what the tail does not show yet.
            head = store.head().await?;
        }
        Ok(match publisher.epochs().pos(place, head) {
            Ok(pos) => After::Pos(pos),
            Err(reason) => After::Gap(reason, place),
        })
    }

    /// Where the log ends for those who read here.
    pub fn tail(&self) -> Pos {
        self.0.publisher.window().tail()
    }

    /// The cursor for everything up to `pos`.
    pub fn cursor(&self, pos: Pos) -> Cursor {
        self.0.publisher.cursor(pos)
    }

    /// What `hello` tells.
    pub fn server(&self) -> ServerAnswer {
        let options = &self.0.options;
        ServerAnswer {
            protocol: PROTOCOL_VERSION,
            server: options.server.clone(),
            heartbeat_ms: options.heartbeat.as_millis() as u64,
            limits: options.limits.clone(),
        }
    }

    /// Tells every stream to reconnect within `window`, ends every poll, and returns when all have gone.
    pub async fn drain(&self, window: Duration) {
        let mut gone = Vec::new();
        for shard in &self.0.shards {
            let (done, wait) = oneshot::channel();
            if shard.send(Input::Drain(window, done)).await.is_ok() {
                gone.push(wait);
            }
        }
        for wait in gone {
            let _ = wait.await;
        }
        let seen = self.0.statuses.take_all_seen();
        if !seen.is_empty()
            && let Err(error) = self.0.store.record_presences(&seen).await
        {
            tracing::warn!(%error, "could not write when accounts were last seen");
        }
        self.0.write_places().await;
    }

    /// Cuts every stream that is attached and comes from an address of which `is_cut` says so.
    pub async fn cut(&self, is_cut: impl Fn(IpAddr) -> bool + Send + Sync + 'static) {
        let is_cut: Arc<dyn Fn(IpAddr) -> bool + Send + Sync> = Arc::new(is_cut);
        for shard in &self.0.shards {
            // A hub that has stopped has no streams.
            let _ = shard.send(Input::Cut(IsAddressCut(is_cut.clone()))).await;
        }
    }

    /// Streams attached now.
    pub fn streams(&self) -> usize {
        usize::try_from(self.metrics().streams.get()).unwrap_or(0)
    }

    /// Sockets that are the hub's.
    pub fn sockets(&self) -> usize {
        usize::try_from(self.metrics().sockets.get()).unwrap_or(0)
    }

    /// How long a peer may take no byte.
    pub fn stall(&self) -> Duration {
        self.0.options.stall
    }

    /// What the hub counts.
    pub fn metrics(&self) -> &HubMetrics {
        self.0.publisher.metrics()
    }

    /// The connections of an account alone share a shard, and with it what the account reads. One of several accounts goes by
    /// the first of them; what the others read is known in its shard as well then. Each shard sees the whole log, and so what
    /// ends any account's reading there.
    fn shard(&self, actor: Actor) -> &mpsc::Sender<Input> {
        &self.0.shards[self.0.shard_of(actor.account)]
    }
}

impl Inner {
    fn shard_of(&self, account: AccountId) -> usize {
        let mut hasher = DefaultHasher::new();
        account.hash(&mut hasher);
        (hasher.finish() % self.shards.len() as u64) as usize
    }

    /// Writes how far devices have got.
    async fn write_places(&self) {
        let devices = self.places.take_devices();
        if !devices.is_empty()
            && let Err(error) = self.store.record_places(&devices).await
        {
            tracing::warn!(%error, "could not write how far devices have got; they will say it again");
        }
    }

    /// Has others told how far accounts have come.
    async fn tell_progress(&self) {
        let (accounts, readings) = self.places.take_progress();
        let mut by_shard = vec![Vec::new(); self.shards.len()];
        for (account, pos) in accounts {
            by_shard[self.shard_of(account)].push((account, pos));
        }
        for (shard, accounts) in self.shards.iter().zip(by_shard) {
            if !accounts.is_empty() {
                // A hub that has stopped tells nobody anything.
                let _ = shard.send(Input::Received(accounts)).await;
            }
        }
        let read = |(account, conversation)| Received { account, conversation, delivered: None };
        receive(&*self.store, readings.into_iter().map(read).collect()).await;
    }
}

/// Has others told, some at a time, so that no batch waits for many.
async fn receive(store: &dyn Store, all: Vec<Received>) {
    for some in all.chunks(RECEIVED_AT_ONCE) {
        if let Err(problem) = store.submit(Request::Receive(some.to_vec())).await {
            tracing::warn!(%problem, "others are told later how far some accounts are");
        }
    }
}

/// Frees a poll whose caller has gone.
struct Abandon<'a> {
    shard: &'a mpsc::Sender<Input>,
    ticket: u64,
    answered: bool,
}

impl Drop for Abandon<'_> {
    fn drop(&mut self) {
        if !self.answered {
            // If the inbox is full, the poll ends at its deadline instead.
            let _ = self.shard.try_send(Input::Abandon(self.ticket));
        }
    }
}

/// Does for a shard what takes time, apart from its turns: reads the store, has commands answered.
struct Outside {
    publisher: Arc<Publisher>,
    store: Arc<dyn Store>,
    clock: Clock,
    options: Arc<HubOptions>,
    commands: Arc<OnceLock<Weak<dyn Commands>>>,
    inbox: mpsc::WeakSender<Input>,
}

impl Outside {
    fn start(&self, effect: Effect) {
        let Some(inbox) = self.inbox.upgrade() else { return };
        let store = self.store.clone();
        match effect {
            Effect::Answer(key, actors, network, text) => {
                let commands = self.commands.get().and_then(Weak::upgrade);
                tokio::spawn(async move {
                    let answer = match commands {
                        Some(commands) => Some(commands.answer(actors, network, text).await),
                        None => None,
                    };
                    let _ = inbox.send(Input::Answer(key, answer)).await;
                });
            }
            Effect::ReadTopics(account) => {
                tokio::spawn(async move {
                    let topics = store.topics(account).await;
                    let _ = inbox.send(Input::Topics(account, topics)).await;
                });
            }
            Effect::Sight(question) => {
                tokio::spawn(async move {
                    let Question { subject, among, conversations, .. } = &question;
                    let sight = store.sight(*subject, among, conversations).await;
                    let _ = inbox.send(Input::Sight(question, sight)).await;
                });
            }
            Effect::Receive(all) => {
                tokio::spawn(async move { receive(&*store, all).await });
            }
            Effect::ReadReceived(account, after, until) => {
                tokio::spawn(async move {
                    let all = match store.received(account, after, until).await {
                        Ok(all) => all,
                        Err(error) => {
                            return tracing::warn!(%error, "others are told later what an account has got");
                        }
                    };
                    let received = |(conversation, seq)| {
                        let delivered = Some(seq);
                        Received { account, conversation, delivered }
                    };
                    receive(&*store, all.into_iter().map(received).collect()).await;
                });
            }
            Effect::ReadPage(waiter, accounts, after) => {
                self.publisher.metrics().pages_read.inc();
                let publisher = self.publisher.clone();
                let limits = PageLimits {
                    events: self.options.page_events_max,
                    bytes: match waiter {
                        Waiter::Stream(..) => self.options.stream_page_bytes_max,
                        Waiter::Poll(..) => self.options.page_bytes_max,
                    },
                    missed_events: self.options.missed_events_max,
                    missed_ms: self.options.missed_age_max.as_millis() as i64,
                    now: (self.clock)(),
                };
                tokio::spawn(async move {
                    let page = store.page(&accounts, after, limits).await;
                    let page = page.map(|page| encode_page(&publisher, &accounts, &page));
                    let _ = inbox.send(Input::Page(waiter, page)).await;
                });
            }
        }
    }
}

/// A page of these accounts'.
pub(crate) fn encode_page(publisher: &Publisher, accounts: &[AccountId], page: &Page) -> EncodedPage {
    let are_several = accounts.len() > 1;
    let rows = page.events.iter().map(|event| PageRow {
        pos: event.pos,
        topic: event.topic(),
        shows: match &event.body {
            Body::Edit { target, .. } => *target,
            _ => event.seq,
        },
        frame: publisher.encode_for(accounts, event),
        only_for: event.only_for().filter(|only| are_several && accounts.contains(only)),
    });
    EncodedPage { rows: rows.collect(), end: page.end }
}

async fn run(
    mut shard: Shard<ConnectionSink>,
    mut inbox: mpsc::Receiver<Input>,
    wake: Arc<Notify>,
    outside: Outside,
    started: Instant,
) {
    let ready = Arc::new(Ready::new(wake.clone()));
    let carriers = Arc::new(Carriers::default());
    let mut ready_keys = Vec::new();
    let mut drained: Option<oneshot::Sender<()>> = None;
    let now_ms = || started.elapsed().as_millis() as u64;
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    let mut busy = false;
    loop {
        let deadline = shard.next_deadline_ms().map(|at| started + Duration::from_millis(at));
        let mut first = None;
        if !busy {
            tokio::select! {
                input = inbox.recv() => match input {
                    Some(input) => first = Some(input),
                    None => return,
                },
                () = wake.notified() => {}
                _ = tick.tick() => {}
                () = sleep_until(deadline), if deadline.is_some() => {}
            }
        }
        let inputs = first.into_iter().chain(std::iter::from_fn(|| inbox.try_recv().ok()));
        for input in inputs.take(INPUTS_PER_TURN) {
            match input {
                Input::Stream(Attachment { request, connection, head, early }) => {
                    let sink = |key| match connection {
                        Connection::Raw(socket) => ConnectionSink::Raw(RawSink::new(socket, &ready, key)),
                        Connection::Owned(end) => {
                            ConnectionSink::Owned(OwnedSink::new(end, carriers.clone(), &ready, key))
                        }
                    };
                    shard.attach(sink, &request, &head, &early, now_ms());
                }
                Input::Poll(poll) => shard.poll(poll, now_ms()),
                Input::Abandon(ticket) => shard.abandon_poll(ticket, now_ms()),
                Input::Page(waiter, page) => shard.page_read(waiter, page, now_ms()),
                Input::Answer(key, answer) => shard.answered(key, answer.as_ref(), now_ms()),
                Input::Sight(question, sight) => shard.seen(&question, sight, now_ms()),
                Input::View(stream, actor, view, reply) => {
                    // Whoever has gone does not look.
                    let _ = reply.send(shard.look_by_name(stream, actor, view, now_ms()));
                }
                Input::Present(conversation, after, limit, reply) => {
                    let _ = reply.send(shard.present(conversation, after, limit));
                }
                Input::Received(accounts) => shard.received(accounts),
                Input::Cut(IsAddressCut(is_cut)) => shard.cut(&*is_cut, now_ms()),
                Input::Topics(account, topics) => shard.topics_read(account, topics, now_ms()),
                Input::Drain(window, done) => {
                    shard.drain(window.as_millis() as u64, now_ms());
                    drained = Some(done);
                }
            }
        }
        ready.take(&mut ready_keys);
        for &key in &ready_keys {
            shard.socket_ready(key, now_ms());
        }
        shard.tick(now_ms());
        busy = shard.turn(now_ms());
        carriers.wake();
        for effect in shard.take_effects() {
            outside.start(effect);
        }
        if shard.stream_count() == 0
            && let Some(done) = drained.take()
        {
            let _ = done.send(());
        }
        if busy {
            tokio::task::yield_now().await;
        }
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    if let Some(deadline) = deadline {
        tokio::time::sleep_until(deadline).await;
    }
}

async fn write_places(hub: Weak<Inner>) {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        tick.tick().await;
        let Some(hub) = hub.upgrade() else { return };
        hub.write_places().await;
    }
}

async fn tell_progress(hub: Weak<Inner>, every: Duration) {
    let mut tick = tokio::time::interval(every);
    loop {
        tick.tick().await;
        let Some(hub) = hub.upgrade() else { return };
        hub.tell_progress().await;
    }
}
