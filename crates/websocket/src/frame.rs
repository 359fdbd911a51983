//! One frame's header (RFC 6455 §5.2): parsed as its bytes arrive, written in one go.

use crate::mask;
use crate::violation::Violation;

/// The longest header: two bytes, a 64-bit length, a masking key.
pub const HEADER_MAX_BYTES: usize = 14;

/// The most that a control frame carries (RFC 6455 §5.5).
pub const CONTROL_MAX_BYTES: usize = 125;

const FIN: u8 = 0x80;
const RSV1: u8 = 0x40;
const RSV2_RSV3: u8 = 0x30;
const OPCODE: u8 = 0x0f;
const MASK: u8 = 0x80;
const LENGTH: u8 = 0x7f;
const LENGTH_16: u8 = 126;
const LENGTH_64: u8 = 127;

/// What a frame is (RFC 6455 §11.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// A further fragment of the message at hand.
    Continuation = 0x0,
    /// Text, or its first fragment.
    Text = 0x1,
    /// Binary data, or its first fragment.
    Binary = 0x2,
    /// The end.
    Close = 0x8,
    /// A question whether the peer is there.
    Ping = 0x9,
    /// The answer, or a sign of life that nobody asked for.
    Pong = 0xa,
}

impl Opcode {
    /// Whether it steers the connection, rather than being part of a message (RFC 6455 §5.5).
    pub fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

impl TryFrom<u8> for Opcode {
    type Error = Violation;

    fn try_from(number: u8) -> Result<Self, Violation> {
        Ok(match number {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xa => Self::Pong,
            _ => return Err(Violation::ReservedOpcode(number)),
        })
    }
}

/// A frame's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Whether this is a message's last frame.
    pub fin: bool,
    /// RSV1: with permessage-deflate, whether the message that starts here is compressed (RFC 7692 §6).
    pub rsv1: bool,
    /// What the frame is.
    pub opcode: Opcode,
    /// The key with which the payload is masked, if it is.
    pub mask: Option<[u8; 4]>,
    /// The payload's length in bytes.
    pub length: u64,
}

impl Header {
    /// The header of a whole, unmasked, uncompressed message or control frame.
    pub fn new(opcode: Opcode, length: usize) -> Self {
        Self { fin: true, rsv1: false, opcode, mask: None, length: length as u64 }
    }

    /// Reads a header from the start of `bytes` and says how many bytes it took, or `None` if there are not enough yet.
    ///
    /// Checks what holds for every frame. What depends on the role, on the message at hand or on what was negotiated
    /// (masking, continuations, RSV1, limits) is the connection's to check.
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Violation> {
        let Some((&first, rest)) = bytes.split_first() else { return Ok(None) };
        if first & RSV2_RSV3 != 0 {
            return Err(Violation::ReservedBit);
        }
        let opcode = Opcode::try_from(first & OPCODE)?;
        let fin = first & FIN != 0;
        if opcode.is_control() && !fin {
            return Err(Violation::FragmentedControl);
        }

        let Some((&second, rest)) = rest.split_first() else { return Ok(None) };
        if opcode.is_control() && usize::from(second & LENGTH) > CONTROL_MAX_BYTES {
            return Err(Violation::LongControl);
        }
        let Some((length, rest)) = parse_length(second & LENGTH, rest)? else { return Ok(None) };
        let (mask, rest) = match (second & MASK != 0, rest.split_first_chunk()) {
            (false, _) => (None, rest),
            (true, Some((key, rest))) => (Some(*key), rest),
            (true, None) => return Ok(None),
        };
        let header = Self { fin, rsv1: first & RSV1 != 0, opcode, mask, length };
        Ok(Some((header, bytes.len() - rest.len())))
    }

    /// Appends the header to `bytes`, its length in the shortest form.
    pub fn write(&self, bytes: &mut Vec<u8>) {
        let fin = if self.fin { FIN } else { 0 };
        let rsv1 = if self.rsv1 { RSV1 } else { 0 };
        let masked = if self.mask.is_some() { MASK } else { 0 };
        bytes.push(fin | rsv1 | self.opcode as u8);
        match self.length {
            length @ 0..=125 => bytes.push(masked | length as u8),
            length @ 126..=0xffff => {
                bytes.push(masked | LENGTH_16);
                bytes.extend_from_slice(&(length as u16).to_be_bytes());
            }
            length => {
                bytes.push(masked | LENGTH_64);
                bytes.extend_from_slice(&length.to_be_bytes());
            }
        }
        bytes.extend_from_slice(self.mask.as_ref().map_or(&[], |key| key.as_slice()));
    }

    /// The whole frame: this header and `payload`, masked if the header has a key. The header's length is the payload's.
    pub fn frame(&self, payload: &[u8]) -> Vec<u8> {
        debug_assert_eq!(self.length, payload.len() as u64, "a header of another payload");
        let mut bytes = Vec::with_capacity(HEADER_MAX_BYTES + payload.len());
        self.write(&mut bytes);
        let start = bytes.len();
        bytes.extend_from_slice(payload);
        if let Some(key) = self.mask {
            mask::apply(&mut bytes[start..], key, 0);
        }
        bytes
    }
}

/// The length, its 7 bits being `short`, and what follows it; `None` if there are not enough bytes yet.
fn parse_length(short: u8, rest: &[u8]) -> Result<Option<(u64, &[u8])>, Violation> {
    match short {
        LENGTH_16 => match rest.split_first_chunk() {
            None => Ok(None),
            Some((length, rest)) => match u16::from_be_bytes(*length) {
                0..=125 => Err(Violation::LengthForm),
                length => Ok(Some((u64::from(length), rest))),
            },
        },
        LENGTH_64 => match rest.split_first_chunk() {
            None => Ok(None),
            Some((length, rest)) => match u64::from_be_bytes(*length) {
                0..=0xffff => Err(Violation::LengthForm),
                length if length >> 63 != 0 => Err(Violation::LengthTopBit),
                length => Ok(Some((length, rest))),
            },
        },
        length => Ok(Some((u64::from(length), rest))),
    }
}
