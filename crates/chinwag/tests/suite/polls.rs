//! What polls have of their own: how many are held, how long, how much fits into one.

use std::time::{Duration, Instant};

use chinwag_client::{ClientError, Session};
use chinwag_protocol::{ConversationId, Cursor, Poll, Record};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, ETAG, IF_NONE_MATCH};
use http::{Request, Response, StatusCode};
use tokio::task::JoinSet;

use crate::only_here::OnlyHere;
use crate::posting::{cursor_of_now, new_client_id, post};
use crate::server::{Setup, TestServer, open, within};
use crate::way::Carrier;

/// Longer than a test waits for anything, so that only what is tested ends a poll.
const LONG: Duration = Duration::from_secs(30);

async fn ada_in_tea(server: &TestServer) -> (Session, ConversationId, Cursor) {
    let ada = server.guest("Ada").await;
    let tea = open(&ada, "tea").await;
    let start = cursor_of_now(&ada).await;
    (ada, tea, start)
}

fn texts(poll: &Poll) -> Vec<&str> {
    let texts = poll.events.iter().map(|record| match record {
        Record::Message(message) => message.text.as_str(),
        other => panic!("{other:?} is no message"),
    });
    texts.collect()
}

/// Moves the log on by what only others see, so that a reader's own cursor is not that of now.
async fn bustle_elsewhere(server: &TestServer) {
    let eve = server.guest("Eve").await;
    let elsewhere = open(&eve, "elsewhere").await;
    post(&eve, elsewhere, "nothing to you").await;
}

/// Polls that are held, each with a number.
struct Held(JoinSet<(usize, Result<Poll, ClientError>)>);

impl Held {
    fn add(&mut self, number: usize, session: &Session, after: &Cursor) {
        let (session, after) = (session.clone(), after.clone());
        self.0.spawn(async move { (number, session.poll(Some(&after), LONG).await) });
    }

    /// The next answer, with the poll's number.
    async fn answer(&mut self) -> (usize, Poll) {
        let next = within("an answer to one of the polls", self.0.join_next()).await;
        let (number, poll) = next.expect("a poll is held").expect("a poll does not panic");
        (number, poll.expect("polling is not refused"))
    }
}

#[tokio::test]
async fn a_fifth_poll_ends_the_oldest_empty_with_its_own_cursor() {
    let server = TestServer::start_with(Setup::alone()).await;
    let (ada, tea, start) = ada_in_tea(&server).await;
    bustle_elsewhere(&server).await;
    let mut held = Held(JoinSet::new());
    for number in 0..5 {
        held.add(number, &ada, &start);
    }
    // Which came first is the network's choice.
    let (_, ended) = held.answer().await;
    assert_eq!(ended, Poll { events: Vec::new(), cursor: start.clone(), more: false });
    for number in 5..8 {
        held.add(number, &ada, &start);
        let (ended, poll) = held.answer().await;
        assert!(ended < number, "the newest was ended");
        assert_eq!(poll, Poll { events: Vec::new(), cursor: start.clone(), more: false });
    }
    assert_eq!(held.0.len(), 4);

    post(&ada, tea, "one").await;
    for _ in 0..4 {
        let (_, poll) = held.answer().await;
        assert_eq!(texts(&poll), ["one"]);
    }
}

#[tokio::test]
async fn polls_of_other_devices_do_not_count() {
    let server = TestServer::start_with(Setup::alone()).await;
    let (ada, tea, start) = ada_in_tea(&server).await;
    let bob = server.guest("Bob").await;
    open(&bob, "tea").await;
    let bobs_start = cursor_of_now(&bob).await;
    let mut held = Held(JoinSet::new());
    held.add(0, &bob, &bobs_start);
    for number in 1..=9 {
        held.add(number, &ada, &start);
    }
    for _ in 0..5 {
        let (number, poll) = held.answer().await;
        assert!(number > 0, "Bob's poll was ended by Ada's");
        assert_eq!(poll.cursor, start);
    }
    post(&ada, tea, "one").await;
    for _ in 0..5 {
        assert_eq!(texts(&held.answer().await.1), ["one"]);
    }
}

#[tokio::test]
async fn a_poll_without_a_cursor_answers_at_once_with_that_of_now() {
    let server = TestServer::start().await;
    let (ada, tea, _) = ada_in_tea(&server).await;
    post(&ada, tea, "before").await;
    for wait in [Duration::ZERO, LONG] {
        let started = Instant::now();
        let now = within("a poll", ada.poll(None, wait)).await.expect("polling is not refused");
        assert!(started.elapsed() < LONG / 2);
        assert_eq!((now.events.len(), now.more), (0, false));
        post(&ada, tea, "after").await;
        let next = within("a poll", ada.poll(Some(&now.cursor), wait)).await.expect("polling is not refused");
        assert_eq!(texts(&next), ["after"]);
    }
}

#[tokio::test]
async fn a_poll_ends_with_its_wait() {
    let server = TestServer::start().await;
    let (ada, _, start) = ada_in_tea(&server).await;
    let started = Instant::now();
    let poll = within("a poll", ada.poll(Some(&start), Duration::from_secs(1))).await;
    let poll = poll.expect("polling is not refused");
    assert!(started.elapsed() >= Duration::from_millis(950), "{:?}", started.elapsed());
    assert_eq!((poll.events.len(), poll.more), (0, false));
}

#[tokio::test]
async fn an_answer_in_a_busy_room_lingers_to_carry_more() {
    let setup = Setup { alone: true, ..Setup::only_here(OnlyHere::Linger(Duration::from_secs(2))) };
    let server = TestServer::start_with(setup).await;
    let (ada, tea, start) = ada_in_tea(&server).await;
    let mut held = Held(JoinSet::new());
    held.add(0, &ada, &start);
    post(&ada, tea, "one").await;
    let (_, first) = held.answer().await;
    assert_eq!(texts(&first), ["one"]);

    held.add(1, &ada, &first.cursor);
    let started = Instant::now();
    for text in ["two", "three", "four"] {
        post(&ada, tea, text).await;
    }
    let (_, second) = held.answer().await;
    assert_eq!(texts(&second), ["two", "three", "four"]);
    let lingered = started.elapsed();
    assert!(lingered >= Duration::from_millis(1_900), "it came after {lingered:?}");
    assert!(lingered < Duration::from_secs(15), "it came after {lingered:?}");
}

#[tokio::test]
async fn a_poll_lingers_no_longer_than_its_wait() {
    let setup = Setup { alone: true, ..Setup::only_here(OnlyHere::Linger(Duration::from_secs(600))) };
    let server = TestServer::start_with(setup).await;
    let (ada, tea, start) = ada_in_tea(&server).await;
    post(&ada, tea, "one").await;
    let poll =
        within("a poll", ada.poll(Some(&start), Duration::ZERO)).await.expect("polling is not refused");
    post(&ada, tea, "two").await;
    for wait in [Duration::ZERO, Duration::from_secs(1)] {
        let next =
            within("a poll", ada.poll(Some(&poll.cursor), wait)).await.expect("polling is not refused");
        assert_eq!(texts(&next), ["two"]);
    }
}

#[tokio::test]
async fn an_answer_is_cut_at_its_limits_and_says_so() {
    let server = TestServer::start().await;
    let (ada, tea, start) = ada_in_tea(&server).await;
    // 40 messages of 32 KiB are 1.25 MiB.
    for number in 0..40 {
        post(&ada, tea, &format!("{number:05}").repeat(6_553)).await;
    }
    let mut numbers = Vec::new();
    let mut sizes = Vec::new();
    let mut place = start;
    loop {
        let answer = ask(&ada, &place, None).await;
        sizes.push(answer.body().len());
        let poll: Poll = serde_json::from_slice(answer.body()).expect("the answer is a poll's");
        numbers.extend(
            texts(&poll).iter().map(|text| text[..5].parse::<u32>().expect("it begins with a number")),
        );
        place = poll.cursor;
        if !poll.more {
            break;
        }
    }
    assert_eq!(numbers, (0..40).collect::<Vec<_>>());
    assert_eq!(sizes.len(), 2);
    assert!((900_000..=(1 << 20) + 200).contains(&sizes[0]), "{sizes:?}");
}

#[tokio::test]
async fn an_answer_has_so_many_records_at_most() {
    let setup = Setup { alone: true, ..Setup::only_here(OnlyHere::PageEvents(10)) };
    let server = TestServer::start_with(setup).await;
    let (ada, tea, start) = ada_in_tea(&server).await;
    for number in 1..=20 {
        post(&ada, tea, &number.to_string()).await;
    }
    let mut place = start;
    for (first, last, more) in [("1", "10", true), ("11", "20", false)] {
        let poll = within("a poll", ada.poll(Some(&place), LONG)).await.expect("polling is not refused");
        let texts = texts(&poll);
        assert_eq!((texts[0], texts[9], texts.len(), poll.more), (first, last, 10, more));
        place = poll.cursor;
    }
}

#[tokio::test]
async fn no_news_is_304_without_a_body() {
    let server = TestServer::start().await;
    let (ada, tea, start) = ada_in_tea(&server).await;
    let first = ask(&ada, &start, None).await;
    assert_eq!(first.status(), StatusCode::OK);
    let tag = first.headers()[ETAG].to_str().expect("a tag is ASCII").to_owned();

    let second = ask(&ada, &start, Some(&tag)).await;
    assert_eq!((second.status(), second.body().len()), (StatusCode::NOT_MODIFIED, 0));
    assert!(second.headers().get(CONTENT_LENGTH).is_none_or(|length| length == "0"));
    assert_eq!(second.headers()[ETAG], tag.as_str());

    post(&ada, tea, "one").await;
    let third = ask(&ada, &start, Some(&tag)).await;
    assert_eq!(third.status(), StatusCode::OK);
    assert_ne!(third.headers()[ETAG], tag.as_str());
    let poll: Poll = serde_json::from_slice(third.body()).expect("the answer is a poll's");
    assert_eq!(texts(&poll), ["one"]);

    // The answer was lost: it is the same again, never 304, for it has something to tell.
    let again = ask(&ada, &start, Some(third.headers()[ETAG].to_str().expect("a tag is ASCII"))).await;
    assert_eq!((again.status(), again.body()), (StatusCode::OK, third.body()));
}

async fn ask(session: &Session, after: &Cursor, known: Option<&str>) -> Response<bytes::Bytes> {
    let mut request = Request::get(format!("/v1/events?after={after}"))
        .header(AUTHORIZATION, format!("Bearer {}", session.token()));
    if let Some(tag) = known {
        request = request.header(IF_NONE_MATCH, tag);
    }
    let request = request.body(bytes::Bytes::new()).expect("the request is good");
    within("a poll", session.client().http().call(request, LONG)).await.expect("the server answers")
}

#[tokio::test]
async fn a_server_that_stops_answers_its_polls() {
    for carrier in Carrier::all() {
        let server = TestServer::start_with(Setup { alone: true, ..Setup::over(carrier) }).await;
        let (ada, tea, start) = ada_in_tea(&server).await;
        bustle_elsewhere(&server).await;
        let mut held = Held(JoinSet::new());
        for number in 0..5 {
            held.add(number, &ada, &start);
        }
        // The last that came has ended the first, so all others are held.
        let (_, ended) = held.answer().await;
        assert_eq!(ended.cursor, start);
        let stopping = tokio::spawn(server.stop());
        let poll = Poll { events: Vec::new(), cursor: start, more: false };
        for _ in 0..4 {
            assert_eq!(held.answer().await.1, poll, "{carrier:?}");
        }

        let data = within("the server stops", stopping).await.expect("stopping does not panic");
        let server = TestServer::start_on(data, Setup::over(carrier)).await;
        let ada = server.resume(&ada).await;
        let sending = ada.send(tea, new_client_id(), "one", None);
        within("a send", sending).await.expect("the server is there again");
        let next =
            within("a poll", ada.poll(Some(&poll.cursor), LONG)).await.expect("polling is not refused");
        assert_eq!(texts(&next), ["one"], "{carrier:?}");
    }
}
