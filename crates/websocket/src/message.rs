//! One message as its fragments arrive (RFC 6455 §5.4): inflated, checked and bounded while it grows.

use chinwag_sabotage::{Promise, breaks};

use crate::deflate::Inflater;
use crate::limits::Limits;
use crate::mask;
use crate::violation::Violation;

/// A whole message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text.
    Text(String),
    /// Binary data.
    Binary(Vec<u8>),
}

/// What a message's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// UTF-8.
    Text,
    /// Anything.
    Binary,
}

/// How much of the message has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// More is to come.
    More,
    /// These are the last bytes.
    Last,
}

/// A message of which the end is not there yet.
#[derive(Debug)]
pub(crate) struct Assembly {
    kind: Kind,
    bytes: Vec<u8>,
    /// How many of `bytes` are whole characters. At most three more are the beginning of one.
    valid: usize,
    fragments: u32,
    inflater: Option<Inflater>,
}

impl Assembly {
    /// A message that travels as it is.
    pub(crate) fn plain(kind: Kind) -> Self {
        Self { kind, bytes: Vec::new(), valid: 0, fragments: 0, inflater: None }
    }

    /// A message that travels compressed.
    pub(crate) fn compressed(kind: Kind) -> Self {
        Self { inflater: Some(Inflater::default()), ..Self::plain(kind) }
    }

    /// Judges the next fragment by the length that its header announces.
    pub(crate) fn begin_fragment(&mut self, length: u64, limits: &Limits) -> Result<(), Violation> {
        if length > u64::from(limits.frame_bytes) {
            return Err(Violation::FrameTooLong);
        }
        if self.inflater.is_none() && self.bytes.len() as u64 + length > u64::from(limits.message_bytes) {
            return Err(Violation::MessageTooLong);
        }
        if self.fragments >= limits.fragments {
            return Err(Violation::TooManyFragments);
        }
        self.fragments += 1;
        Ok(())
    }

    /// Takes bytes of the fragment, of which the first is its payload's byte number `offset`.
    pub(crate) fn push(
        &mut self,
        payload: &[u8],
        key: Option<[u8; 4]>,
        offset: usize,
        part: Part,
        limits: &Limits,
    ) -> Result<(), Violation> {
        let limit_bytes = limits.message_bytes as usize;
        match &mut self.inflater {
            None => {
                let start = self.bytes.len();
                self.bytes.extend_from_slice(payload);
                mask::apply(&mut self.bytes[start..], key.unwrap_or_default(), offset);
            }
            Some(inflater) => {
                let mut unmasked = payload.to_vec();
                mask::apply(&mut unmasked, key.unwrap_or_default(), offset);
                inflater.push(&unmasked, &mut self.bytes, limit_bytes)?;
            }
        }
        // What ends the message is checked when it is made a string; once is enough.
        if self.kind == Kind::Text && part == Part::More { self.check_text() } else { Ok(()) }
    }

    /// The whole message.
    pub(crate) fn finish(mut self, limits: &Limits) -> Result<Message, Violation> {
        if let Some(inflater) = &mut self.inflater {
            inflater.finish(&mut self.bytes, limits.message_bytes as usize)?;
        }
        match self.kind {
            Kind::Binary => Ok(Message::Binary(self.bytes)),
            Kind::Text if breaks(Promise::CheckUtf8) => {
                Ok(Message::Text(String::from_utf8_lossy(&self.bytes).into_owned()))
            }
            Kind::Text => String::from_utf8(self.bytes).map(Message::Text).map_err(|_| Violation::NotUtf8),
        }
    }

    /// Fails at the first byte with which the text cannot become UTF-8 any more.
    fn check_text(&mut self) -> Result<(), Violation> {
        match str::from_utf8(&self.bytes[self.valid..]) {
            Ok(text) => self.valid += text.len(),
            Err(error) if error.error_len().is_none() => self.valid += error.valid_up_to(),
            Err(_) if breaks(Promise::CheckUtf8) => {}
            Err(_) => return Err(Violation::NotUtf8),
        }
        Ok(())
    }
}
