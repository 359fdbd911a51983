//! Readers at bare sockets: all in one loop, with nothing for each of them but what its stream needs.
//!
//! A task for each reader costs more than the server's write to it, mostly for memory that is not in a cache.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use chinwag_client::RecordSocket;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::time::Timespec;
use tokio::io::unix::AsyncFd;
use tokio::time::Instant;

use super::lane::{Lane, Shared};

/// Bytes that are read at once.
const READ_BYTES: usize = 64 << 10;
/// Sockets that are told of at once.
const EVENTS: usize = 256;

/// Readers, each at its socket.
#[derive(Debug)]
pub(super) struct BareReaders {
    shared: Arc<Shared>,
    epoll: AsyncFd<OwnedFd>,
    readers: Vec<Option<BareReader>>,
}

#[derive(Debug)]
struct BareReader {
    socket: RecordSocket,
    /// Its index on the board.
    reader: usize,
    /// How it goes on if this socket ends.
    lane: Box<Lane>,
}

impl BareReaders {
    #[expect(
        deprecated,
        reason = "what owns a descriptor in safe Rust neither closes nor exchanges it while it is owned"
    )]
    pub(super) fn new(shared: Arc<Shared>) -> io::Result<Self> {
        let epoll = AsyncFd::new(epoll::create(CreateFlags::CLOEXEC)?)?;
        Ok(Self { shared, epoll, readers: Vec::new() })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.readers.is_empty()
    }

    /// One more.
    pub(super) fn add(&mut self, lane: Lane, socket: RecordSocket) -> io::Result<()> {
        let data = EventData::new_u64(self.readers.len() as u64);
        epoll::add(&self.epoll, &socket, data, EventFlags::IN | EventFlags::ET)?;
        self.readers.push(Some(BareReader { socket, reader: lane.reader, lane: Box::new(lane) }));
        Ok(())
    }

    /// Reads without end.
    pub(super) async fn run(mut self) {
        let mut buffer = vec![0; READ_BYTES];
        for index in 0..self.readers.len() {
            self.read(index, &mut buffer);
        }
        loop {
            // A failure would be one of the system's that has no way back; the missing deliveries tell of it.
            let Ok(mut ready) = self.epoll.readable().await else { return };
            match readable(&self.epoll) {
                Ok(indices) if indices.is_empty() => ready.clear_ready(),
                Ok(indices) => {
                    drop(ready);
                    indices.into_iter().for_each(|index| self.read(index, &mut buffer));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    fn read(&mut self, index: usize, buffer: &mut [u8]) {
        let Some(place) = self.readers.get_mut(index) else { return };
        let Some(reader) = place else { return };
        let (shared, number) = (&self.shared, reader.reader);
        // One look at the clock for all that one reading brings.
        let mut now = None;
        let read = reader.socket.read(buffer, |json| {
            let now = *now.get_or_insert_with(Instant::now);
            shared.board.lock().take(number, json, now);
        });
        if let Err(failure) = read
            && let Some(BareReader { socket, lane, .. }) = place.take()
        {
            let cursor = socket.cursor();
            drop(socket);
            tokio::spawn(async move { lane.go_on(&failure, cursor).await });
        }
    }
}

/// Which sockets are readable now.
fn readable(epoll: &AsyncFd<OwnedFd>) -> io::Result<Vec<usize>> {
    const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
    let mut events = Vec::with_capacity(EVENTS);
    epoll::wait(epoll, rustix::buffer::spare_capacity(&mut events), Some(&AT_ONCE))?;
    Ok(events.iter().map(|event: &Event| { event.data }.u64() as usize).collect())
}
