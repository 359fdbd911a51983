//! The tool's side of a fan-out: reads what comes on all sockets, and says when all have it.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::FloorError;

/// Bytes that one read takes.
const READ_BYTES: usize = 16_384;

/// How long one run of rounds may take at most.
const RUN_TIMEOUT: Duration = Duration::from_secs(300);

/// All readers of one worker: a task for each, as the load's readers are.
#[derive(Debug)]
pub(super) struct Readers {
    shared: Arc<Shared>,
    finished: UnboundedReceiver<io::Result<()>>,
    /// They end with this.
    _tasks: JoinSet<()>,
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
    pub(super) async fn connect(
        address: SocketAddr,
        sockets: usize,
        bytes: usize,
    ) -> Result<Self, FloorError> {
        let control = TcpStream::connect(address).await?;
        control.set_nodelay(true)?;
        let (finish, finished) = unbounded_channel();
        let shared = Arc::new(Shared {
            control,
            bytes_per_round: sockets as u64 * bytes as u64,
            missing: AtomicU64::new(0),
            rounds_left: AtomicU64::new(0),
            finish,
        });
        let mut tasks = JoinSet::new();
        for _ in 0..sockets {
            let stream = TcpStream::connect(address).await?;
            // Thousands of closed connections would keep their ports for a minute.
            stream.set_zero_linger()?;
            tasks.spawn(read(shared.clone(), stream));
        }
        Ok(Self { shared, finished, _tasks: tasks })
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
}

impl Shared {
    fn begin(&self) -> io::Result<()> {
        self.missing.store(self.bytes_per_round, Ordering::SeqCst);
        self.control.try_write(&[0]).map(drop)
    }

    fn take(&self, came: u64) -> io::Result<()> {
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

/// Reads until the socket ends.
async fn read(shared: Arc<Shared>, mut stream: TcpStream) {
    loop {
        let came = poll_fn(|context| {
            let mut bytes = [MaybeUninit::uninit(); READ_BYTES];
            let mut buffer = ReadBuf::uninit(&mut bytes);
            let reading = Pin::new(&mut stream).poll_read(context, &mut buffer);
            reading.map_ok(|()| buffer.filled().len() as u64)
        });
        let taken = match came.await {
            Ok(0) => Err(io::Error::other("it has ended")),
            Ok(came) => shared.take(came),
            Err(error) => Err(error),
        };
        if let Err(error) = taken {
            // Nobody may be waiting any more.
            _ = shared.finish.send(Err(error));
            return;
        }
    }
}
