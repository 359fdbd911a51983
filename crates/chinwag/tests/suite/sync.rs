//! What a device takes that has no place yet, or lost it.

use crate::posting::{cursor_of_now, post};
use crate::server::{TestServer, open, within};

#[tokio::test]
async fn conversations_come_in_pages_newest_activity_first() {
    let server = TestServer::start().await;
    let ada = server.guest("Ada").await;
    for number in 0..103 {
        open(&ada, &format!("room-{number}")).await;
    }
    for slug in ["room-7", "room-50", "room-7"] {
        let room = open(&ada, slug).await;
        post(&ada, room, "busy").await;
    }
    let first = within("sync", ada.sync(None)).await.expect("sync is answered");
    let rows: Vec<(&str, u64, u64)> =
        first.conversations.iter().map(|row| (row.settings.title.as_str(), row.seq.get(), row.n)).collect();
    assert_eq!(rows.len(), 100);
    assert_eq!(rows[..2], [("room-7", 2, 2), ("room-50", 1, 1)]);
    assert_eq!(first.account.name, "Ada");

    let next = first.next.clone().expect("there is a second page");
    let second = within("sync", ada.sync(Some(&next))).await.expect("sync is answered");
    assert_eq!((second.conversations.len(), second.next), (3, None));
    let mut slugs: Vec<&str> = first
        .conversations
        .iter()
        .chain(&second.conversations)
        .map(|row| row.settings.title.as_str())
        .collect();
    slugs.sort_unstable();
    slugs.dedup();
    assert_eq!(slugs.len(), 103, "each room stands on one page");
}

#[tokio::test]
async fn acknowledging_takes_cursors_and_nothing_else() {
    let server = TestServer::start().await;
    let ada = server.guest("Ada").await;
    let cursor = cursor_of_now(&ada).await;
    for _ in 0..2 {
        within("ack", ada.ack(&cursor)).await.expect("a cursor may be acknowledged");
    }
    let wrong = chinwag_protocol::Cursor::from_text("x");
    let refusal = within("ack", ada.ack(&wrong)).await.expect_err("this is no cursor");
    assert_eq!(refusal.code(), Some(chinwag_protocol::Code::InvalidCursor));
}
