//! The floor of a connection that does nothing.

use std::io;
use std::time::Duration;

use super::{FanOut, FloorError, Place, Writer};
use crate::outside::KernelMemory;

/// Between two looks at the kernel's memory. Acknowledgements are held back for 40 ms, and what was freed is free later.
const PAUSE: Duration = Duration::from_millis(200);

/// Looks until the kernel has finished with what was before. Others may be at work all the time.
const LOOKS_MAX: usize = 25;

/// Connections over loopback that have carried one frame and then nothing, both ends on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketPairs {
    /// How many. The figures are steady from some thousands on, if nobody else opens and closes as many.
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
        let work =
            FanOut { writer: Writer::Epoll, sockets: self.count, frame_bytes: 100, frames_per_write: 1 };
        let (worker, address) = work.start(place)?;
        let (kernel, process) = (settled().await?, worker.process.private_bytes()?);
        let mut running = work.connect(worker, address)?;
        running.readers.run(1).await?;
        let (kernel_after, process_after) = (settled().await?, running.worker.process.private_bytes()?);
        running.end().await;
        let grown = |after: u64, before: u64| after as f64 - before as f64;
        // Not by the count: others' sockets that came in the meantime have their part of the memory too.
        let pairs = grown(kernel_after.tcp_sockets, kernel.tcp_sockets) / 2.0;
        Ok(PairCost {
            kernel_bytes: grown(sockets(kernel_after), sockets(kernel)) / pairs,
            process_bytes: grown(process_after, process) / self.count as f64,
        })
    }
}

/// Bytes that are of sockets, as far as it is known.
fn sockets(kernel: KernelMemory) -> u64 {
    kernel.socket_objects.unwrap_or(kernel.slab)
}

/// The kernel's memory once it does not fall any more.
async fn settled() -> io::Result<KernelMemory> {
    let mut kernel = KernelMemory::read()?;
    for _ in 0..LOOKS_MAX {
        tokio::time::sleep(PAUSE).await;
        let before = std::mem::replace(&mut kernel, KernelMemory::read()?);
        if sockets(kernel) >= sockets(before) && kernel.tcp_buffers >= before.tcp_buffers {
            break;
        }
    }
    Ok(kernel)
}
