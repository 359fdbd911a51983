//! What is not what was stored is served to nobody, and a commit that the database refuses is told and forgotten.

use std::sync::Arc;

use chinwag_chat::{Decision, Request, State, decide};
use chinwag_protocol::{ClientId, Code, Command, Pos, Problem, Seq, Timestamp};
use chinwag_store::{HistoryRange, Limits, Postgres, PostgresOptions, StoreError};
use chinwag_test_postgres::shared;
use uuid::Uuid;

use crate::support::{Node, Seen, clock, guest, open_room, open_room_of, say, send};

fn limits() -> Limits {
    let now = Timestamp::from_millis(0);
    Limits { events: 100, bytes: 1 << 20, missed_events: 100, missed_ms: i64::MAX, now }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_row_is_served_to_nobody() {
    let database = shared().database();
    let node = Node::start(&database.url).await;
    let ada = guest(&*node.store).await;
    let room = open_room(&*node.store, ada).await;
    let other = open_room_of(&*node.store, ada, "milk").await;
    for text in ["one", "two", "three"] {
        say(&*node.store, ada, &room, text).await.unwrap();
    }
    shared().sql(&database.name, "CREATE TABLE kept AS SELECT * FROM event WHERE pos = 7");
    for change in [
        "text = 'twO'",
        "text = NULL",
        "at = at + 1",
        "n = 3",
        "seq = 7",
        "kind = 2, target = 1",
        "sender = '\\xaa000000000000000000000000000001'",
        "client_id = '\\xaa000000000000000000000000000001'",
        "hash = '\\xaa000000000000000000000000000001'",
        "deleted_by = 3",
        "topic = '\\xaa000000000000000000000000000001'",
        "checksum = checksum + 1",
    ] {
        shared().sql(&database.name, &format!("UPDATE event SET {change} WHERE pos = 7"));
        let all = HistoryRange::After(Seq::ZERO);
        let history = node.store.history(ada.account, room.id, all, 100).await.map(drop);
        let page = node.store.page(&[ada.account], Pos::new(6), limits()).await.map(drop);
        let window = node.store.recent(1 << 20).await.map(drop);
        // Where the row is not in its place any more, catching up does not come by it.
        let moved = change.starts_with("seq") || change.starts_with("topic");
        for (reading, must) in [(history, true), (page, !moved), (window, true)] {
            let damaged = matches!(reading, Err(StoreError::Damaged { .. }));
            assert!(damaged || !must, "{change}: {reading:?}");
        }
        shared().sql(&database.name, "DELETE FROM event WHERE pos = 7; INSERT INTO event SELECT * FROM kept");
    }
    say(&*node.store, ada, &other, "and on").await.unwrap();
    node.store.close().await;
}

/// A writer does not go on from a last row that is not what was stored; who has nothing to do with it is served.
#[tokio::test(flavor = "multi_thread")]
async fn damage_in_one_room_leaves_the_others_alone() {
    let database = shared().database();
    let node = Node::start(&database.url).await;
    let ada = guest(&*node.store).await;
    let (room, other) = (open_room(&*node.store, ada).await, open_room_of(&*node.store, ada, "milk").await);
    say(&*node.store, ada, &room, "one").await.unwrap();
    node.store.close().await;
    shared().sql(&database.name, "UPDATE event SET n = 5 WHERE kind = 1");
    let opened = Postgres::open(&database.url, PostgresOptions::default()).unwrap();
    let store = opened.start(decide, clock(), Arc::new(Seen::default())).unwrap();
    let (damaged, whole) = tokio::join!(say(&*store, ada, &room, "two"), say(&*store, ada, &other, "one"));
    assert_eq!(damaged.unwrap_err().code, Code::Unavailable);
    assert_eq!(whole, Ok(1));
    store.close().await;
}

/// A commit that the database refuses changes nothing, and the writer goes on when the database does.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_commit_is_told_and_forgotten() {
    let database = shared().database();
    let node = Node::start(&database.url).await;
    let ada = guest(&*node.store).await;
    let room = open_room(&*node.store, ada).await;
    say(&*node.store, ada, &room, "one").await.unwrap();
    let refuse = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END'";
    shared().sql(&database.name, refuse);
    shared().sql(&database.name, "CREATE TRIGGER refuse BEFORE INSERT ON event EXECUTE FUNCTION refuse()");
    let message = send(ada, &room, ClientId::new(Uuid::now_v7()), "two");
    for _ in 0..3 {
        assert_eq!(node.store.submit(message.clone()).await, Err(Problem::unavailable()));
        node.store.record_places(&[(ada.device, Pos::new(1))]).await.unwrap();
        assert_eq!(node.store.head().await.unwrap(), Pos::new(4));
    }
    shared().sql(&database.name, "DROP TRIGGER refuse ON event");
    let stored = node.store.submit(message.clone()).await.unwrap();
    assert_eq!(node.store.submit(message).await, Ok(stored));
    assert_eq!(say(&*node.store, ada, &room, "three").await, Ok(3));
    assert_eq!(node.store.place(ada.device).await.unwrap(), Some(Pos::new(1)));
    assert_eq!(node.store.recent(usize::MAX).await.unwrap(), node.seen());
    node.store.close().await;
}

fn decide_or_panic(state: &State, request: &Request, now: Timestamp) -> Result<Decision, Problem> {
    if let Request::Command { command: Command::SendMessage { text, .. }, .. } = request {
        assert_ne!(text.as_str(), "panic");
    }
    decide(state, request, now)
}

/// A request on which the rules panic gets an answer, and the next ones are served.
#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_answered() {
    let opened = Postgres::open(&shared().database().url, PostgresOptions::default()).unwrap();
    let seen = Arc::new(Seen::default());
    let store = opened.start(decide_or_panic, clock(), Arc::<Seen>::clone(&seen)).unwrap();
    let ada = guest(&*store).await;
    let room = open_room(&*store, ada).await;
    for row in 1..=3 {
        assert_eq!(say(&*store, ada, &room, "panic").await, Err(Problem::unavailable()));
        assert_eq!(say(&*store, ada, &room, "no panic").await, Ok(row));
    }
    assert_eq!(store.recent(usize::MAX).await.unwrap(), *seen.0.lock());
    store.close().await;
}
