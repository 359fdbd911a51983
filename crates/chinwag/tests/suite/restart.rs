//! What was acknowledged before a stop is there after it, and cursors stay good.

use std::sync::Arc;

use chinwag_client::{HistoryRange, Transport};
use chinwag_history::History;
use chinwag_protocol::{Cursor, Record, Seq};
use tokio::task::JoinSet;

use crate::lines::Rooms;
use crate::posting::{Draft, cursor_of_now, new_client_id, post, reader};
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

    let history = Arc::new(History::new().expect("a temporary file can be made"));
    history.recorder.reader("Ada", &ada.account().id);
    history.recorder.synced("Ada", &[(tea, Seq::ZERO)]);

    // Each posts until the server is gone; the last send of each has no answer.
    let mut posting = JoinSet::new();
    let (enough, mut counted) = tokio::sync::mpsc::channel(1);
    for session in [&ada, &bob, &ada, &bob] {
        let (history, session, enough) = (Arc::clone(&history), session.clone(), enough.clone());
        posting.spawn(async move {
            let mut acknowledged = 0;
            loop {
                let client_id = new_client_id();
                let text = format!("{client_id}");
                let draft = Draft { conversation: tea, client_id, text: &text };
                match draft.post(&history.recorder, &session).await {
                    Ok(_) => acknowledged += 1,
                    Err(error) if error.may_pass() => return (session, acknowledged, client_id),
                    Err(error) => panic!("{text:?} was refused: {error}"),
                }
                if acknowledged == 50 {
                    let _ = enough.send(()).await;
                }
            }
        });
    }
    drop(enough);
    within("fifty are acknowledged", counted.recv()).await.expect("posting goes on");
    drop(counted);
    let data = server.stop().await;
    history.recorder.server("stopped");

    let server = TestServer::start_on(data, Setup::default()).await;
    let mut acknowledged = 0;
    for (session, of_this, client_id) in within("posting ends", posting.join_all()).await {
        let session = server.resume(&session).await;
        let draft = Draft { conversation: tea, client_id, text: &client_id.to_string() };
        draft.post_stubbornly(&history.recorder, &session).await;
        acknowledged += of_this + 1;
    }
    let ada = server.resume(&ada).await;
    let mut reader = reader(&ada, Transport::Stream, &start);
    history.recorder.connect("Ada", "stream");
    let mut last = Seq::ZERO;
    while last < Seq::new(acknowledged) {
        let record = within("a record", reader.next()).await.expect("reading is not refused");
        history.recorder.received("Ada", &record);
        if let Record::Message(message) = record {
            last = message.seq;
        }
    }
    history.recorder.done("Ada");
    let newest =
        within("a page", ada.history(tea, HistoryRange::Newest, 1)).await.expect("history may be read");
    assert_eq!(newest.to_seq, Seq::new(acknowledged));
    let history = Arc::into_inner(history).expect("nobody posts any more");
    assert_eq!(history.check().acknowledged, acknowledged);
}
