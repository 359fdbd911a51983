//! Streams: attached, written to, behind, live again.
//!
//! A stream is *live* when everything that it may see up to the shard's place is written or in its outbox, else *catching
//! up* from its place: out of the window, or out of the store where the window does not reach. Connecting, resuming and
//! falling behind are the same code. Nothing is buffered for a stream but one record that its socket took in part, one page
//! read from the store, and positions.

use std::io::IoSlice;

use bytes::{BufMut, Bytes, BytesMut};
use chinwag_protocol::{
    AccountId, Actor, Cursor, DeviceId, EndReason, GapReason, PROTOCOL_VERSION, Pos, Record, Seq, Topic,
};
use chinwag_store::{PageEnd, StoreError};

use super::timers::Due;
use super::{Effect, EncodedPage, PageRow, Shard, Waiter};
use crate::encode::{Format, Frame};
use crate::hub::After;
use crate::metrics::HubMetrics;
use crate::options::HubOptions;
use crate::outbox::{Outbox, Pool};
use crate::sink::{ConnectionKey, Received, Sink, Written};

/// Records in one write.
const ROWS_PER_WRITE: usize = 64;
/// Reads from one stream before another has its turn.
const READS_PER_TURN: usize = 4;
/// Writes to one stream before another has its turn.
const WRITES_PER_TURN: usize = 4;
/// Bytes of the first record, so that a proxy that holds back its first 2 KiB shows itself.
const HELLO_BYTES: usize = 2048;

/// Bytes that the socket must take before anything else.
#[derive(Debug)]
struct Pending {
    bytes: Bytes,
    /// The row that they end, if they are of one.
    row: Option<(Topic, Seq)>,
}

#[derive(Debug)]
pub(super) struct Stream<S> {
    sink: S,
    key: ConnectionKey,
    account: u32,
    device: DeviceId,
    format: Format,
    live: bool,
    /// Everything up to here is written or pending; while live, only a lower bound.
    place: Pos,
    outbox: Outbox,
    pending: Option<Box<Pending>>,
    page: Option<Box<EncodedPage>>,
    /// A page was asked for and has not come.
    reading: bool,
    /// Counts what made pages stale.
    ticket: u32,
    /// Waits in a queue of the shard.
    queued: bool,
    /// Announces its end as soon as nothing is pending.
    ending: Option<EndReason>,
    /// Its end is pending; then it is closed.
    closing: bool,
    /// Why what the reader missed cannot be replayed, to be told.
    gap: Option<GapReason>,
    /// Whether the events missed at attaching were counted.
    counted: bool,
    blocked_since_ms: Option<u64>,
    last_record_ms: u64,
    last_byte_ms: u64,
    ends_ms: u64,
    stray_bytes: u32,
}

impl<S> Stream<S> {
    pub(super) fn key(&self) -> ConnectionKey {
        self.key
    }

    /// Queues an event for a live stream; whether the stream must be put in a queue of the shard.
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
        if self.outbox.len() >= options.outbox_events_max {
            self.fall_behind(pos.previous(), pool, metrics);
        } else {
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
    fn reached(&self, tail: Pos, pool: &Pool) -> Pos {
        if !self.live {
            return self.place;
        }
        self.outbox.first(pool).map_or(tail, Pos::previous).max(self.place)
    }

    /// What was read from the store may be stale.
    fn drop_page(&mut self) {
        if self.page.take().is_some() || self.reading {
            self.reading = false;
            self.ticket = self.ticket.wrapping_add(1);
        }
    }
}

impl<S: Sink> Shard<S> {
    /// The key that the next stream gets, for its sink to be made with.
    pub(crate) fn next_key(&self) -> ConnectionKey {
        ConnectionKey { index: self.streams.vacant_key() as u32, generation: self.generation }
    }

    /// Takes a stream. `head` is written first; the sink was made with [`Self::next_key`].
    pub(crate) fn attach(
        &mut self,
        sink: S,
        actor: Actor,
        after: After,
        format: Format,
        head: &[u8],
        now_ms: u64,
    ) {
        while self.advance(now_ms) {}
        let key = self.next_key();
        self.generation = self.generation.wrapping_add(1);
        let account = self.enter_account(actor.account);
        let (place, gap) = match after {
            After::Now => (self.pos, None),
            After::Pos(pos) => (pos, None),
            After::Gap(reason, _) => (self.pos, Some(reason)),
        };
        let begins = match after {
            // Whoever is cut between `hello` and `gap` comes back with the old cursor, and is told of the gap then.
            After::Gap(_, held) => self.publisher.cipher().seal(held),
            After::Now | After::Pos(_) => self.cursor(place),
        };
        let ending = if self.was_signed_out(&actor) {
            Some(EndReason::SignedOut)
        } else {
            self.draining_ms.map(|_| EndReason::Restart)
        };
        let lifetime = self.options.lifetime.as_millis() as u64;
        let lifetime = lifetime - lifetime / 10 + self.random.below(lifetime / 5 + 1);
        let greeting = self.greeting(format, head, &begins);
        let index = self.streams.insert(Stream {
            sink,
            key,
            account,
            device: actor.device,
            format,
            live: false,
            place,
            outbox: Outbox::default(),
            pending: Some(Box::new(Pending { bytes: greeting, row: None })),
            page: None,
            reading: false,
            ticket: 0,
            queued: false,
            ending,
            closing: false,
            gap,
            counted: false,
            blocked_since_ms: None,
            last_record_ms: now_ms,
            last_byte_ms: now_ms,
            ends_ms: now_ms + lifetime,
            stray_bytes: 0,
        }) as u32;
        self.metrics.streams.inc();
        self.topics.account_mut(account).streams.push(index);
        self.schedule_look(index);
        self.socket_ready(key, now_ms);
    }

    /// The socket of a stream can take or give something.
    pub(crate) fn socket_ready(&mut self, key: ConnectionKey, now_ms: u64) {
        let Some(stream) = self.streams.get_mut(key.index as usize).filter(|stream| stream.key == key) else {
            return;
        };
        for read in 0..=READS_PER_TURN {
            if read == READS_PER_TURN {
                // So that one peer cannot hold the shard.
                stream.sink.wake();
                break;
            }
            match stream.sink.read(&mut self.scratch.input) {
                Received::Nothing => break,
                Received::End => return self.remove_stream(key.index, now_ms),
                Received::Bytes(count) => {
                    stream.stray_bytes = stream.stray_bytes.saturating_add(count as u32);
                    if stream.stray_bytes as usize > self.options.stray_bytes_max {
                        return self.remove_stream(key.index, now_ms);
                    }
                }
            }
        }
        self.drive(key.index, now_ms);
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
                Step::Close => return self.remove_stream(index, now_ms),
            }
        }
        let stream = &mut self.streams[index as usize];
        if !std::mem::replace(&mut stream.queued, true) {
            let key = stream.key;
            self.bulk.push_back(key);
        }
    }

    fn step(&mut self, index: u32, now_ms: u64) -> Step {
        let tail = self.tail();
        let stream = &mut self.streams[index as usize];
        if stream.pending.is_some() {
            return self.write_pending(index, now_ms);
        }
        if stream.closing {
            stream.sink.shutdown();
            return Step::Close;
        }
        if let Some(reason) = stream.gap.take() {
            // Before everything else: every later record's place, the end's too, lies beyond the gap.
            stream.counted = true;
            stream.place = stream.place.max(tail);
            let cursor = self.cursor(self.streams[index as usize].place);
            self.metrics.gaps.inc();
            let sync = "/v1/sync".to_owned();
            return self.put_record(index, &Record::Gap { reason, sync, cursor }, now_ms);
        }
        if let Some(reason) = stream.ending {
            let place = stream.reached(tail, &self.pool);
            let reconnect_ms = match reason {
                EndReason::Lifetime => Some(500),
                EndReason::Restart => Some(self.draining_ms.unwrap_or(2_000)),
                EndReason::SignedOut => None,
            };
            stream.closing = true;
            let cursor = self.cursor(place);
            return self.put_record(index, &Record::End { reason, reconnect_ms, cursor }, now_ms);
        }
        if !self.topics.account(stream.account).ready {
            return Step::Wait;
        }
        if stream.live {
            if stream.outbox.is_empty() {
                return Step::Wait;
            }
            return self.write_outbox(index, now_ms);
        }
        self.catch_up(index, now_ms)
    }

    fn catch_up(&mut self, index: u32, now_ms: u64) -> Step {
        let tail = self.tail();
        let stream = &mut self.streams[index as usize];
        if stream.page.is_some() {
            return self.write_page(index, now_ms);
        }
        if stream.place >= tail {
            stream.live = true;
            stream.counted = true;
            return Step::Again;
        }
        let place = stream.place;
        let window = self.publisher.window();
        if !window.reaches(place) {
            drop(window);
            if !std::mem::replace(&mut stream.reading, true) {
                let waiter = Waiter::Stream(stream.key, stream.ticket);
                let account = self.topics.account(stream.account).id;
                self.effects.push(Effect::ReadPage(waiter, account, place));
            }
            return Step::Wait;
        }
        if !std::mem::replace(&mut stream.counted, true)
            && self.topics.missed_more_than(
                stream.account,
                &window,
                place,
                tail,
                self.options.missed_events_max,
            )
        {
            stream.gap = Some(GapReason::TooMany);
            return Step::Again;
        }
        let positions = &mut self.scratch.positions;
        self.topics.missed(stream.account, &window, place, tail, ROWS_PER_WRITE, positions);
        if positions.is_empty() {
            stream.place = tail;
            return Step::Again;
        }
        let rows = &mut self.scratch.rows;
        rows.clear();
        for &pos in positions.iter() {
            if let Some(entry) = window.get(pos) {
                let row = PageRow { pos, topic: entry.topic, seq: entry.seq, frame: entry.frame.clone() };
                let bytes = row.frame.framed(stream.format);
                rows.push((row, bytes));
            }
        }
        drop(window);
        self.write_rows(index, now_ms)
    }

    fn write_outbox(&mut self, index: u32, now_ms: u64) -> Step {
        let tail = self.tail();
        let stream = &mut self.streams[index as usize];
        let rows = &mut self.scratch.rows;
        rows.clear();
        let complete = {
            let window = self.publisher.window();
            stream.outbox.iter(&self.pool).take(ROWS_PER_WRITE).all(|pos| {
                let Some(entry) = window.get(pos) else { return false };
                let row = PageRow { pos, topic: entry.topic, seq: entry.seq, frame: entry.frame.clone() };
                let bytes = row.frame.framed(stream.format);
                rows.push((row, bytes));
                true
            })
        };
        if !complete {
            // The window has moved on past what is queued.
            stream.fall_behind(tail, &mut self.pool, &self.metrics);
            return Step::Again;
        }
        self.write_rows(index, now_ms)
    }

    fn write_page(&mut self, index: u32, now_ms: u64) -> Step {
        let stream = &mut self.streams[index as usize];
        let Some(page) = &mut stream.page else { return Step::Again };
        if page.rows.is_empty() {
            match page.end {
                PageEnd::More(pos) | PageEnd::Head(pos) => stream.place = stream.place.max(pos),
                PageEnd::Gap(reason, pos) => {
                    stream.place = stream.place.max(pos);
                    stream.gap = Some(reason);
                }
            }
            stream.page = None;
            return Step::Again;
        }
        let rows = &mut self.scratch.rows;
        rows.clear();
        for row in page.rows.iter().take(ROWS_PER_WRITE) {
            rows.push((row.clone(), row.frame.framed(stream.format)));
        }
        self.write_rows(index, now_ms)
    }

    /// Writes the rows in `scratch`; what the socket took is taken from the outbox or the page, and a row that it took in
    /// part becomes pending.
    fn write_rows(&mut self, index: u32, now_ms: u64) -> Step {
        let stream = &mut self.streams[index as usize];
        let rows = &self.scratch.rows;
        let mut buffers = [IoSlice::new(&[]); ROWS_PER_WRITE];
        for (buffer, (_, bytes)) in buffers.iter_mut().zip(rows) {
            *buffer = IoSlice::new(bytes);
        }
        self.metrics.writes.inc();
        let mut taken = match stream.sink.write(&buffers[..rows.len()]) {
            Written::Closed => return Step::Close,
            Written::Blocked => return stream.block(now_ms),
            Written::Bytes(count) => count,
        };
        self.metrics.written_bytes.inc_by(taken as u64);
        stream.unblock(now_ms);
        stream.last_record_ms = now_ms;
        for (row, bytes) in rows {
            if taken == 0 {
                break;
            }
            if taken < bytes.len() {
                let rest = bytes.slice(taken..);
                stream.pending = Some(Box::new(Pending { bytes: rest, row: Some((row.topic, row.seq)) }));
            }
            taken = taken.saturating_sub(bytes.len());
            if stream.live {
                stream.outbox.pop(&mut self.pool);
            } else if let Some(page) = &mut stream.page {
                page.rows.pop_front();
            }
            stream.place = stream.place.max(row.pos);
            self.metrics.delivered.inc();
        }
        Step::Again
    }

    fn write_pending(&mut self, index: u32, now_ms: u64) -> Step {
        let stream = &mut self.streams[index as usize];
        let Some(pending) = &mut stream.pending else { return Step::Again };
        self.metrics.writes.inc();
        match stream.sink.write(&[IoSlice::new(&pending.bytes)]) {
            Written::Closed => Step::Close,
            Written::Blocked => stream.block(now_ms),
            Written::Bytes(count) => {
                self.metrics.written_bytes.inc_by(count as u64);
                bytes::Buf::advance(&mut pending.bytes, count);
                if pending.bytes.is_empty() {
                    stream.pending = None;
                }
                stream.unblock(now_ms);
                Step::Again
            }
        }
    }

    /// Makes a record of the stream's own pending.
    fn put_record(&mut self, index: u32, record: &Record, now_ms: u64) -> Step {
        let Some(cursor) = record.cursor().cloned() else { return Step::Again };
        let frame = Frame::encode(record, &cursor);
        let stream = &mut self.streams[index as usize];
        stream.last_record_ms = now_ms;
        let bytes = frame.framed(stream.format);
        let bytes = match (record, stream.format) {
            // A browser's EventSource reconnects by itself: it is told when, each another moment.
            (Record::End { reconnect_ms: Some(window_ms), .. }, Format::Sse) => {
                let retry = format!("retry: {}\n", self.random.below(*window_ms + 1));
                [retry.as_bytes(), &bytes[..]].concat().into()
            }
            _ => bytes,
        };
        self.streams[index as usize].pending = Some(Box::new(Pending { bytes, row: None }));
        Step::Again
    }

    fn greeting(&mut self, format: Format, head: &[u8], cursor: &Cursor) -> Bytes {
        let mut hello = Record::Hello {
            protocol: PROTOCOL_VERSION,
            server: self.options.server.clone(),
            heartbeat_ms: self.options.heartbeat.as_millis() as u64,
            limits: self.options.limits.clone(),
            cursor: cursor.clone(),
            pad: String::new(),
        };
        let bare = Frame::encode(&hello, cursor).framed(format).len();
        if let Record::Hello { pad, .. } = &mut hello {
            *pad = " ".repeat(HELLO_BYTES.saturating_sub(bare));
        }
        let mut greeting = BytesMut::with_capacity(head.len() + HELLO_BYTES + 64);
        greeting.put_slice(head);
        if format == Format::Sse {
            let retry = 1_000 + self.random.below(2_000);
            greeting.put_slice(format!("retry: {retry}\n\n").as_bytes());
        }
        greeting.put_slice(&Frame::encode(&hello, cursor).framed(format));
        greeting.freeze()
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

    /// A row lost its text: whoever holds it in other memory than the window reads again, and who has it half written is
    /// cut, for the rest must not be sent.
    pub(super) fn withdraw_row(&mut self, topic: Topic, target: Seq, now_ms: u64) {
        let mut cut = Vec::new();
        for &index in self.topics.readers(topic) {
            for &index in &self.topics.account(index).streams {
                let stream = &mut self.streams[index as usize];
                stream.drop_page();
                if stream.pending.as_ref().is_some_and(|pending| pending.row == Some((topic, target))) {
                    cut.push(index);
                } else if !stream.live && stream.blocked_since_ms.is_none() && !stream.queued {
                    stream.queued = true;
                    self.quick.push_back(stream.key);
                }
            }
            for &poll in &self.topics.account(index).polls {
                if let Some(poll) = self.polls.get_mut(poll as usize) {
                    poll.drop_page();
                    if !std::mem::replace(&mut poll.woken, true) {
                        self.woken.push(poll.ticket);
                    }
                }
            }
        }
        for index in cut {
            self.remove_stream(index, now_ms);
        }
    }

    /// The account may no longer see a topic: what waits for its streams is read again under the new rules.
    pub(super) fn withdraw_topic(&mut self, account: u32, topic: Topic, now_ms: u64) {
        let mut cut = Vec::new();
        for &index in &self.topics.account(account).streams {
            let stream = &mut self.streams[index as usize];
            stream.drop_page();
            if !stream.outbox.is_empty() {
                stream.fall_behind(self.pos, &mut self.pool, &self.metrics);
            }
            if stream.pending.as_ref().is_some_and(|pending| pending.row.is_some_and(|row| row.0 == topic)) {
                cut.push(index);
            } else if stream.blocked_since_ms.is_none() && !std::mem::replace(&mut stream.queued, true) {
                self.quick.push_back(stream.key);
            }
        }
        for &poll in &self.topics.account(account).polls {
            if let Some(poll) = self.polls.get_mut(poll as usize) {
                poll.drop_page();
                if !std::mem::replace(&mut poll.woken, true) {
                    self.woken.push(poll.ticket);
                }
            }
        }
        for index in cut {
            self.remove_stream(index, now_ms);
        }
    }

    /// Everything that waits is read again under whatever rules hold then.
    pub(super) fn withdraw_all(&mut self, now_ms: u64) {
        let mut cut = Vec::new();
        for (index, stream) in &mut self.streams {
            stream.drop_page();
            stream.fall_behind(self.pos, &mut self.pool, &self.metrics);
            if stream.pending.as_ref().is_some_and(|pending| pending.row.is_some()) {
                cut.push(index as u32);
            }
        }
        for (_, poll) in &mut self.polls {
            poll.drop_page();
        }
        for index in cut {
            self.remove_stream(index, now_ms);
        }
    }

    /// A device was signed out.
    pub(super) fn end_device(&mut self, account: AccountId, device: DeviceId, now_ms: u64) {
        let Some(account) = self.topics.find(account) else { return };
        for index in self.topics.account(account).streams.clone() {
            let stream = &mut self.streams[index as usize];
            if stream.device == device {
                stream.ending = Some(EndReason::SignedOut);
                if stream.blocked_since_ms.is_some() {
                    // It would take the goodbye only after what it must not have any more.
                    self.remove_stream(index, now_ms);
                } else {
                    self.drive(index, now_ms);
                }
            }
        }
        self.sign_out_polls(account, device, now_ms);
    }

    pub(super) fn end_all_streams(&mut self, now_ms: u64) {
        let indices: Vec<u32> = self.streams.iter().map(|(index, _)| index as u32).collect();
        for index in indices {
            self.streams[index as usize].ending.get_or_insert(EndReason::Restart);
            self.drive(index, now_ms);
        }
    }

    /// Lets go of a stream; its socket closes.
    pub(super) fn remove_stream(&mut self, index: u32, now_ms: u64) {
        let Some(mut stream) = self.streams.try_remove(index as usize) else { return };
        stream.outbox.clear(&mut self.pool);
        self.metrics.streams.dec();
        let account = self.topics.account_mut(stream.account);
        account.streams.retain(|&other| other != index);
        self.left_account(stream.account, now_ms);
    }

    /// A look at a stream at the second that it was scheduled for.
    pub(super) fn stream_due(&mut self, key: ConnectionKey, now_ms: u64) {
        let tail = self.tail();
        let Some(stream) = self.streams.get_mut(key.index as usize).filter(|stream| stream.key == key) else {
            return;
        };
        let stall = self.options.stall.as_millis() as u64;
        if stream.blocked_since_ms.is_some_and(|since| now_ms >= since + stall) {
            self.metrics.stalled.inc();
            return self.remove_stream(key.index, now_ms);
        }
        if now_ms >= stream.ends_ms {
            stream.ending.get_or_insert(EndReason::Lifetime);
            self.drive(key.index, now_ms);
        } else if stream.live && stream.pending.is_none() && stream.outbox.is_empty() {
            if now_ms >= stream.last_record_ms + self.options.heartbeat.as_millis() as u64 {
                let place = stream.reached(tail, &self.pool);
                let heads = self.topics.heads(stream.account);
                let cursor = self.cursor(place);
                self.put_record(key.index, &Record::Heartbeat { heads, cursor }, now_ms);
                self.drive(key.index, now_ms);
            } else if stream.format == Format::Sse
                && now_ms >= stream.last_byte_ms + self.options.comment.as_millis() as u64
            {
                let bytes = Bytes::from_static(b":\n\n");
                stream.pending = Some(Box::new(Pending { bytes, row: None }));
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
        if let Some(since) = stream.blocked_since_ms {
            due = due.min(since + self.options.stall.as_millis() as u64);
        }
        self.wheel.insert(Due::Stream(stream.key), due);
    }
}

impl<S> Stream<S> {
    fn block(&mut self, now_ms: u64) -> Step {
        self.blocked_since_ms.get_or_insert(now_ms);
        Step::Wait
    }

    fn unblock(&mut self, now_ms: u64) {
        self.blocked_since_ms = None;
        self.last_byte_ms = now_ms;
    }
}

enum Step {
    /// Something was done; there may be more.
    Again,
    /// Nothing to do until something happens.
    Wait,
    /// The stream is over.
    Close,
}
