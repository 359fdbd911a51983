//! However many are in a conversation, a message is one row, and a member more is two.

use chinwag_chat::Reply;
use chinwag_protocol::{AccountList, ClientId, Code, Command, Settings, Title};
use chinwag_test_postgres::{Database, shared};
use uuid::Uuid;

use crate::support::{Node, guest, open_room, request, say};

/// Rows of all tables but that of the batches, which is about commits.
fn rows(database: &Database) -> u64 {
    let tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'batch'";
    let count = |name: &String| -> u64 {
        shared().sql(&database.name, &format!("SELECT count(*) FROM {name}"))[0].parse().unwrap()
    };
    shared().sql(&database.name, tables).iter().map(count).sum()
}

/// Puts so many into every conversation at once, as if they had come one by one.
fn crowd(database: &Database, members: u64) {
    let others = members - 1;
    for sql in [
        format!(
            "INSERT INTO member SELECT decode(md5(id::text || i), 'hex'), id, 2, 1, 1
             FROM conversation, generate_series(1, {others}) i"
        ),
        format!("UPDATE conversation SET members = {members}"),
    ] {
        shared().sql(&database.name, &sql);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_is_one_row_among_twenty_thousand() {
    let database = shared().database();
    let Node { store, .. } = Node::start(&database.url).await;
    let (ada, bob) = (guest(&*store).await, guest(&*store).await);
    let room = open_room(&*store, ada).await;
    crowd(&database, 20_000);
    let before = rows(&database);
    say(&*store, ada, &room, "hello").await.unwrap();
    assert_eq!(rows(&database) - before, 1, "the message");
    assert_eq!(open_room(&*store, bob).await.id, room.id);
    assert_eq!(rows(&database) - before, 3, "the join, and the member");
    let found = store.conversation(bob.account, room.id).await.unwrap().unwrap();
    assert_eq!(found.members, 20_001);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_five_thousand_is_full() {
    let database = shared().database();
    let Node { store, .. } = Node::start(&database.url).await;
    let (ada, bob, eve) = (guest(&*store).await, guest(&*store).await, guest(&*store).await);
    let settings = Settings::new(Some(Title::parse("Crew").unwrap()));
    let client_id = ClientId::new(Uuid::now_v7());
    let made = store.submit(request(ada, Command::CreateGroup { client_id, settings })).await;
    let Ok(Reply::Group { conversation }) = made else { panic!("{made:?}") };
    let crew = store.conversation(ada.account, conversation).await.unwrap().unwrap().conversation;
    store.close().await;
    crowd(&database, 4_999);
    // One that remembers nothing.
    let url = database.url.clone();
    let opening = tokio::task::spawn_blocking(move || {
        let opened = chinwag_store::Postgres::open(&url, chinwag_store::PostgresOptions::default()).unwrap();
        let tail = std::sync::Arc::new(crate::support::Seen::default());
        opened.start(chinwag_chat::decide, crate::support::clock(), tail).unwrap()
    });
    let store = opening.await.unwrap();
    let before = rows(&database);
    say(&*store, ada, &crew, "hello").await.unwrap();
    assert_eq!(rows(&database) - before, 1, "the message");
    let add = |account| {
        let accounts = AccountList::new(vec![account]).unwrap();
        store.submit(request(ada, Command::AddMembers { conversation, accounts }))
    };
    add(bob.account).await.unwrap();
    assert_eq!(rows(&database) - before, 4, "a row of the timeline, the join, and the member");
    assert_eq!(add(eve.account).await.unwrap_err().code, Code::GroupFull);
    assert_eq!(rows(&database) - before, 4, "nothing");
    store.close().await;
}
