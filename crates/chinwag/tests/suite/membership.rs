//! Who leaves gets nothing more; who comes back goes on from there.

use chinwag_client::HistoryRange;
use chinwag_protocol::Code;

use crate::lines::{Rooms, of_room};
use crate::posting::{cursor_of_now, post, reader, reader_from_now};
use crate::server::{TestServer, open, within};
use crate::way::{Way, on_every_transport};

on_every_transport! {
    leaving_and_coming_back_is_seen_live
    what_was_missed_is_not_owed_to_who_has_left
    joining_while_reading_brings_the_room_in
}

async fn leaving_and_coming_back_is_seen_live(way: Way) {
    let server = TestServer::by(way).await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let (tea, news) = (open(&ada, "tea").await, open(&ada, "news").await);
    open(&bob, "tea").await;
    open(&bob, "news").await;
    let rooms = Rooms(vec![(tea, "tea"), (news, "news")]);
    let mut reader = reader_from_now(&bob, way.transport).await;

    post(&ada, tea, "one").await;
    // Read at once: it is not owed to who has left.
    assert_eq!(rooms.read(&mut reader, 1).await, ["tea 1 #1 Ada: one"]);
    within("leaving", bob.leave(tea)).await.expect("a member may leave");
    post(&ada, tea, "two").await;
    post(&ada, tea, "three").await;
    post(&ada, news, "meanwhile").await;
    let lines = rooms.read_until(&mut reader, "meanwhile").await;
    assert_eq!(of_room(&lines, "tea"), ["tea left"]);
    assert_eq!(of_room(&lines, "news"), ["news 1 #1 Ada: meanwhile"]);

    let refused = within("history", bob.history(tea, HistoryRange::Newest, 50)).await;
    assert_eq!(refused.expect_err("who has left reads nothing").code(), Some(Code::NotFound));
    within("leaving again", bob.leave(tea)).await.expect("leaving is idempotent");

    open(&bob, "tea").await;
    post(&ada, tea, "four").await;
    let lines = rooms.read_until(&mut reader, "four").await;
    assert_eq!(lines, ["tea joined as member from 4", "tea 4 #4 Ada: four"]);
}

async fn what_was_missed_is_not_owed_to_who_has_left(way: Way) {
    let server = TestServer::by(way).await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let (tea, news) = (open(&ada, "tea").await, open(&ada, "news").await);
    open(&bob, "tea").await;
    open(&bob, "news").await;
    let rooms = Rooms(vec![(tea, "tea"), (news, "news")]);
    let place = cursor_of_now(&bob).await;

    post(&ada, tea, "one").await;
    post(&ada, tea, "two").await;
    within("leaving", bob.leave(tea)).await.expect("a member may leave");
    post(&ada, tea, "three").await;
    post(&ada, news, "while gone").await;
    let lines = rooms.read_until(&mut reader(&bob, way.transport, &place), "while gone").await;
    assert_eq!(of_room(&lines, "tea"), ["tea left"]);

    open(&bob, "tea").await;
    post(&ada, tea, "four").await;
    let lines = rooms.read_until(&mut reader(&bob, way.transport, &place), "four").await;
    assert_eq!(of_room(&lines, "tea"), ["tea left", "tea joined as member from 4", "tea 4 #4 Ada: four"]);
    assert_eq!(of_room(&lines, "news"), ["news 1 #1 Ada: while gone"]);
}

async fn joining_while_reading_brings_the_room_in(way: Way) {
    let server = TestServer::by(way).await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let tea = open(&ada, "tea").await;
    post(&ada, tea, "one").await;
    let rooms = Rooms(vec![(tea, "tea")]);
    let mut reader = reader_from_now(&bob, way.transport).await;
    let room = within("a room", bob.open_room("tea")).await.expect("a room may be opened");
    assert_eq!((room.from_seq.get(), room.to_seq.get()), (1, 1));
    post(&ada, tea, "two").await;
    assert_eq!(rooms.read(&mut reader, 2).await, ["tea joined as member from 2", "tea 2 #2 Ada: two"]);
}
