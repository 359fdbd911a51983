//! The power is lost: what had not reached the disk is gone.

use std::time::Duration;

use crate::crowd::Crowd;
use crate::disk::Disk;
use crate::program::{Launch, library};
use crate::settings::{figure, number, random};

/// People go on talking with what the disk has kept, loss after loss.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_what_was_acknowledged_outlives_a_loss_of_power() {
    let rounds = number("CHINWAG_POWER_ROUNDS", 2);
    let mut random = random("power loss");
    let mut disk = Disk::new();
    let mut launch = Launch::on(&disk, &mut random);
    let mut program = launch.start();
    let mut crowd = Crowd::gather(&launch, &mut random).await;
    for _ in 0..rounds {
        crowd.goes_on(50).await;
        crowd.switch();
        crowd.moment(Duration::from_millis(300)).await;
        crowd.shared.dies();
        program.freeze();
        disk.lose_power();
        program.kill();
        crowd.death("lost power").await;
        launch.insert(&disk);
        program = launch.start();
    }
    crowd.goes_on(20).await;
    let summary = crowd.end().await;
    program.kill();
    figure("power_losses", rounds);
    figure("power_acknowledged", summary.acknowledged);
}

/// The same with syncs that do nothing: what is acknowledged is lost, and this is noticed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_syncs_a_loss_of_power_is_noticed() {
    let controls = number("CHINWAG_POWER_CONTROLS", 1);
    let mut random = random("power loss without syncs");
    let mut lost = 0;
    for _ in 0..controls {
        let mut disk = Disk::new();
        let mut launch = Launch::on(&disk, &mut random);
        launch.environment.push(("LD_PRELOAD".to_owned(), library("libeatmydata.so")));
        let program = launch.start();
        let mut crowd = Crowd::gather(&launch, &mut random).await;
        crowd.goes_on(50).await;
        crowd.shared.dies();
        program.freeze();
        disk.lose_power();
        program.kill();
        crowd.death("lost power").await;
        launch.insert(&disk);
        crowd.give_up().await;
        match launch.try_start() {
            Ok(_program) => assert_ne!(crowd.losses().await, [""; 0], "nothing was lost without syncs"),
            // This is noticing it too.
            Err(error) => assert!(error.contains("damaged"), "{error}"),
        }
        lost += 1;
    }
    figure("power_controls_that_lost", lost);
}
