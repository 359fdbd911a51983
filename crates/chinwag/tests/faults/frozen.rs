//! The program stands still for a while.

use std::time::Duration;

use crate::crowd::Crowd;
use crate::program::Launch;
use crate::settings::{figure, number, random};
use crate::shared::Shared;

/// Seconds after which every client has noticed: a stream is left after 35 s of silence, a send after 30 s.
const NOTICED: u64 = 40;

/// A short one is waited out, a long one ends in new connections.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r13_a_frozen_server_loses_nothing() {
    let seconds = number("CHINWAG_FREEZE_SECONDS", 1);
    let mut random = random("frozen");
    let launch = Launch::new(&mut random);
    let program = launch.start();
    let mut crowd = Crowd::gather(&launch, &mut random).await;
    crowd.goes_on(100).await;
    let (begun, waits) = (crowd.shared.begun(), crowd.shared.waits());
    // Polls begin no stream.
    let streams: Vec<usize> = (0..begun.len()).filter(|reader| begun[*reader] > 0).collect();
    let all_more = |before: &[u64], now: &[u64]| streams.iter().all(|reader| now[*reader] > before[*reader]);
    program.freeze();
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    if seconds >= NOTICED {
        let left = |shared: &Shared| all_more(&waits, &shared.waits()).then_some(());
        crowd.until("streams are left", left).await;
    }
    program.thaw();
    crowd.goes_on(100).await;
    if seconds >= NOTICED {
        let anew = |shared: &Shared| all_more(&begun, &shared.begun()).then_some(());
        crowd.until("streams begin anew", anew).await;
    }
    let summary = crowd.end().await;
    program.stop();
    figure("frozen_seconds", seconds);
    figure("frozen_retries", summary.retries);
}
