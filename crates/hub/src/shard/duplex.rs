//! What a WebSocket has beyond a stream: frames come up it, and answers and control frames go down between the records.
//!
//! Nothing is buffered for one while it is idle. While commands are being answered, more are read only up to a limit; then
//! the peer's bytes wait in its own buffers. Control frames are answered before anything else that waits, but never inside
//! a record that was taken in part.

use std::collections::VecDeque;
use std::net::IpAddr;

use bytes::Bytes;
use chinwag_protocol::{CloseCode, EndReason};
use chinwag_websocket::{Connection, Ending, Event, Limits, Message, Role, Violation};

use super::streams::Pending;
use super::timers::Due;
use super::withdrawal::Shown;
use super::writing::Step;
use super::{Effect, Shard};
use crate::encode::Format;
use crate::hub::CommandAnswer;
use crate::metrics::Limit;
use crate::options::HubOptions;
use crate::sink::{ConnectionKey, Received, Sink};

/// Reads from one connection before another has its turn.
const READS_PER_TURN: usize = 4;

/// See the module.
#[derive(Debug)]
pub(super) struct Duplex {
    connection: Connection,
    /// See [`crate::hub::StreamRequest::network`].
    network: Option<IpAddr>,
    /// Input that waits until there is room for answers.
    unread: Vec<u8>,
    /// Commands that are being answered.
    working: usize,
    /// Each with the rows that are in it.
    answers: VecDeque<(Bytes, Option<Shown>)>,
    answer_bytes: usize,
    last_heard_ms: u64,
    last_ping_ms: u64,
    pings_unanswered: u8,
    ping_due: bool,
    /// Since when a message has been arriving.
    partial_since_ms: Option<u64>,
    /// Control frames that may come now, in thousandths.
    control_allowance: u32,
    control_counted_ms: u64,
    /// Whether our sending side is closed.
    hung_up: bool,
    /// Whether the end of the closing handshake is scheduled.
    expiring: bool,
}

impl Duplex {
    pub(super) fn new(
        format: Format,
        network: Option<IpAddr>,
        options: &HubOptions,
        now_ms: u64,
    ) -> Option<Box<Self>> {
        let Format::WebSocket(deflate) = format else { return None };
        let limits = Limits {
            frame_bytes: options.command_bytes_max,
            message_bytes: options.command_bytes_max,
            fragments: options.fragments_max,
        };
        Some(Box::new(Self {
            connection: Connection::new(Role::Server, limits, deflate),
            network,
            unread: Vec::new(),
            working: 0,
            answers: VecDeque::new(),
            answer_bytes: 0,
            last_heard_ms: now_ms,
            last_ping_ms: now_ms,
            pings_unanswered: 0,
            ping_due: false,
            partial_since_ms: None,
            control_allowance: options.control_frames_burst * 1000,
            control_counted_ms: now_ms,
            hung_up: false,
            expiring: false,
        }))
    }

    /// Whether nothing more is read until an answer has gone.
    fn is_full(&self, options: &HubOptions) -> bool {
        self.working + self.answers.len() >= options.commands_at_once_max
            || self.answer_bytes >= options.answer_bytes_max
    }

    /// The rows in the answers that wait.
    pub(super) fn shown(&self) -> impl Iterator<Item = &Shown> {
        self.answers.iter().filter_map(|(_, shown)| shown.as_ref())
    }

    /// Whether records may still be written.
    pub(super) fn is_open(&self) -> bool {
        self.connection.ending() == Ending::None
    }

    /// Begins the closing handshake; only the first time counts.
    fn close(&mut self, code: CloseCode) {
        // The table holds only codes that may be sent.
        let number = chinwag_websocket::CloseCode::new(code.number());
        self.connection.close(number.unwrap_or(chinwag_websocket::CloseCode::NORMAL), code.meaning());
    }

    /// When the peer must be asked whether it is still there.
    pub(super) fn ping_ms(&self, options: &HubOptions) -> u64 {
        self.last_heard_ms.max(self.last_ping_ms) + options.heartbeat.as_millis() as u64
    }

    /// When a message that has begun must have ended.
    pub(super) fn message_ms(&self, options: &HubOptions) -> Option<u64> {
        self.partial_since_ms.map(|since| since + options.message_timeout.as_millis() as u64)
    }

    /// Counts a control frame; whether it comes within what is allowed.
    fn allows_control(&mut self, options: &HubOptions, now_ms: u64) -> bool {
        let elapsed = now_ms.saturating_sub(self.control_counted_ms).min(60_000) as u32;
        self.control_counted_ms = now_ms;
        self.control_allowance = (self.control_allowance + elapsed * options.control_frames_per_second)
            .min(options.control_frames_burst * 1000);
        match self.control_allowance.checked_sub(1000) {
            Some(left) => {
                self.control_allowance = left;
                true
            }
            None => false,
        }
    }
}

impl<S: Sink> Shard<S> {
    /// Takes what the peer sent. False if it is gone.
    pub(super) fn hear(&mut self, index: u32, now_ms: u64) -> bool {
        let Some(duplex) = &mut self.streams[index as usize].duplex else { return false };
        if !duplex.unread.is_empty() && !duplex.is_full(&self.options) {
            let unread = std::mem::take(&mut duplex.unread);
            self.take_input(index, &unread, now_ms);
        }
        for _ in 0..READS_PER_TURN {
            let stream = &mut self.streams[index as usize];
            if stream.duplex.as_ref().is_some_and(|duplex| duplex.is_full(&self.options)) {
                // Goes on when an answer has gone.
                return true;
            }
            let mut input = std::mem::take(&mut self.scratch.input);
            let received = stream.sink.read(&mut input);
            if let Received::Bytes(count) = received {
                self.take_input(index, &input[..count], now_ms);
            }
            self.scratch.input = input;
            match received {
                Received::Bytes(_) => {}
                Received::Nothing => return true,
                Received::End => return false,
            }
        }
        // So that one peer cannot hold the shard.
        self.streams[index as usize].sink.wake();
        true
    }

    /// Takes bytes of the peer's, as far as there is room for answers.
    pub(super) fn take_input(&mut self, index: u32, mut input: &[u8], now_ms: u64) {
        let stream = &mut self.streams[index as usize];
        let Some(duplex) = &mut stream.duplex else { return };
        if !input.is_empty() {
            duplex.last_heard_ms = now_ms;
            duplex.pings_unanswered = 0;
        }
        while !input.is_empty() {
            if duplex.is_full(&self.options) {
                duplex.unread.extend_from_slice(input);
                break;
            }
            match duplex.connection.receive(&mut input) {
                Ok(None) => {}
                // Of what comes after the end was said nothing is acted on; who sent it gets no answer and sends it again.
                Ok(Some(Event::Message(Message::Text(text))))
                    if duplex.is_open() && stream.ending.is_none() =>
                {
                    self.metrics.commands.inc();
                    duplex.working += 1;
                    if duplex.is_full(&self.options) {
                        self.metrics.hit(Limit::CommandsAtOnce);
                    }
                    let actors = self.topics.actors(&stream.readers);
                    self.effects.push(Effect::Answer(stream.key, actors, duplex.network, text));
                }
                Ok(Some(Event::Message(Message::Text(_)))) | Ok(Some(Event::Close(_))) => {}
                Ok(Some(Event::Message(Message::Binary(_)))) => {
                    duplex.close(CloseCode::Unsupported);
                }
                Ok(Some(Event::Ping(_) | Event::Pong(_))) => {
                    if !duplex.allows_control(&self.options, now_ms) {
                        self.metrics.hit(Limit::ControlFrames);
                        duplex.close(CloseCode::Policy);
                    }
                }
                Err(violation) => {
                    tracing::debug!(%violation, "a WebSocket broke the protocol");
                    self.metrics.violations.inc();
                    match violation {
                        Violation::FrameTooLong | Violation::MessageTooLong => {
                            self.metrics.hit(Limit::CommandBytes);
                        }
                        Violation::TooManyFragments => self.metrics.hit(Limit::Fragments),
                        _ => {}
                    }
                }
            }
        }
        if duplex.connection.is_receiving() {
            duplex.partial_since_ms.get_or_insert(now_ms);
        } else {
            duplex.partial_since_ms = None;
        }
    }

    /// The answer to a command; without one, whoever answers has gone.
    pub(crate) fn answered(&mut self, key: ConnectionKey, answer: Option<&CommandAnswer>, now_ms: u64) {
        let shows = answer.and_then(|answer| answer.shows.as_ref());
        let Some(stream) = self.streams.get(key.index as usize).filter(|stream| stream.key == key) else {
            return;
        };
        let shown = shows.map(|messages| self.shown(messages));
        let is_void = shows.zip(shown.as_ref()).is_some_and(|(messages, shown)| {
            self.is_void(stream.readers.as_slice(), messages.account, shown)
        });
        let stream = &mut self.streams[key.index as usize];
        let Some(duplex) = &mut stream.duplex else { return };
        duplex.working -= 1;
        match answer {
            // What it shows may not be read any more. Whoever asks again gets what may.
            Some(_) if is_void => duplex.close(CloseCode::Reopen),
            // A connection that closes takes no more answers.
            Some(answer) => {
                let text = duplex.connection.text(&answer.text, Some(self.deflater.get()));
                if let Ok(frame) = text {
                    let had_room = duplex.answer_bytes < self.options.answer_bytes_max;
                    duplex.answer_bytes += frame.len();
                    if had_room && duplex.answer_bytes >= self.options.answer_bytes_max {
                        self.metrics.hit(Limit::AnswerBytes);
                    }
                    duplex.answers.push_back((frame, shown));
                }
            }
            None => duplex.close(CloseCode::Internal),
        }
        if !duplex.unread.is_empty() {
            stream.sink.wake();
        }
        if let Some((viewer, view)) = answer.and_then(|answer| answer.view.clone()) {
            self.look_of(key, viewer, view, now_ms);
        }
        let stream = &self.streams[key.index as usize];
        if stream.blocked_since_ms.is_none() {
            self.drive(key.index, now_ms);
        }
    }

    /// What a WebSocket writes before its records; `None` if there is nothing.
    pub(super) fn step_duplex(&mut self, index: u32, now_ms: u64) -> Option<Step> {
        let stream = &mut self.streams[index as usize];
        let duplex = stream.duplex.as_mut()?;
        if let Some(frame) = duplex.connection.next_control() {
            stream.pending = Some(Box::new(Pending { bytes: frame, shown: None }));
            return Some(Step::Again);
        }
        match duplex.connection.ending() {
            Ending::None => {}
            Ending::Closing => {
                self.expire(index, now_ms);
                return Some(Step::Wait);
            }
            Ending::HangUp | Ending::AwaitEnd => {
                if !std::mem::replace(&mut duplex.hung_up, true) {
                    stream.sink.shutdown();
                    self.expire(index, now_ms);
                }
                return Some(Step::Wait);
            }
        }
        if stream.ending.is_some() && !stream.closing && duplex.working > 0 && duplex.answers.is_empty() {
            // What is being answered still gets its answer, a sign-out for one.
            return Some(Step::Wait);
        }
        if stream.closing {
            duplex.close(match stream.ending {
                Some(EndReason::Lifetime) => CloseCode::Lifetime,
                Some(EndReason::SignedOut) => CloseCode::SignedOut,
                _ if self.draining_ms.is_some() => CloseCode::GoingAway,
                _ => CloseCode::Reopen,
            });
            return Some(Step::Again);
        }
        if std::mem::take(&mut duplex.ping_due)
            && let Ok(frame) = duplex.connection.ping(b"")
        {
            stream.pending = Some(Box::new(Pending { bytes: frame, shown: None }));
            return Some(Step::Again);
        }
        let was_full = duplex.is_full(&self.options);
        if let Some((frame, shown)) = duplex.answers.pop_front() {
            duplex.answer_bytes -= frame.len();
            if duplex.answers.is_empty() {
                duplex.answers = VecDeque::new();
            }
            if was_full || !duplex.unread.is_empty() {
                stream.sink.wake();
            }
            stream.pending = Some(Box::new(Pending { bytes: frame, shown }));
            return Some(Step::Again);
        }
        None
    }

    /// What time asks of a WebSocket: to ask whether the peer is there, and to give up a message that does not end.
    pub(super) fn duplex_due(&mut self, index: u32, now_ms: u64) {
        let Some(duplex) = &mut self.streams[index as usize].duplex else { return };
        if !duplex.is_open() {
            return;
        }
        if duplex.message_ms(&self.options).is_some_and(|due| now_ms >= due) {
            self.metrics.hit(Limit::MessageTimeout);
            duplex.close(CloseCode::Policy);
        } else if now_ms >= duplex.ping_ms(&self.options) {
            if duplex.pings_unanswered >= self.options.pings_unanswered_max {
                self.metrics.unanswered.inc();
                duplex.close(CloseCode::Unanswered);
            } else {
                duplex.pings_unanswered += 1;
                duplex.last_ping_ms = now_ms;
                duplex.ping_due = true;
            }
        } else {
            return;
        }
        if self.streams[index as usize].blocked_since_ms.is_none() {
            self.drive(index, now_ms);
        }
    }

    /// A closing handshake that has had its time is over.
    pub(super) fn closing_due(&mut self, key: ConnectionKey, now_ms: u64) {
        if self.streams.get(key.index as usize).is_some_and(|stream| stream.key == key) {
            self.metrics.hit(Limit::ClosingTimeout);
            self.remove_stream(key.index, now_ms);
        }
    }

    fn expire(&mut self, index: u32, now_ms: u64) {
        let stream = &mut self.streams[index as usize];
        let Some(duplex) = &mut stream.duplex else { return };
        if !std::mem::replace(&mut duplex.expiring, true) {
            let closing_ms = self.options.closing_timeout.as_millis() as u64;
            self.wheel.insert(Due::Closing(stream.key), now_ms + closing_ms);
        }
    }
}
