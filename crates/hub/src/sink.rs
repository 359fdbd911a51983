//! Where a connection's bytes go.

use std::io::{ErrorKind, IoSlice};
use std::net::Shutdown;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use parking_lot::Mutex;
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// So many bytes were taken, maybe not all.
    Bytes(usize),
    /// None, for now; the sink wakes its shard when it takes more.
    Blocked,
    /// The peer is gone.
    Closed,
}

/// What the peer sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Received {
    /// So many bytes, maybe not all.
    Bytes(usize),
    /// None, for now; the sink wakes its shard when some come.
    Nothing,
    /// The peer sends no more.
    End,
}

/// A peer that takes bytes, and sends some. Nothing here ever waits.
pub(crate) trait Sink {
    /// Gives the peer as much as it takes at once.
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> Written;

    /// Takes what the peer sent, as much as the buffer holds.
    fn read(&mut self, buffer: &mut [u8]) -> Received;

    /// Wakes the shard for this connection in its next turn.
    fn wake(&self);

    /// Sends no more, and lets the peer read what was sent to its end.
    fn shutdown(&mut self);
}

/// Names a connection of a shard; a reused index has another generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ConnectionKey {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}

/// Connections whose sockets can do something again.
#[derive(Debug, Default)]
pub(crate) struct Ready {
    keys: Mutex<Vec<ConnectionKey>>,
    notify: Arc<Notify>,
}

impl Ready {
    pub(crate) fn new(notify: Arc<Notify>) -> Self {
        Self { keys: Mutex::default(), notify }
    }

    /// Exchanges the collected keys for an empty list, so that both keep their memory.
    pub(crate) fn take(&self, into: &mut Vec<ConnectionKey>) {
        into.clear();
        std::mem::swap(&mut *self.keys.lock(), into);
    }
}

struct ConnectionWaker {
    ready: Arc<Ready>,
    key: ConnectionKey,
}

impl Wake for ConnectionWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ready.keys.lock().push(self.key);
        self.ready.notify.notify_one();
    }
}

/// A cleartext HTTP/1.1 connection whose head is written: from here on the shard writes to the socket itself.
#[derive(Debug)]
pub(crate) struct RawSink {
    socket: TcpStream,
    waker: Waker,
}

impl RawSink {
    pub(crate) fn new(socket: TcpStream, ready: Arc<Ready>, key: ConnectionKey) -> Self {
        Self { socket, waker: Arc::new(ConnectionWaker { ready, key }).into() }
    }
}

impl Sink for RawSink {
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> Written {
        loop {
            match self.socket.try_write_vectored(buffers) {
                Ok(0) => return Written::Closed,
                Ok(count) => return Written::Bytes(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    // Asks to be woken; if room came in between, tries again.
                    match self.socket.poll_write_ready(&mut Context::from_waker(&self.waker)) {
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
            match self.socket.try_read(buffer) {
                Ok(0) => return Received::End,
                Ok(count) => return Received::Bytes(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    match self.socket.poll_read_ready(&mut Context::from_waker(&self.waker)) {
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
        let _ = SockRef::from(&self.socket).shutdown(Shutdown::Write);
    }
}
