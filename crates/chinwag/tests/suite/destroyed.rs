//! Answers that are destroyed on their way are not lost, and sends that are repeated are stored once.

use std::time::Duration;

use chinwag_client::{EventReader, HistoryRange};
use chinwag_protocol::{ConversationId, Seq};
use tokio::task::JoinSet;

use crate::fault_proxy::{Fault, FaultProxy};
use crate::lines::Rooms;
use crate::posting::{cursor_of_now, new_client_id, post, post_stubbornly, reader};
use crate::seed;
use crate::server::{Setup, TestServer, open, within};
use crate::traffic::Crowd;
use crate::way::{Way, on_every_transport};

on_every_transport! {
    nothing_is_lost_or_doubled_by_destroyed_answers
    an_answer_cut_at_each_place_is_had_again
}

async fn nothing_is_lost_or_doubled_by_destroyed_answers(way: Way) {
    let mut random = seed::random("destroyed");
    let count = seed::messages() / 4;
    let server = TestServer::start_with(Setup { missed_events_max: Some(1_000_000), ..Setup::by(way) }).await;
    let crowd = Crowd::gather(&server, &["Ada", "Bob", "Cyd", "Dan"], &["tea", "news"]).await;
    let mut plan = random.fork();
    let proxy = FaultProxy::start(server.address(), move || Fault::any(&mut plan)).await;
    let through: Vec<_> =
        crowd.people.iter().map(|session| session.by_way_of(&proxy.client(&server))).collect();
    let mut reading = Vec::new();
    for (direct, through) in crowd.people.iter().zip(&through).take(2) {
        let reader = reader(through, way.transport, &cursor_of_now(direct).await);
        let undisturbed = |_: &mut EventReader| Duration::from_secs(1);
        reading.push(tokio::spawn(crowd.read(direct, reader, count, undisturbed)));
    }
    crowd.post(&through[1..], count, &mut random).await;
    for reading in reading {
        reading.await.expect("the reader has everything");
    }
    crowd.check(count);
    let destroyed = proxy.destroyed();
    assert!(destroyed >= 20, "only {destroyed} connections were destroyed: this tests nothing");
}

async fn an_answer_cut_at_each_place_is_had_again(way: Way) {
    let server = TestServer::by(way).await;
    let ada = server.guest("Ada").await;
    let tea = open(&ada, "tea").await;
    let mut readers = Vec::new();
    for fault in (0..3_600).step_by(37).map(Fault::ResetAfter).chain([Fault::Vanish, Fault::CloseAfter(700)])
    {
        let mut faults = vec![fault];
        let proxy = FaultProxy::start(server.address(), move || faults.pop().unwrap_or(Fault::Pass)).await;
        let bob = server.guest("Bob").await;
        open(&bob, "tea").await;
        let start = cursor_of_now(&bob).await;
        readers.push((fault, reader(&bob.by_way_of(&proxy.client(&server)), way.transport, &start)));
    }
    for text in ["käse", "茶", "👩‍👩‍👧"] {
        post(&ada, tea, text).await;
    }
    let mut reading = JoinSet::new();
    for (fault, mut reader) in readers {
        reading.spawn(async move {
            let lines = Rooms(vec![(tea, "tea")]).read(&mut reader, 3).await;
            let expected = ["tea 1 #1 Ada: käse", "tea 2 #2 Ada: 茶", "tea 3 #3 Ada: 👩‍👩‍👧"];
            assert_eq!(lines, expected, "{fault:?}");
        });
    }
    reading.join_all().await;
}

#[tokio::test]
async fn a_send_whose_answer_is_destroyed_is_stored_once() {
    let server = TestServer::start().await;
    let ada = server.guest("Ada").await;
    let tea = open(&ada, "tea").await;
    for (number, faults) in [
        vec![Fault::Vanish],
        vec![Fault::ResetAfter(0)],
        vec![Fault::ResetAfter(100)],
        vec![Fault::CloseAfter(0), Fault::ResetAfter(40), Fault::Vanish, Fault::CloseAfter(60)],
        vec![Fault::CutRequest(10), Fault::CutRequest(100), Fault::CloseAfter(0)],
    ]
    .into_iter()
    .enumerate()
    {
        let mut rest = faults.clone();
        let proxy = FaultProxy::start(server.address(), move || rest.pop().unwrap_or(Fault::Pass)).await;
        let client_id = new_client_id();
        let through = ada.by_way_of(&proxy.client(&server));
        let answer = post_stubbornly(&through, tea, client_id, "once").await;
        assert_eq!(answer.seq.get(), number as u64 + 1, "{faults:?}");
        assert_eq!(proxy.destroyed(), faults.len(), "{faults:?}");
        // The same again, not by way of the proxy.
        assert_eq!(post_stubbornly(&ada, tea, client_id, "once").await, answer, "{faults:?}");
    }
    expect_rows(&ada, tea, 5).await;
}

async fn expect_rows(session: &chinwag_client::Session, room: ConversationId, rows: u64) {
    let page = within("a page", session.history(room, HistoryRange::Newest, 200)).await;
    let page = page.expect("history may be read");
    assert_eq!(page.to_seq, Seq::new(rows));
    assert_eq!(page.messages.len() as u64, rows);
}
