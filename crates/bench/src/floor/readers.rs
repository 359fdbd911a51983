//! The tool's side of a fan-out: reads what comes on all sockets, and says when all have it.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::time::Timespec;
use socket2::SockRef;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::FloorError;

/// Bytes that one read takes.
const READ_BYTES: usize = 65_536;

/// Sockets that are told of at once.
const EVENTS: usize = 256;

/// How long one run of rounds may take at most.
const RUN_TIMEOUT: Duration = Duration::from_secs(300);

/// All readers of one worker, in one loop as the load's readers are.
#[derive(Debug)]
pub(super) struct Readers {
    shared: Arc<Shared>,
    finished: UnboundedReceiver<io::Result<()>>,
    /// It ends some time after this.
    task: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    control: TcpStream,
    bytes_per_round: u64,
    /// Bytes of this round that have not come.
    missing: AtomicU64,
    /// Rounds of this run after this one.
    rounds_left: AtomicU64,
    finish: UnboundedSender<io::Result<()>>,
}

impl Readers {
    /// Connects so many sockets to a worker. `bytes` will come on each in each round.
    #[expect(
        deprecated,
        reason = "what owns a descriptor in safe Rust neither closes nor exchanges it while it is owned"
    )]
    pub(super) fn connect(address: SocketAddr, sockets: usize, bytes: usize) -> Result<Self, FloorError> {
        let control = TcpStream::connect(address)?;
        control.set_nodelay(true)?;
        let (finish, finished) = unbounded_channel();
        let shared = Arc::new(Shared {
            control,
            bytes_per_round: sockets as u64 * bytes as u64,
            missing: AtomicU64::new(0),
            rounds_left: AtomicU64::new(0),
            finish,
        });
        let epoll = AsyncFd::new(epoll::create(CreateFlags::CLOEXEC).map_err(io::Error::from)?)?;
        let mut streams = Vec::with_capacity(sockets);
        for index in 0..sockets {
            let stream = TcpStream::connect(address)?;
            stream.set_nonblocking(true)?;
            // Thousands of closed connections would keep their ports for a minute.
            SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
            epoll::add(&epoll, &stream, EventData::new_u64(index as u64), EventFlags::IN | EventFlags::ET)
                .map_err(io::Error::from)?;
            streams.push(stream);
        }
        let mut task = JoinSet::new();
        let reading = shared.clone();
        task.spawn(async move {
            if let Err(error) = read(&reading, &epoll, &streams).await {
                // Nobody may be waiting any more.
                _ = reading.finish.send(Err(error));
            }
        });
        Ok(Self { shared, finished, task })
    }

    /// Lets the worker write so many rounds, each as soon as all have the last one.
    pub(super) async fn run(&mut self, rounds: u64) -> Result<(), FloorError> {
        self.shared.rounds_left.store(rounds.saturating_sub(1), Ordering::SeqCst);
        self.shared.begin()?;
        match timeout(RUN_TIMEOUT, self.finished.recv()).await {
            Ok(Some(result)) => Ok(result?),
            _ => Err(FloorError::Worker("it does not write".to_owned())),
        }
    }

    /// Ends them, and waits until their sockets are closed.
    pub(super) async fn end(mut self) {
        self.task.shutdown().await;
    }
}

impl Shared {
    fn begin(&self) -> io::Result<()> {
        self.missing.store(self.bytes_per_round, Ordering::SeqCst);
        (&self.control).write_all(&[0])
    }

    fn take(&self, came: u64) -> io::Result<()> {
        if came == 0 {
            return Ok(());
        }
        let missing = self.missing.fetch_sub(came, Ordering::SeqCst);
        if missing < came {
            return Err(io::Error::other("more came than was asked for"));
        }
        if missing > came {
            return Ok(());
        }
        if self.rounds_left.load(Ordering::SeqCst) == 0 {
            // Nobody may be waiting any more.
            _ = self.finish.send(Ok(()));
            return Ok(());
        }
        self.rounds_left.fetch_sub(1, Ordering::SeqCst);
        self.begin()
    }
}

/// Reads until a socket ends.
async fn read(shared: &Shared, epoll: &AsyncFd<OwnedFd>, streams: &[TcpStream]) -> io::Result<()> {
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let mut ready = epoll.readable().await?;
        match read_ready(epoll, streams, &mut buffer)? {
            None => ready.clear_ready(),
            Some(came) => {
                drop(ready);
                shared.take(came)?;
            }
        }
    }
}

/// Reads from the sockets that have something, and gives how many bytes it was; nothing if there are none.
fn read_ready(epoll: &AsyncFd<OwnedFd>, streams: &[TcpStream], buffer: &mut [u8]) -> io::Result<Option<u64>> {
    let mut events = Vec::with_capacity(EVENTS);
    epoll::wait(epoll, spare_capacity(&mut events), Some(&Timespec::default()))?;
    if events.is_empty() {
        return Ok(None);
    }
    let mut came = 0;
    for event in events {
        let mut stream = &streams[{ event.data }.u64() as usize];
        loop {
            match stream.read(buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    came += count as u64;
                    // Less than there is room for is all.
                    if count < buffer.len() {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
    }
    Ok(Some(came))
}
