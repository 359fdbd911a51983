//! How the body of a stream holds its records.

use crate::ndjson::NdjsonParser;
use crate::record::RECORD_BYTES_MAX;
use crate::sse::SseParser;
use crate::{ClientError, Transport};

/// The type of the Server-Sent Events that carry records. Others are not for this version.
const RECORD_EVENT: &str = "message";

#[derive(Debug)]
pub(super) enum Framing {
    Ndjson(NdjsonParser),
    Sse(SseParser),
}

impl Framing {
    /// That of a transport and its media type, if it has a body that does not end.
    pub(super) fn of(transport: Transport) -> Option<(&'static str, Self)> {
        match transport {
            Transport::Sse => Some(("text/event-stream", Self::Sse(SseParser::new(RECORD_BYTES_MAX)))),
            Transport::Stream => {
                Some(("application/x-ndjson", Self::Ndjson(NdjsonParser::new(RECORD_BYTES_MAX))))
            }
            Transport::Poll | Transport::LongPoll | Transport::WebSocket => None,
        }
    }

    /// Takes the next bytes, and hands out each record that is complete with them.
    pub(super) fn push_each(&mut self, bytes: &[u8], mut each: impl FnMut(&[u8])) -> Result<(), ClientError> {
        let pushed = match self {
            Self::Ndjson(parser) => parser.push_each(bytes, each).map_err(|error| error.to_string()),
            Self::Sse(parser) => parser
                .push_each(bytes, |_, event, data| {
                    if event == RECORD_EVENT {
                        each(data.as_bytes());
                    }
                })
                .map_err(|error| error.to_string()),
        };
        pushed.map_err(ClientError::Protocol)
    }

    /// Takes the next bytes, for [`Framing::next`].
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        let pushed = match self {
            Self::Ndjson(parser) => parser.push(bytes).map_err(|error| error.to_string()),
            Self::Sse(parser) => parser.push(bytes).map_err(|error| error.to_string()),
        };
        pushed.map_err(ClientError::Protocol)
    }

    /// The next complete record.
    pub(super) fn next(&mut self) -> Option<Vec<u8>> {
        match self {
            Self::Ndjson(parser) => parser.next_line(),
            Self::Sse(parser) => std::iter::from_fn(|| parser.next_event())
                .find(|event| event.event == RECORD_EVENT)
                .map(|event| event.data.into_bytes()),
        }
    }
}
