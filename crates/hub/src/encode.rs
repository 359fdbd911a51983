//! Records as bytes: each is encoded once, in one buffer that serves every wire format.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use chinwag_protocol::{AccountId, Cursor, Entity, Record, SenderCard, Seq, Timestamp};
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

/// What a message says, and what goes with that.
#[derive(Debug, Default)]
struct Text {
    text: String,
    entities: Vec<Entity>,
    edited_at: Option<Timestamp>,
    reply_to: Option<Seq>,
    forwarded: bool,
    deleted: bool,
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

    /// Whether it is a message that this account has sent, or an edit of one. A text cannot pretend to be: JSON escapes its
    /// quotation marks.
    pub(crate) fn is_text_of(&self, account: AccountId) -> bool {
        let json = &self.0.bytes[self.0.json.clone()];
        (json.starts_with(br#"{"type":"message","#) || json.starts_with(br#"{"type":"edit","#))
            && memchr::memmem::find(json, format!(r#""sender":{{"id":"{account}""#).as_bytes()).is_some()
    }

    /// The same row, saying that of several accounts it is for this one alone.
    pub(crate) fn only_for(&self, account: AccountId) -> Option<Self> {
        let record = serde_json::from_slice::<Record>(&self.json()).ok()?.only_for(account);
        let cursor = record.cursor()?.clone();
        Some(Self::encode(&record, &cursor))
    }

    /// The same message or edit without its text, if it is one.
    pub(crate) fn emptied(&self) -> Option<Self> {
        self.with_text(|_, text| *text = Text { deleted: true, ..Text::default() })
    }

    /// The same message or edit without its text and as sent by who its sender is now, if it is one.
    pub(crate) fn erased(&self, by: &SenderCard) -> Option<Self> {
        self.with_text(|sender, text| {
            sender.clone_from(by);
            *text = Text { deleted: true, ..Text::default() };
        })
    }

    /// The same edit without what it says: another one follows.
    pub(crate) fn superseded(&self) -> Option<Self> {
        let mut record: Record = serde_json::from_slice(&self.json()).ok()?;
        let Record::Edit { text, entities, superseded, .. } = &mut record else { return None };
        text.clear();
        entities.clear();
        *superseded = true;
        let cursor = record.cursor()?.clone();
        Some(Self::encode(&record, &cursor))
    }

    /// The same message with the text that `edit` gives it.
    pub(crate) fn edited(&self, edit: &Self) -> Option<Self> {
        let record = serde_json::from_slice(&edit.json()).ok()?;
        // One that says nothing any more comes after what it said has gone from the message.
        let Record::Edit { text, entities, sent_at, superseded: false, deleted: false, .. } = record else {
            return None;
        };
        self.with_text(|_, now| {
            if !now.deleted {
                (now.text, now.entities, now.edited_at) = (text, entities, Some(sent_at));
            }
        })
    }

    /// The row at its place for those who may not see what it says.
    pub(crate) fn hidden(&self) -> Option<Self> {
        let (conversation, seq, target, cursor) = match serde_json::from_slice(&self.json()).ok()? {
            Record::Message(message) => (message.conversation, message.seq, None, message.cursor),
            Record::Edit { conversation, seq, target, cursor, .. } => {
                (conversation, seq, Some(target), cursor)
            }
            _ => return None,
        };
        Some(Self::encode(&Record::Hidden { conversation, seq, target, cursor: cursor.clone() }, &cursor))
    }

    /// Changes who has sent a message and what it says, or the same of an edit, if it is one.
    fn with_text(&self, change: impl FnOnce(&mut SenderCard, &mut Text)) -> Option<Self> {
        let mut record: Record = serde_json::from_slice(&self.json()).ok()?;
        match &mut record {
            Record::Message(message) => {
                let mut text = Text {
                    text: std::mem::take(&mut message.text),
                    entities: std::mem::take(&mut message.entities),
                    edited_at: message.edited_at,
                    reply_to: message.reply_to,
                    forwarded: message.forwarded,
                    deleted: message.deleted,
                };
                change(&mut message.sender, &mut text);
                let Text { text, entities, edited_at, reply_to, forwarded, deleted } = text;
                message.text = text;
                message.entities = entities;
                message.edited_at = edited_at;
                message.reply_to = reply_to;
                message.forwarded = forwarded;
                message.deleted = deleted;
            }
            Record::Edit { sender, text, entities, superseded, deleted, .. } => {
                let mut now = Text {
                    text: std::mem::take(text),
                    entities: std::mem::take(entities),
                    deleted: *deleted,
                    ..Text::default()
                };
                change(sender, &mut now);
                (*text, *entities, *deleted) = (now.text, now.entities, now.deleted);
                *superseded &= !now.deleted;
            }
            _ => return None,
        }
        let cursor = record.cursor()?.clone();
        Some(Self::encode(&record, &cursor))
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
