//! What was acknowledged before a stop is there after it, and cursors stay good.

use chinwag_client::{HistoryRange, Transport};
use chinwag_protocol::{Cursor, Seq};
use tokio::task::JoinSet;

use crate::history_check::{Acknowledged, Received, check};
use crate::lines::Rooms;
use crate::posting::{cursor_of_now, new_client_id, post, post_stubbornly, reader};
use crate::server::{Setup, TestServer, open, within};
use crate::way::{Way, on_every_transport};

on_every_transport! {
    cursors_stay_good_over_a_restart
}

async fn cursors_stay_good_over_a_restart(way: Way) {
    let server = TestServer::by(way).await;
    let ada = server.guest("Ada").await;
    let room = within("a room", ada.open_room("tea")).await.expect("a room may be opened");
    let tea = room.conversation.id;
    let rooms = Rooms(vec![(tea, "tea")]);
    let synced = cursor_of_now(&ada).await;
    let sent = post(&ada, tea, "one").await;
    let mut before = reader(&ada, way.transport, &synced);
    assert_eq!(rooms.read(&mut before, 1).await, ["tea 1 #1 Ada: one"]);
    let read = before.cursor().expect("something was read").clone();
    let page =
        within("a page", ada.history(tea, HistoryRange::Newest, 50)).await.expect("history may be read");
    post(&ada, tea, "two").await;

    let data = server.stop().await;
    let server = TestServer::start_on(data, Setup::by(way)).await;
    let ada = server.resume(&ada).await;
    post(&ada, tea, "three").await;
    let all = ["tea 1 #1 Ada: one", "tea 2 #2 Ada: two", "tea 3 #3 Ada: three"];
    let cursors: [(&str, &Cursor, &[&str]); 5] = [
        ("an opened room's", &room.cursor, &all),
        ("sync's", &synced, &all),
        ("a send's", &sent.cursor, &all[1..]),
        ("a record's", &read, &all[1..]),
        ("a page's", &page.cursor, &all[1..]),
    ];
    for (whose, cursor, expected) in cursors {
        let lines = rooms.read(&mut reader(&ada, way.transport, cursor), expected.len()).await;
        assert_eq!(lines, expected, "{whose} cursor");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_before_a_stop_is_there_after_it() {
    let server = TestServer::start().await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let tea = open(&ada, "tea").await;
    open(&bob, "tea").await;
    let start = cursor_of_now(&ada).await;

    // Each posts until the server is gone; the last send of each has no answer.
    let mut posting = JoinSet::new();
    let (enough, mut counted) = tokio::sync::mpsc::channel(1);
    for session in [&ada, &bob, &ada, &bob] {
        let (session, enough) = (session.clone(), enough.clone());
        posting.spawn(async move {
            let mut acknowledged = Vec::new();
            loop {
                let client_id = new_client_id();
                let text = format!("{client_id}");
                match session.send(tea, client_id, &text, None).await {
                    Ok(answer) => acknowledged.push(Acknowledged {
                        conversation: tea,
                        client_id,
                        seq: answer.seq,
                        text,
                    }),
                    Err(error) if error.may_pass() => return (session, acknowledged, client_id, text),
                    Err(error) => panic!("{text:?} was refused: {error}"),
                }
                if acknowledged.len() == 50 {
                    let _ = enough.send(()).await;
                }
            }
        });
    }
    drop(enough);
    within("fifty are acknowledged", counted.recv()).await.expect("posting goes on");
    drop(counted);
    let data = server.stop().await;

    let server = TestServer::start_on(data, Setup::default()).await;
    let mut acknowledged = Vec::new();
    for (session, of_this, client_id, text) in within("posting ends", posting.join_all()).await {
        let session = server.resume(&session).await;
        acknowledged.extend(of_this);
        let answer = post_stubbornly(&session, tea, client_id, &text).await;
        acknowledged.push(Acknowledged { conversation: tea, client_id, seq: answer.seq, text });
    }
    let ada = server.resume(&ada).await;
    let mut reader = reader(&ada, Transport::Stream, &start);
    let mut received: Vec<Received> = Vec::new();
    while received.len() < acknowledged.len() {
        let record = within("a record", reader.next()).await.expect("reading is not refused");
        received.extend(Received::of(&record));
    }
    assert_eq!(check(&acknowledged, &[received]), Ok(()));
    let newest =
        within("a page", ada.history(tea, HistoryRange::Newest, 1)).await.expect("history may be read");
    assert_eq!(newest.to_seq, Seq::new(acknowledged.len() as u64));
}
