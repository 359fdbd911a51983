//! A deleted message: its row stays, its text is gone everywhere.

use chinwag_client::HistoryRange;
use chinwag_protocol::{Code, Seq};

use crate::lines::Rooms;
use crate::posting::{cursor_of_now, post, reader, reader_from_now};
use crate::server::{TestServer, open, within};
use crate::way::{Way, on_every_transport};

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
