//! A database with many messages, filled through the store itself, many times faster than by way of a server.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant, SystemTime};

use chinwag_chat::{CreateGuest, Reply, Request, RequestHash, TokenHash, decide};
use chinwag_protocol::{
    AccountId, Actor, Attributes, ClientId, Command, Conversation, ConversationId, Cursor, CursorCipher,
    DeviceId, Event, MessageText, Name, Pos, Problem, Slug, Timestamp,
};
use chinwag_store::{Clock, Epochs, OpenError, Sqlite, SqliteOptions, Store, StoreError, Tail};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;
use uuid::Uuid;

/// Rooms of the messages that fill it, each with two members of its own.
pub const ROOMS: usize = 10_000;

/// Why a database was not filled.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rules of chat refused, or the store is too busy.
    #[error("the store refused: {0}")]
    Refused(#[from] Problem),
    /// The store gave an answer to another question.
    #[error("the store answered {0:?}")]
    Answer(Box<Reply>),
    /// The rules of chat do not allow a text that was made here.
    #[error("not a text of chat: {0}")]
    Text(String),
    /// The rows cannot be read again.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The folder cannot be used.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A room and its two members.
#[derive(Debug, Clone)]
pub struct Room {
    /// Which.
    pub conversation: Conversation,
    /// Who writes there.
    pub members: [Actor; 2],
}

/// A database that is being filled.
#[derive(Clone)]
pub struct Filling {
    /// The store.
    pub store: Arc<dyn Store>,
    /// What the writer has done.
    pub counter: Arc<Counter>,
    cipher: Arc<CursorCipher>,
    epochs: Arc<Epochs>,
    in_flight: usize,
    sent: Arc<AtomicU64>,
}

/// Batches and events that were committed.
#[derive(Debug, Default)]
pub struct Counter {
    batches: AtomicU64,
    events: AtomicU64,
}

/// What sending many messages took.
#[derive(Debug)]
pub struct Sent {
    /// How long all of them took.
    pub took: Duration,
    /// How long each was under way, in microseconds.
    pub micros: Vec<f64>,
}

impl Tail for Counter {
    fn publish(&self, events: &[Event]) {
        self.batches.fetch_add(1, Relaxed);
        self.events.fetch_add(events.len() as u64, Relaxed);
    }
}

impl Counter {
    /// Batches and events so far.
    pub fn read(&self) -> (u64, u64) {
        (self.batches.load(Relaxed), self.events.load(Relaxed))
    }
}

impl std::fmt::Debug for Filling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Filling").field("counter", &self.counter).finish_non_exhaustive()
    }
}

impl Filling {
    /// Opens the database in `folder`, which is made if it is not there. So many requests are under way at any time.
    pub fn open(folder: &Path, in_flight: usize) -> Result<Self, FillError> {
        let opened = Sqlite::open(folder, SqliteOptions::default())?;
        let (cipher, epochs) = (CursorCipher::new(opened.secrets().cursor), opened.epochs());
        let counter = Arc::new(Counter::default());
        let clock: Clock = Arc::new(now);
        let store = opened.start(decide, clock, Arc::<Counter>::clone(&counter))?;
        let sent = Arc::new(AtomicU64::new(0));
        Ok(Self { store, counter, cipher: Arc::new(cipher), epochs, in_flight, sent })
    }

    /// The log's last position.
    pub async fn head(&self) -> Result<Pos, FillError> {
        Ok(self.store.head().await?)
    }

    /// The cursor of a reader that has everything up to there.
    pub fn cursor(&self, pos: Pos) -> Cursor {
        self.cipher.seal(self.epochs.place(pos))
    }

    /// The rooms of which the messages are that fill it, made if they are not there.
    pub async fn rooms(&self) -> Result<Arc<[Room]>, FillError> {
        let rooms = Arc::new(Mutex::new(Vec::with_capacity(ROOMS)));
        let all = Arc::clone(&rooms);
        self.each(ROOMS, move |this, number| {
            let all = Arc::clone(&all);
            async move {
                let slug = slug(&format!("room-{number}"))?;
                let first = number as u128 * 2;
                let members = [this.guest(first).await?, this.guest(first + 1).await?];
                this.join(members[0], slug.clone()).await?;
                let conversation = this.join(members[1], slug).await?;
                all.lock().push(Room { conversation, members });
                Ok(())
            }
        })
        .await?;
        let rooms = std::mem::take(&mut *rooms.lock());
        Ok(rooms.into())
    }

    /// The guest of this number, made if it is not there. Nobody has its token.
    async fn guest(&self, number: u128) -> Result<Actor, FillError> {
        let id = (number + 1).to_be_bytes();
        let actor = Actor { account: AccountId::from_bytes(id), device: DeviceId::from_bytes(id) };
        if self.store.place(actor.device).await?.is_some() {
            return Ok(actor);
        }
        let mut token = [0; 32];
        token[..16].copy_from_slice(&id);
        self.make_guest(actor, TokenHash(token)).await
    }

    /// A new guest, and its token.
    pub async fn new_guest(&self) -> Result<(Actor, String), FillError> {
        let (account, device) = (AccountId::new(Uuid::now_v7()), DeviceId::new(Uuid::now_v7()));
        let mut token = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        token.truncate(43);
        let hash = TokenHash(Sha256::digest(&token).into());
        Ok((self.make_guest(Actor { account, device }, hash).await?, token))
    }

    async fn make_guest(&self, actor: Actor, token: TokenHash) -> Result<Actor, FillError> {
        let request = Request::CreateGuest(CreateGuest {
            account: actor.account,
            device: actor.device,
            name: Name::parse("Ada Lovelace").map_err(text)?,
            token,
            idempotency: None,
            device_name: None,
            registration: None,
        });
        match self.store.submit(request).await? {
            Reply::Guest { .. } => Ok(actor),
            other => Err(FillError::Answer(Box::new(other))),
        }
    }

    /// Makes the room if it is not there, and `actor` a member.
    pub async fn join(&self, actor: Actor, slug: Slug) -> Result<Conversation, FillError> {
        match self.store.submit(request(actor, Command::OpenRoom { slug })).await? {
            Reply::Room { conversation, .. } => Ok(conversation),
            other => Err(FillError::Answer(Box::new(other))),
        }
    }

    /// Posts a message of about a hundred bytes; gives its position.
    pub async fn say(&self, room: &Room, member: usize, number: u64) -> Result<Pos, FillError> {
        let said = format!(
            "{number}: well, I think we could meet at the usual place around half past seven, if it suits you?"
        );
        let text = MessageText::parse(said, 1000).map_err(text)?;
        let client_id = ClientId::new(Uuid::now_v7());
        let send = Command::SendMessage {
            conversation: room.conversation.id,
            client_id,
            text,
            follows: None,
            attributes: Attributes::default(),
        };
        match self.store.submit(request(room.members[member], send)).await? {
            Reply::Stored { pos, .. } => Ok(pos),
            other => Err(FillError::Answer(Box::new(other))),
        }
    }

    /// Posts `total` messages into random rooms.
    pub async fn send(&self, rooms: &Arc<[Room]>, total: usize) -> Result<Sent, FillError> {
        let micros = Arc::new(Mutex::new(Vec::with_capacity(total)));
        let (seen, rooms) = (Arc::clone(&micros), Arc::clone(rooms));
        let start = Instant::now();
        self.each(total, move |this, _| {
            let (seen, rooms) = (Arc::clone(&seen), Arc::clone(&rooms));
            async move {
                let number = this.sent.fetch_add(1, Relaxed);
                let random = scramble(number);
                let asked = Instant::now();
                this.say(&rooms[random / 2 % rooms.len()], random % 2, number).await?;
                seen.lock().push(asked.elapsed().as_secs_f64() * 1e6);
                Ok(())
            }
        })
        .await?;
        let took = start.elapsed();
        let micros = std::mem::take(&mut *micros.lock());
        Ok(Sent { took, micros })
    }

    /// Runs `one` for 0, 1, 2 … below `total`, as many at a time as may be under way.
    pub async fn each<F>(
        &self,
        total: usize,
        one: impl Fn(Self, usize) -> F + Send + Sync + 'static,
    ) -> Result<(), FillError>
    where
        F: Future<Output = Result<(), FillError>> + Send,
    {
        let next = Arc::new(AtomicUsize::new(0));
        let one = Arc::new(one);
        let mut tasks = JoinSet::new();
        for _ in 0..self.in_flight.min(total) {
            let (this, next, one) = (self.clone(), Arc::clone(&next), Arc::clone(&one));
            tasks.spawn(async move {
                loop {
                    let number = next.fetch_add(1, Relaxed);
                    if number >= total {
                        return Ok::<_, FillError>(());
                    }
                    one(this.clone(), number).await?;
                }
            });
        }
        while let Some(task) = tasks.join_next().await {
            task.map_err(io::Error::other)??;
        }
        Ok(())
    }
}

/// The time of now.
pub fn now() -> Timestamp {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    Timestamp::from_millis(since.as_millis() as i64)
}

/// A room's name.
pub fn slug(name: &str) -> Result<Slug, FillError> {
    Slug::parse(name).map_err(text)
}

fn text(error: impl std::fmt::Display) -> FillError {
    FillError::Text(error.to_string())
}

fn request(actor: Actor, command: Command) -> Request {
    Request::Command {
        actor,
        command,
        hash: RequestHash(Uuid::new_v4().into_bytes()),
        fresh: ConversationId::new(Uuid::now_v7()),
    }
}

/// A cheap scramble, so that rooms and senders come in no order.
fn scramble(number: u64) -> usize {
    let number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (number ^ (number >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) as usize >> 20
}
