//! The wall clock jumps.

use std::time::Duration;

use chinwag_client::HistoryRange;

use crate::crowd::{Crowd, within};
use crate::program::{Launch, library};
use crate::settings::random;

const HOUR_MS: i64 = 3_600_000;

/// A day forth, a day back and another one: nobody is signed out, and the order is kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r12_a_clock_that_jumps_a_day_changes_nothing_but_times() {
    let mut random = random("clock");
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let clock = folder.path().join("clock");
    // Replaced whole, for the program reads it at any moment.
    let set = |offset: &str| {
        let new = folder.path().join("new");
        std::fs::write(&new, offset).expect("a file can be written");
        std::fs::rename(new, &clock).expect("a file can be renamed");
    };
    set("+0d\n");
    let mut launch = Launch::new(&mut random);
    for (name, value) in [
        ("LD_PRELOAD", library("faketime/libfaketimeMT.so.1")),
        ("FAKETIME_TIMESTAMP_FILE", clock.display().to_string()),
        ("FAKETIME_NO_CACHE", "1".to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        // It would outlive a program that is killed.
        ("FAKETIME_DISABLE_SHM", "1".to_owned()),
    ] {
        launch.environment.push((name.to_owned(), value));
    }
    let mut program = launch.start();
    let mut crowd = Crowd::gather(&launch, &mut random).await;
    let mut times = Vec::new();
    for offset in ["+0d\n", "+1d\n", "+0d\n", "-1d\n", "+0d\n"] {
        set(offset);
        crowd.goes_on(50).await;
        // Both those who stay connected and those who come back.
        crowd.switch();
        crowd.moment(Duration::from_millis(100)).await;
        crowd.goes_on(50).await;
        // The last rows may be deletions.
        let newest = crowd.people[0][0].history(crowd.rooms[0], HistoryRange::Newest, 20);
        let page = within("a page", newest).await.expect("history may be read");
        let message = page.messages.last().expect("a message is among the last rows");
        times.push((offset.trim(), message.sent_at.as_millis()));
        for [session, _] in &crowd.people {
            let who = within("a session", session.client().session(session.token())).await;
            assert_eq!(who.expect("nobody is signed out").account(), session.account());
        }
        if !offset.starts_with("+0d") {
            // A start is where most is read again, and some of it is of another day.
            crowd.shared.dies();
            program.kill();
            crowd.death("killed").await;
            program = launch.start();
            crowd.goes_on(20).await;
        }
    }
    let at = |offset: &str| times.iter().find(|(at, _)| *at == offset).map(|(_, time)| *time);
    let now = at("+0d").expect("a message was there");
    for (offset, hours) in [("+1d", 24), ("-1d", -24)] {
        let jumped = at(offset).expect("a message was there") - now;
        assert!((jumped / HOUR_MS - hours).abs() <= 1, "the clock has not jumped {offset} but {jumped} ms");
    }
    let summary = crowd.end().await;
    assert_eq!(summary.gaps, 0);
    program.stop();
}
