//! A stream's answer, read as it comes.

use std::io;
use std::time::Duration;

use chinwag_protocol::{Cursor, Record};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use crate::ndjson::NdjsonParser;
use crate::sse::SseParser;
use crate::{ClientError, Transport};

/// Bytes of a record: a text of 1 MiB, the most that a server can be set to, with every byte escaped, and the rest.
const RECORD_BYTES_MAX: usize = 8 << 20;
/// How long the first record may take: it comes at once, unless something on the way holds it back.
const FIRST_RECORD_WITHIN: Duration = Duration::from_secs(10);
/// How late a heartbeat may be.
const HEARTBEAT_LATE: Duration = Duration::from_secs(10);

#[derive(Debug)]
enum Framing {
    Ndjson(NdjsonParser),
    Sse(SseParser),
}

/// One connection of a stream.
#[derive(Debug)]
pub(super) struct Streaming {
    body: Incoming,
    framing: Framing,
    silence_max: Duration,
    /// Since when nothing has come although the caller waited.
    silent_since: Option<Instant>,
}

/// The place of a record of any type.
#[derive(Deserialize)]
struct Place {
    cursor: Cursor,
}

impl Streaming {
    pub(super) fn new(transport: Transport, body: Incoming) -> Self {
        let framing = match transport {
            Transport::Sse => Framing::Sse(SseParser::new(RECORD_BYTES_MAX)),
            _ => Framing::Ndjson(NdjsonParser::new(RECORD_BYTES_MAX)),
        };
        Self { body, framing, silence_max: FIRST_RECORD_WITHIN, silent_since: None }
    }

    /// When the server wants to see this client again, if it has said so.
    pub(super) fn retry(&self) -> Option<Duration> {
        match &self.framing {
            Framing::Sse(parser) => parser.retry_ms().map(Duration::from_millis),
            Framing::Ndjson(_) => None,
        }
    }

    /// The next record and its place. Safe to cancel.
    pub(super) async fn next(&mut self) -> Result<(Record, Cursor), ClientError> {
        loop {
            if let Some(json) = self.next_framed() {
                let (record, cursor) = decode(&json)?;
                if let Record::Hello { heartbeat_ms, .. } = &record {
                    self.silence_max = Duration::from_millis(*heartbeat_ms) + HEARTBEAT_LATE;
                }
                return Ok((record, cursor));
            }
            let since = *self.silent_since.get_or_insert_with(Instant::now);
            let frame = timeout_at(since + self.silence_max, self.body.frame())
                .await
                .map_err(|_| ClientError::timed_out("the stream fell silent"))?;
            self.silent_since = None;
            let Some(frame) = frame else {
                let error =
                    io::Error::new(io::ErrorKind::UnexpectedEof, "the stream ended without saying so");
                return Err(error.into());
            };
            let Ok(bytes) = frame?.into_data() else { continue };
            let taken = match &mut self.framing {
                Framing::Ndjson(parser) => parser.push(&bytes).map_err(|error| error.to_string()),
                Framing::Sse(parser) => parser.push(&bytes).map_err(|error| error.to_string()),
            };
            taken.map_err(ClientError::Protocol)?;
        }
    }

    fn next_framed(&mut self) -> Option<Vec<u8>> {
        match &mut self.framing {
            Framing::Ndjson(parser) => parser.next_line(),
            // An event of a type of its own is not for this version.
            Framing::Sse(parser) => std::iter::from_fn(|| parser.next_event())
                .find(|event| event.event == "message")
                .map(|event| event.data.into_bytes()),
        }
    }
}

fn decode(json: &[u8]) -> Result<(Record, Cursor), ClientError> {
    let wrong = |error: serde_json::Error| ClientError::Protocol(format!("a record that is none: {error}"));
    let record: Record = serde_json::from_slice(json).map_err(wrong)?;
    let cursor = match record.cursor() {
        Some(cursor) => cursor.clone(),
        None => serde_json::from_slice::<Place>(json).map_err(wrong)?.cursor,
    };
    Ok((record, cursor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_an_unknown_type_has_a_place_too() {
        let json = br#"{"type":"parade","floats":["a",{"b":2}],"cursor":"C"}"#;
        assert_eq!(decode(json).unwrap(), (Record::Unknown, Cursor::from_text("C")));
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let json = br#"{"type":"heartbeat","heads":[],"cursor":"C","mood":"good"}"#;
        let expected = Record::Heartbeat { heads: Vec::new(), cursor: Cursor::from_text("C") };
        assert_eq!(decode(json).unwrap().0, expected);
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for json in ["", "{}", "[]", r#"{"type":"parade"}"#, r#"{"type":"message","cursor":"C"}"#, "<html>"] {
            assert!(matches!(decode(json.as_bytes()), Err(ClientError::Protocol(_))), "{json}");
        }
    }
}
