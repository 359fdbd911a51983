//! Where a connection's bytes go.

mod owned;
mod raw;
mod ready;

use std::io::IoSlice;

use tokio::net::TcpStream;

pub use owned::{Carrier, Outgoing};
pub(crate) use owned::{OwnedEnd, OwnedSink};
pub(crate) use raw::{Counted, RawSink};
pub(crate) use ready::{Carriers, Ready};

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

/// What the hub is given of a connection, before a shard has it.
#[derive(Debug)]
pub(crate) enum Connection {
    /// The socket itself.
    Raw(Counted<TcpStream>),
    /// The shard's end of a queue; somebody else has the socket.
    Owned(OwnedEnd),
}

/// A connection of a shard.
#[derive(Debug)]
pub(crate) enum ConnectionSink {
    Raw(RawSink),
    Owned(OwnedSink),
}

impl Sink for ConnectionSink {
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> Written {
        match self {
            Self::Raw(sink) => sink.write(buffers),
            Self::Owned(sink) => sink.write(buffers),
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> Received {
        match self {
            Self::Raw(sink) => sink.read(buffer),
            Self::Owned(sink) => sink.read(buffer),
        }
    }

    fn wake(&self) {
        match self {
            Self::Raw(sink) => sink.wake(),
            Self::Owned(sink) => sink.wake(),
        }
    }

    fn shutdown(&mut self) {
        match self {
            Self::Raw(sink) => sink.shutdown(),
            Self::Owned(sink) => sink.shutdown(),
        }
    }
}
