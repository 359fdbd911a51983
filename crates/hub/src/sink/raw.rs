//! Bare sockets, written by the shard itself.

use std::any::Any;
use std::io::{ErrorKind, IoSlice};
use std::net::Shutdown;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use prometheus_client::metrics::gauge::Gauge;
use socket2::SockRef;
use tokio::net::TcpStream;

use super::{ConnectionKey, Ready, Received, Sink, Written};

/// Something that counts for as long as it lives: in a gauge, and wherever else its owner has it counted.
#[derive(Debug)]
pub(crate) struct Counted<T> {
    inner: T,
    gauge: Gauge,
    _held: Box<dyn Any + Send>,
}

impl<T> Counted<T> {
    pub(crate) fn new(inner: T, gauge: Gauge, held: Box<dyn Any + Send>) -> Self {
        gauge.inc();
        Self { inner, gauge, _held: held }
    }
}

impl<T> Drop for Counted<T> {
    fn drop(&mut self) {
        self.gauge.dec();
    }
}

/// A cleartext HTTP/1.1 connection whose head is written: from here on the shard writes to the socket itself.
#[derive(Debug)]
pub(crate) struct RawSink {
    socket: Counted<TcpStream>,
    waker: Waker,
}

impl RawSink {
    pub(crate) fn new(socket: Counted<TcpStream>, ready: &Arc<Ready>, key: ConnectionKey) -> Self {
        Self { socket, waker: ready.waker(key) }
    }
}

impl Sink for RawSink {
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> Written {
        loop {
            let written = match buffers {
                // `send` is a tenth cheaper than `writev`, and one record is what most writes have.
                [one] => self.socket.inner.try_write(one),
                several => self.socket.inner.try_write_vectored(several),
            };
            match written {
                Ok(0) => return Written::Closed,
                Ok(count) => return Written::Bytes(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    // Asks to be woken; if room came in between, tries again.
                    match self.socket.inner.poll_write_ready(&mut Context::from_waker(&self.waker)) {
                        Poll::Pending => return Written::Blocked,
                        Poll::Ready(Ok(())) => {}
                        Poll::Ready(Err(_)) => return Written::Closed,
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Written::Closed,
            }
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> Received {
        loop {
            match self.socket.inner.try_read(buffer) {
                Ok(0) => return Received::End,
                Ok(count) => return Received::Bytes(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    match self.socket.inner.poll_read_ready(&mut Context::from_waker(&self.waker)) {
                        Poll::Pending => return Received::Nothing,
                        Poll::Ready(Ok(())) => {}
                        Poll::Ready(Err(_)) => return Received::End,
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Received::End,
            }
        }
    }

    fn wake(&self) {
        self.waker.wake_by_ref();
    }

    fn shutdown(&mut self) {
        // Fails only where there is nobody to be told any more.
        let _ = SockRef::from(&self.socket.inner).shutdown(Shutdown::Write);
    }
}
