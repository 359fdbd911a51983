//! Batches brought to a disk, one after the other: how a worker does them, and how the tool measures that.

use std::io::{self, BufRead};
use std::path::Path;
use std::time::{Duration, Instant};

use super::worker::{READY, Worker, tell};
use super::{FloorCommand, FloorError, Place};

/// Batches that the worker is asked for at a time.
const AT_ONCE: u32 = 16;

/// What a batch costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchCost {
    /// Microseconds of CPU in the process that writes.
    pub cpu_us: f64,
    /// Batches a second.
    pub per_second: f64,
}

/// The worker's side: does as many batches as each line asks for.
pub(super) fn serve(mut batch: impl FnMut() -> Result<(), FloorError>) -> Result<(), FloorError> {
    tell(READY)?;
    for line in io::stdin().lock().lines() {
        let count: u32 = line?.parse().map_err(io::Error::other)?;
        for _ in 0..count {
            batch()?;
        }
        tell("done")?;
    }
    Ok(())
}

/// The tool's side. The worker gets a folder of its own within `folder`, which is removed in the end.
pub(super) async fn measure(
    place: &Place,
    folder: &Path,
    command: impl FnOnce(&Path) -> FloorCommand,
) -> Result<BatchCost, FloorError> {
    let made = tempfile::Builder::new().prefix("floor-").tempdir_in(folder)?;
    let (command, place) = (command(made.path()), place.clone());
    tokio::task::spawn_blocking(move || {
        let cost = measure_blocking(&place, &command);
        made.close()?;
        cost
    })
    .await
    .map_err(io::Error::other)?
}

fn measure_blocking(place: &Place, command: &FloorCommand) -> Result<BatchCost, FloorError> {
    let mut worker = Worker::start(place, command)?;
    worker.hear()?;
    run(&mut worker, place.duration / 10)?;
    let cpu = worker.process.cpu()?;
    let (batches, elapsed) = run(&mut worker, place.duration)?;
    let cpu = worker.process.cpu()? - cpu;
    Ok(BatchCost {
        cpu_us: cpu.as_secs_f64() * 1e6 / f64::from(batches),
        per_second: f64::from(batches) / elapsed.as_secs_f64(),
    })
}

/// Lets the worker do batches for about so long.
fn run(worker: &mut Worker, duration: Duration) -> Result<(u32, Duration), FloorError> {
    let (began, mut batches) = (Instant::now(), 0);
    while batches == 0 || began.elapsed() < duration {
        worker.ask(&AT_ONCE.to_string())?;
        worker.hear()?;
        batches += AT_ONCE;
    }
    Ok((batches, began.elapsed()))
}
