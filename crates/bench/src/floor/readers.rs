//! The tool's side of a fan-out: reads what comes on all sockets, and says when all have it.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use socket2::SockRef;

use super::FloorError;
use crate::target::on_cores;

/// Bytes that one read takes.
const READ_BYTES: usize = 65_536;

/// How long one run of rounds may take at most.
const RUN_TIMEOUT: Duration = Duration::from_secs(300);

/// All readers of one worker. They end with it, and dropping them waits for that.
#[derive(Debug)]
pub(super) struct Readers {
    shared: Arc<Shared>,
    finished: Receiver<io::Result<()>>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    control: TcpStream,
    bytes_per_round: u64,
    /// Bytes of this round that have not come.
    missing: AtomicU64,
    /// Rounds of this run after this one.
    rounds_left: AtomicU64,
}

impl Readers {
    /// Connects so many sockets to a worker. `bytes` will come on each in each round.
    pub(super) fn connect(
        address: SocketAddr,
        sockets: usize,
        bytes: usize,
        cores: &[usize],
    ) -> Result<Self, FloorError> {
        let control = TcpStream::connect(address)?;
        control.set_nodelay(true)?;
        let groups = cores.len().max(1);
        let mut streams: Vec<Vec<TcpStream>> = (0..groups).map(|_| Vec::new()).collect();
        for index in 0..sockets {
            let stream = TcpStream::connect(address)?;
            stream.set_nonblocking(true)?;
            // Thousands of closed connections would keep their ports for a minute.
            SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
            streams[index % groups].push(stream);
        }
        let (finish, finished) = channel();
        let shared = Arc::new(Shared {
            control,
            bytes_per_round: sockets as u64 * bytes as u64,
            missing: AtomicU64::new(0),
            rounds_left: AtomicU64::new(0),
        });
        let mut readers = Self { shared, finished, threads: Vec::new() };
        for (group, streams) in streams.into_iter().enumerate() {
            let epoll = epoll::create(CreateFlags::CLOEXEC).map_err(io::Error::from)?;
            for (index, stream) in streams.iter().enumerate() {
                epoll::add(&epoll, stream, EventData::new_u64(index as u64), EventFlags::IN)
                    .map_err(io::Error::from)?;
            }
            let (shared, finish) = (readers.shared.clone(), finish.clone());
            let read = move || {
                if let Err(error) = read(&shared, &epoll, &streams, &finish) {
                    // Nobody may be waiting any more.
                    _ = finish.send(Err(error));
                }
            };
            let core = cores.get(group..=group).unwrap_or_default();
            readers.threads.push(on_cores(core, || std::thread::Builder::new().spawn(read))?);
        }
        Ok(readers)
    }

    /// Lets the worker write so many rounds, each as soon as all have the last one.
    pub(super) fn run(&self, rounds: u64) -> Result<(), FloorError> {
        self.shared.rounds_left.store(rounds.saturating_sub(1), Ordering::SeqCst);
        self.shared.begin()?;
        match self.finished.recv_timeout(RUN_TIMEOUT) {
            Ok(result) => Ok(result?),
            Err(_) => Err(FloorError::Worker("it does not write".to_owned())),
        }
    }
}

impl Shared {
    fn begin(&self) -> io::Result<()> {
        self.missing.store(self.bytes_per_round, Ordering::SeqCst);
        (&self.control).write_all(&[0])
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        // They end when the worker has.
        for thread in self.threads.drain(..) {
            _ = thread.join();
        }
    }
}

/// Reads until all sockets have ended.
fn read(
    shared: &Shared,
    epoll: &rustix::fd::OwnedFd,
    streams: &[TcpStream],
    finish: &Sender<io::Result<()>>,
) -> io::Result<()> {
    let mut buffer = vec![0; READ_BYTES];
    let mut events = Vec::with_capacity(1024);
    let mut open = streams.len();
    while open > 0 {
        epoll::wait(epoll, rustix::buffer::spare_capacity(&mut events), None)?;
        let mut came = 0;
        for event in events.drain(..) {
            let mut stream = &streams[event.data.u64() as usize];
            match stream.read(&mut buffer) {
                Ok(0) => {
                    epoll::delete(epoll, stream)?;
                    open -= 1;
                }
                Ok(count) => came += count as u64,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        if came == 0 {
            continue;
        }
        let missing = shared.missing.fetch_sub(came, Ordering::SeqCst);
        if missing < came {
            return Err(io::Error::other("more came than was asked for"));
        }
        if missing == came {
            if shared.rounds_left.load(Ordering::SeqCst) == 0 {
                // Nobody may be waiting any more.
                _ = finish.send(Ok(()));
            } else {
                shared.rounds_left.fetch_sub(1, Ordering::SeqCst);
                shared.begin()?;
            }
        }
    }
    Ok(())
}
