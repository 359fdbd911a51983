//! A reader that changes its transport at any moment misses nothing and gets nothing twice.

use std::time::Duration;

use chinwag_client::{EventReader, Transport};

use crate::history_check::check;
use crate::posting::{cursor_of_now, reader};
use crate::seed;
use crate::server::{Setup, TestServer};
use crate::traffic::{Crowd, read_all};

fn any_transport(random: &mut fastrand::Rng) -> Transport {
    Transport::ALL[random.usize(0..Transport::ALL.len())]
}

/// Changes the transport about once in 40 records, and whenever the reader has waited for long.
fn switch_at_random(mut random: fastrand::Rng) -> impl FnMut(&mut EventReader) -> Duration {
    let mut calm = 0;
    move |reader| {
        if calm == 0 {
            reader.switch(any_transport(&mut random));
            calm = random.u32(1..80);
        }
        calm -= 1;
        let longest_ms = if random.bool() { 30 } else { 500 };
        Duration::from_millis(random.u64(0..longest_ms))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_by_changes_of_transport() {
    let mut random = seed::random("switching");
    let count = seed::messages();
    let server =
        TestServer::start_with(Setup { missed_events_max: Some(1_000_000), ..Setup::default() }).await;
    let crowd =
        Crowd::gather(&server, &["Ada", "Bob", "Cyd", "Dan", "Eve", "Fay"], &["tea", "news", "work"]).await;
    let mut reading = Vec::new();
    for session in &crowd.people[..3] {
        let start = cursor_of_now(session).await;
        let reader = reader(session, any_transport(&mut random), &start);
        reading.push(tokio::spawn(read_all(reader, count, switch_at_random(random.fork()))));
    }
    let acknowledged = crowd.post(&crowd.people[2..], count, &mut random).await;
    let mut readings = Vec::new();
    for reading in reading {
        readings.push(reading.await.expect("the reader has everything"));
    }
    assert_eq!(check(&acknowledged, &readings), Ok(()));
}
