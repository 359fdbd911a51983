//! However many are in a conversation, a message is one row, and a member more is two.

use std::sync::Arc;

use chinwag_chat::Reply;
use chinwag_protocol::{AccountList, Code, Command, Conversation, Settings, Title};
use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

use crate::support::*;

/// Rows of all tables.
fn rows(folder: &TempDir) -> i64 {
    let connection = Connection::open(folder.path().join("chinwag.db")).unwrap();
    let mut tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let names: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let count = |name: &String| -> i64 {
        connection.query_row(&format!("SELECT count(*) FROM {name}"), [], |row| row.get(0)).unwrap()
    };
    names.iter().map(count).sum()
}

/// Puts so many into a conversation at once, as if they had come one by one.
fn crowd(folder: &TempDir, conversation: &Conversation, members: i64) {
    let connection = Connection::open(folder.path().join("chinwag.db")).unwrap();
    let id = conversation.id.as_bytes();
    connection
        .execute(
            "INSERT INTO member (account, conversation, role, since, visible_from)
             WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
             SELECT randomblob(16), ?1, 2, 1, 1 FROM n",
            (id, members - 1),
        )
        .unwrap();
    connection.execute("UPDATE conversation SET members = ?2 WHERE id = ?1", (id, members)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_is_one_row_among_twenty_thousand() {
    let folder = TempDir::new().unwrap();
    let store = start(open(folder.path()), Arc::new(Seen::default()));
    let ada = guest(&*store).await;
    let room = open_room(&*store, ada).await;
    store.close().await;
    crowd(&folder, &room, 20_000);

    let store = start(open(folder.path()), Arc::new(Seen::default()));
    let bob = guest(&*store).await;
    let before = rows(&folder);
    say(&*store, ada, &room, "hello").await.unwrap();
    assert_eq!(rows(&folder) - before, 1, "the message");
    assert_eq!(open_room(&*store, bob).await.id, room.id);
    assert_eq!(rows(&folder) - before, 3, "the join, and the member");
    let found = store.conversation(bob.account, room.id).await.unwrap().unwrap();
    assert_eq!(found.members, 20_001);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_five_thousand_is_full() {
    let folder = TempDir::new().unwrap();
    let store = start(open(folder.path()), Arc::new(Seen::default()));
    let ada = guest(&*store).await;
    let settings = Settings::new(Some(Title::parse("Crew").unwrap()));
    let client_id = chinwag_protocol::ClientId::new(Uuid::now_v7());
    let made = store.submit(request(ada, Command::CreateGroup { client_id, settings })).await;
    let Ok(Reply::Group { conversation }) = made else { panic!("{made:?}") };
    let crew = store.conversation(ada.account, conversation).await.unwrap().unwrap().conversation;
    store.close().await;
    crowd(&folder, &crew, 4_999);

    let store = start(open(folder.path()), Arc::new(Seen::default()));
    let (bob, eve) = (guest(&*store).await, guest(&*store).await);
    let before = rows(&folder);
    say(&*store, ada, &crew, "hello").await.unwrap();
    assert_eq!(rows(&folder) - before, 1, "the message");
    let add = |account| {
        let accounts = AccountList::new(vec![account]).unwrap();
        store.submit(request(ada, Command::AddMembers { conversation, accounts }))
    };
    add(bob.account).await.unwrap();
    assert_eq!(rows(&folder) - before, 4, "a row of the timeline, the join, and the member");
    assert_eq!(add(eve.account).await.unwrap_err().code, Code::GroupFull);
    assert_eq!(rows(&folder) - before, 4, "nothing");
    store.close().await;
}
