//! Records straight from the socket: for programs that read thousands of streams on one core.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd};

use bytes::Bytes;
use chinwag_protocol::Cursor;
use chinwag_websocket::frame::{Header, Opcode};
use chinwag_websocket::{Connection, Event, Message};
use http::StatusCode;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};

use super::framing::Framing;
use super::record_bytes::{RecordBytesOptions, cursor};
use crate::http1::Bare;
use crate::record::place;
use crate::session::BEGIN_TIMEOUT;
use crate::{ClientError, Session, Transport, WebSocket};

/// One connection of a stream over HTTP/1.1 without TLS, in the hands of the caller, who waits until it is readable.
///
/// What comes is cut into records and not looked at any further: a text that is not UTF-8 is handed out too. Pings are
/// answered. Nothing notices that it falls silent.
pub struct RecordSocket {
    socket: TcpStream,
    framing: Wire,
    /// What had been read before it was in the caller's hands.
    early: Bytes,
    after: Option<Cursor>,
    /// The text of the last record's cursor.
    place: Vec<u8>,
}

enum Wire {
    Body(Framing),
    WebSocket(Connection),
}

impl fmt::Debug for RecordSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordSocket").field("socket", &self.socket).finish_non_exhaustive()
    }
}

impl AsFd for RecordSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl RecordSocket {
    pub(crate) async fn open(
        session: &Session,
        transport: Transport,
        after: Option<Cursor>,
        options: &RecordBytesOptions,
    ) -> Result<Option<Self>, ClientError> {
        let http = session.client().http();
        let opened = match (transport, Framing::of(transport)) {
            (Transport::WebSocket, _) => {
                let request = session.websocket_request(after.as_ref())?;
                WebSocket::open_bare(http, request, options.websocket)
                    .await?
                    .map(|(bare, connection)| (bare, Wire::WebSocket(connection)))
            }
            (_, Some((media_type, framing))) => {
                let request = session.stream_request(media_type, after.as_ref())?;
                let bare = http.open_bare(request, BEGIN_TIMEOUT).await?.filter(is_bare);
                bare.map(|bare| (bare, Wire::Body(framing)))
            }
            (_, None) => None,
        };
        let Some((Bare { early, socket, .. }, framing)) = opened else { return Ok(None) };
        // It stays non-blocking.
        let socket = socket.into_std()?;
        Ok(Some(Self { socket, framing, early, after, place: Vec::new() }))
    }

    /// Reads all that has come, piece by piece into `buffer`, and hands out each record, on a WebSocket each text. Does not
    /// wait. To be called once at first, and then whenever the socket becomes readable.
    ///
    /// # Errors
    /// The end of the stream is one: [`ClientError::Closed`] or [`ClientError::Transport`].
    pub fn read(&mut self, buffer: &mut [u8], mut each: impl FnMut(&[u8])) -> Result<(), ClientError> {
        let early = std::mem::take(&mut self.early);
        if !early.is_empty() {
            self.take(&early, &mut each)?;
        }
        loop {
            let count = match self.socket.read(buffer) {
                Ok(0) => {
                    let error =
                        io::Error::new(io::ErrorKind::UnexpectedEof, "the stream ended without saying so");
                    return Err(error.into());
                }
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            self.take(&buffer[..count], &mut each)?;
            // A stream's short read has emptied it; what comes later makes it readable anew.
            if count < buffer.len() {
                return Ok(());
            }
        }
    }

    /// The place after all that was handed out; where reading began, if nothing was.
    pub fn cursor(&self) -> Option<Cursor> {
        cursor(&self.place).or_else(|| self.after.clone())
    }

    fn take(&mut self, bytes: &[u8], each: &mut impl FnMut(&[u8])) -> Result<(), ClientError> {
        let kept = &mut self.place;
        let mut each = |json: &[u8]| {
            if let Some(text) = place(json) {
                kept.clear();
                kept.extend_from_slice(&text);
            }
            each(json);
        };
        match &mut self.framing {
            Wire::Body(framing) => framing.push_each(bytes, each),
            Wire::WebSocket(connection) => {
                let taken = take_texts(connection, bytes, &mut each);
                while let Some(frame) = connection.next_control() {
                    // A few bytes, which a socket that nothing else is written to takes. If not, another Ping will come.
                    _ = (&self.socket).write(&frame);
                }
                taken
            }
        }
    }
}

/// Whether nothing frames the body but its connection, so that what follows the head is the stream itself.
fn is_bare(bare: &Bare) -> bool {
    let headers = &bare.head.headers;
    bare.head.status == StatusCode::OK
        && !headers.contains_key(TRANSFER_ENCODING)
        && !headers.contains_key(CONTENT_LENGTH)
}

fn take_texts(
    connection: &mut Connection,
    mut bytes: &[u8],
    each: &mut impl FnMut(&[u8]),
) -> Result<(), ClientError> {
    while !bytes.is_empty() {
        if let Some((text, rest)) = whole_text(connection, bytes) {
            each(text);
            bytes = rest;
            continue;
        }
        match connection.receive(&mut bytes) {
            Ok(Some(Event::Message(Message::Text(text)))) => each(text.as_bytes()),
            Ok(Some(Event::Message(Message::Binary(_)))) => {
                return Err(ClientError::Protocol("binary data".to_owned()));
            }
            Ok(Some(Event::Close(close))) => {
                let (code, reason) =
                    close.map_or((None, String::new()), |close| (Some(close.code.get()), close.reason));
                return Err(ClientError::Closed { code, reason });
            }
            Ok(Some(Event::Ping(_) | Event::Pong(_)) | None) => {}
            Err(violation) => return Err(ClientError::Protocol(violation.to_string())),
        }
    }
    Ok(())
}

/// A text that lies before us in one piece, as nearly all do, and what follows it; everything else is for the connection.
fn whole_text<'a>(connection: &Connection, bytes: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    if connection.is_receiving() {
        return None;
    }
    let (header, length) = Header::parse(bytes).ok()??;
    let plain = header.fin && !header.rsv1 && header.mask.is_none() && header.opcode == Opcode::Text;
    let payload = bytes.get(length..).filter(|_| plain)?;
    payload.split_at_checked(usize::try_from(header.length).ok()?)
}
