//! Streams: attached, written to, behind, live again.
//!
//! A stream is *live* when everything that it may see up to the shard's place is written or in its outbox, else *catching
//! up* from its place: out of the window, or out of the store where the window does not reach. Connecting, resuming and
//! falling behind are the same code. Nothing is buffered for a stream but one record that its socket took in part, one page
//! read from the store, and positions.

use std::net::IpAddr;

use bytes::Bytes;
use chinwag_protocol::{AccountId, DeviceId, EndReason, GapReason, Pos, Record, StreamId};
use chinwag_sabotage::{Promise, breaks, breaks_one_in};
use chinwag_store::StoreError;

use super::duplex::Duplex;
use super::timers::Due;
use super::withdrawal::Shown;
use super::writing::Step;
use super::{EncodedPage, Shard};
use crate::encode::Format;
use crate::hub::{After, StreamRequest};
use crate::metrics::{HubMetrics, Limit};
use crate::options::HubOptions;
use crate::outbox::{Outbox, Pool};
use crate::readers::{Reader, Readers};
use crate::sink::{ConnectionKey, Received, Sink};

/// Writes to one stream before another has its turn.
const WRITES_PER_TURN: usize = 4;

/// Bytes that the socket must take before anything else.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) bytes: Bytes,
    /// The rows whose text is in them.
    pub(super) shown: Option<Shown>,
}

#[derive(Debug)]
pub(super) struct Stream<S> {
    pub(super) sink: S,
    pub(super) key: ConnectionKey,
    /// What it is called outside.
    pub(super) id: StreamId,
    pub(super) readers: Readers,
    pub(super) format: Format,
    /// Where it comes from.
    pub(super) address: IpAddr,
    pub(super) live: bool,
    /// Everything up to here is written or pending; while live, only a lower bound.
    pub(super) place: Pos,
    pub(super) outbox: Outbox,
    pub(super) pending: Option<Box<Pending>>,
    pub(super) page: Option<Box<EncodedPage>>,
    /// A page was asked for and has not come.
    pub(super) reading: bool,
    /// Counts what made pages stale.
    pub(super) ticket: u32,
    /// Waits in a queue of the shard.
    pub(super) queued: bool,
    /// Announces its end as soon as nothing is pending.
    pub(super) ending: Option<EndReason>,
    /// Its end is pending; then it is closed.
    pub(super) closing: bool,
    /// Why what the reader missed cannot be replayed, to be told.
    pub(super) gap: Option<GapReason>,
    /// Whether the events missed at attaching were counted.
    pub(super) counted: bool,
    /// What it looks at.
    pub(super) view: Option<u32>,
    /// Something of that is to be told.
    pub(super) signalled: bool,
    pub(super) blocked_since_ms: Option<u64>,
    pub(super) last_record_ms: u64,
    pub(super) last_byte_ms: u64,
    pub(super) ends_ms: u64,
    pub(super) stray_bytes: u32,
    /// Of a WebSocket.
    pub(super) duplex: Option<Box<Duplex>>,
}

impl<S> Stream<S> {
    pub(super) fn key(&self) -> ConnectionKey {
        self.key
    }

    /// Queues an event for a live stream; whether the stream must be put in a queue of the shard.
    #[inline]
    pub(super) fn queue_event(
        &mut self,
        pos: Pos,
        pool: &mut Pool,
        options: &HubOptions,
        metrics: &HubMetrics,
    ) -> bool {
        if !self.live || pos <= self.place || self.ending.is_some() {
            return false;
        }
        if self.readers.are_several() && self.outbox.last(pool) == Some(pos) {
            // Another of them reads it as well.
            return false;
        }
        if self.outbox.len() >= options.outbox_events_max {
            self.fall_behind(pos.previous(), pool, metrics);
        } else if !breaks_one_in(Promise::DeliverEach, 1_000) {
            self.outbox.push(pool, pos);
        }
        self.blocked_since_ms.is_none() && !std::mem::replace(&mut self.queued, true)
    }

    /// From live to catching up; `tail` is the shard's place.
    pub(super) fn fall_behind(&mut self, tail: Pos, pool: &mut Pool, metrics: &HubMetrics) {
        if self.live {
            self.place = self.reached(tail, pool);
            self.outbox.clear(pool);
            self.live = false;
            metrics.lagged.inc();
        }
    }

    /// The place up to which everything was handed over, the pending record included.
    pub(super) fn reached(&self, tail: Pos, pool: &Pool) -> Pos {
        if !self.live {
            return self.place;
        }
        self.outbox.first(pool).map_or(tail, Pos::previous).max(self.place)
    }

    /// What was read from the store may be stale.
    pub(super) fn drop_page(&mut self) {
        if self.page.take().is_some() || self.reading {
            self.reading = false;
            self.ticket = self.ticket.wrapping_add(1);
        }
    }
}

impl<S: Sink> Shard<S> {
    /// Takes a stream, whose sink is made for the key that it gets. `head` is written first; `early` is what the peer has
    /// sent already.
    pub(crate) fn attach(
        &mut self,
        sink: impl FnOnce(ConnectionKey) -> S,
        request: &StreamRequest,
        head: &[u8],
        early: &[u8],
        now_ms: u64,
    ) -> ConnectionKey {
        let &StreamRequest { ref actors, ref lost, after, format, address, network, ref view } = request;
        // May remove streams, and so change which key is next.
        while self.advance(now_ms) {}
        let key = ConnectionKey { index: self.streams.vacant_key() as u32, generation: self.generation };
        self.generation = self.generation.wrapping_add(1);
        let (readers, signed_out) = self.enter(actors, lost.clone());
        let (place, gap) = match after {
            After::Now(pos) => (pos, None),
            After::Pos(pos) if breaks(Promise::ResumeAtCursor) => (pos.next(), None),
            After::Pos(pos) => (pos, None),
            After::Gap(reason, _) => (self.pos, Some(reason)),
        };
        let begins = match after {
            // Whoever is cut between `hello` and `gap` comes back with the old cursor, and is told of the gap then.
            After::Gap(_, held) => self.publisher.cipher().seal(held),
            After::Now(_) | After::Pos(_) => self.cursor(place),
        };
        let ending = if signed_out {
            Some(EndReason::SignedOut)
        } else {
            self.draining_ms.map(|_| EndReason::Restart)
        };
        let lifetime = self.options.lifetime.as_millis() as u64;
        let lifetime = lifetime - lifetime / 10 + self.random.below(lifetime / 5 + 1);
        let id = self.stream_id();
        let greeting = self.greeting(format, head, &begins, id);
        let index = self.streams.insert(Stream {
            sink: sink(key),
            key,
            id,
            readers,
            format,
            address,
            live: false,
            place,
            outbox: Outbox::default(),
            pending: Some(Box::new(Pending { bytes: greeting, shown: None })),
            page: None,
            reading: false,
            ticket: 0,
            queued: false,
            ending,
            closing: false,
            gap,
            counted: false,
            view: None,
            signalled: false,
            blocked_since_ms: None,
            last_record_ms: now_ms,
            last_byte_ms: now_ms,
            ends_ms: now_ms + lifetime,
            stray_bytes: 0,
            duplex: Duplex::new(format, network, &self.options, now_ms),
        }) as u32;
        self.metrics.streams.inc();
        for reader in self.streams[index as usize].readers.as_slice() {
            self.topics.account_mut(reader.account).streams.push(index);
            self.statuses.stream_came(self.topics.actor(reader), now_ms);
        }
        if let Some((viewer, view)) = view.clone() {
            self.look(index, viewer, view, now_ms);
        }
        self.schedule_look(index);
        self.take_input(index, early, now_ms);
        self.socket_ready(key, now_ms);
        key
    }

    /// A name for a stream, by which its own devices find it: the shard is in it.
    fn stream_id(&mut self) -> StreamId {
        let mut bytes = [0; 16];
        bytes[..2].copy_from_slice(&self.number.to_be_bytes());
        bytes[8..].copy_from_slice(&self.random.next().to_be_bytes());
        StreamId::from_bytes(bytes)
    }

    /// The socket of a stream can take or give something.
    pub(crate) fn socket_ready(&mut self, key: ConnectionKey, now_ms: u64) {
        let Some(stream) = self.streams.get(key.index as usize).filter(|stream| stream.key == key) else {
            return;
        };
        let is_there = if stream.duplex.is_some() {
            self.hear(key.index, now_ms)
        } else {
            self.discard_input(key.index)
        };
        if !is_there {
            return self.remove_stream(key.index, now_ms);
        }
        self.drive(key.index, now_ms);
    }

    /// Takes what the peer sent up a stream that only goes down. False if it is gone, or sends too much.
    fn discard_input(&mut self, index: u32) -> bool {
        let stream = &mut self.streams[index as usize];
        loop {
            match stream.sink.read(&mut self.scratch.input) {
                Received::Nothing => return true,
                Received::End => return false,
                Received::Bytes(count) => {
                    stream.stray_bytes = stream.stray_bytes.saturating_add(count as u32);
                    if stream.stray_bytes as usize > self.options.stray_bytes_max {
                        self.metrics.hit(Limit::StrayBytes);
                        return false;
                    }
                }
            }
        }
    }

    pub(super) fn drive_queued(&mut self, key: ConnectionKey, now_ms: u64) {
        if let Some(stream) = self.streams.get_mut(key.index as usize).filter(|stream| stream.key == key) {
            stream.queued = false;
            self.drive(key.index, now_ms);
        }
    }

    /// Writes what there is, until the socket takes no more, there is nothing left, or others should have their turn.
    pub(super) fn drive(&mut self, index: u32, now_ms: u64) {
        for _ in 0..WRITES_PER_TURN {
            match self.step(index, now_ms) {
                Step::Again => {}
                Step::Wait => return,
                Step::Close => {
                    let stream = &mut self.streams[index as usize];
                    if stream.closing {
                        stream.sink.shutdown();
                    }
                    return self.remove_stream(index, now_ms);
                }
            }
        }
        let stream = &mut self.streams[index as usize];
        if !std::mem::replace(&mut stream.queued, true) {
            let key = stream.key;
            self.bulk.push_back(key);
        }
    }

    pub(super) fn stream_page_read(
        &mut self,
        key: ConnectionKey,
        ticket: u32,
        page: Result<EncodedPage, StoreError>,
        now_ms: u64,
    ) {
        let Some(stream) = self.streams.get_mut(key.index as usize).filter(|stream| stream.key == key) else {
            return;
        };
        if stream.reading && stream.ticket == ticket {
            stream.reading = false;
            match page {
                Ok(page) => {
                    stream.counted = true;
                    stream.page = Some(Box::new(page));
                }
                Err(error) => {
                    tracing::warn!(%error, "could not read the log for a stream; it is closed");
                    return self.remove_stream(key.index, now_ms);
                }
            }
        }
        self.drive(key.index, now_ms);
    }

    /// A device was signed out.
    pub(super) fn end_device(&mut self, account: AccountId, device: DeviceId, now_ms: u64) {
        let Some(index) = self.topics.find(account) else { return };
        let reader = Reader { account: index, device };
        self.statuses.sign_out(self.topics.actor(&reader), now_ms);
        for stream in self.topics.account(index).streams.clone() {
            let readers = self.streams[stream as usize].readers.as_slice();
            if !readers.contains(&reader) || breaks(Promise::EndSignedOut) {
                continue;
            }
            if readers.len() > 1 {
                self.part(stream, index, now_ms);
            } else {
                self.end_signed_out(stream, now_ms);
            }
        }
        self.sign_out_polls(reader, now_ms);
    }

    /// The only reader of a stream was signed out.
    fn end_signed_out(&mut self, index: u32, now_ms: u64) {
        let stream = &mut self.streams[index as usize];
        stream.ending = Some(EndReason::SignedOut);
        let is_mid_record = stream.pending.as_ref().is_some_and(|pending| pending.shown.is_some());
        if stream.blocked_since_ms.is_some() || is_mid_record {
            // It would take the goodbye only after what it must not have any more.
            self.remove_stream(index, now_ms);
        } else {
            self.drive(index, now_ms);
        }
    }

    /// One of a stream's accounts reads no more; the others go on. What waits is read again for these.
    fn part(&mut self, index: u32, account: u32, now_ms: u64) {
        if breaks(Promise::PartSignedOut) {
            return;
        }
        let stream = &mut self.streams[index as usize];
        if !stream.outbox.is_empty() {
            stream.fall_behind(self.pos, &mut self.pool, &self.metrics);
        }
        stream.drop_page();
        let id = self.topics.account(account).id;
        if stream.shown().any(|shown| shown.is_only_for(id) || self.topics.may_read(account, shown.topic())) {
            // Half of it is written, or will be. Whoever comes back is told of the account then.
            return self.remove_stream(index, now_ms);
        }
        let reader = stream.readers.as_slice().iter().find(|reader| reader.account == account);
        let gone = reader.map(|reader| self.topics.actor(reader));
        stream.readers.lose(account, id);
        if stream.view.and_then(|view| self.views.get(view)).is_some_and(|looking| looking.viewer == account)
        {
            self.look_away_stream(index, now_ms);
        }
        self.topics.account_mut(account).streams.retain(|&other| other != index);
        if let Some(actor) = gone {
            self.statuses.stream_went(actor, now_ms);
        }
        self.left_account(account, now_ms);
        let stream = &mut self.streams[index as usize];
        if stream.blocked_since_ms.is_none() && !std::mem::replace(&mut stream.queued, true) {
            self.quick.push_back(stream.key);
        }
    }

    /// Lets go of every stream from an address that `is_cut` names. Nothing is said: who is not let in is told so when they come
    /// back.
    pub(crate) fn cut(&mut self, is_cut: &dyn Fn(IpAddr) -> bool, now_ms: u64) {
        let from_there =
            |(index, stream): (usize, &Stream<S>)| is_cut(stream.address).then_some(index as u32);
        let indices: Vec<u32> = self.streams.iter().filter_map(from_there).collect();
        indices.into_iter().for_each(|index| self.remove_stream(index, now_ms));
    }

    pub(super) fn end_all_streams(&mut self, now_ms: u64) {
        for (_, stream) in &mut self.streams {
            stream.ending.get_or_insert(EndReason::Restart);
        }
        self.drive_all_streams(now_ms);
    }

    pub(super) fn drive_all_streams(&mut self, now_ms: u64) {
        let indices: Vec<u32> = self.streams.iter().map(|(index, _)| index as u32).collect();
        indices.into_iter().for_each(|index| self.drive(index, now_ms));
    }

    /// Lets go of a stream; its socket closes.
    pub(super) fn remove_stream(&mut self, index: u32, now_ms: u64) {
        let Some(mut stream) = self.streams.try_remove(index as usize) else { return };
        stream.outbox.clear(&mut self.pool);
        self.metrics.streams.dec();
        if let Some(view) = stream.view {
            self.look_away(view, now_ms);
        }
        for reader in stream.readers.as_slice() {
            self.topics.account_mut(reader.account).streams.retain(|&other| other != index);
            self.statuses.stream_went(self.topics.actor(reader), now_ms);
            self.left_account(reader.account, now_ms);
        }
    }

    /// A look at a stream at the second that it was scheduled for.
    pub(super) fn stream_due(&mut self, key: ConnectionKey, now_ms: u64) {
        let tail = self.tail();
        let Some(stream) = self.streams.get_mut(key.index as usize).filter(|stream| stream.key == key) else {
            return;
        };
        let stall = self.options.stall.as_millis() as u64;
        if stream.blocked_since_ms.is_some_and(|since| now_ms >= since + stall)
            && !breaks(Promise::CutStalled)
        {
            self.metrics.stalled.inc();
            return self.remove_stream(key.index, now_ms);
        }
        if stream.duplex.is_some() {
            self.duplex_due(key.index, now_ms);
        }
        let Some(stream) = self.streams.get_mut(key.index as usize).filter(|stream| stream.key == key) else {
            return;
        };
        if stream.duplex.as_ref().is_some_and(|duplex| !duplex.is_open()) {
            // Its end is scheduled already.
            return;
        }
        if now_ms >= stream.ends_ms {
            stream.ending.get_or_insert(EndReason::Lifetime);
            self.drive(key.index, now_ms);
        } else if stream.live && stream.pending.is_none() && stream.outbox.is_empty() {
            if now_ms >= stream.last_record_ms + self.options.heartbeat.as_millis() as u64
                && !breaks(Promise::Heartbeat)
            {
                let place = stream.reached(tail, &self.pool);
                let heads = self.topics.heads(stream.readers.as_slice());
                let cursor = self.cursor(place);
                self.put_record(key.index, &Record::Heartbeat { heads, cursor }, now_ms);
                self.drive(key.index, now_ms);
            } else if stream.format == Format::Sse
                && now_ms >= stream.last_byte_ms + self.options.comment.as_millis() as u64
            {
                let bytes = Bytes::from_static(b":\n\n");
                stream.pending = Some(Box::new(Pending { bytes, shown: None }));
                self.drive(key.index, now_ms);
            }
        }
        if self.streams.get(key.index as usize).is_some_and(|stream| stream.key == key) {
            self.schedule_look(key.index);
        }
    }

    fn schedule_look(&mut self, index: u32) {
        let stream = &self.streams[index as usize];
        let mut due = stream.ends_ms.min(stream.last_record_ms + self.options.heartbeat.as_millis() as u64);
        if stream.format == Format::Sse {
            due = due.min(stream.last_byte_ms + self.options.comment.as_millis() as u64);
        }
        if let Some(duplex) = &stream.duplex {
            due = due.min(duplex.ping_ms(&self.options));
            if let Some(message_ms) = duplex.message_ms(&self.options) {
                due = due.min(message_ms);
            }
        }
        if let Some(since) = stream.blocked_since_ms {
            due = due.min(since + self.options.stall.as_millis() as u64);
        }
        self.wheel.insert(Due::Stream(stream.key), due);
    }
}
