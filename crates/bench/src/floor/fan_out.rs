//! The floor of a fan-out.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use clap::ValueEnum;

use super::readers::Readers;
use super::worker::Worker;
use super::{FloorCommand, FloorError, Place};
use crate::outside::Process;

/// The same bytes to many sockets, with one write outstanding: a round begins when all readers have the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FanOut {
    /// How it is written.
    pub writer: Writer,
    /// How many sockets.
    pub sockets: usize,
    /// Bytes of one frame, as they stand on the wire.
    pub frame_bytes: usize,
    /// Frames of one write: 1, or more as where many messages are outstanding.
    pub frames_per_write: usize,
}

/// How a fan-out is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Writer {
    /// One thread that writes to one socket after the other.
    Epoll,
    /// io_uring, with one submission for all sockets.
    IoUring,
}

/// What a delivery costs: one frame to one socket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeliveryCost {
    /// Microseconds of CPU in the process that writes.
    pub cpu_us: f64,
    /// Microseconds of CPU in this process, which reads.
    pub reader_cpu_us: f64,
    /// Deliveries a second.
    pub per_second: f64,
}

/// A worker and those who read what it writes.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) worker: Worker,
    pub(super) readers: Readers,
}

impl Running {
    /// Ends both, and waits until their sockets are closed: there is a limit on them.
    pub(super) async fn end(self) {
        drop(self.worker);
        self.readers.end().await;
    }
}

impl Writer {
    pub(super) fn argument(self) -> &'static str {
        match self {
            Self::Epoll => "epoll",
            Self::IoUring => "io-uring",
        }
    }
}

impl FanOut {
    /// What stands beside a figure: `epoll loop, 1 frame a write`.
    pub fn name(&self) -> String {
        let writer = match self.writer {
            Writer::Epoll => "epoll loop",
            Writer::IoUring => "io_uring",
        };
        let plural = if self.frames_per_write == 1 { "" } else { "s" };
        format!("{writer}, {} frame{plural} a write", self.frames_per_write)
    }

    /// Measures it. Takes the place's duration and a little more.
    ///
    /// [`FloorError::Refused`] where the kernel refuses io_uring.
    pub async fn measure(&self, place: &Place) -> Result<DeliveryCost, FloorError> {
        let (worker, address) = self.start(place)?;
        let mut running = self.connect(worker, address)?;
        let cost = self.measure_running(place, &mut running).await;
        running.end().await;
        cost
    }

    async fn measure_running(
        &self,
        place: &Place,
        running: &mut Running,
    ) -> Result<DeliveryCost, FloorError> {
        let Running { worker, readers } = running;
        let own = Process::own()?;

        // Once to have everything in place, and then for a tenth of the time to see how long a round takes.
        readers.run(1).await?;
        let (began, mut rounds) = (Instant::now(), 0);
        while began.elapsed() < place.duration / 10 {
            readers.run(10).await?;
            rounds += 10;
        }
        let round = began.elapsed() / rounds.max(1);
        let rounds = (place.duration.as_nanos() / round.as_nanos().max(1)).max(10) as u64;

        let (began, cpu, own_cpu) = (Instant::now(), worker.process.cpu()?, own.cpu()?);
        readers.run(rounds).await?;
        let elapsed = began.elapsed();
        let (cpu, own_cpu) = (worker.process.cpu()? - cpu, own.cpu()? - own_cpu);

        let deliveries = rounds as f64 * (self.sockets * self.frames_per_write) as f64;
        let each = |time: Duration| time.as_secs_f64() * 1e6 / deliveries;
        Ok(DeliveryCost {
            cpu_us: each(cpu),
            reader_cpu_us: each(own_cpu),
            per_second: deliveries / elapsed.as_secs_f64(),
        })
    }

    /// Starts the worker, which tells where it listens.
    pub(super) fn start(&self, place: &Place) -> Result<(Worker, SocketAddr), FloorError> {
        rlimit::increase_nofile_limit(u64::MAX)?;
        let bytes = self.frame_bytes * self.frames_per_write;
        let command = FloorCommand::FloorFanOut { sockets: self.sockets, bytes, writer: self.writer };
        let mut worker = Worker::start(place, &command)?;
        let address = worker.hear()?;
        let address = address.parse().map_err(|_| FloorError::Worker(address))?;
        Ok((worker, address))
    }

    /// Connects all sockets to the worker.
    pub(super) fn connect(&self, worker: Worker, address: SocketAddr) -> Result<Running, FloorError> {
        let bytes = self.frame_bytes * self.frames_per_write;
        let readers = Readers::connect(address, self.sockets, bytes)?;
        let mut running = Running { worker, readers };
        running.worker.hear()?;
        Ok(running)
    }
}
