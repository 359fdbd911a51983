//! The power is lost: what had not reached the disk is gone.

use std::time::Duration;

use crate::crowd::Crowd;
use crate::disk::Disk;
use crate::program::{Launch, Program, library};
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
        lose_power(program, &mut crowd, &mut disk).await;
        launch.insert(&disk);
        program = launch.start();
    }
    crowd.goes_on(20).await;
    let summary = crowd.end().await;
    program.kill();
    figure("power_losses", rounds);
    figure("power_acknowledged", summary.acknowledged);
}

/// What does without syncs, of the program or of the system.
fn without_syncs() -> Vec<(&'static str, String)> {
    let mut ways = vec![("LD_PRELOAD", library("libeatmydata.so"))];
    if cfg!(feature = "sabotage") {
        ways.push(("CHINWAG_SABOTAGE", "fsync".to_owned()));
    }
    ways
}

/// First with syncs, then with ones that do nothing: what is acknowledged then is lost, and this is noticed. The system
/// writes by itself what has waited for seconds; the last messages have not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_syncs_a_loss_of_power_is_noticed() {
    let controls = number("CHINWAG_POWER_CONTROLS", 1);
    let mut random = random("power loss without syncs");
    let mut rows = 0;
    for _ in 0..controls {
        for (name, value) in without_syncs() {
            let mut disk = Disk::new();
            let mut launch = Launch::on(&disk, &mut random);
            let program = launch.start();
            let mut crowd = Crowd::gather(&launch, &mut random).await;
            crowd.goes_on(20).await;
            lose_power(program, &mut crowd, &mut disk).await;
            launch.insert(&disk);
            launch.environment.push((name.to_owned(), value.clone()));
            let program = launch.start();
            crowd.goes_on(50).await;
            lose_power(program, &mut crowd, &mut disk).await;
            crowd.give_up().await;
            launch.insert(&disk);
            launch.environment.clear();
            let program = launch.start();
            let (lost, noticed) = crowd.losses().await;
            assert!(lost > 0, "{name}={value}: nothing was lost without syncs");
            assert!(
                noticed,
                "{name}={value}: {lost} acknowledged rows were lost, and the check has not noticed"
            );
            program.kill();
            rows += lost;
        }
    }
    figure("power_controls_that_lost", controls);
    figure("power_control_rows_lost", rows);
}

/// The disk is then the one to start on.
async fn lose_power(program: Program, crowd: &mut Crowd, disk: &mut Disk) {
    crowd.shared.dies();
    program.freeze();
    disk.lose_power();
    program.kill();
    crowd.death("lost power").await;
}
