//! An installation moves from a folder to PostgreSQL and back.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use chinwag_client::{HistoryRange, Session, Transport};
use chinwag_protocol::{ConversationId, Cursor, SendAnswer, Seq};
use chinwag_test_postgres::{Database, shared};
use tempfile::TempDir;

use crate::lines::Rooms;
use crate::posting::{cursor_of_now, new_client_id, post, reader};
use crate::program::run;
use crate::server::{Data, Setup, TestServer, open, within};

/// Runs the program; what it says, and whether it ends well.
fn move_store(from: &str, to: &str) -> Result<String, String> {
    let output = run(&["move-store", "--from", from, "--to", to], Path::new("unused"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

fn path(folder: &TempDir) -> String {
    folder.path().join("data").display().to_string()
}

/// A server on what was moved.
async fn serve(data: Data) -> TestServer {
    TestServer::start_on(data, Setup::alone()).await
}

/// Everything after these cursors, over each transport, and the timeline.
async fn is_there(ada: &Session, tea: ConversationId, cursors: &[(&Cursor, usize)], lines: &[&str]) {
    let rooms = Rooms(vec![(tea, "tea")]);
    for (cursor, from) in cursors {
        for transport in Transport::ALL {
            let expected = &lines[*from..];
            let read = rooms.read(&mut reader(ada, transport, cursor), expected.len()).await;
            assert_eq!(read, expected, "{transport}");
        }
    }
    let page = within("a page", ada.history(tea, HistoryRange::Newest, 50)).await.expect("it may be read");
    assert_eq!(page.to_seq.get(), lines.len() as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_installation_moves_to_postgresql_and_back() {
    let (start, end) = (Data::in_folder(), TempDir::new().expect("a temporary directory can be made"));
    let database = shared().database();
    let from = start.path().display().to_string();

    let server = serve(start).await;
    let (ada, bob, cyd) = (server.guest("Ada").await, server.guest("Bob").await, server.guest("Cyd").await);
    let tea = open(&ada, "tea").await;
    open(&bob, "tea").await;
    open(&cyd, "milk").await;
    let begin = cursor_of_now(&ada).await;
    let id = new_client_id();
    let first: SendAnswer = within("a send", ada.send(tea, id, "one 茶", None)).await.expect("it is stored");
    post(&bob, tea, "secret").await;
    within("a deletion", bob.delete(tea, Seq::new(2))).await.expect("one's own may be deleted");
    within("leaving", bob.leave(tea)).await.expect("who is in may leave");
    within("signing out", cyd.sign_out()).await.expect("who is in may sign out");
    let still_held = server.stop().await;

    let said = move_store(&from, &database.url).unwrap_or_else(|error| panic!("{error}"));
    assert!(said.contains("events and") && said.contains("--database URL"), "{said}");

    let before = ["tea 1 #1 Ada: one 茶", "tea 2 #2 Bob:  (deleted)", "tea 3 Bob deletes 2"];
    let server = serve(Data::in_database(database.clone())).await;
    let ada = server.resume(&ada).await;
    is_there(&ada, tea, &[(&begin, 0), (&first.cursor, 1)], &before).await;
    assert!(within("a session", server.client().session(cyd.token())).await.is_err(), "Cyd has gone");
    let bob = server.resume(&bob).await;
    assert!(within("a send", bob.send(tea, new_client_id(), "in?", None)).await.is_err(), "Bob has left");
    // A retry gets the first answer.
    let again = within("a send", ada.send(tea, id, "one 茶", None)).await.expect("it is stored");
    assert_eq!((again.seq, again.sent_at), (first.seq, first.sent_at));
    let second = post(&ada, tea, "two").await;
    drop((server.stop().await, still_held));

    let said = move_store(&database.url, &path(&end)).unwrap_or_else(|error| panic!("{error}"));
    assert!(said.contains("--database off --data"), "{said}");
    let checked = run(&["check"], &end.path().join("data"));
    assert!(String::from_utf8_lossy(&checked.stdout).contains("No damage was found"), "{checked:?}");

    let server = serve(Data::copy_of(&end.path().join("data"))).await;
    let ada = server.resume(&ada).await;
    let third = post(&ada, tea, "three").await;
    assert_eq!(third.seq.get(), second.seq.get() + 1);
    let all = [before[0], before[1], before[2], "tea 4 #3 Ada: two", "tea 5 #4 Ada: three"];
    is_there(&ada, tea, &[(&begin, 0), (&first.cursor, 1), (&second.cursor, 4)], &all).await;
}

/// Each says what is wrong and what to do, and leaves the target as it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_moved_is_refused_with_what_to_do() {
    let folder = Data::in_folder();
    let source = folder.path().display().to_string();
    let (full, empty): (Database, Database) = (shared().database(), shared().database());
    let refused = |from: &str, to: &str, what: &str| {
        let error = move_store(from, to).expect_err("it is not moved");
        assert!(error.contains(what) && error.contains("next: "), "{error}");
    };
    let new = TempDir::new().expect("a temporary directory can be made");
    refused(&path(&new), &empty.url, "there is no database at");

    let server = serve(folder).await;
    let ada = server.guest("Ada").await;
    let tea = open(&ada, "tea").await;
    post(&ada, tea, "something that is damaged later").await;
    refused(&source, &empty.url, "is in use by another chinwag");
    let other = serve(Data::in_database(full.clone())).await;
    refused(&full.url, &path(&new), "1 servers run on the database");
    let (folder, used) = (server.stop().await, other.stop().await);

    refused(&source, &full.url, "is not empty");
    fs::create_dir(new.path().join("data")).expect("a directory can be made");
    fs::write(new.path().join("data/file"), "mine").expect("a file can be made");
    refused(&full.url, &path(&new), "is not empty");

    let bytes = fs::read(folder.path().join("chinwag.db")).expect("it can be read");
    let text = b"something that is damaged later";
    let at = bytes.windows(text.len()).position(|window| window == text).expect("it is in there");
    let file = File::options().write(true).open(folder.path().join("chinwag.db")).expect("it can be written");
    file.write_all_at(b"S", at as u64).expect("it can be written");
    refused(&source, &empty.url, "its checksum is wrong");
    let rows = shared()
        .sql(&empty.name, "SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM installation)");
    assert_eq!(rows, ["0"], "nothing was moved");
    drop(used);
}
