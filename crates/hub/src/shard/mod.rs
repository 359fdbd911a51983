//! A shard: some connections, the topics that their accounts read, and the place in the log that it has reached.
//!
//! A shard is a state machine without I/O of its own and without a clock: inputs come in with the time, bytes go out through
//! [`Sink`]s, and what needs the store leaves as an [`Effect`] whose answer comes back as an input. The driver in `hub.rs`
//! feeds it; the simulation feeds it every order of events that it can think of.
//!
//! - `accounts.rs`: what accounts read, loaded and kept current
//! - `advance.rs`: takes what was committed since the last turn, queues it for those who read it
//! - `streams.rs`: attaching, taking turns, falling behind, ending
//! - `writing.rs`: what a stream writes next; catching up
//! - `duplex.rs`: what a WebSocket has beyond a stream
//! - `withdrawal.rs`: taking back what may not be sent any more
//! - `polls.rs`: held polls
//! - `looking.rs`: what connections look at, and who may see whom of it
//! - `signals.rs`: what they are told of presence and typing
//! - `receiving.rs`: what accounts have got
//! - `timers.rs`: heartbeats, stalls, ends

mod accounts;
mod advance;
mod duplex;
mod looking;
mod polls;
mod receiving;
mod signals;
#[cfg(test)]
mod simulation;
mod streams;
mod timers;
mod withdrawal;
mod writing;

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use chinwag_chat::Received;
use chinwag_protocol::{AccountId, Cursor, Pos, Seq, Topic};
use chinwag_store::{PageEnd, StoreError, Topics};
use slab::Slab;
use tokio::sync::oneshot;

use crate::actors::Actors;
use crate::encode::{Frame, FrameDeflater};
use crate::hub::{After, PollAnswer, PollEnd};
use crate::metrics::HubMetrics;
use crate::options::HubOptions;
use crate::outbox::Pool;
use crate::publisher::Publisher;
use crate::random::Random;
use crate::shard::polls::{Deadlines, Poll};
use crate::shard::streams::Stream;
use crate::shard::timers::Due;
use crate::sink::{ConnectionKey, Sink};
use crate::statuses::{Changed, Statuses};
use crate::topics::TopicTable;
use crate::views::{Question, View, Views};
use crate::wheel::Wheel;

/// Events that one turn takes from the window.
const EVENTS_PER_TURN: usize = 256;
/// Connections that one turn writes to, of those that few readers' events wait for.
const QUICK_PER_TURN: usize = 128;
/// Connections that one turn writes to, of those that many readers' events wait for.
const BULK_PER_TURN: usize = 32;

/// Bytes of one read.
const INPUT_BYTES: usize = 16 << 10;

/// A poll to hold.
#[derive(Debug)]
pub(crate) struct PollInput {
    pub(crate) actors: Actors,
    /// See [`crate::hub::StreamRequest::lost`].
    pub(crate) lost: Vec<AccountId>,
    pub(crate) after: After,
    pub(crate) wait_ms: u64,
    /// What it looks at, in the name of which of them.
    pub(crate) view: Option<(AccountId, View)>,
    /// The hub's own number for it, to abandon it by.
    pub(crate) ticket: u64,
    pub(crate) reply: oneshot::Sender<Result<PollAnswer, PollEnd>>,
}

/// A page of the log, encoded.
#[derive(Debug)]
pub(crate) struct EncodedPage {
    pub(crate) rows: VecDeque<PageRow>,
    pub(crate) end: PageEnd,
}

#[derive(Debug, Clone)]
pub(crate) struct PageRow {
    pub(crate) pos: Pos,
    pub(crate) topic: Topic,
    /// The row whose text is in the frame.
    pub(crate) shows: Seq,
    pub(crate) frame: Frame,
    /// The one that alone may see what is in the frame; of a page of one account nobody.
    pub(crate) only_for: Option<AccountId>,
}

/// Who waits for a page. The number tells an answer that is still wanted from one that a change has made stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiter {
    Stream(ConnectionKey, u32),
    Poll(u64, u32),
}

/// What a shard wants from outside.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// What any of the accounts may see after this place.
    ReadPage(Waiter, Vec<AccountId>, Pos),
    /// What the account reads.
    ReadTopics(AccountId),
    /// Who may see whom.
    Sight(Question),
    /// Which messages that means that the account has got between two places, the first of which lies before the window.
    ReadReceived(AccountId, Pos, Pos),
    /// Others are to be told what accounts have got.
    Receive(Vec<Received>),
    /// What the command is answered, of one of these devices; see [`crate::hub::StreamRequest::network`].
    Answer(ConnectionKey, Actors, Option<IpAddr>, String),
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Shard<S> {
    publisher: Arc<Publisher>,
    options: Arc<HubOptions>,
    metrics: HubMetrics,
    random: Random,
    /// Everything up to here is written or queued for those who read it.
    pos: Pos,
    topics: TopicTable,
    streams: Slab<Stream<S>>,
    generation: u32,
    pool: Pool,
    quick: VecDeque<ConnectionKey>,
    bulk: VecDeque<ConnectionKey>,
    polls: Slab<Poll>,
    /// Where in `polls` each ticket is.
    poll_index: HashMap<u64, u32>,
    /// Polls that have something to look at.
    woken: Vec<u64>,
    deadlines: Deadlines,
    wheel: Wheel<Due>,
    deflater: FrameDeflater,
    /// Which of the hub's shards this is.
    number: u16,
    statuses: Arc<Statuses>,
    views: Views,
    /// When signals may go out again.
    next_pass_ms: u64,
    /// Answers of the store that are ahead of this shard.
    early_topics: Vec<(AccountId, Topics)>,
    effects: Vec<Effect>,
    /// Since the server began to drain: streams that come still are told to go within this many milliseconds.
    draining_ms: Option<u64>,
    scratch: Scratch,
}

/// Memory that turns use again and again.
#[derive(Debug)]
struct Scratch {
    positions: Vec<Pos>,
    rows: Vec<PageRow>,
    /// Bytes of each of them as they are written.
    lengths: Vec<usize>,
    input: Box<[u8]>,
    changes: Vec<Changed>,
}

impl Default for Scratch {
    fn default() -> Self {
        Self {
            positions: Vec::new(),
            rows: Vec::new(),
            lengths: Vec::new(),
            input: vec![0; INPUT_BYTES].into(),
            changes: Vec::new(),
        }
    }
}

impl<S: Sink> Shard<S> {
    /// The shard of this number of those that share the table of statuses.
    pub(crate) fn new(
        publisher: Arc<Publisher>,
        (statuses, number): (Arc<Statuses>, u16),
        options: Arc<HubOptions>,
        seed: u64,
        now_ms: u64,
    ) -> Self {
        let pos = publisher.window().tail();
        Self {
            metrics: publisher.metrics().clone(),
            random: Random::new(seed),
            pos,
            topics: TopicTable::default(),
            streams: Slab::new(),
            generation: 0,
            pool: Pool::default(),
            quick: VecDeque::new(),
            bulk: VecDeque::new(),
            polls: Slab::new(),
            poll_index: HashMap::new(),
            woken: Vec::new(),
            deadlines: Deadlines::default(),
            wheel: Wheel::new(now_ms),
            deflater: FrameDeflater::default(),
            number,
            statuses,
            views: Views::default(),
            next_pass_ms: now_ms,
            early_topics: Vec::new(),
            effects: Vec::new(),
            draining_ms: None,
            scratch: Scratch::default(),
            publisher,
            options,
        }
    }

    /// One turn: takes what was committed, then writes to some of those that have something to write. Whether there is more
    /// to do at once.
    pub(crate) fn turn(&mut self, now_ms: u64) -> bool {
        let behind = self.advance(now_ms);
        self.pass_signals(now_ms);
        self.answer_woken_polls(now_ms);
        for _ in 0..QUICK_PER_TURN {
            let Some(key) = self.quick.pop_front() else { break };
            self.drive_queued(key, now_ms);
        }
        // Few at a time, so that a room of many readers does not hold up a direct message.
        for _ in 0..BULK_PER_TURN {
            let Some(key) = self.bulk.pop_front() else { break };
            self.drive_queued(key, now_ms);
        }
        behind || !self.quick.is_empty() || !self.bulk.is_empty() || !self.woken.is_empty()
    }

    /// What the store is asked for since the last call.
    pub(crate) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Takes a page that was asked for.
    pub(crate) fn page_read(&mut self, waiter: Waiter, page: Result<EncodedPage, StoreError>, now_ms: u64) {
        // Deletions and departures that the page may not have seen are applied first, so that its ticket tells.
        while self.advance(now_ms) {}
        match waiter {
            Waiter::Stream(key, ticket) => self.stream_page_read(key, ticket, page, now_ms),
            Waiter::Poll(number, ticket) => self.poll_page_read(number, ticket, page, now_ms),
        }
    }

    /// Tells everyone to reconnect within `window_ms`, and who still comes.
    pub(crate) fn drain(&mut self, window_ms: u64, now_ms: u64) {
        self.draining_ms = Some(window_ms);
        // What is committed goes out before the goodbye, as far as the sockets take it at once.
        while self.advance(now_ms) {}
        self.drive_all_streams(now_ms);
        self.end_all_polls(now_ms);
        self.end_all_streams(now_ms);
    }

    /// Streams attached.
    pub(crate) fn stream_count(&self) -> usize {
        self.streams.len()
    }

    fn cursor(&self, pos: Pos) -> Cursor {
        self.publisher.cursor(pos)
    }
}
