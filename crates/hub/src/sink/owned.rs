//! Streams whose bytes go through TLS or HTTP/2: a bounded queue between the shard and the task that carries them.
//!
//! The shard writes into the queue as it would to a socket, and is blocked when it is full. The task takes from it what its
//! protocol lets it send, and puts in what the peer sent, as long as there is room. While a direction is empty it holds no
//! memory.

use std::io::IoSlice;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use parking_lot::Mutex;
use prometheus_client::metrics::counter::Counter;

use super::{Carriers, ConnectionKey, Ready, Received, Sink, Written};

/// Bytes that wait in each direction. The carrier may go beyond by what it was given at once.
const QUEUE_BYTES_MAX: usize = 16 << 10;

/// What comes after the bytes that wait for the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// More bytes.
    Open,
    /// Nothing: the stream has ended in order.
    Finished,
    /// Nothing, and what waited is void.
    Cut,
}

#[derive(Debug)]
struct Queue {
    outgoing: Vec<u8>,
    end: End,
    incoming: Vec<u8>,
    /// The peer sends no more, or the carrier has gone.
    incoming_ended: bool,
    /// The carrier has gone.
    gone: bool,
    /// Waits for bytes to carry, or for room.
    carrier: Option<Waker>,
    /// Wakes the shard; set when it has the stream.
    shard: Option<Waker>,
    /// The shard waits for room …
    shard_writes: bool,
    /// … or for bytes.
    shard_reads: bool,
}

impl Queue {
    fn wake_carrier(&mut self) {
        if let Some(waker) = self.carrier.take() {
            waker.wake();
        }
    }

    fn wake_writing_shard(&mut self) {
        if std::mem::take(&mut self.shard_writes)
            && let Some(waker) = &self.shard
        {
            waker.wake_by_ref();
        }
    }

    fn wake_reading_shard(&mut self) {
        if std::mem::take(&mut self.shard_reads)
            && let Some(waker) = &self.shard
        {
            waker.wake_by_ref();
        }
    }

    fn cut(&mut self) {
        if self.end == End::Open {
            self.end = End::Cut;
            self.outgoing = Vec::new();
        }
        self.incoming = Vec::new();
        self.shard = None;
        self.wake_carrier();
    }
}

/// The shard's end of a queue, on its way to the shard.
#[derive(Debug)]
pub(crate) struct OwnedEnd(Arc<Mutex<Queue>>);

impl OwnedEnd {
    /// A queue with both its ends.
    pub(crate) fn new(stalled: Counter) -> (Self, Carrier) {
        let queue = Arc::new(Mutex::new(Queue {
            outgoing: Vec::new(),
            end: End::Open,
            incoming: Vec::new(),
            incoming_ended: false,
            gone: false,
            carrier: None,
            shard: None,
            shard_writes: false,
            shard_reads: false,
        }));
        (Self(queue.clone()), Carrier { queue, stalled })
    }
}

impl Drop for OwnedEnd {
    fn drop(&mut self) {
        self.0.lock().cut();
    }
}

/// The end of a queue that a shard writes to.
#[derive(Debug)]
pub(crate) struct OwnedSink {
    end: OwnedEnd,
    carriers: Arc<Carriers>,
    waker: Waker,
}

impl OwnedSink {
    pub(crate) fn new(
        end: OwnedEnd,
        carriers: Arc<Carriers>,
        ready: &Arc<Ready>,
        key: ConnectionKey,
    ) -> Self {
        let waker = ready.waker(key);
        end.0.lock().shard = Some(waker.clone());
        Self { end, carriers, waker }
    }
}

impl Sink for OwnedSink {
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> Written {
        let mut queue = self.end.0.lock();
        if queue.gone || queue.end != End::Open {
            return Written::Closed;
        }
        let mut room = QUEUE_BYTES_MAX.saturating_sub(queue.outgoing.len());
        if room == 0 {
            queue.shard_writes = true;
            return Written::Blocked;
        }
        let mut count = 0;
        for buffer in buffers {
            let taken = buffer.len().min(room);
            queue.outgoing.extend_from_slice(&buffer[..taken]);
            count += taken;
            room -= taken;
        }
        if let Some(waker) = queue.carrier.take() {
            self.carriers.push(waker);
        }
        Written::Bytes(count)
    }

    fn read(&mut self, buffer: &mut [u8]) -> Received {
        let mut queue = self.end.0.lock();
        if queue.incoming.is_empty() {
            if queue.incoming_ended {
                return Received::End;
            }
            queue.shard_reads = true;
            return Received::Nothing;
        }
        let count = queue.incoming.len().min(buffer.len());
        buffer[..count].copy_from_slice(&queue.incoming[..count]);
        if count == queue.incoming.len() {
            queue.incoming = Vec::new();
        } else {
            queue.incoming.drain(..count);
        }
        queue.wake_carrier();
        Received::Bytes(count)
    }

    fn wake(&self) {
        self.waker.wake_by_ref();
    }

    fn shutdown(&mut self) {
        let mut queue = self.end.0.lock();
        if queue.end == End::Open {
            queue.end = End::Finished;
            queue.wake_carrier();
        }
    }
}

/// What a carrier has to do for the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outgoing {
    /// So many bytes wait.
    Bytes(usize),
    /// The stream has ended in order, and all of it was taken.
    Finished,
    /// The stream was cut: nothing more may be sent, and the peer should see that something is missing.
    Cut,
}

/// The outer end of a stream that goes through TLS or HTTP/2. Whoever has it moves the bytes; dropping it tells the hub that
/// the peer has gone.
///
/// All its polls register one and the same task.
#[derive(Debug)]
pub struct Carrier {
    queue: Arc<Mutex<Queue>>,
    stalled: Counter,
}

impl Carrier {
    /// What is to be done for the peer.
    pub fn poll_outgoing(&self, cx: &mut Context<'_>) -> Poll<Outgoing> {
        let mut queue = self.queue.lock();
        match queue.end {
            End::Cut => Poll::Ready(Outgoing::Cut),
            _ if !queue.outgoing.is_empty() => {
                let waiting = queue.outgoing.len();
                // More may come, or the end, while the peer takes nothing.
                register(&mut queue.carrier, cx);
                Poll::Ready(Outgoing::Bytes(waiting))
            }
            End::Finished => Poll::Ready(Outgoing::Finished),
            End::Open => {
                register(&mut queue.carrier, cx);
                Poll::Pending
            }
        }
    }

    /// Takes at most `count` of the bytes that wait.
    pub fn take(&self, count: usize) -> Bytes {
        let mut queue = self.queue.lock();
        let taken = if count >= queue.outgoing.len() {
            std::mem::take(&mut queue.outgoing)
        } else {
            queue.outgoing.drain(..count).collect()
        };
        queue.wake_writing_shard();
        taken.into()
    }

    /// Ready when more of what the peer sends can be given.
    pub fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut queue = self.queue.lock();
        if queue.incoming.len() < QUEUE_BYTES_MAX {
            return Poll::Ready(());
        }
        register(&mut queue.carrier, cx);
        Poll::Pending
    }

    /// Gives what the peer sent; to be called after [`Self::poll_room`] was ready.
    pub fn give(&self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let mut queue = self.queue.lock();
        if queue.end != End::Cut {
            queue.incoming.extend_from_slice(bytes);
            queue.wake_reading_shard();
        }
    }

    /// The peer sends no more.
    pub fn end_incoming(&self) {
        let mut queue = self.queue.lock();
        queue.incoming_ended = true;
        queue.wake_reading_shard();
    }

    /// Counts the peer among those that were cut because they took nothing.
    pub fn count_stalled(&self) {
        self.stalled.inc();
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        let mut queue = self.queue.lock();
        queue.gone = true;
        queue.incoming_ended = true;
        queue.outgoing = Vec::new();
        queue.carrier = None;
        queue.wake_writing_shard();
        queue.wake_reading_shard();
    }
}

fn register(waker: &mut Option<Waker>, cx: &Context<'_>) {
    match waker {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *waker = Some(cx.waker().clone()),
    }
}
