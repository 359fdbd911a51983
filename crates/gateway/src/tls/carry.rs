//! Carries an event stream over a TLS connection that was taken out of HTTP/1.1.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use chinwag_hub::{Carrier, Outgoing};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::acceptor::TlsSocket;

/// Bytes of one read.
const INPUT_BYTES: usize = 4 << 10;

/// How carrying ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carried {
    /// In order: all was sent, and the connection is to be closed in order, too.
    Finished,
    /// The stream was cut, the peer has gone, or it took nothing in time.
    Broken,
}

/// Carries until either side ends, or the peer takes nothing for `stall`.
pub(crate) async fn carry(socket: &mut TlsSocket, carrier: Carrier, stall: Duration) -> Carried {
    let mut carrying = Carrying { socket, carrier, reads: true, chunk: Bytes::new(), stall, stalled: None };
    poll_fn(|cx| carrying.poll(cx)).await.unwrap_or(Carried::Broken)
}

struct Carrying<'a> {
    socket: &'a mut TlsSocket,
    carrier: Carrier,
    /// The peer may still send.
    reads: bool,
    /// Taken from the carrier and not yet from here.
    chunk: Bytes,
    stall: Duration,
    /// Runs while the peer takes nothing of what waits; with how much it had taken when it began.
    stalled: Option<(Pin<Box<Sleep>>, u64)>,
}

impl Carrying<'_> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Carried>> {
        self.poll_incoming(cx)?;
        match self.poll_outgoing(cx)? {
            Poll::Ready(carried) => Poll::Ready(Ok(carried)),
            Poll::Pending => self.poll_stalled(cx).map(Ok),
        }
    }

    fn poll_incoming(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        while self.reads && self.carrier.poll_room(cx).is_ready() {
            let mut input = [0; INPUT_BYTES];
            let mut input = ReadBuf::new(&mut input);
            match Pin::new(&mut *self.socket).poll_read(cx, &mut input)? {
                Poll::Pending => break,
                Poll::Ready(()) if input.filled().is_empty() => {
                    self.carrier.end_incoming();
                    self.reads = false;
                }
                Poll::Ready(()) => self.carrier.give(input.filled()),
            }
        }
        Ok(())
    }

    /// Ready when the stream has ended.
    fn poll_outgoing(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Carried>> {
        loop {
            let next = self.carrier.poll_outgoing(cx);
            if next == Poll::Ready(Outgoing::Cut) {
                return Poll::Ready(Ok(Carried::Broken));
            }
            if self.chunk.is_empty() {
                match next {
                    Poll::Ready(Outgoing::Bytes(count)) => self.chunk = self.carrier.take(count),
                    Poll::Ready(Outgoing::Finished) => {
                        ready!(Pin::new(&mut *self.socket).poll_flush(cx))?;
                        return Poll::Ready(Ok(Carried::Finished));
                    }
                    Poll::Ready(Outgoing::Cut) | Poll::Pending => {
                        ready!(Pin::new(&mut *self.socket).poll_flush(cx))?;
                        // Gives its memory back.
                        self.chunk = Bytes::new();
                        return Poll::Pending;
                    }
                }
            }
            let count = ready!(Pin::new(&mut *self.socket).poll_write(cx, &self.chunk))?;
            if count == 0 {
                return Poll::Ready(Ok(Carried::Broken));
            }
            self.chunk.advance(count);
        }
    }

    /// Whether anything waits for the peer.
    fn owes(&self) -> bool {
        !self.chunk.is_empty() || self.socket.get_ref().1.wants_write()
    }

    /// Ready when the peer has taken nothing for too long.
    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<Carried> {
        if !self.owes() {
            self.stalled = None;
            return Poll::Pending;
        }
        let taken = self.socket.get_ref().0.bytes();
        if self.stalled.as_ref().is_some_and(|(_, before)| *before != taken) {
            self.stalled = None;
        }
        let stall = self.stall;
        let (stalled, _) = self.stalled.get_or_insert_with(|| (Box::pin(sleep(stall)), taken));
        ready!(stalled.as_mut().poll(cx));
        self.carrier.count_stalled();
        Poll::Ready(Carried::Broken)
    }
}
