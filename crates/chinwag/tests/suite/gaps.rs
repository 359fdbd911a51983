//! Cursors that cannot be gone on from, and the way back.

use chinwag_client::{Session, Transport};
use chinwag_protocol::{Code, ConversationId, Cursor};

use crate::lines::Rooms;
use crate::posting::{cursor_of_now, post, reader};
use crate::server::{Setup, TestServer, open, within};
use crate::way::{Way, on_every_transport};

on_every_transport! {
    what_is_no_cursor_is_refused
    a_forged_cursor_is_refused
    a_cursor_of_an_unknown_epoch_is_a_gap
    a_gap_is_told_until_it_was_heard
    too_much_missed_is_a_gap
    as_much_as_allowed_is_replayed
    a_restored_backup_is_a_gap_for_who_was_ahead
}

async fn what_is_no_cursor_is_refused(way: Way) {
    let server = TestServer::by(way).await;
    let ada = server.guest("Ada").await;
    let rooms = Rooms(Vec::new());
    for text in ["x", "0", "AAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA", "++++++++++++++++++++++", "茶"]
    {
        let mut reader = reader(&ada, way.transport, &Cursor::from_text(text));
        let refusal = rooms.next(&mut reader).await.expect_err("this is no cursor");
        assert_eq!(refusal.code(), Some(Code::InvalidCursor), "{text:?}");
    }
}

/// Well-formed, but sealed by nobody, or by a server with another key.
async fn a_forged_cursor_is_refused(way: Way) {
    let server = TestServer::by(way).await;
    let other = TestServer::by(way).await;
    let foreign = cursor_of_now(&other.guest("Eve").await).await;
    let ada = server.guest("Ada").await;
    let rooms = Rooms(Vec::new());
    for cursor in [foreign, Cursor::from_text("AAAAAAAAAAAAAAAAAAAAAA")] {
        let refusal = rooms.next(&mut reader(&ada, way.transport, &cursor)).await.expect_err("it is forged");
        assert_eq!(refusal.code(), Some(Code::InvalidCursor));
    }
}

/// A server whose backup was restored twice, and a cursor from between: its part of the log is gone and unknown.
async fn restored_twice() -> (TestServer, Session, ConversationId, Cursor) {
    let server = TestServer::start().await;
    let ada = server.guest("Ada").await;
    let tea = open(&ada, "tea").await;
    let backup = server.stop().await;
    let again = backup.copy();
    let server = TestServer::start_on(backup.copy(), Setup::default()).await;
    let between = server.resume(&ada).await;
    post(&between, tea, "lost").await;
    let cursor = cursor_of_now(&between).await;
    server.stop().await;
    let server = TestServer::start_on(again, Setup::default()).await;
    let ada = server.resume(&ada).await;
    (server, ada, tea, cursor)
}

async fn a_cursor_of_an_unknown_epoch_is_a_gap(way: Way) {
    let (_server, ada, tea, cursor) = restored_twice().await;
    let rooms = Rooms(vec![(tea, "tea")]);
    let mut reader = reader(&ada, way.transport, &cursor);
    assert_eq!(rooms.read(&mut reader, 1).await, ["gap UnknownEpoch /v1/sync"]);
    post(&ada, tea, "on").await;
    assert!(rooms.read(&mut reader, 1).await[0].ends_with("Ada: on"));
}

/// A connection that breaks right after `hello` must not make the reader believe that it has everything.
async fn a_gap_is_told_until_it_was_heard(way: Way) {
    let (_server, ada, tea, unknown) = restored_twice().await;
    post(&ada, tea, "missed").await;
    let mut reader = reader(&ada, way.transport, &unknown);
    if matches!(way.transport, Transport::Stream | Transport::Sse) {
        for _ in 0..3 {
            let hello = within("hello", reader.next()).await.expect("reading is not refused");
            assert_eq!(hello.cursor(), Some(&unknown));
            reader.switch(way.transport);
        }
    }
    let rooms = Rooms(vec![(tea, "tea")]);
    assert_eq!(rooms.read(&mut reader, 1).await, ["gap UnknownEpoch /v1/sync"]);
}

async fn too_much_missed_is_a_gap(way: Way) {
    let server = TestServer::start_with(Setup { missed_events_max: Some(20), ..Setup::by(way) }).await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let tea = open(&ada, "tea").await;
    open(&bob, "tea").await;
    let start = cursor_of_now(&bob).await;
    for number in 1..=21 {
        post(&ada, tea, &number.to_string()).await;
    }
    let rooms = Rooms(vec![(tea, "tea")]);
    let mut reader = reader(&bob, way.transport, &start);
    assert_eq!(rooms.read(&mut reader, 1).await, ["gap TooMany /v1/sync"]);
    let sync = within("sync", bob.sync(None)).await.expect("sync is answered");
    assert_eq!((sync.conversations[0].seq.get(), sync.conversations[0].n), (21, 21));
    post(&ada, tea, "on").await;
    assert_eq!(rooms.read(&mut reader, 1).await, ["tea 22 #22 Ada: on"]);
}

async fn as_much_as_allowed_is_replayed(way: Way) {
    let server = TestServer::start_with(Setup { missed_events_max: Some(20), ..Setup::by(way) }).await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let (tea, news) = (open(&ada, "tea").await, open(&ada, "news").await);
    open(&bob, "tea").await;
    let start = cursor_of_now(&bob).await;
    for number in 1..=20 {
        post(&ada, tea, &number.to_string()).await;
        // What Bob does not read, he does not miss.
        post(&ada, news, &number.to_string()).await;
    }
    let rooms = Rooms(vec![(tea, "tea")]);
    let lines = rooms.read(&mut reader(&bob, way.transport, &start), 20).await;
    assert_eq!((lines[0].as_str(), lines[19].as_str()), ("tea 1 #1 Ada: 1", "tea 20 #20 Ada: 20"));
}

async fn a_restored_backup_is_a_gap_for_who_was_ahead(way: Way) {
    let server = TestServer::by(way).await;
    let ada = server.guest("Ada").await;
    let tea = open(&ada, "tea").await;
    post(&ada, tea, "kept").await;
    let kept = cursor_of_now(&ada).await;
    let data = server.stop().await;
    let backup = data.copy();

    let server = TestServer::start_on(data, Setup::by(way)).await;
    let ada = server.resume(&ada).await;
    for text in ["lost", "lost too"] {
        post(&ada, tea, text).await;
    }
    let ahead = cursor_of_now(&ada).await;
    server.stop().await;

    let server = TestServer::start_on(backup, Setup::by(way)).await;
    let ada = server.resume(&ada).await;
    let rooms = Rooms(vec![(tea, "tea")]);
    let mut was_ahead = reader(&ada, way.transport, &ahead);
    assert_eq!(rooms.read(&mut was_ahead, 1).await, ["gap Ahead /v1/sync"]);
    for text in ["new", "newer"] {
        post(&ada, tea, text).await;
    }
    let expected = ["tea 2 #2 Ada: new", "tea 3 #3 Ada: newer"];
    assert_eq!(rooms.read(&mut was_ahead, 2).await, expected);
    assert_eq!(rooms.read(&mut reader(&ada, way.transport, &kept), 2).await, expected);
}
