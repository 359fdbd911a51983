//! Databases that earlier programs made.

use std::sync::Arc;

use crate::fold::timelines_are_whole;
use crate::support::{Seen, open, say, start};
use chinwag_protocol::{AccountId, Actor, Conversation, ConversationId, DeviceId, Pos, Seq, Slug, Timestamp};
use chinwag_store::{HistoryRange, Limits, PageEnd, Store};
use rusqlite::Connection;
use tempfile::TempDir;

const FIRST: &str = include_str!("../../src/sqlite/migrations/0001_first.sql");

/// Ada's room, with a message that is deleted and one that is not, as a program with schema 1 has stored them.
const ROWS: &str = "
    INSERT INTO account VALUES (x'aa000000000000000000000000000001', 'Ada', 0, 1);
    INSERT INTO device VALUES (x'dd000000000000000000000000000001', x'aa000000000000000000000000000001', zeroblob(32), 0);
    INSERT INTO conversation VALUES
        (x'cc000000000000000000000000000001', 1, 'tea', 'tea', x'aa000000000000000000000000000001');
    INSERT INTO member VALUES
        (x'aa000000000000000000000000000001', x'cc000000000000000000000000000001', 1, 3, 1);
    INSERT INTO event (pos, topic, seq, kind, at, detail) VALUES
        (1, x'aa000000000000000000000000000001', 1, 6, 10, '{\"device\":\"dd000000-0000-0000-0000-000000000001\"}'),
        (2, x'aa000000000000000000000000000001', 2, 3, 20, '{\"conversation\":\"cc000000-0000-0000-0000-000000000001\"}'),
        (3, x'aa000000000000000000000000000001', 3, 4, 20,
            '{\"conversation\":\"cc000000-0000-0000-0000-000000000001\",\"role\":\"owner\",\"since\":3,\"visible_from\":1,\"from_seq\":1}');
    INSERT INTO event (pos, topic, seq, kind, at, sender, n, client_id, hash, deleted_by, text) VALUES
        (4, x'cc000000000000000000000000000001', 1, 1, 30, x'aa000000000000000000000000000001', 1,
            x'11000000000000000000000000000001', zeroblob(16), 3, ''),
        (5, x'cc000000000000000000000000000001', 2, 1, 40, x'aa000000000000000000000000000001', 2,
            x'11000000000000000000000000000002', zeroblob(16), NULL, 'hello');
    INSERT INTO event (pos, topic, seq, kind, at, sender, n, target) VALUES
        (6, x'cc000000000000000000000000000001', 3, 2, 50, x'aa000000000000000000000000000001', 2, 1);
    INSERT INTO epoch VALUES (1, 1, zeroblob(16));
    INSERT INTO installation VALUES (1, zeroblob(16), zeroblob(32), zeroblob(32), 0, 0, '0.1.0');
";

fn database_of_schema_1(folder: &TempDir, rows: &str) {
    let connection = Connection::open(folder.path().join("chinwag.db")).unwrap();
    connection.execute_batch(FIRST).unwrap();
    connection.execute_batch(rows).unwrap();
    connection.pragma_update(None, "application_id", i32::from_be_bytes(*b"Chwg")).unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
}

fn id(first: u8) -> [u8; 16] {
    let mut id = [0; 16];
    (id[0], id[15]) = (first, 1);
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_schema_1_goes_on() {
    let folder = TempDir::new().unwrap();
    database_of_schema_1(&folder, ROWS);
    let ada = Actor { account: AccountId::from_bytes(id(0xaa)), device: DeviceId::from_bytes(id(0xdd)) };
    let room = Conversation::room(ConversationId::from_bytes(id(0xcc)), Slug::parse("tea").unwrap());
    let store = start(open(folder.path()), Arc::new(Seen::default()));
    assert_eq!(timeline(&*store, ada, &room).await, [(1, String::new()), (2, "hello".to_owned())]);
    assert_eq!(missed(&*store, ada, 0).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(missed(&*store, ada, 4).await, [5, 6]);
    let topics = store.topics(ada.account).await.unwrap();
    assert_eq!((topics.head, topics.conversations[0].seq), (Pos::new(6), Seq::new(3)));

    let devices = store.devices(ada.account).await.unwrap();
    assert_eq!((devices.len(), devices[0].id, devices[0].name.as_deref()), (1, ada.device, None));
    assert_eq!(devices[0].created_at, Timestamp::from_millis(10), "as its account");
    assert_eq!(devices[0].seen_at, Timestamp::from_millis(50), "no earlier than the last event");
    let card = store.account(ada.account).await.unwrap().unwrap();
    assert_eq!((card.name.as_str(), card.username, card.about.as_str(), card.version), ("Ada", None, "", 1));
    assert_eq!(store.credential(ada.account).await.unwrap(), None);

    assert_eq!(say(&*store, ada, &room, "and on").await, Ok(4));
    let want = [(1, String::new()), (2, "hello".to_owned()), (4, "and on".to_owned())];
    assert_eq!(timeline(&*store, ada, &room).await, want);
    assert_eq!(missed(&*store, ada, 4).await, [5, 6, 7]);
    let sync = store.sync(ada.account, None, 10).await.unwrap();
    assert_eq!((sync.conversations[0].seq, sync.conversations[0].n), (Seq::new(4), 3));
    store.close().await;
    timelines_are_whole(&folder.path().join("chinwag.db"));

    let store = start(open(folder.path()), Arc::new(Seen::default()));
    assert_eq!(timeline(&*store, ada, &room).await, want);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_of_schema_1_goes_on() {
    let folder = TempDir::new().unwrap();
    database_of_schema_1(&folder, "");
    let opened = open(folder.path());
    assert_eq!(opened.head().unwrap(), Pos::ZERO);
    let store = start(opened, Arc::new(Seen::default()));
    crate::support::guest(&*store).await;
    assert_eq!(store.head().await.unwrap(), Pos::new(1));
    store.close().await;
}

async fn timeline(store: &dyn Store, ada: Actor, room: &Conversation) -> Vec<(u64, String)> {
    let history = store.history(ada.account, room.id, HistoryRange::Newest, 100).await.unwrap().unwrap();
    history.messages.into_iter().map(|(seq, _, message)| (seq.get(), message.text)).collect()
}

async fn missed(store: &dyn Store, ada: Actor, after: u64) -> Vec<u64> {
    let limits = Limits {
        events: 100,
        bytes: 1 << 20,
        missed_events: 100,
        missed_ms: i64::MAX,
        now: Timestamp::from_millis(0),
    };
    let page = store.page(&[ada.account], Pos::new(after), limits).await.unwrap();
    assert!(matches!(page.end, PageEnd::Head(_)));
    page.events.iter().map(|event| event.pos.get()).collect()
}
