//! The connection after its handshake: bytes both ways, and the end.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use chinwag_protocol::Cursor;
use chinwag_websocket::{CloseCode, Connection, Deflater, Ending, Event, Message};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{timeout, timeout_at};

use super::Received;
use crate::ClientError;
use crate::client::ANSWER_TIMEOUT;
use crate::endpoint::Socket;
use crate::silence::Silence;

/// What may wait to be taken while a command is under way.
const INBOX_MAX: usize = 4096;
/// Bytes that are read at once.
const READ_BYTES: usize = 8192;
/// A text shorter than this travels as it is.
const DEFLATE_FROM_BYTES: usize = 1024;
/// How long the end may take once one side has said it.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A WebSocket of a server: records come, commands go.
///
/// Futures of it may be dropped at any moment: nothing that came is lost, and what was begun to be sent is sent with the
/// next thing that is done. Pings are answered while anything is waited for.
pub struct WebSocket {
    io: Box<dyn Socket>,
    connection: Connection,
    deflate: bool,
    silence: Silence,
    /// What was read; `taken` bytes of it were understood already.
    input: Vec<u8>,
    taken: usize,
    /// What is to be written.
    output: BytesMut,
    /// What came while a command was under way.
    inbox: VecDeque<Received>,
    /// What came while something was sent, which is later than what is in the inbox.
    unread: VecDeque<Incoming>,
    /// Place of the last record.
    place: Option<Cursor>,
    /// Commands so far, for their ids.
    commands: u64,
    /// Why there will be nothing more, once that is known.
    end: Option<End>,
    sending_side_closed: bool,
}

/// What came, not parsed.
enum Incoming {
    Text(String),
    Pong(Vec<u8>),
}

#[derive(Clone)]
enum End {
    /// The server closed.
    Closed { code: Option<u16>, reason: String },
    /// The server sent what it must not.
    Broken(String),
}

impl fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket").field("connection", &self.connection).finish_non_exhaustive()
    }
}

impl WebSocket {
    pub(super) fn new(io: Box<dyn Socket>, early: Bytes, connection: Connection, deflate: bool) -> Self {
        Self {
            io,
            connection,
            deflate,
            silence: Silence::new(),
            input: early.into(),
            taken: 0,
            output: BytesMut::new(),
            inbox: VecDeque::new(),
            unread: VecDeque::new(),
            place: None,
            commands: 0,
            end: None,
            sending_side_closed: false,
        }
    }

    /// Whether permessage-deflate was agreed on.
    pub fn is_deflated(&self) -> bool {
        self.deflate
    }

    /// What comes next.
    ///
    /// # Errors
    /// [`ClientError::Closed`] once the server has closed; [`ClientError::Transport`] when the connection breaks, or is
    /// silent for longer than 10 s, or than the heartbeat and 10 s once `hello` has told that.
    pub async fn next(&mut self) -> Result<Received, ClientError> {
        match self.inbox.pop_front() {
            Some(received) => Ok(received),
            None => self.receive().await,
        }
    }

    /// Waits for what comes next, and hands out each text that one reading of the socket has brought, records and answers
    /// to commands alike, not parsed. Not to be mixed with [`WebSocket::ask`], which keeps what it parsed for
    /// [`WebSocket::next`].
    ///
    /// # Errors
    /// Those of [`WebSocket::next`].
    pub async fn next_texts(&mut self, mut each: impl FnMut(&str)) -> Result<(), ClientError> {
        loop {
            let mut some = false;
            while let Some(incoming) = self.take_incoming() {
                if let Incoming::Text(text) = incoming {
                    self.silence.learn_from_json(text.as_bytes());
                    each(&text);
                    some = true;
                }
            }
            if some {
                return Ok(());
            }
            self.wait_for_more().await?;
        }
    }

    /// Sends a text, whatever it says.
    pub async fn send_text(&mut self, text: &str) -> Result<(), ClientError> {
        // One that lives no longer than this, for it is large, and what clients send is mostly too short for it.
        let mut deflater =
            (self.deflate && text.len() >= DEFLATE_FROM_BYTES).then(|| Deflater::new(DEFLATE_FROM_BYTES));
        let frame = self.connection.text(text, deflater.as_mut());
        self.send(frame.ok()).await
    }

    /// Sends binary data, which a Chinwag server does not take.
    pub async fn send_binary(&mut self, data: &[u8]) -> Result<(), ClientError> {
        let frame = self.connection.binary(data, None);
        self.send(frame.ok()).await
    }

    /// Sends a Ping of the WebSocket protocol with at most 125 bytes; [`Received::Pong`] answers it.
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), ClientError> {
        let frame = self.connection.ping(payload);
        self.send(frame.ok()).await
    }

    /// Closes, and waits until the server has done so too, at most 5 s. What comes meanwhile is dropped.
    ///
    /// Gives the code that the server has closed with, if it named one.
    pub async fn close(mut self, code: CloseCode, reason: &str) -> Result<Option<u16>, ClientError> {
        self.connection.close(code, reason);
        let ending = async {
            loop {
                match self.receive().await {
                    Ok(_) => {}
                    Err(ClientError::Closed { code, .. }) => return Ok(code),
                    Err(error) => return Err(error),
                }
            }
        };
        timeout(CLOSE_TIMEOUT, ending)
            .await
            .map_err(|_| ClientError::timed_out("the server did not close in time"))?
    }

    /// An id for the next command.
    pub(super) fn next_id(&mut self) -> String {
        self.commands += 1;
        self.commands.to_string()
    }

    /// The answer to a command; everything else that comes waits in the inbox.
    pub(super) async fn answer(&mut self, id: &str) -> Result<Received, ClientError> {
        if let Some(at) = self.inbox.iter().position(|received| received.answers(id))
            && let Some(answer) = self.inbox.remove(at)
        {
            return Ok(answer);
        }
        loop {
            if self.inbox.len() >= INBOX_MAX {
                return Err(io::Error::other("too much has come that nobody takes").into());
            }
            let received = self.receive().await?;
            if received.answers(id) {
                return Ok(received);
            }
            self.inbox.push_back(received);
        }
    }

    async fn receive(&mut self) -> Result<Received, ClientError> {
        loop {
            if let Some(received) = self.take_received() {
                return Ok(received);
            }
            self.wait_for_more().await?;
        }
    }

    /// Reads once; fails with why there will be nothing more.
    async fn wait_for_more(&mut self) -> Result<(), ClientError> {
        let more = match timeout_at(self.silence.until(), poll_fn(|cx| self.poll_more(cx))).await {
            Ok(more) => more,
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the stream fell silent")),
        };
        self.silence.broken();
        more.map_err(|error| match &self.end {
            Some(End::Closed { code, reason }) => ClientError::Closed { code: *code, reason: reason.clone() },
            Some(End::Broken(why)) => ClientError::Protocol(why.clone()),
            None => error.into(),
        })
    }

    /// Something of what was read, if there is a whole one.
    fn take_received(&mut self) -> Option<Received> {
        loop {
            let text = match self.take_incoming()? {
                Incoming::Text(text) => text,
                Incoming::Pong(payload) => return Some(Received::Pong(payload)),
            };
            match Received::parse(&text, &mut self.place) {
                Ok(received) => {
                    if let Received::Record(record, _) = &received {
                        self.silence.learn(record);
                    }
                    return Some(received);
                }
                Err(error) => {
                    self.connection.close(CloseCode::INVALID_DATA, "not a frame of chinwag.v1.json");
                    self.unread.clear();
                    self.ended(End::Broken(error.to_string()));
                }
            }
        }
    }

    fn take_incoming(&mut self) -> Option<Incoming> {
        match self.unread.pop_front() {
            Some(incoming) => Some(incoming),
            None => self.take_read(),
        }
    }

    /// The next message of what was read, if there is a whole one.
    fn take_read(&mut self) -> Option<Incoming> {
        loop {
            let mut rest = &self.input[self.taken..];
            let event = self.connection.receive(&mut rest);
            self.taken = self.input.len() - rest.len();
            match event {
                Ok(None) => {
                    self.input = Vec::new();
                    self.taken = 0;
                    return None;
                }
                // Nothing counts any more but that the other side is done.
                Ok(Some(_)) if self.end.is_some() => {}
                Ok(Some(Event::Message(Message::Text(text)))) => return Some(Incoming::Text(text)),
                Ok(Some(Event::Message(Message::Binary(_)))) => {
                    self.connection.close(CloseCode::UNSUPPORTED, "text only");
                    self.ended(End::Broken("binary data".to_owned()));
                }
                Ok(Some(Event::Ping(_))) => {}
                Ok(Some(Event::Pong(payload))) => return Some(Incoming::Pong(payload)),
                Ok(Some(Event::Close(close))) => {
                    let (code, reason) =
                        close.map_or((None, String::new()), |close| (Some(close.code.get()), close.reason));
                    self.ended(End::Closed { code, reason });
                }
                Err(violation) => self.ended(End::Broken(violation.to_string())),
            }
        }
    }

    /// Only the other side's last bytes are waited for, and not for long.
    fn ended(&mut self, end: End) {
        self.silence.shorten(CLOSE_TIMEOUT);
        self.end.get_or_insert(end);
    }

    async fn send(&mut self, frame: Option<Bytes>) -> Result<(), ClientError> {
        let Some(frame) = frame else {
            return Err(io::Error::new(io::ErrorKind::NotConnected, "the WebSocket is closing").into());
        };
        self.output.extend_from_slice(&frame);
        timeout(ANSWER_TIMEOUT, poll_fn(|cx| self.poll_sent(cx)))
            .await
            .map_err(|_| ClientError::timed_out("the server does not read"))??;
        Ok(())
    }

    /// Writes all there is. The server may wait to be read before it reads, so what comes is taken meanwhile.
    fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.poll_flush(cx)?.is_pending() {
            if self.inbox.len() + self.unread.len() >= INBOX_MAX {
                return Poll::Pending;
            }
            match self.take_read() {
                Some(incoming) => self.unread.push_back(incoming),
                None => {
                    ready!(self.poll_more(cx))?;
                    self.silence.broken();
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Reads more, and writes what waits to be written.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Poll::Ready(Err(_)) = self.poll_flush(cx) {
            // What the server has said before it went is still to be read, and says more.
            self.output.clear();
        }
        let mut buffer = [const { MaybeUninit::uninit() }; READ_BYTES];
        let mut buffer = ReadBuf::uninit(&mut buffer);
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut buffer))?;
        if buffer.filled().is_empty() {
            let error = io::Error::new(io::ErrorKind::UnexpectedEof, "the stream ended without saying so");
            return Poll::Ready(Err(error));
        }
        self.input.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(()))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.output.is_empty() {
                match self.connection.next_control() {
                    Some(frame) => self.output.extend_from_slice(&frame),
                    None => break,
                }
            }
            let written = ready!(Pin::new(&mut self.io).poll_write(cx, &self.output))?;
            self.output.advance(written);
        }
        ready!(Pin::new(&mut self.io).poll_flush(cx))?;
        if self.connection.ending() == Ending::HangUp && !self.sending_side_closed {
            ready!(Pin::new(&mut self.io).poll_shutdown(cx))?;
            self.sending_side_closed = true;
        }
        Poll::Ready(Ok(()))
    }
}
