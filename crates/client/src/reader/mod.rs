//! Reading events: one cursor, any transport, through every failure that may pass.

mod record_bytes;
mod streaming;

pub use record_bytes::{RecordBytes, RecordBytesOptions};

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use chinwag_protocol::{Code, Cursor, EndReason, Poll, Problem, Record, Retry};
use tokio::time::{Instant, Sleep, sleep};

use crate::backoff::{Backoff, BackoffOptions, Random, system_random};
use crate::error::after_close;
use crate::reader::streaming::Streaming;
use crate::{ClientError, Session, Transport, WebSocketOptions};

/// Spreads a return whose cause is the client's own.
const OWN_CAUSE_WINDOW: Duration = Duration::from_millis(500);

/// How a reader asks.
pub struct ReaderOptions {
    /// Between the answer to a short poll and the next.
    pub poll_interval: Duration,
    /// How long a long poll is held; whole seconds.
    pub long_poll_wait: Duration,
    /// How long to wait after a failure.
    pub backoff: BackoffOptions,
    /// Draws the waits.
    pub random: Random,
}

impl Default for ReaderOptions {
    fn default() -> Self {
        Self {
            poll_interval: Duration::from_secs(1),
            long_poll_wait: Duration::from_secs(25),
            backoff: BackoffOptions::default(),
            random: system_random(),
        }
    }
}

impl fmt::Debug for ReaderOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReaderOptions")
            .field("poll_interval", &self.poll_interval)
            .field("long_poll_wait", &self.long_poll_wait)
            .field("backoff", &self.backoff)
            .finish_non_exhaustive()
    }
}

/// Yields the records after a cursor.
///
/// The cursor is the place of the last record that was yielded (or of an answer without records), so dropping the reader,
/// its future or its connection at any moment loses nothing.
pub struct EventReader {
    session: Session,
    transport: Transport,
    cursor: Option<Cursor>,
    poll_interval: Duration,
    long_poll_wait: Duration,
    backoff: Backoff,
    /// The wait that the server has chosen for this client's next first failure.
    named_wait: Option<Duration>,
    state: State,
}

type InFlight<T> = Pin<Box<dyn Future<Output = Result<T, ClientError>> + Send>>;

/// What the reader is at. Futures are kept here, not in `next`, so that dropping that one costs nothing.
enum State {
    /// About to ask.
    Idle,
    /// Waits for the time of the next poll.
    Resting(Pin<Box<Sleep>>),
    /// Waits after a failure, or as long as the server said.
    Avoiding(Pin<Box<Sleep>>),
    Polling(Instant, InFlight<Poll>),
    Polled(Answer),
    Opening(InFlight<Streaming>),
    Streaming(Box<Streaming>),
    /// The server said never to come back.
    SignedOut,
}

/// A poll's answer of which some was yielded.
struct Answer {
    records: VecDeque<Record>,
    cursor: Cursor,
    more: bool,
    /// An answer without records before the end of the wait.
    hasty: bool,
}

impl fmt::Debug for EventReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventReader")
            .field("session", &self.session)
            .field("transport", &self.transport)
            .field("cursor", &self.cursor)
            .finish_non_exhaustive()
    }
}

impl EventReader {
    pub(crate) fn new(
        session: Session,
        transport: Transport,
        after: Option<Cursor>,
        options: ReaderOptions,
    ) -> Self {
        Self {
            session,
            transport,
            cursor: after,
            poll_interval: options.poll_interval,
            long_poll_wait: options.long_poll_wait,
            backoff: Backoff::new(options.backoff, options.random),
            named_wait: None,
            state: State::Idle,
        }
    }

    /// The place up to which everything was yielded; `None` until the server has named one.
    pub fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }

    /// How events are asked for.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Failures since something last worked.
    pub fn failures(&self) -> u32 {
        self.backoff.failures()
    }

    /// Goes on over another transport (or the same, on a new connection). What has come and was not yielded is asked for again.
    pub fn switch(&mut self, transport: Transport) {
        self.transport = transport;
        // A server that asked for a pause, or fails, is not asked sooner for it.
        if !matches!(self.state, State::Avoiding(_) | State::SignedOut) {
            self.go_to(State::Idle);
        }
    }

    /// The next record. Failures that may pass are waited out; any other is returned, and the next call asks again.
    ///
    /// A stream's own records (`hello`, `heartbeat`, `gap`, `end`) are yielded like all others. Safe to cancel.
    pub async fn next(&mut self) -> Result<Record, ClientError> {
        loop {
            match self.step().await {
                Ok(Some(record)) => return Ok(record),
                Ok(None) => {}
                Err(ClientError::Closed { code, reason }) => self.closed(code, reason)?,
                Err(error) if error.may_pass() => self.avoid_after(&error),
                Err(error) => {
                    if !matches!(self.state, State::SignedOut) {
                        self.state = State::Idle;
                    }
                    return Err(error);
                }
            }
        }
    }

    /// Waits for one thing to happen; a record, if that is what it was.
    async fn step(&mut self) -> Result<Option<Record>, ClientError> {
        match &mut self.state {
            State::Idle => self.ask(),
            State::Resting(sleep) | State::Avoiding(sleep) => {
                sleep.await;
                self.state = State::Idle;
            }
            State::Polling(since, polling) => {
                let since = *since;
                let poll = polling.await?;
                self.backoff.succeeded();
                let hasty = self.transport == Transport::LongPoll
                    && poll.events.is_empty()
                    && since.elapsed() + OWN_CAUSE_WINDOW < self.long_poll_wait;
                self.state = State::Polled(Answer {
                    records: poll.events.into(),
                    cursor: poll.cursor,
                    more: poll.more,
                    hasty: hasty && self.cursor.is_some(),
                });
            }
            State::Polled(answer) => {
                let record = answer.records.pop_front();
                if let Some(cursor) = record.as_ref().and_then(Record::cursor) {
                    self.cursor = Some(cursor.clone());
                }
                if answer.records.is_empty() {
                    self.cursor = Some(answer.cursor.clone());
                    let (more, hasty) = (answer.more, answer.hasty);
                    self.rest(more, hasty);
                }
                return Ok(record);
            }
            State::Opening(opening) => {
                let streaming = opening.await?;
                self.state = State::Streaming(Box::new(streaming));
            }
            State::Streaming(streaming) => {
                let (record, cursor) = streaming.next().await?;
                self.named_wait = streaming.retry().or(self.named_wait);
                self.backoff.succeeded();
                self.cursor = Some(cursor);
                if let Record::End { reason, reconnect_ms, .. } = &record {
                    self.ended(*reason, *reconnect_ms);
                }
                return Ok(Some(record));
            }
            State::SignedOut => {
                return Err(Problem::new(Code::Unauthenticated, "This device was signed out.").into());
            }
        }
        Ok(None)
    }

    fn ask(&mut self) {
        let session = self.session.clone();
        let after = self.cursor.clone();
        let wait = match self.transport {
            Transport::Poll => Duration::ZERO,
            Transport::LongPoll => self.long_poll_wait,
            transport @ (Transport::Stream | Transport::Sse | Transport::WebSocket) => {
                let opening = async move {
                    {
                        Streaming::open(&session, transport, after.as_ref(), WebSocketOptions::default())
                            .await
                    }
                };
                self.state = State::Opening(Box::pin(opening));
                return;
            }
        };
        let polling = async move { session.poll(after.as_ref(), wait).await };
        self.state = State::Polling(Instant::now(), Box::pin(polling));
    }

    /// After a poll's answer was yielded: when the next one is due.
    fn rest(&mut self, more: bool, hasty: bool) {
        let pause = match self.transport {
            _ if more => Duration::ZERO,
            Transport::Poll => self.poll_interval,
            // Someone else's poll took this one's place, or the server is about to go: asking at once would be a storm.
            _ if hasty => self.backoff.within(OWN_CAUSE_WINDOW),
            _ => Duration::ZERO,
        };
        self.state = if pause.is_zero() { State::Idle } else { State::Resting(Box::pin(sleep(pause))) };
    }

    /// The server has announced the end of the stream, and when to come back.
    fn ended(&mut self, reason: EndReason, reconnect_ms: Option<u64>) {
        let next = match (reason, reconnect_ms) {
            (EndReason::SignedOut, _) | (_, None) => State::SignedOut,
            (_, Some(window_ms)) => avoiding(self.backoff.within(Duration::from_millis(window_ms))),
        };
        self.go_to(next);
    }

    /// The server has closed the WebSocket without an `end` record before.
    fn closed(&mut self, code: Option<u16>, reason: String) -> Result<(), ClientError> {
        let error = ClientError::Closed { code, reason };
        match after_close(code) {
            Retry::AtOnce => self.state = avoiding(self.backoff.within(OWN_CAUSE_WINDOW)),
            Retry::NewToken => self.state = State::SignedOut,
            // Something is wrong with this client, and the caller must know.
            Retry::AfterMending => {
                self.avoid_after(&error);
                return Err(error);
            }
            // The window stands in the `end` record, which did not come.
            Retry::Window | Retry::Backoff | Retry::RetryAfter | Retry::AfterPredecessor | Retry::Never => {
                self.avoid_after(&error);
            }
        }
        Ok(())
    }

    /// Leaves what it is at.
    fn go_to(&mut self, next: State) {
        if let State::Streaming(streaming) = std::mem::replace(&mut self.state, next) {
            streaming.leave();
        }
    }

    fn avoid_after(&mut self, error: &ClientError) {
        let first = self.backoff.failures() == 0;
        let mut wait = self.backoff.failed();
        if let (true, Some(named)) = (first, self.named_wait.take()) {
            // Already another one for each client, so it is obeyed as it is.
            wait = named;
        }
        if let Some(least) = error.retry_after() {
            wait += least;
        }
        self.state = avoiding(wait);
    }
}

fn avoiding(wait: Duration) -> State {
    if wait.is_zero() { State::Idle } else { State::Avoiding(Box::pin(sleep(wait))) }
}
