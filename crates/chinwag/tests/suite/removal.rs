//! An account that is deleted: its readers end, and what it wrote is gone for everybody else. A guest whom nobody has seen.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chinwag_client::{ClientError, EventReader, HistoryRange, Transport};
use chinwag_protocol::Code;
use tempfile::TempDir;

use crate::lines::Rooms;
use crate::only_here::OnlyHere;
use crate::posting::{cursor_of_now, post, reader, reader_from_now};
use crate::program::{Program, files_with, run};
use crate::server::{Setup, TestServer, open, within};
use crate::way::{Way, on_every_transport};

const PASSWORD: &str = "correct horse";

on_every_transport! {
    a8_a_deleted_account_reads_nothing_more_and_what_it_wrote_is_gone
    a9_an_unseen_guest_reads_nothing_more
}

/// What ends a reader.
async fn end(rooms: &Rooms, reader: &mut EventReader) -> ClientError {
    loop {
        if let Err(error) = rooms.next(reader).await {
            return error;
        }
    }
}

async fn a8_a_deleted_account_reads_nothing_more_and_what_it_wrote_is_gone(way: Way) {
    let server = TestServer::by(way).await;
    let ada = within("a sign-up", server.client().sign_up("ada", PASSWORD)).await.expect("one may sign up");
    let phone =
        within("a sign-in", server.client().sign_in("ada", PASSWORD, None)).await.expect("it is right");
    let bob = server.guest("Bob").await;
    let tea = open(&bob, "tea").await;
    open(&ada, "tea").await;
    let rooms = Rooms(vec![(tea, "tea")]);
    let start = cursor_of_now(&bob).await;
    let mut bobs = reader_from_now(&bob, way.transport).await;
    let mut adas = reader_from_now(&ada, way.transport).await;
    let mut phones = reader_from_now(&phone, way.transport).await;
    post(&ada, tea, "secret").await;
    post(&bob, tea, "open").await;
    rooms.read_until(&mut bobs, ": open").await;

    if way.transport == Transport::WebSocket {
        let mut socket = within("a WebSocket", ada.websocket(None)).await.expect("it is signed in");
        within("a deletion", socket.delete_account(Some(PASSWORD))).await.expect("the password is right");
    } else {
        within("a deletion", ada.delete_account(Some(PASSWORD))).await.expect("the password is right");
    }
    assert_eq!(rooms.read(&mut bobs, 1).await, ["tea 3 Deleted account 3 is erased"]);
    for reader in [&mut adas, &mut phones] {
        assert_eq!(end(&rooms, reader).await.code(), Some(Code::Unauthenticated));
    }
    post(&bob, tea, "alone").await;
    assert_eq!(rooms.read(&mut bobs, 1).await, ["tea 4 #3 Bob: alone"]);
    assert_eq!(
        rooms.read_until(&mut reader(&bob, way.transport, &start), ": alone").await,
        [
            "tea 1 #1 Deleted account:  (deleted)",
            "tea 2 #2 Bob: open",
            "tea 3 Deleted account 3 is erased",
            "tea 4 #3 Bob: alone"
        ]
    );
    let page = within("a page", bob.history(tea, HistoryRange::Newest, 50)).await.expect("it may be read");
    assert_eq!(
        rooms.page(&page),
        ["1 to 4", "1 #1 Deleted account:  (deleted)", "2 #2 Bob: open", "4 #3 Bob: alone"]
    );
    let again = within("a sign-in", server.client().sign_in("ada", PASSWORD, None)).await;
    assert_eq!(again.expect_err("there is no such account").code(), Some(Code::WrongCredentials));
}

async fn a9_an_unseen_guest_reads_nothing_more(way: Way) {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    let time: &AtomicI64 = Box::leak(Box::new(AtomicI64::new(1_800_000_000_000)));
    let only_here = Some(OnlyHere::Clock(time));
    let server = TestServer::start_with(Setup { only_here, ..Setup::by(way) }).await;
    let bob = within("a sign-up", server.client().sign_up("bob", PASSWORD)).await.expect("one may sign up");
    let ada = server.guest("Ada").await;
    let tea = open(&bob, "tea").await;
    open(&ada, "tea").await;
    let rooms = Rooms(vec![(tea, "tea")]);
    let mut adas = reader_from_now(&ada, way.transport).await;
    post(&ada, tea, "one").await;
    rooms.read_until(&mut adas, ": one").await;
    // However often it asks: a month goes by in between.
    let passing = tokio::spawn(async move {
        loop {
            time.fetch_add(31 * DAY_MS, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let error = end(&rooms, &mut adas).await;
    passing.abort();
    assert_eq!(error.code(), Some(Code::Unauthenticated));
}

/// Once the database is compacted, no file has anything of what a deleted account wrote.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_it_is_on_the_disk_once_compacted() {
    const MARKER: &str = "the-marker-in-every-text";
    let folder = TempDir::new().expect("a temporary directory can be made");
    let data = folder.path().join("data");
    let program = Program::start(&data);
    let (ada, bob) = (program.guest("Ada").await, program.guest("Bob").await);
    let tea = open(&bob, "tea").await;
    open(&ada, "tea").await;
    let rooms = Rooms(vec![(tea, "tea")]);
    let mut bobs = reader_from_now(&bob, Transport::Stream).await;
    for number in 0..300 {
        post(&ada, tea, &format!("{MARKER} {number} {}", "and more ".repeat(number % 40))).await;
        post(&bob, tea, &format!("an answer {number}")).await;
    }
    assert!(!files_with(&data, MARKER).is_empty(), "it is stored");
    within("a deletion", ada.delete_account(None)).await.expect("a guest may");
    rooms.read_until(&mut bobs, "is erased").await;
    // Its last step is taken when nothing is left to remove.
    let removed = async {
        while program.metric("chinwag_store_removals_total").await == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    within("the removal", removed).await;
    let output = run(&["compact"], &data);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("is in use by another chinwag") && error.contains("next: "), "{error}");
    program.stop();
    let output = run(&["compact"], &data);
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{error}");
    assert!(out.ends_with("Nothing that was deleted is in it.\n"), "{out}");
    assert_eq!(files_with(&data, MARKER), Vec::<String>::new());
    assert!(!files_with(&data, "an answer 299").is_empty(), "the others' texts are there");
    let output = run(&["check"], &data);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
