//! Writing to streams: what is pending first, then what they missed, then what is queued.

use std::io::IoSlice;

use bytes::{BufMut, Bytes, BytesMut};
use chinwag_protocol::{AccountEndReason, Cursor, EndReason, GapReason, PROTOCOL_VERSION, Record, StreamId};
use chinwag_sabotage::{Promise, breaks, breaks_one_in};
use chinwag_store::PageEnd;

use super::streams::{Pending, Stream};
use super::withdrawal::Shown;
use super::{Effect, PageRow, Shard, Waiter};
use crate::encode::{Format, Frame};
use crate::sink::{Sink, Written};

/// Records in one write.
const ROWS_PER_WRITE: usize = 64;
/// So many are what most writes have.
const FEW_ROWS: usize = 4;
/// Bytes of the first record, so that a proxy that holds back its first 2 KiB shows itself.
const HELLO_BYTES: usize = 2048;

/// How far one step has come.
pub(super) enum Step {
    /// Something was done; there may be more.
    Again,
    /// Nothing to do until something happens.
    Wait,
    /// The stream is over.
    Close,
}

impl<S: Sink> Shard<S> {
    pub(super) fn step(&mut self, index: u32, now_ms: u64) -> Step {
        let tail = self.tail();
        if self.holds_what_is_void(index) {
            return Step::Close;
        }
        let stream = &mut self.streams[index as usize];
        if stream.pending.is_some() {
            return self.write_pending(index, now_ms);
        }
        if stream.duplex.is_some()
            && let Some(step) = self.step_duplex(index, now_ms)
        {
            return step;
        }
        let stream = &mut self.streams[index as usize];
        if stream.closing {
            return Step::Close;
        }
        if let Some(reason) = stream.gap.take() {
            // Before everything else: every later record's place, the end's too, lies beyond the gap.
            stream.counted = true;
            stream.place = stream.place.max(tail);
            let cursor = self.cursor(self.streams[index as usize].place);
            self.metrics.gaps.inc();
            if breaks(Promise::TellGap) {
                return Step::Again;
            }
            let sync = "/v1/sync".to_owned();
            return self.put_record(index, &Record::Gap { reason, sync, cursor }, now_ms);
        }
        if let Some(account) = stream.readers.next_lost() {
            let place = stream.reached(tail, &self.pool);
            let (reason, cursor) = (AccountEndReason::SignedOut, self.cursor(place));
            return self.put_record(index, &Record::AccountEnd { account, reason, cursor }, now_ms);
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
        if !self.topics.are_ready(stream.readers.as_slice()) {
            return Step::Wait;
        }
        if stream.live {
            if stream.outbox.is_empty() {
                return if stream.signalled { self.write_signals(index, now_ms) } else { Step::Wait };
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
                let accounts = self.topics.ids(stream.readers.as_slice());
                self.effects.push(Effect::ReadPage(waiter, accounts, place));
            }
            return Step::Wait;
        }
        if !std::mem::replace(&mut stream.counted, true)
            && self.topics.missed_more_than(
                stream.readers.as_slice(),
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
        let readers = stream.readers.as_slice();
        self.topics.missed(readers, &window, place, tail, ROWS_PER_WRITE, positions);
        if positions.is_empty() {
            stream.place = tail;
            return Step::Again;
        }
        let rows = &mut self.scratch.rows;
        rows.clear();
        for &pos in positions.iter() {
            if let Some(entry) = window.get(pos) {
                let frame = self.topics.frame_for(readers, &window, pos, entry);
                let only_for = entry.only_for();
                let row = PageRow { pos, topic: entry.topic, shows: entry.shows, frame, only_for };
                rows.push(row);
            }
        }
        drop(window);
        self.write_rows(index, now_ms)
    }

    fn write_outbox(&mut self, index: u32, now_ms: u64) -> Step {
        let tail = self.tail();
        let stream = &mut self.streams[index as usize];
        let readers = stream.readers.as_slice();
        let rows = &mut self.scratch.rows;
        rows.clear();
        let complete = {
            let window = self.publisher.window();
            stream.outbox.iter(&self.pool).take(ROWS_PER_WRITE).all(|pos| {
                let Some(entry) = window.get(pos) else { return false };
                let frame = self.topics.frame_for(readers, &window, pos, entry);
                let only_for = entry.only_for();
                rows.push(PageRow { pos, topic: entry.topic, shows: entry.shows, frame, only_for });
                true
            })
        };
        if !complete {
            // The window has moved on past what is queued.
            stream.fall_behind(tail, &mut self.pool, &self.metrics);
            return Step::Again;
        }
        let step = self.write_rows(index, now_ms);
        let stream = &self.streams[index as usize];
        // Nothing else was due before its records; another look would only find that again.
        if matches!(step, Step::Again)
            && stream.outbox.is_empty()
            && stream.pending.is_none()
            && !stream.signalled
        {
            return Step::Wait;
        }
        step
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
            rows.push(self.topics.row_for(stream.readers.as_slice(), row));
        }
        self.write_rows(index, now_ms)
    }

    /// Writes the rows in `scratch`; what the socket took is taken from the outbox or the page, and a row that it took in
    /// part becomes pending.
    fn write_rows(&mut self, index: u32, now_ms: u64) -> Step {
        let stream = &mut self.streams[index as usize];
        if self.scratch.rows.len() > 1 && breaks_one_in(Promise::KeepOrder, 100) {
            self.scratch.rows.swap(0, 1);
        }
        let rows = &self.scratch.rows;
        // Setting up room for all costs more than one row's write.
        let (mut few, mut many);
        let buffers: &mut [IoSlice<'_>] = if rows.len() <= FEW_ROWS {
            few = [IoSlice::new(&[]); 2 * FEW_ROWS];
            &mut few
        } else {
            many = [IoSlice::new(&[]); 2 * ROWS_PER_WRITE];
            &mut many
        };
        let mut used = 0;
        let lengths = &mut self.scratch.lengths;
        lengths.clear();
        for row in rows {
            let before = used;
            for part in row.frame.parts(stream.format, &mut self.deflater) {
                if !part.is_empty() {
                    buffers[used] = IoSlice::new(part);
                    used += 1;
                }
            }
            lengths.push(buffers[before..used].iter().map(|part| part.len()).sum::<usize>());
        }
        self.metrics.writes.inc();
        let mut taken = match stream.sink.write(&buffers[..used]) {
            Written::Closed => return Step::Close,
            Written::Blocked => return stream.block(now_ms),
            Written::Bytes(count) => count,
        };
        self.metrics.written_bytes.inc_by(taken as u64);
        stream.unblock(now_ms);
        stream.last_record_ms = now_ms;
        let mut delivered = 0;
        for (row, &mut length) in rows.iter().zip(lengths) {
            if taken == 0 {
                break;
            }
            if taken < length {
                let bytes = row.frame.rest(stream.format, taken, &mut self.deflater);
                let shown = Shown::row(row, self.pos);
                stream.pending = Some(Box::new(Pending { bytes, shown: Some(shown) }));
            }
            taken = taken.saturating_sub(length);
            if breaks_one_in(Promise::DeliverOnce, 1_000) {
                break;
            }
            if stream.live {
                stream.outbox.pop(&mut self.pool);
            } else if let Some(page) = &mut stream.page {
                page.rows.pop_front();
            }
            stream.place = stream.place.max(row.pos);
            delivered += 1;
        }
        self.metrics.delivered.inc_by(delivered);
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
    pub(super) fn put_record(&mut self, index: u32, record: &Record, now_ms: u64) -> Step {
        let Some(cursor) = record.cursor().cloned() else { return Step::Again };
        let frame = Frame::encode(record, &cursor);
        let stream = &mut self.streams[index as usize];
        stream.last_record_ms = now_ms;
        let bytes = frame.framed(stream.format, &mut self.deflater);
        let bytes = match (record, stream.format) {
            // A browser's EventSource reconnects by itself: it is told when, each another moment.
            (Record::End { reconnect_ms: Some(window_ms), .. }, Format::Sse) => {
                let retry = format!("retry: {}\n", self.random.below(*window_ms + 1));
                [retry.as_bytes(), &bytes[..]].concat().into()
            }
            _ => bytes,
        };
        self.streams[index as usize].pending = Some(Box::new(Pending { bytes, shown: None }));
        Step::Again
    }

    pub(super) fn greeting(
        &mut self,
        format: Format,
        head: &[u8],
        cursor: &Cursor,
        stream: StreamId,
    ) -> Bytes {
        let mut hello = Record::Hello {
            protocol: PROTOCOL_VERSION,
            server: self.options.server.clone(),
            heartbeat_ms: self.options.heartbeat.as_millis() as u64,
            limits: self.options.limits.clone(),
            stream: Some(stream),
            cursor: cursor.clone(),
            pad: String::new(),
        };
        let bare = Frame::encode(&hello, cursor).framed(format, &mut self.deflater).len();
        // A WebSocket shows with an answered `ping` that nothing holds it back.
        if !matches!(format, Format::WebSocket(_))
            && let Record::Hello { pad, .. } = &mut hello
        {
            *pad = " ".repeat(HELLO_BYTES.saturating_sub(bare));
        }
        let mut greeting = BytesMut::with_capacity(head.len() + HELLO_BYTES + 64);
        greeting.put_slice(head);
        if format == Format::Sse {
            let retry = 1_000 + self.random.below(2_000);
            greeting.put_slice(format!("retry: {retry}\n\n").as_bytes());
        }
        greeting.put_slice(&Frame::encode(&hello, cursor).framed(format, &mut self.deflater));
        greeting.freeze()
    }
}

impl<S> Stream<S> {
    pub(super) fn block(&mut self, now_ms: u64) -> Step {
        self.blocked_since_ms.get_or_insert(now_ms);
        Step::Wait
    }

    pub(super) fn unblock(&mut self, now_ms: u64) {
        self.blocked_since_ms = None;
        self.last_byte_ms = now_ms;
    }
}
