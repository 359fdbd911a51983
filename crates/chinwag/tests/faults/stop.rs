//! Stopped as an operator stops it.

use crate::crowd::Crowd;
use crate::program::Launch;
use crate::settings::{figure, number, random};
use crate::shared::Shared;

/// Every stream is told to come back, everything that was taken in is stored, and the program ends well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r16_a_stop_under_load_loses_nothing() {
    let stops = number("CHINWAG_STOPS", 2);
    let mut random = random("stop");
    let launch = Launch::new(&mut random);
    let mut program = launch.start();
    let mut crowd = Crowd::gather(&launch, &mut random).await;
    // Each reader keeps its transport, so it is known who streams: two on each of the last three, and perhaps the one who
    // wanders.
    let streams = 4..10;
    for stop in 1..=stops {
        let all = |counts: Vec<u64>| counts[streams.clone()].iter().all(|count| *count >= stop).then_some(());
        let told = |shared: &Shared| shared.returns().iter().map(|returns| returns.len() as u64).collect();
        crowd.until("streams begin", |shared| all(shared.begun())).await;
        crowd.goes_on(50).await;
        crowd.shared.dies();
        program.stop();
        crowd.death("stopped").await;
        crowd.until("streams were told to come back", |shared| all(told(shared))).await;
        program = launch.start();
    }
    crowd.goes_on(20).await;
    crowd.end().await;
    program.stop();
    figure("stops", stops);
}
