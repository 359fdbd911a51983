//! The floor of a connection that does nothing.

use std::time::Duration;

use super::{FanOut, FloorError, Place, Writer};
use crate::outside::KernelMemory;

/// How long the kernel gets for what it does later: acknowledgements are held back for 40 ms and more.
const SETTLE: Duration = Duration::from_millis(500);

/// Connections over loopback that have carried one frame and then nothing, both ends on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketPairs {
    /// How many. The figures are steady from 1,000 on; others' sockets on this machine disturb them.
    pub count: usize,
}

/// What a pair of sockets costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairCost {
    /// Bytes of the kernel's memory, both ends: `socket_objects` of [`KernelMemory`] if it is known, else `slab`.
    pub kernel_bytes: f64,
    /// Bytes of the memory of the process on the server's side.
    pub process_bytes: f64,
}

impl SocketPairs {
    /// Measures it. Takes a second and as long as the connecting.
    pub async fn measure(&self, place: &Place) -> Result<PairCost, FloorError> {
        let (count, place) = (self.count, place.clone());
        tokio::task::spawn_blocking(move || measure_blocking(count, &place))
            .await
            .map_err(std::io::Error::other)?
    }
}

fn measure_blocking(count: usize, place: &Place) -> Result<PairCost, FloorError> {
    let work = FanOut { writer: Writer::Epoll, sockets: count, frame_bytes: 100, frames_per_write: 1 };
    let (worker, address) = work.start(place)?;
    let (kernel, process) = (KernelMemory::read()?, worker.process.private_bytes()?);
    let running = work.connect(place, worker, address)?;
    running.readers.run(1)?;
    std::thread::sleep(SETTLE);
    let each = |after: u64, before: u64| (after as f64 - before as f64) / count as f64;
    let kernel_after = KernelMemory::read()?;
    Ok(PairCost {
        kernel_bytes: match (kernel_after.socket_objects, kernel.socket_objects) {
            (Some(after), Some(before)) => each(after, before),
            _ => each(kernel_after.slab, kernel.slab),
        },
        process_bytes: each(running.worker.process.private_bytes()?, process),
    })
}
