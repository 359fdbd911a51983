//! Killed right before a sync.

use crate::crowd::Crowd;
use crate::program::Launch;
use crate::settings::{figure, number, random};

/// At the first of any of its threads, the second, and so on; some of them come before it listens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_killed_at_each_sync_nothing_is_lost_or_doubled() {
    let last = number("CHINWAG_SYNC_KILLS", 14);
    let step = number("CHINWAG_SYNC_STEP", 3) as usize;
    let mut random = random("sync kill");
    let mut launch = Launch::new(&mut random);
    // The first start of all makes the files.
    let (mut in_start, mut at_work) = (0, 0);
    for sync in (1..=last).rev().step_by(step) {
        launch.killed_at_sync = Some(sync);
        match launch.try_start() {
            Ok(program) => program.kill(),
            Err(_) => in_start += 1,
        }
    }
    launch.killed_at_sync = None;
    let mut program = launch.start();
    let mut crowd = Crowd::gather(&launch, &mut random).await;
    for sync in (1..=last).step_by(step) {
        crowd.goes_on(20).await;
        crowd.switch();
        crowd.shared.dies();
        program.kill();
        crowd.death("killed").await;
        launch.killed_at_sync = Some(sync);
        match launch.try_start() {
            Ok(mut killed) => {
                crowd.until("the program reaches that sync", |_| killed.has_ended().then_some(())).await;
                crowd.shared.dies();
                crowd.death("killed").await;
                at_work += 1;
            }
            Err(_) => in_start += 1,
        }
        launch.killed_at_sync = None;
        program = launch.start();
    }
    crowd.goes_on(20).await;
    crowd.end().await;
    program.kill();
    assert!(in_start > 0 && at_work > 0, "killed in its start: {in_start}, at work: {at_work}");
    figure("sync_kills_in_start", in_start);
    figure("sync_kills_at_work", at_work);
}
