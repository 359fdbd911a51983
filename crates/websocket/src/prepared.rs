//! A server's message to many: framed once, deflated once, shared by all who receive it.

use bytes::Bytes;

use crate::deflate::{Deflate, Deflater};
use crate::frame::{Header, Opcode};

/// A text message, encoded as a server sends it. Clones share the bytes.
#[derive(Clone, Debug)]
pub struct Prepared {
    plain: Bytes,
    deflated: Option<Bytes>,
    message_bytes: usize,
}

impl Prepared {
    /// Encodes a text. With a deflater also compressed, if it finds that worth while.
    pub fn text(text: &str, deflater: Option<&mut Deflater>) -> Self {
        let message = text.as_bytes();
        let deflated = deflater.and_then(|deflater| deflater.deflate(message)).map(|payload| {
            let header = Header { rsv1: true, ..Header::new(Opcode::Text, payload.len()) };
            Bytes::from(header.frame(&payload))
        });
        let plain = Bytes::from(Header::new(Opcode::Text, message.len()).frame(message));
        Self { plain, deflated, message_bytes: message.len() }
    }

    /// The frame for a peer with which this was negotiated.
    pub fn frame(&self, deflate: Option<Deflate>) -> &Bytes {
        match (&self.deflated, deflate) {
            (Some(deflated), Some(deflate)) if deflate.fits(self.message_bytes) => deflated,
            _ => &self.plain,
        }
    }
}
