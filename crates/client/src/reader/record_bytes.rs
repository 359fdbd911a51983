//! Records as they come, not parsed: for programs that read so many that parsing would be most of their work.

use std::fmt;
use std::time::Duration;

use chinwag_protocol::Cursor;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::{Instant, sleep_until};

use crate::reader::streaming::Streaming;
use crate::record::place;
use crate::{ClientError, Session, Transport, WebSocket, WebSocketOptions};

/// How records are asked for.
#[derive(Debug, Clone)]
pub struct RecordBytesOptions {
    /// Between the answer to a short poll and the next.
    pub poll_interval: Duration,
    /// How long a long poll is held; whole seconds.
    pub long_poll_wait: Duration,
    /// What is offered when a WebSocket is opened.
    pub websocket: WebSocketOptions,
}

impl Default for RecordBytesOptions {
    fn default() -> Self {
        Self {
            poll_interval: Duration::from_secs(1),
            long_poll_wait: Duration::from_secs(25),
            websocket: WebSocketOptions::default(),
        }
    }
}

/// Hands out the records after a cursor as bytes of JSON.
///
/// Unlike [`crate::EventReader`] it does not come back by itself: after a failure, or the `end` record, open another one
/// after [`RecordBytes::cursor`].
pub struct RecordBytes {
    source: Source,
    after: Option<Cursor>,
    /// The text of the last record's cursor, if it came by a stream.
    place: Vec<u8>,
}

enum Source {
    Stream(Box<Streaming>),
    Poll { session: Session, wait: Duration, interval: Duration, due: Instant },
}

/// A poll's answer with its records as they are.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
    cursor: Cursor,
    more: bool,
}

impl fmt::Debug for RecordBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordBytes").field("after", &self.after).finish_non_exhaustive()
    }
}

impl RecordBytes {
    pub(crate) async fn open(
        session: Session,
        transport: Transport,
        after: Option<Cursor>,
        options: &RecordBytesOptions,
    ) -> Result<Self, ClientError> {
        let wait = match transport {
            Transport::Poll => Some(Duration::ZERO),
            Transport::LongPoll => Some(options.long_poll_wait),
            Transport::Stream | Transport::Sse | Transport::WebSocket => None,
        };
        let source = match wait {
            Some(wait) => {
                let interval = if wait.is_zero() { options.poll_interval } else { Duration::ZERO };
                Source::Poll { session, wait, interval, due: Instant::now() }
            }
            None => Source::Stream(Box::new(
                Streaming::open(&session, transport, after.as_ref(), options.websocket).await?,
            )),
        };
        Ok(Self { source, after, place: Vec::new() })
    }

    /// Waits for what comes next, and hands out each record that one reading of the connection, or one poll, has brought.
    /// After a poll without records it hands out none. On a WebSocket, answers to commands are handed out as well.
    ///
    /// Safe to cancel: nothing was handed out then, and nothing is lost.
    ///
    /// # Errors
    /// Any failure, and the end of the stream: [`ClientError::Closed`] or [`ClientError::Transport`].
    pub async fn next(&mut self, mut each: impl FnMut(&[u8])) -> Result<(), ClientError> {
        match &mut self.source {
            Source::Stream(streaming) => {
                let last = &mut self.place;
                let taken = streaming.next_json(|json| {
                    if let Some(text) = place(json) {
                        last.clear();
                        last.extend_from_slice(&text);
                    }
                    each(json);
                });
                taken.await
            }
            Source::Poll { session, wait, interval, due } => {
                if *due > Instant::now() {
                    sleep_until(*due).await;
                }
                let answer = session.poll_json(self.after.as_ref(), *wait).await?;
                let answer: Answer<'_> = serde_json::from_slice(answer.body())
                    .map_err(|error| ClientError::Protocol(format!("a poll's answer with {error}")))?;
                for record in &answer.events {
                    each(record.get().as_bytes());
                }
                self.after = Some(answer.cursor);
                *due = Instant::now() + if answer.more { Duration::ZERO } else { *interval };
                Ok(())
            }
        }
    }

    /// The place after all that was handed out; where reading began, if nothing was.
    pub fn cursor(&self) -> Option<Cursor> {
        cursor(&self.place).or_else(|| self.after.clone())
    }

    /// The WebSocket, if it is one, to send commands on.
    pub fn websocket(&mut self) -> Option<&mut WebSocket> {
        match &mut self.source {
            Source::Stream(streaming) => streaming.websocket(),
            Source::Poll { .. } => None,
        }
    }
}

/// The cursor of a text that was kept, if there is one.
pub(super) fn cursor(text: &[u8]) -> Option<Cursor> {
    let text = str::from_utf8(text).ok().filter(|text| !text.is_empty())?;
    Some(Cursor::from_text(text))
}
