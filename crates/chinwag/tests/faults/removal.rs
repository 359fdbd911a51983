//! Somebody who wrote much deletes their account while others talk.

use std::time::{Duration, Instant};

use chinwag_client::{Protocol, Session};
use chinwag_protocol::{ClientId, ConversationId};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::program::Launch;
use crate::settings::{figure, number, random};
use crate::shared::DEADLINE;

/// Rooms into which it is written, into all at once.
const ROOMS: u64 = 32;

/// What the program logs when nothing is left.
const REMOVED: &str = "an account was removed";

/// Emptying all that keeps nobody waiting. `CHINWAG_REMOVAL_MESSAGES` says how much it is; with `CHINWAG_JUDGE_TIMES` the longest
/// send of somebody else meanwhile is judged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_removal_holds_nobody_up() {
    let messages = number("CHINWAG_REMOVAL_MESSAGES", 5_000);
    let launch = Launch::new(&mut random("removal"));
    let program = launch.start();
    let client = launch.client(Protocol::Http1);
    let ada = client.guest("Ada").await.expect("a guest may come");
    let bob = client.guest("Bob").await.expect("a guest may come");
    let mut writing = JoinSet::new();
    for number in 0..ROOMS {
        let room = open(&bob, &format!("room-{number}")).await;
        open(&ada, &format!("room-{number}")).await;
        writing.spawn(write(ada.clone(), room, messages / ROOMS));
    }
    writing.join_all().await;

    let room = open(&bob, "elsewhere").await;
    let mut socket = bob.websocket(None).await.expect("it opens");
    ada.delete_account(None).await.expect("a guest may");
    let (begun, mut longest, mut sends) = (Instant::now(), Duration::ZERO, 0);
    while !launch.has_logged(REMOVED) {
        let sent = Instant::now();
        socket.send_message(room, ClientId::new(Uuid::now_v7()), "hello", None).await.expect("it is stored");
        longest = longest.max(sent.elapsed());
        // For each message a record comes, which would have no room for long.
        socket.next().await.expect("a record comes");
        sends += 1;
        assert!(begun.elapsed() < DEADLINE, "it is not removed");
    }
    program.stop();
    let longest = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
    figure("removal_messages", messages / ROOMS * ROOMS);
    figure("removal_ms", u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
    figure("removal_sends_meanwhile", sends);
    figure("removal_longest_send_ms", longest);
    if number("CHINWAG_JUDGE_TIMES", 0) == 1 {
        assert!(longest <= 100, "somebody waited {longest} ms");
    }
}

async fn open(session: &Session, slug: &str) -> ConversationId {
    session.open_room(slug).await.expect("a room may be opened").conversation.id
}

async fn write(session: Session, room: ConversationId, messages: u64) {
    for number in 0..messages {
        let id = ClientId::new(Uuid::now_v7());
        session.send(room, id, &format!("message {number}"), None).await.expect("it is stored");
    }
}
