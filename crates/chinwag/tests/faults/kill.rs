//! Killed at a random moment.

use std::time::Duration;

use crate::crowd::Crowd;
use crate::program::Launch;
use crate::settings::{figure, number, random};

/// A round counts if it was a bad moment: a send was not answered yet, and a reader had not everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_killed_at_any_moment_nothing_is_lost_or_doubled() {
    let wanted = number("CHINWAG_KILL_ROUNDS", 5);
    let mut random = random("kill");
    let launch = Launch::new(&mut random);
    let mut program = launch.start();
    let mut crowd = Crowd::gather(&launch, &mut random).await;
    let (mut rounds, mut counted, mut unanswered, mut behind) = (0, 0, 0, 0);
    while counted < wanted {
        assert!(rounds < 10 + 2 * wanted, "of {rounds} moments, {counted} were bad");
        crowd.goes_on(20).await;
        crowd.switch();
        crowd.moment(Duration::from_millis(300)).await;
        crowd.until("sends wait for answers", |shared| (shared.waiting() > 1).then_some(())).await;
        crowd.shared.dies();
        program.kill();
        let death = crowd.death("killed").await;
        rounds += 1;
        counted += u64::from(death.unanswered > 0 && death.behind > 0);
        unanswered += death.unanswered;
        behind += death.behind as u64;
        if random.u8(0..4) == 0 {
            // It may die again before it has read what the last one has left.
            launch.start_and_kill(Duration::from_micros(random.u64(0..60_000)));
        }
        program = launch.start();
    }
    crowd.goes_on(20).await;
    let summary = crowd.end().await;
    program.kill();
    figure("kill_rounds", counted);
    figure("kill_moments", rounds);
    figure("kill_unanswered_sends", unanswered);
    figure("kill_readers_behind", behind);
    figure("kill_acknowledged", summary.acknowledged);
    figure("kill_retries", summary.retries);
}
