//! Records as bytes: each is encoded once, in one buffer that serves every wire format.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use chinwag_protocol::{AccountId, Cursor, MessageRecord, Record, SenderCard};
use chinwag_websocket::frame::{HEADER_MAX_BYTES, Header, Opcode};
use chinwag_websocket::{Deflate, Deflater};

/// Records shorter than this are sent as they are: compressing saves less than a packet's own head.
const DEFLATE_BYTES_MIN: usize = 256;

/// How a stream frames its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Server-Sent Events.
    Sse,
    /// One JSON record a line.
    Ndjson,
    /// One text message a record, compressed if that was negotiated.
    WebSocket(Option<Deflate>),
}

impl Format {
    /// A record as streams of this format carry it; none if it has no cursor.
    ///
    /// The hub itself encodes each record once for all formats; this is for whoever wants to see what it writes.
    pub fn frame(self, record: &Record) -> Option<Bytes> {
        let cursor = record.cursor()?;
        Some(Frame::encode(record, cursor).framed(self, &mut FrameDeflater::default()))
    }
}

/// A record in one buffer: `id: CURSOR\ndata: `, the header of the WebSocket frame that carries the JSON, the JSON, `\n\n`.
/// Every format is made of slices of it, but for the compressed form, which is made once, when the first reader needs it.
///
/// So a frame for a WebSocket is one piece, and a write takes half as many; an event of Server-Sent Events is two.
#[derive(Debug, Clone)]
pub(crate) struct Frame(Arc<Encoded>);

#[derive(Debug)]
struct Encoded {
    bytes: Bytes,
    /// Bytes of `id: CURSOR\ndata: `.
    sse_head: usize,
    /// Where the header of the frame begins; it ends where the JSON begins.
    frame_start: usize,
    json: Range<usize>,
    /// A whole frame; `None` within if the JSON does not become shorter.
    deflated: OnceLock<Option<Bytes>>,
}

/// Compresses for one shard. What it needs is allocated when the first compressed reader comes.
#[derive(Debug, Default)]
pub(crate) struct FrameDeflater(Option<Deflater>);

impl Frame {
    pub(crate) fn encode(record: &Record, cursor: &Cursor) -> Self {
        let mut bytes = Vec::with_capacity(384);
        bytes.extend_from_slice(b"id: ");
        bytes.extend_from_slice(cursor.as_str().as_bytes());
        bytes.extend_from_slice(b"\ndata: ");
        Self::after(bytes, record)
    }

    /// A record without a cursor. A reader of Server-Sent Events keeps the one that it has.
    pub(crate) fn signal(record: &Record) -> Self {
        let mut bytes = Vec::with_capacity(192);
        bytes.extend_from_slice(b"data: ");
        Self::after(bytes, record)
    }

    #[inline]
    fn after(mut bytes: Vec<u8>, record: &Record) -> Self {
        let sse_head = bytes.len();
        // How long the header is shows when the JSON is there.
        bytes.extend_from_slice(&[0; HEADER_MAX_BYTES]);
        let start = bytes.len();
        // JSON escapes CR and LF, so that neither can end a line of the stream.
        serde_json::to_writer(&mut bytes, record)
            .expect("a record is always JSON and a Vec takes every byte");
        let end = bytes.len();
        bytes.extend_from_slice(b"\n\n");
        let mut header = Vec::with_capacity(HEADER_MAX_BYTES);
        Header::new(Opcode::Text, end - start).write(&mut header);
        let frame_start = start - header.len();
        bytes[frame_start..start].copy_from_slice(&header);
        // A long text leaves a buffer that has grown to twice its length, and it is kept for as long as a peer is slow.
        let bytes = bytes.into_boxed_slice().into();
        let deflated = OnceLock::new();
        Self(Arc::new(Encoded { bytes, sse_head, frame_start, json: start..end, deflated }))
    }

    /// The record with its framing, in two parts of which the first may be empty.
    pub(crate) fn parts<'a>(&'a self, format: Format, deflater: &mut FrameDeflater) -> [&'a [u8]; 2] {
        let Encoded { bytes, sse_head, frame_start, json, .. } = &*self.0;
        match format {
            Format::Sse => [&bytes[..*sse_head], &bytes[json.start..]],
            Format::Ndjson => [&[], &bytes[json.start..json.end + 1]],
            Format::WebSocket(deflate) => match self.deflated(deflate, deflater) {
                Some(frame) => [&[], frame],
                None => [&[], &bytes[*frame_start..json.end]],
            },
        }
    }

    /// The record with its framing, without its first `taken` bytes.
    pub(crate) fn rest(&self, format: Format, taken: usize, deflater: &mut FrameDeflater) -> Bytes {
        let [head, body] = self.parts(format, deflater);
        if taken < head.len() {
            return [&head[taken..], body].concat().into();
        }
        let rest = &body[taken - head.len()..];
        let deflated = match format {
            Format::WebSocket(deflate) => self.deflated(deflate, deflater),
            Format::Sse | Format::Ndjson => None,
        };
        deflated.unwrap_or(&self.0.bytes).slice_ref(rest)
    }

    /// The record with its framing.
    pub(crate) fn framed(&self, format: Format, deflater: &mut FrameDeflater) -> Bytes {
        self.rest(format, 0, deflater)
    }

    /// The bare record.
    pub(crate) fn json(&self) -> Bytes {
        self.0.bytes.slice(self.0.json.clone())
    }

    /// Bytes of memory that the buffer takes, and the compressed form may.
    pub(crate) fn len(&self) -> usize {
        let json = self.0.json.len();
        self.0.bytes.len() + if json < DEFLATE_BYTES_MIN { 0 } else { json }
    }

    /// Whether it is a message that this account has sent. A text cannot pretend to be: JSON escapes its quotation marks.
    pub(crate) fn is_message_of(&self, account: AccountId) -> bool {
        let json = &self.0.bytes[self.0.json.clone()];
        json.starts_with(br#"{"type":"message","#)
            && memchr::memmem::find(json, format!(r#""sender":{{"id":"{account}""#).as_bytes()).is_some()
    }

    /// The same row, saying that of several accounts it is for this one alone.
    pub(crate) fn only_for(&self, account: AccountId) -> Option<Self> {
        let record = serde_json::from_slice::<Record>(&self.json()).ok()?.only_for(account);
        let cursor = record.cursor()?.clone();
        Some(Self::encode(&record, &cursor))
    }

    /// The same message without its text, if it is a message.
    pub(crate) fn emptied(&self) -> Option<Self> {
        let Ok(Record::Message(mut message)) = serde_json::from_slice(&self.json()) else {
            return None;
        };
        message.text = String::new();
        message.deleted = true;
        let cursor = message.cursor.clone();
        Some(Self::encode(&Record::Message(message), &cursor))
    }

    /// The same message without its text and as sent by who its sender is now, if it is a message.
    pub(crate) fn erased(&self, sender: &SenderCard) -> Option<Self> {
        let Ok(Record::Message(message)) = serde_json::from_slice(&self.json()) else {
            return None;
        };
        let (sender, text, cursor) = (sender.clone(), String::new(), message.cursor.clone());
        let message = MessageRecord { sender, text, deleted: true, ..message };
        Some(Self::encode(&Record::Message(message), &cursor))
    }

    fn deflated(&self, deflate: Option<Deflate>, deflater: &mut FrameDeflater) -> Option<&Bytes> {
        let Encoded { bytes, json, deflated, .. } = &*self.0;
        deflate.filter(|deflate| deflate.fits(json.len()))?;
        deflated.get_or_init(|| deflater.frame(&bytes[json.clone()])).as_ref()
    }
}

impl FrameDeflater {
    /// The compressed frame of a text, if it is shorter.
    fn frame(&mut self, text: &[u8]) -> Option<Bytes> {
        let payload = self.get().deflate(text)?;
        let header = Header { rsv1: true, ..Header::new(Opcode::Text, payload.len()) };
        Some(header.frame(&payload).into())
    }

    /// The compressor itself, for a connection's own messages.
    pub(crate) fn get(&mut self) -> &mut Deflater {
        self.0.get_or_insert_with(|| Deflater::new(DEFLATE_BYTES_MIN))
    }
}
