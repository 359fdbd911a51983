//! One connection's protocol (RFC 6455 §5 to §7): bytes in, events out, and what is to be written of itself.
//!
//! The caller owns the socket. It hands over what it read, takes the events one by one, and whenever a frame may start on
//! the wire asks [`Connection::next_control`] first, so that Pongs and the Close overtake data that waits.

use bytes::Bytes;
use chinwag_sabotage::{Promise, breaks};

use crate::close::{Close, CloseCode};
use crate::deflate::{Deflate, Deflater};
use crate::frame::{CONTROL_MAX_BYTES, HEADER_MAX_BYTES, Header, Opcode};
use crate::limits::Limits;
use crate::mask;
use crate::message::{Assembly, Kind, Message, Part};
use crate::violation::Violation;

/// Which end of the connection we are.
#[derive(Clone, Copy, Debug)]
pub enum Role {
    /// Takes masked frames, sends unmasked ones, closes TCP first.
    Server,
    /// Takes unmasked frames, sends masked ones.
    Client {
        /// Makes a masking key. It must be unpredictable for whoever chooses what is sent (RFC 6455 §10.3).
        mask: fn() -> [u8; 4],
    },
}

/// What the peer sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A whole message.
    Message(Message),
    /// A Ping. Its Pong is already to be had from [`Connection::next_control`]; that pings come too often is for the
    /// caller to notice, who has a clock.
    Ping(Vec<u8>),
    /// A Pong.
    Pong(Vec<u8>),
    /// The peer closes, and may say why. The answer is already to be had from [`Connection::next_control`]; nothing
    /// that comes after this is looked at.
    Close(Option<Close>),
}

/// Nothing more can be sent: our Close is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the connection is closing")]
pub struct Closing;

/// How far the end has come, and what the caller does about TCP (RFC 6455 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Nobody closes.
    None,
    /// Our Close is to be written, or the peer's is awaited: go on, with a time limit.
    Closing,
    /// All is said: close the sending side of TCP now, then read to the peer's end within a time limit, so that our Close
    /// is not lost to a reset.
    HangUp,
    /// All is said, and it is for the server to close TCP first: read to its end within a time limit.
    AwaitEnd,
}

/// A connection after its handshake.
#[derive(Debug)]
pub struct Connection {
    role: Role,
    limits: Limits,
    deflate: Option<Deflate>,
    reading: Reading,
    /// The message at hand, between its first frame and its last.
    message: Option<Box<Assembly>>,
    /// The payload of the control frame at hand.
    control: Vec<u8>,
    /// What next to write of ourselves, boxed because there is nothing nearly always.
    pending: Option<Box<Pending>>,
    our_close: OurClose,
    /// Whether the peer has closed or broken the protocol, so that nothing more from it counts.
    deaf: Deaf,
}

/// Where in a frame the next byte belongs.
#[derive(Debug)]
enum Reading {
    Header { bytes: [u8; HEADER_MAX_BYTES], have: u8 },
    Payload { header: Header, have: u64 },
}

/// Control frames that wait. A Pong answers the newest Ping, as RFC 6455 §5.5.3 allows, so however many come there is
/// one.
#[derive(Debug, Default)]
struct Pending {
    pong: Option<Vec<u8>>,
    close: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OurClose {
    Unsaid,
    Pending,
    Written,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deaf {
    No,
    PeerClosed,
    Failed,
}

impl Reading {
    const START: Self = Self::Header { bytes: [0; HEADER_MAX_BYTES], have: 0 };
}

impl Connection {
    /// A connection whose handshake is done and has agreed on `deflate`.
    pub fn new(role: Role, limits: Limits, deflate: Option<Deflate>) -> Self {
        Self {
            role,
            limits,
            deflate,
            reading: Reading::START,
            message: None,
            control: Vec::new(),
            pending: None,
            our_close: OurClose::Unsaid,
            deaf: Deaf::No,
        }
    }

    /// Takes bytes off the front of `input` up to the next event; `None` when all are taken and there is none.
    ///
    /// On an error the connection is failed (RFC 6455 §7.1.7): a Close with the violation's code waits to be written,
    /// and nothing more is looked at.
    pub fn receive(&mut self, input: &mut &[u8]) -> Result<Option<Event>, Violation> {
        if self.deaf != Deaf::No {
            *input = &[];
            return Ok(None);
        }
        let received = self.read(input);
        if let Err(violation) = &received {
            self.close(violation.close_code(), &violation.to_string());
            self.stop_reading(Deaf::Failed);
        }
        received
    }

    /// The next frame that is to be written before any other: a Pong or our Close.
    pub fn next_control(&mut self) -> Option<Bytes> {
        let pending = self.pending.as_mut()?;
        let frame = if let Some(payload) = pending.pong.take() {
            self.control_frame(Opcode::Pong, &payload)
        } else {
            let payload = pending.close.take()?;
            self.our_close = OurClose::Written;
            self.control_frame(Opcode::Close, &payload)
        };
        self.pending.take_if(|pending| pending.pong.is_none() && pending.close.is_none());
        Some(frame)
    }

    /// Closes from our side; only the first time counts. A reason of more than 123 bytes is cut. What the peer sends
    /// before its own Close still arrives, but its Pings are not answered any more.
    pub fn close(&mut self, code: CloseCode, reason: &str) {
        self.queue_close(Close::body(code, reason));
    }

    /// The frame of a text message to send, compressed if that was agreed and `deflater` finds it worth while.
    pub fn text(&self, text: &str, deflater: Option<&mut Deflater>) -> Result<Bytes, Closing> {
        self.data_frame(Opcode::Text, text.as_bytes(), deflater)
    }

    /// The frame of a binary message to send, like [`Connection::text`].
    pub fn binary(&self, data: &[u8], deflater: Option<&mut Deflater>) -> Result<Bytes, Closing> {
        self.data_frame(Opcode::Binary, data, deflater)
    }

    /// A Ping to send, of at most 125 bytes; what is over is cut.
    pub fn ping(&self, payload: &[u8]) -> Result<Bytes, Closing> {
        self.open()?;
        Ok(self.control_frame(Opcode::Ping, &payload[..payload.len().min(CONTROL_MAX_BYTES)]))
    }

    /// How far the end has come.
    pub fn ending(&self) -> Ending {
        match (self.our_close, self.deaf, self.role) {
            (OurClose::Unsaid, _, _) => Ending::None,
            (OurClose::Pending, _, _) | (OurClose::Written, Deaf::No, _) => Ending::Closing,
            (OurClose::Written, Deaf::PeerClosed, Role::Client { .. }) => Ending::AwaitEnd,
            (OurClose::Written, _, _) => Ending::HangUp,
        }
    }

    /// Whether a frame or a message has begun to arrive and has not ended.
    pub fn is_receiving(&self) -> bool {
        !matches!(self.reading, Reading::Header { have: 0, .. }) || self.message.is_some()
    }

    /// Whether nothing is at hand: no part of a frame or message, nothing to write. Then no memory is held but this
    /// struct's own.
    pub fn is_idle(&self) -> bool {
        !self.is_receiving() && self.pending.is_none()
    }

    fn read(&mut self, input: &mut &[u8]) -> Result<Option<Event>, Violation> {
        loop {
            let (header, mut have) = match &mut self.reading {
                Reading::Payload { header, have } => (*header, *have),
                Reading::Header { bytes, have } => {
                    let Some(header) = take_header(bytes, have, input)? else { return Ok(None) };
                    self.begin_frame(&header)?;
                    (header, 0)
                }
            };
            let left = header.length - have;
            let taken = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
            let (payload, rest) = input.split_at(taken);
            *input = rest;
            let offset = (have % 4) as usize;
            have += taken as u64;
            let ended = have == header.length;
            self.reading = if ended { Reading::START } else { Reading::Payload { header, have } };
            self.take_payload(&header, payload, offset, ended)?;
            if !ended {
                return Ok(None);
            }
            if let Some(event) = self.end_frame(&header)? {
                return Ok(Some(event));
            }
        }
    }

    /// Judges a frame by its header. Nothing is allocated for its payload.
    fn begin_frame(&mut self, header: &Header) -> Result<(), Violation> {
        match (self.role, header.mask) {
            (Role::Server, None) if breaks(Promise::Masked) => {}
            (Role::Server, None) => return Err(Violation::Unmasked),
            (Role::Client { .. }, Some(_)) => return Err(Violation::Masked),
            (Role::Server, Some(_)) | (Role::Client { .. }, None) => {}
        }
        // RSV1 only says something about a message, so on its first frame (RFC 7692 §6).
        let starts_message = matches!(header.opcode, Opcode::Text | Opcode::Binary);
        if header.rsv1 && !(starts_message && self.deflate.is_some()) {
            return Err(Violation::ReservedBit);
        }
        if header.opcode.is_control() {
            return Ok(());
        }
        if !starts_message {
            let message = self.message.as_mut().ok_or(Violation::StrayContinuation)?;
            return message.begin_fragment(header.length, &self.limits);
        }
        if self.message.is_some() {
            return Err(Violation::InterruptedMessage);
        }
        let kind = if header.opcode == Opcode::Text { Kind::Text } else { Kind::Binary };
        let mut message = if header.rsv1 { Assembly::compressed(kind) } else { Assembly::plain(kind) };
        message.begin_fragment(header.length, &self.limits)?;
        self.message = Some(Box::new(message));
        Ok(())
    }

    fn take_payload(
        &mut self,
        header: &Header,
        payload: &[u8],
        offset: usize,
        ended: bool,
    ) -> Result<(), Violation> {
        match &mut self.message {
            Some(message) if !header.opcode.is_control() => {
                let part = if ended && header.fin { Part::Last } else { Part::More };
                message.push(payload, header.mask, offset, part, &self.limits)
            }
            _ => {
                let start = self.control.len();
                self.control.extend_from_slice(payload);
                mask::apply(&mut self.control[start..], header.mask.unwrap_or_default(), offset);
                Ok(())
            }
        }
    }

    fn end_frame(&mut self, header: &Header) -> Result<Option<Event>, Violation> {
        match header.opcode {
            Opcode::Continuation | Opcode::Text | Opcode::Binary => {
                let Some(message) = self.message.take_if(|_| header.fin) else { return Ok(None) };
                message.finish(&self.limits).map(|message| Some(Event::Message(message)))
            }
            Opcode::Ping => {
                let payload = std::mem::take(&mut self.control);
                if self.our_close == OurClose::Unsaid {
                    self.pending.get_or_insert_default().pong = Some(payload.clone());
                }
                Ok(Some(Event::Ping(payload)))
            }
            Opcode::Pong => Ok(Some(Event::Pong(std::mem::take(&mut self.control)))),
            Opcode::Close => {
                let close = Close::parse(&self.control)?;
                self.queue_close(close.as_ref().map_or_else(Vec::new, |close| Close::body(close.code, "")));
                self.stop_reading(Deaf::PeerClosed);
                Ok(Some(Event::Close(close)))
            }
        }
    }

    fn stop_reading(&mut self, deaf: Deaf) {
        self.deaf = deaf;
        self.reading = Reading::START;
        self.message = None;
        self.control = Vec::new();
    }

    fn queue_close(&mut self, body: Vec<u8>) {
        if self.our_close == OurClose::Unsaid {
            self.our_close = OurClose::Pending;
            self.pending.get_or_insert_default().close = Some(body);
        }
    }

    fn open(&self) -> Result<(), Closing> {
        if self.our_close == OurClose::Unsaid { Ok(()) } else { Err(Closing) }
    }

    fn mask(&self) -> Option<[u8; 4]> {
        match self.role {
            Role::Server => None,
            Role::Client { mask } => Some(mask()),
        }
    }

    fn control_frame(&self, opcode: Opcode, payload: &[u8]) -> Bytes {
        let header = Header { mask: self.mask(), ..Header::new(opcode, payload.len()) };
        Bytes::from(header.frame(payload))
    }

    fn data_frame(
        &self,
        opcode: Opcode,
        message: &[u8],
        deflater: Option<&mut Deflater>,
    ) -> Result<Bytes, Closing> {
        self.open()?;
        let deflater = deflater.filter(|_| self.deflate.is_some_and(|deflate| deflate.fits(message.len())));
        let deflated = deflater.and_then(|deflater| deflater.deflate(message));
        let payload = deflated.as_deref().unwrap_or(message);
        let header =
            Header { rsv1: deflated.is_some(), mask: self.mask(), ..Header::new(opcode, payload.len()) };
        Ok(Bytes::from(header.frame(payload)))
    }
}

/// Takes a header's bytes off the front of `input`, keeping those of an unfinished one in `bytes`.
fn take_header(
    bytes: &mut [u8; HEADER_MAX_BYTES],
    have: &mut u8,
    input: &mut &[u8],
) -> Result<Option<Header>, Violation> {
    let before = usize::from(*have);
    let more = input.len().min(HEADER_MAX_BYTES - before);
    bytes[before..before + more].copy_from_slice(&input[..more]);
    match Header::parse(&bytes[..before + more])? {
        Some((header, length)) => {
            *input = &input[length - before..];
            Ok(Some(header))
        }
        None => {
            *have += more as u8;
            *input = &input[more..];
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_capacity_stays_behind() {
        let mut connection = Connection::new(Role::Server, Limits::default(), None);
        for opcode in [Opcode::Ping, Opcode::Pong, Opcode::Binary, Opcode::Close] {
            let payload = b"\x03\xe8reason";
            let frame = Header { mask: Some([0; 4]), ..Header::new(opcode, payload.len()) }.frame(payload);
            connection.receive(&mut &frame[..]).unwrap();
            while connection.next_control().is_some() {}
            assert!(connection.is_idle() && connection.control.capacity() == 0, "{opcode:?}");
        }
    }
}
