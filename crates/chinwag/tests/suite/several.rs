//! Several accounts of one browser read one stream.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chinwag_client::{Protocol, Session, Transport};
use chinwag_protocol::{Code, ConversationId, Record};

use crate::lines::Rooms;
use crate::only_here::OnlyHere;
use crate::posting::{cursor_of_now, post, reader, reader_from_now};
use crate::seed;
use crate::server::{Setup, TestServer, open, within};
use crate::switching::{any_transport, switch_at_random};
use crate::traffic::Crowd;
use crate::way::{Way, on_every_transport};

on_every_transport! {
    a_union_has_each_event_once
    a8_one_of_two_accounts_signs_out
    a9_one_of_two_accounts_unseen_for_long_is_lost
}

/// Ada and Bob, signed in in one browser, and what both, each and neither are in: `both`, `adas`, `bobs`, and Cyd's `cyds`.
struct Scene {
    server: TestServer,
    ada: Session,
    bob: Session,
    cyd: Session,
    rooms: Vec<ConversationId>,
    names: Rooms,
}

impl Scene {
    async fn set(way: Way) -> Self {
        let server = TestServer::by(way).await;
        let (ada, bob, cyd) =
            (server.guest("Ada").await, server.guest("Bob").await, server.guest("Cyd").await);
        let mut rooms = Vec::new();
        let names = ["both", "adas", "bobs", "cyds"];
        for slug in names {
            rooms.push(open(&cyd, slug).await);
        }
        for (session, slugs) in [(&ada, ["both", "adas"]), (&bob, ["both", "bobs"])] {
            for slug in slugs {
                open(session, slug).await;
            }
        }
        let names = Rooms(rooms.iter().copied().zip(names).collect());
        Self { server, ada, bob, cyd, rooms, names }
    }

    fn browser(&self) -> Session {
        self.ada.together_with(&[&self.bob]).expect("tokens fit into a header")
    }

    /// Cyd posts in each of the rooms.
    async fn post(&self, text: &str) {
        for room in &self.rooms {
            post(&self.cyd, *room, text).await;
        }
    }
}

async fn a_union_has_each_event_once(way: Way) {
    let scene = Scene::set(way).await;
    let browser = scene.browser();
    let start = cursor_of_now(&scene.cyd).await;
    // What was missed, and what comes live.
    scene.post("one").await;
    let mut reading = reader(&browser, way.transport, &start);
    let expected =
        |n: u8, text: &str| ["both", "adas", "bobs"].map(|room| format!("{room} {n} #{n} Cyd: {text}"));
    assert_eq!(scene.names.read(&mut reading, 3).await, expected(1, "one"));
    scene.post("two").await;
    assert_eq!(scene.names.read(&mut reading, 3).await, expected(2, "two"));
    // The cursor is that of each alone, too.
    let place = reading.cursor().expect("something was read").clone();
    scene.post("three").await;
    for (session, rooms) in [(&scene.ada, ["both", "adas"]), (&scene.bob, ["both", "bobs"])] {
        let mut alone = reader(session, way.transport, &place);
        let expected = rooms.map(|room| format!("{room} 3 #3 Cyd: three"));
        assert_eq!(scene.names.read(&mut alone, 2).await, expected);
    }
    // Of one account's own the record says whose it is.
    drop(reading);
    let mut reading = reader_from_now(&browser, way.transport).await;
    let news = open(&scene.bob, "news").await;
    let record = loop {
        let record = within("a record", reading.next()).await.expect("reading is not refused");
        if !matches!(record, Record::Hello { .. } | Record::Heartbeat { .. }) {
            break record;
        }
    };
    let Record::Conversation { account, conversation, .. } = record else { panic!("{record:?}") };
    assert_eq!((account, conversation), (scene.bob.account().id, news));
    drop(scene.server);
}

async fn a8_one_of_two_accounts_signs_out(way: Way) {
    let scene = Scene::set(way).await;
    let mut reading = reader_from_now(&scene.browser(), way.transport).await;
    scene.post("one").await;
    scene.names.read(&mut reading, 3).await;

    within("signing out", scene.ada.sign_out()).await.expect("one may sign out");
    assert_eq!(scene.names.read(&mut reading, 1).await, ["account ends SignedOut"]);

    scene.post("two").await;
    let polls = matches!(way.transport, Transport::Poll | Transport::LongPoll);
    let mut lines = Vec::new();
    while lines.len() < 2 {
        let line = scene.names.next(&mut reading).await.expect("the other reads on");
        // As long as polls name Ada, each of their answers says so.
        if !polls || line != "account ends SignedOut" {
            lines.push(line);
        }
    }
    assert_eq!(lines, ["both 2 #2 Cyd: two", "bobs 2 #2 Cyd: two"]);

    // Whoever comes back with her cookie is told again; Bob alone reads as ever.
    let place = reading.cursor().expect("something was read").clone();
    drop(reading);
    let mut again = reader(&scene.browser(), way.transport, &place);
    assert_eq!(scene.names.next(&mut again).await.expect("the other reads on"), "account ends SignedOut");
    scene.post("three").await;
    let mut bobs = reader(&scene.bob, way.transport, &place);
    let expected = ["both 3 #3 Cyd: three", "bobs 3 #3 Cyd: three"];
    assert_eq!(scene.names.read(&mut bobs, 2).await, expected);

    // With the last, the stream ends as ever.
    within("signing out", scene.bob.sign_out()).await.expect("one may sign out");
    let mut lines = Vec::new();
    let error = loop {
        match scene.names.next(&mut again).await {
            Ok(line) => lines.push(line),
            Err(error) => break error,
        }
    };
    assert_eq!(error.code(), Some(Code::Unauthenticated));
    lines.retain(|line| line != "account ends SignedOut" && !line.ends_with("Cyd: three"));
    if polls {
        assert_eq!(lines, [""; 0]);
    } else {
        assert_eq!(lines, ["end SignedOut None"]);
    }
}

async fn a9_one_of_two_accounts_unseen_for_long_is_lost(way: Way) {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    let time: &AtomicI64 = Box::leak(Box::new(AtomicI64::new(1_800_000_000_000)));
    let only_here = Some(OnlyHere::Clock(time));
    let server = TestServer::start_with(Setup { only_here, ..Setup::by(way) }).await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let browser = ada.together_with(&[&bob]).expect("tokens fit into a header");
    let mut reading = reader_from_now(&browser, way.transport).await;
    // Three months go by, again and again, until nobody is left.
    let passing = tokio::spawn(async move {
        loop {
            time.fetch_add(91 * DAY_MS, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let names = Rooms(Vec::new());
    let mut lines = Vec::new();
    let error = loop {
        match names.next(&mut reading).await {
            Ok(line) => lines.push(line),
            Err(error) => break error,
        }
    };
    passing.abort();
    assert_eq!(error.code(), Some(Code::Unauthenticated));
    let first = lines.first().map(String::as_str);
    match way.transport {
        // Both may have gone between two polls.
        Transport::Poll | Transport::LongPoll => {
            assert!(matches!(first, None | Some("account ends SignedOut")))
        }
        Transport::Stream | Transport::Sse | Transport::WebSocket => {
            assert_eq!(lines, ["account ends SignedOut", "end SignedOut None"]);
        }
    }
}

/// A browser of two accounts that changes its transport and its version of HTTP at any moment misses nothing and gets nothing
/// twice, of what both are in and of what one of them is in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_union_loses_and_doubles_nothing_by_changes_of_transport() {
    let mut random = seed::random("several");
    let count = seed::messages();
    let setup = Setup { missed_events_max: Some(1_000_000), ..Setup::default() };
    let server = TestServer::start_with(setup).await;
    let mut people = Vec::new();
    for name in ["Ada", "Bob", "Cyd", "Dan"] {
        people.push(server.guest(name).await);
    }
    let mut rooms = Vec::new();
    for slug in ["tea", "news", "work"] {
        for person in &people[2..] {
            open(person, slug).await;
        }
        rooms.push(open(&people[2], slug).await);
    }
    for (person, slugs) in [(&people[0], ["tea", "news"]), (&people[1], ["news", "work"])] {
        for slug in slugs {
            open(person, slug).await;
        }
    }
    let crowd = Crowd::of(people, rooms);
    let http2 = server.client_by(server.address(), Protocol::Http2);
    let [ada, bob] = &crowd.people[..2] else { unreachable!("there are four") };
    let browser = ada.together_with(&[bob]).expect("tokens fit into a header");
    let start = cursor_of_now(ada).await;
    let reading = reader(&browser, any_transport(&mut random), &start);
    let sessions = [browser.clone(), browser.by_way_of(&http2)];
    let disturb = switch_at_random(sessions, random.fork());
    let reading = tokio::spawn(crowd.read(&browser, reading, count, disturb));
    crowd.post(&crowd.people[2..], count, &mut random).await;
    reading.await.expect("the reader has everything");
    crowd.check(count);
}
