//! A reader that changes its transport and its version of HTTP at any moment misses nothing and gets nothing twice.

use std::time::Duration;

use chinwag_client::{EventReader, Protocol, Session, Transport};

use crate::posting::{cursor_of_now, quick, reader};
use crate::seed;
use crate::server::{Setup, TestServer};
use crate::traffic::Crowd;
use crate::way::Carrier;

pub(crate) fn any_transport(random: &mut fastrand::Rng) -> Transport {
    Transport::ALL[random.usize(0..Transport::ALL.len())]
}

/// Changes the transport about once in 40 records, and whenever the reader has waited for long; now and then also the version
/// of HTTP, by going on with the same cursor as the same device on another client.
pub(crate) fn switch_at_random(
    sessions: [Session; 2],
    mut random: fastrand::Rng,
) -> impl FnMut(&mut EventReader) -> Duration {
    let mut calm = 0;
    move |reader| {
        if calm == 0 {
            let transport = any_transport(&mut random);
            if random.bool() {
                let session = &sessions[random.usize(0..2)];
                *reader = session.events(transport, reader.cursor().cloned(), quick());
            } else {
                reader.switch(transport);
            }
            calm = random.u32(1..80);
        }
        calm -= 1;
        let longest_ms = if random.bool() { 30 } else { 500 };
        Duration::from_millis(random.u64(0..longest_ms))
    }
}

async fn nothing_is_lost_or_doubled(tls: bool) {
    let mut random = seed::random("switching");
    let count = seed::messages();
    let carrier = Carrier { protocol: Protocol::Http1, tls };
    let setup = Setup { missed_events_max: Some(1_000_000), carrier, ..Setup::default() };
    let server = TestServer::start_with(setup).await;
    let crowd =
        Crowd::gather(&server, &["Ada", "Bob", "Cyd", "Dan", "Eve", "Fay"], &["tea", "news", "work"]).await;
    let http2 = server.client_by(server.address(), Protocol::Http2);
    let mut reading = Vec::new();
    for session in &crowd.people[..3] {
        let start = cursor_of_now(session).await;
        let reader = reader(session, any_transport(&mut random), &start);
        let sessions = [session.clone(), session.by_way_of(&http2)];
        let disturb = switch_at_random(sessions, random.fork());
        reading.push(tokio::spawn(crowd.read(session, reader, count, disturb)));
    }
    // Half of those who post do it over HTTP/2.
    let mut senders = crowd.people[2..].to_vec();
    for sender in senders.iter_mut().step_by(2) {
        *sender = sender.by_way_of(&http2);
    }
    crowd.post(&senders, count, &mut random).await;
    for reading in reading {
        reading.await.expect("the reader has everything");
    }
    crowd.check(count);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_by_changes_of_transport_and_protocol() {
    nothing_is_lost_or_doubled(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_by_changes_of_transport_and_protocol_over_tls() {
    nothing_is_lost_or_doubled(true).await;
}
