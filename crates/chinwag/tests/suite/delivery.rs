//! What is posted arrives: once, in order, from the place that the reader has reached.

use std::sync::atomic::{AtomicUsize, Ordering};

use chinwag_client::{HistoryRange, Session};
use chinwag_protocol::{ConversationId, Record, Seq};

use crate::lines::{Rooms, of_room};
use crate::posting::{cursor_of_now, post, reader, reader_from_now};
use crate::server::{TestServer, open, within};
use crate::way::{Way, on_every_transport};

on_every_transport! {
    everything_posted_arrives_once_and_in_order
    reading_goes_on_from_the_cursor
    a_reader_without_a_cursor_begins_now
    an_opened_room_goes_on_where_its_page_ends
    history_joins_the_stream_without_a_hole
    a_room_of_ones_own_is_announced
}

async fn everything_posted_arrives_once_and_in_order(way: Way) {
    let server = TestServer::by(way).await;
    let (ada, bob, cyd) = (server.guest("Ada").await, server.guest("Bob").await, server.guest("Cyd").await);
    let (tea, news) = (open(&ada, "tea").await, open(&ada, "news").await);
    open(&bob, "tea").await;
    open(&bob, "news").await;
    open(&cyd, "tea").await;
    let rooms = Rooms(vec![(tea, "tea"), (news, "news")]);
    let mut readers = Vec::new();
    for session in [&ada, &bob, &cyd] {
        readers.push(reader_from_now(session, way.transport).await);
    }

    for (who, room, text) in [
        (&ada, tea, "Good morning"),
        (&bob, news, "It rains"),
        (&bob, tea, "Morning!"),
        (&bob, tea, "Milk?"),
        (&ada, news, "Again"),
        (&cyd, tea, "Yes"),
        (&ada, tea, "No"),
        (&ada, news, "last of news"),
        (&bob, tea, "last of tea"),
    ] {
        post(who, room, text).await;
    }

    let tea_lines = [
        "tea 1 #1 Ada: Good morning",
        "tea 2 #2 Bob: Morning!",
        "tea 3 #3 Bob: Milk?",
        "tea 4 #4 Cyd: Yes",
        "tea 5 #5 Ada: No",
        "tea 6 #6 Bob: last of tea",
    ];
    let news_lines = ["news 1 #1 Bob: It rains", "news 2 #2 Ada: Again", "news 3 #3 Ada: last of news"];
    for reader in &mut readers[..2] {
        let lines = rooms.read(reader, 9).await;
        assert_eq!(of_room(&lines, "tea"), tea_lines);
        assert_eq!(of_room(&lines, "news"), news_lines);
    }
    assert_eq!(rooms.read_until(&mut readers[2], "last of tea").await, tea_lines);
}

async fn reading_goes_on_from_the_cursor(way: Way) {
    let server = TestServer::by(way).await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let tea = open(&ada, "tea").await;
    open(&bob, "tea").await;
    let rooms = Rooms(vec![(tea, "tea")]);
    let start = cursor_of_now(&bob).await;
    for text in ["one", "two", "three"] {
        post(&ada, tea, text).await;
    }

    let mut first = reader(&bob, way.transport, &start);
    assert_eq!(rooms.read(&mut first, 2).await, ["tea 1 #1 Ada: one", "tea 2 #2 Ada: two"]);
    let place = first.cursor().expect("something was read").clone();
    drop(first);
    for text in ["four", "five"] {
        post(&ada, tea, text).await;
    }
    let expected = ["tea 3 #3 Ada: three", "tea 4 #4 Ada: four", "tea 5 #5 Ada: five"];
    let mut second = reader(&bob, way.transport, &place);
    assert_eq!(rooms.read(&mut second, 3).await, expected);
    // A cursor is good as often as it is wanted.
    let mut third = reader(&bob, way.transport, &place);
    assert_eq!(rooms.read(&mut third, 3).await, expected);
    post(&ada, tea, "six").await;
    for reader in [&mut second, &mut third] {
        assert_eq!(rooms.read(reader, 1).await, ["tea 6 #6 Ada: six"]);
    }
}

async fn a_reader_without_a_cursor_begins_now(way: Way) {
    let server = TestServer::by(way).await;
    let ada = server.guest("Ada").await;
    let tea = open(&ada, "tea").await;
    let rooms = Rooms(vec![(tea, "tea")]);
    post(&ada, tea, "before").await;
    let mut reader = reader_from_now(&ada, way.transport).await;
    post(&ada, tea, "after").await;
    assert_eq!(rooms.read(&mut reader, 1).await, ["tea 2 #2 Ada: after"]);
}

async fn an_opened_room_goes_on_where_its_page_ends(way: Way) {
    const WRITERS: usize = 2;
    const EACH: usize = 100;

    let server = TestServer::by(way).await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let tea = open(&ada, "tea").await;
    open(&bob, "tea").await;
    let mut late = Vec::new();
    for name in ["Cyd", "Dan", "Eve", "Fay"] {
        late.push(server.guest(name).await);
    }

    let posted = AtomicUsize::new(0);
    let write = async |session: &Session| {
        for number in 0..EACH {
            post(session, tea, &format!("{number}")).await;
            posted.fetch_add(1, Ordering::Relaxed);
        }
    };
    let join = async |session: &Session, after: usize| {
        while posted.load(Ordering::Relaxed) < after {
            tokio::task::yield_now().await;
        }
        let room = session.open_room("tea").await.expect("the room may be opened");
        let page: Vec<u64> = room.messages.iter().map(|message| message.seq.get()).collect();
        let mut expected = room.from_seq.get()..=room.to_seq.get();
        assert!(page.iter().copied().eq(expected.by_ref()), "{page:?}");
        let mut reader = reader(session, way.transport, &room.cursor);
        let mut last = room.to_seq;
        while last.get() < (WRITERS * EACH) as u64 {
            let record = reader.next().await.expect("reading is not refused");
            if let Record::Message(message) = record {
                assert_eq!(message.seq, last.next());
                last = message.seq;
            }
        }
    };
    let all = async {
        tokio::join!(
            write(&ada),
            write(&bob),
            join(&late[0], 10),
            join(&late[1], 50),
            join(&late[2], 90),
            join(&late[3], 150),
        )
    };
    within("everyone has everything", Box::pin(all)).await;
}

async fn history_joins_the_stream_without_a_hole(way: Way) {
    let server = TestServer::by(way).await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let tea = open(&ada, "tea").await;
    for number in 1..=23 {
        post(&ada, tea, &format!("old {number}")).await;
    }
    let room = within("a room", bob.open_room("tea")).await.expect("the room may be opened");
    let mut reader = reader(&bob, way.transport, &room.cursor);
    for number in 24..=26 {
        post(&ada, tea, &format!("new {number}")).await;
    }
    let rooms = Rooms(vec![(tea, "tea")]);
    assert_eq!(
        rooms.read(&mut reader, 3).await,
        ["tea 24 #24 Ada: new 24", "tea 25 #25 Ada: new 25", "tea 26 #26 Ada: new 26"]
    );

    let back = [(24, 17, 23), (17, 10, 16), (10, 3, 9), (3, 1, 2), (1, 1, 0)];
    for (before, from, to) in back {
        expect_page(&bob, tea, HistoryRange::Before(Seq::new(before)), (from, to)).await;
    }
    let forth = [(0, 1, 7), (7, 8, 14), (21, 22, 26), (26, 27, 26)];
    for (after, from, to) in forth {
        expect_page(&bob, tea, HistoryRange::After(Seq::new(after)), (from, to)).await;
    }
    expect_page(&bob, tea, HistoryRange::Newest, (20, 26)).await;
}

/// A page of at most seven, which covers exactly the rows `from` to `to`.
async fn expect_page(session: &Session, room: ConversationId, range: HistoryRange, (from, to): (u64, u64)) {
    let page = within("a page", session.history(room, range, 7)).await.expect("history may be read");
    assert_eq!((page.from_seq.get(), page.to_seq.get()), (from, to), "{range:?}");
    let texts: Vec<String> = page.messages.into_iter().map(|message| message.text).collect();
    let expected = (from..=to).map(|seq| if seq < 24 { format!("old {seq}") } else { format!("new {seq}") });
    assert_eq!(texts, expected.collect::<Vec<_>>(), "{range:?}");
}

async fn a_room_of_ones_own_is_announced(way: Way) {
    let server = TestServer::by(way).await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let mut adas = reader_from_now(&ada, way.transport).await;
    let mut bobs = reader_from_now(&bob, way.transport).await;
    let tea = open(&ada, "Tea").await;
    assert_eq!(open(&bob, "tea").await, tea);
    // Opened again, it is nothing new.
    assert_eq!(open(&ada, "TEA").await, tea);
    post(&bob, tea, "hello").await;
    let rooms = Rooms(vec![(tea, "tea")]);
    assert_eq!(
        rooms.read(&mut adas, 3).await,
        ["tea created as Tea", "tea joined as owner from 1", "tea 1 #1 Bob: hello"]
    );
    assert_eq!(rooms.read(&mut bobs, 2).await, ["tea joined as member from 1", "tea 1 #1 Bob: hello"]);
}
