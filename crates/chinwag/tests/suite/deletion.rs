//! A deleted message: its row stays, its text is gone everywhere.

use std::time::Duration;

use chinwag_client::{
    HistoryRange, Protocol, RecordBytes, RecordBytesOptions, Session, Transport, WebSocketOptions,
};
use chinwag_protocol::{Code, ConversationId, Cursor, EditBody, SendBody, Seq};

use tempfile::TempDir;

use crate::lines::Rooms;
use crate::posting::{cursor_of_now, new_client_id, post, reader, reader_from_now};
use crate::program::{Program, files_with, run};
use crate::recording::Recording;
use crate::server::{Setup, TestServer, open, within};
use crate::way::{Carrier, Way, on_every_transport};

on_every_transport! {
    a_deletion_is_seen_live_in_replay_and_in_history
}

async fn a_deletion_is_seen_live_in_replay_and_in_history(way: Way) {
    let server = TestServer::by(way).await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let tea = open(&ada, "tea").await;
    open(&bob, "tea").await;
    let rooms = Rooms(vec![(tea, "tea")]);
    let start = cursor_of_now(&bob).await;
    let mut live = reader_from_now(&bob, way.transport).await;

    // Read at once: who comes later gets the emptied text, as it should be.
    post(&bob, tea, "secret").await;
    assert_eq!(rooms.read(&mut live, 1).await, ["tea 1 #1 Bob: secret"]);
    post(&ada, tea, "open").await;
    let deletion =
        within("a deletion", bob.delete(tea, Seq::new(1))).await.expect("one's own may be deleted");
    assert_eq!(deletion.seq, Seq::new(3));
    post(&bob, tea, "rude").await;
    assert_eq!(
        rooms.read(&mut live, 3).await,
        ["tea 2 #2 Ada: open", "tea 3 Bob deletes 1", "tea 4 #3 Bob: rude"]
    );
    within("a deletion", ada.delete(tea, Seq::new(4))).await.expect("the owner may delete");
    post(&ada, tea, "last").await;

    assert_eq!(rooms.read(&mut live, 2).await, ["tea 5 Ada deletes 4", "tea 6 #4 Ada: last"]);

    assert_eq!(
        rooms.read_until(&mut reader(&bob, way.transport, &start), "last").await,
        [
            "tea 1 #1 Bob:  (deleted)",
            "tea 2 #2 Ada: open",
            "tea 3 Bob deletes 1",
            "tea 4 #3 Bob:  (deleted)",
            "tea 5 Ada deletes 4",
            "tea 6 #4 Ada: last"
        ]
    );
    let page =
        within("a page", bob.history(tea, HistoryRange::Newest, 50)).await.expect("history may be read");
    assert_eq!(
        rooms.page(&page),
        ["1 to 6", "1 #1 Bob:  (deleted)", "2 #2 Ada: open", "4 #3 Bob:  (deleted)", "6 #4 Ada: last"]
    );
}

#[tokio::test]
async fn a_deletion_is_idempotent_and_not_for_everyone() {
    let server = TestServer::start().await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let tea = open(&ada, "tea").await;
    open(&bob, "tea").await;
    post(&ada, tea, "adas").await;
    let first = within("a deletion", ada.delete(tea, Seq::new(1))).await.expect("one's own may be deleted");
    let again = within("a deletion", ada.delete(tea, Seq::new(1))).await.expect("it is deleted already");
    assert_eq!(first, again);

    post(&ada, tea, "adas").await;
    for (seq, code) in [(3, Code::Forbidden), (2, Code::NotFound), (9, Code::NotFound)] {
        let refusal =
            within("a refusal", bob.delete(tea, Seq::new(seq))).await.expect_err("this is not to be deleted");
        assert_eq!(refusal.code(), Some(code), "row {seq}");
    }
    let sync = within("sync", bob.sync(None)).await.expect("sync is answered");
    let row = &sync.conversations[0];
    assert_eq!((row.seq.get(), row.n), (3, 2));
}

const SECRET: &str = "what-is-about-to-be-deleted";

#[tokio::test]
async fn no_byte_of_a_deleted_text_is_sent() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        for transport in Transport::ALL {
            no_byte_is_sent(Way { transport, carrier: Carrier { protocol, tls: false } }).await;
        }
    }
}

async fn no_byte_is_sent(way: Way) {
    // Others hear of it a moment later.
    let setup = || Setup { alone: true, ..Setup::by(way) };
    let server = TestServer::start_with(setup()).await;
    let recording = Recording::start(server.address()).await;
    let ada = server.guest("Ada").await;
    let bob = within("a guest", recording.client(&server).guest("Bob")).await.expect("a guest may come");
    let tea = open(&ada, "tea").await;
    open(&bob, "tea").await;
    let start = cursor_of_now(&bob).await;
    let mut live = records(&bob, way.transport, &start).await;

    let seq = post(&ada, tea, &format!("{SECRET}, at first")).await.seq;
    let edit = EditBody { text: format!("{SECRET}, then"), entities: Vec::new() };
    within("an edit", ada.edit(tea, seq, &edit)).await.expect("one's own may be edited");
    within("a reaction", bob.react(tea, seq, "👍")).await.expect("a member may react");
    within("a pin", ada.pin(tea, seq)).await.expect("the owner may pin");
    let quoting = SendBody { reply_to: Some(seq), ..SendBody::new(new_client_id(), "an answer") };
    within("an answer", bob.send_message(tea, &quoting)).await.expect("a member may answer");
    read_until(&mut live, "an answer").await;
    ask_for_everything(&bob, tea, seq).await;

    within("a deletion", ada.delete(tea, seq)).await.expect("one's own may be deleted");
    let acknowledged = recording.len();
    assert!(recording.has(SECRET, 0, acknowledged), "{way:?}: it was there");
    post(&ada, tea, "the last").await;
    read_until(&mut live, "the last").await;
    read_until(&mut records(&bob, way.transport, &start).await, "the last").await;
    ask_for_everything(&bob, tea, seq).await;
    assert!(!recording.has(SECRET, acknowledged, recording.len()), "{way:?}: from memory");

    // What it had in memory is gone.
    drop(live);
    let server = TestServer::start_on(server.stop().await, setup()).await;
    let recording = Recording::start(server.address()).await;
    let bob = within("a session", recording.client(&server).session(bob.token())).await;
    let bob = bob.expect("the token is still good");
    read_until(&mut records(&bob, way.transport, &start).await, "the last").await;
    ask_for_everything(&bob, tea, seq).await;
    assert!(recording.len() > 0 && !recording.has(SECRET, 0, recording.len()), "{way:?}: from the store");
    drop(server);
}

async fn records(session: &Session, transport: Transport, after: &Cursor) -> RecordBytes {
    let options = RecordBytesOptions {
        poll_interval: Duration::from_millis(5),
        long_poll_wait: Duration::from_secs(10),
        // Compressed, a text could not be found.
        websocket: WebSocketOptions { deflate: false, ..WebSocketOptions::default() },
    };
    let opened = within("reading", session.record_bytes(transport, Some(after.clone()), &options)).await;
    opened.expect("reading is not refused")
}

async fn read_until(records: &mut RecordBytes, text: &str) {
    let reading = async {
        let mut found = false;
        while !found {
            let each = |record: &[u8]| found |= String::from_utf8_lossy(record).contains(text);
            records.next(each).await.expect("reading is not refused");
        }
    };
    within("a record", reading).await;
}

/// By every request that could show a message.
async fn ask_for_everything(session: &Session, room: ConversationId, seq: Seq) {
    let asking = async {
        session.open_room("tea").await.expect("a member may");
        session.sync(None).await.expect("a member may");
        for range in [
            HistoryRange::Newest,
            HistoryRange::After(seq.previous()),
            HistoryRange::Before(seq.next()),
            HistoryRange::Around(seq),
        ] {
            session.history(room, range, 50).await.expect("a member may");
        }
        session.messages(room, &[seq]).await.expect("a member may");
        session.pins(room).await.expect("a member may");
        // Of a deleted message there are none.
        let _ = session.reactions(room, seq, None, 50).await;
    };
    within("what may be asked for", asking).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_deleted_message_is_on_the_disk_once_compacted() {
    let folder = TempDir::new().expect("a temporary directory can be made");
    let data = folder.path().join("data");
    let program = Program::start(&data);
    let ada = program.guest("Ada").await;
    let tea = open(&ada, "tea").await;
    let mut left = Vec::new();
    for number in 0..100 {
        let seq = post(&ada, tea, &format!("{SECRET} {number}, at first")).await.seq;
        if number % 2 == 0 {
            let edit = EditBody { text: format!("{SECRET} {number}, then"), entities: Vec::new() };
            within("an edit", ada.edit(tea, seq, &edit)).await.expect("one's own may be edited");
        }
        if number % 3 == 0 {
            within("a pin", ada.pin(tea, seq)).await.expect("the owner may pin");
        }
        if number % 5 == 0 {
            within("a deletion", ada.delete(tea, seq)).await.expect("one's own may be deleted");
        } else {
            left.push(seq);
        }
        post(&ada, tea, &format!("and another {number}")).await;
    }
    assert!(!files_with(&data, SECRET).is_empty(), "it is stored");
    for seq in left {
        within("a deletion", ada.delete(tea, seq)).await.expect("one's own may be deleted");
    }
    program.stop();
    let output = run(&["compact"], &data);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(files_with(&data, SECRET), Vec::<String>::new());
    assert!(!files_with(&data, "and another 99").is_empty(), "the others' texts are there");
    let output = run(&["check"], &data);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
