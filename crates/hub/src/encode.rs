//! Records as bytes: each is encoded once, in one buffer that serves every wire format.

use std::ops::Range;

use bytes::Bytes;
use chinwag_protocol::{Cursor, Record};

/// How a stream frames its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Server-Sent Events.
    Sse,
    /// One JSON record a line.
    Ndjson,
}

/// A record in one buffer: `id: CURSOR\ndata: JSON\n\n`. The other formats are slices of it.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    bytes: Bytes,
    json: Range<usize>,
}

impl Frame {
    pub(crate) fn encode(record: &Record, cursor: &Cursor) -> Self {
        let mut bytes = Vec::with_capacity(320);
        bytes.extend_from_slice(b"id: ");
        bytes.extend_from_slice(cursor.as_str().as_bytes());
        bytes.extend_from_slice(b"\ndata: ");
        let start = bytes.len();
        // JSON escapes CR and LF, so that neither can end a line of the stream.
        serde_json::to_writer(&mut bytes, record)
            .expect("a record is always JSON and a Vec takes every byte");
        let end = bytes.len();
        bytes.extend_from_slice(b"\n\n");
        Self { bytes: bytes.into(), json: start..end }
    }

    /// The record with its framing.
    pub(crate) fn framed(&self, format: Format) -> Bytes {
        match format {
            Format::Sse => self.bytes.clone(),
            Format::Ndjson => self.bytes.slice(self.json.start..self.json.end + 1),
        }
    }

    /// The bare record.
    pub(crate) fn json(&self) -> Bytes {
        self.bytes.slice(self.json.clone())
    }

    /// Bytes of memory that the buffer takes.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The same message without its text, if it is a message.
    pub(crate) fn emptied(&self) -> Option<Self> {
        let Ok(Record::Message(mut message)) = serde_json::from_slice(&self.bytes[self.json.clone()]) else {
            return None;
        };
        message.text = String::new();
        message.deleted = true;
        let cursor = message.cursor.clone();
        Some(Self::encode(&Record::Message(message), &cursor))
    }
}
