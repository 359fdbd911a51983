//! Data directories of earlier versions: each is opened, read completely, and goes on. `tests/fixtures/README.md` says
//! what they are.

use std::path::PathBuf;

use chinwag_client::{HistoryRange, Session, Transport};
use chinwag_protocol::{AccountId, ClientId, Code, ConversationId, Cursor, Seq};
use chinwag_store::Sqlite;
use serde::Deserialize;
use uuid::Uuid;

use crate::lines::Rooms;
use crate::posting::{post, reader};
use crate::server::{Data, Setup, TestServer, within};

/// What `make.py` has left beside a database.
#[derive(Deserialize)]
struct People {
    ada: String,
    bob: String,
    eve: String,
    tea: ConversationId,
    cafe: ConversationId,
    cursor: String,
}

/// What `make.py` has left since there are accounts, groups and direct chats.
#[derive(Deserialize)]
struct PeopleSince7 {
    dan: String,
    gus: String,
    fay: AccountId,
    crew: ConversationId,
    talk: ConversationId,
    deck: ConversationId,
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

async fn session(server: &TestServer, token: &str) -> Session {
    within("a session", server.client().session(token)).await.expect("the token is still good")
}

async fn reads_completely(name: &str, events: u64) {
    let people = std::fs::read(fixture(name).join("people.json")).expect("it is there");
    let people: People = serde_json::from_slice(&people).expect("it is JSON");
    let rooms = Rooms(vec![(people.tea, "tea"), (people.cafe, "cafe")]);
    let server = TestServer::start_on(Data::copy_of(&fixture(name)), Setup::default()).await;
    let (ada, bob) = (session(&server, &people.ada).await, session(&server, &people.bob).await);
    assert_eq!((ada.account().name.as_str(), bob.account().name.as_str()), ("Ada", "Bob"));
    // She has signed out.
    let eve = within("a refusal", server.client().session(&people.eve)).await;
    assert_eq!(eve.expect_err("the token is not good any more").code(), Some(Code::Unauthenticated));

    let long = "x".repeat(10_000);
    let sync = within("sync", bob.sync(None)).await.expect("sync is answered");
    let conversations = sync.conversations.iter();
    let conversations: Vec<_> =
        conversations.map(|row| (row.slug.clone().expect("a slug"), row.seq.get(), row.n)).collect();
    assert_eq!(conversations, [("tea".to_owned(), 6, 5), ("Café".to_owned(), 1, 1)]);
    let page = async |session: &Session, room| {
        let page = within("a page", session.history(room, HistoryRange::Newest, 50)).await;
        rooms.page(&page.expect("history may be read"))
    };
    assert_eq!(
        page(&ada, people.tea).await,
        [
            "1 to 6",
            "1 #1 Ada: one",
            "2 #2 Bob: zwei: äöü 茶 👋🏽",
            "3 #3 Ada:  (deleted)",
            "5 #4 Eve: five",
            "6 #5 Ada: six",
        ]
    );
    assert_eq!(page(&bob, people.cafe).await, ["1 to 1".to_owned(), format!("1 #1 Bob: {long}")]);

    // Her cursor of that time is still good.
    let mut reader = reader(&ada, Transport::Stream, &Cursor::from_text(&people.cursor));
    let lines = [
        "tea 1 #1 Ada: one",
        "tea 2 #2 Bob: zwei: äöü 茶 👋🏽",
        "tea 3 #3 Ada:  (deleted)",
        "tea 4 Ada deletes 3",
        "tea 5 #4 Eve: five",
        "tea 6 #5 Ada: six",
    ];
    assert_eq!(rooms.read(&mut reader, 6).await, lines);

    // A retry of that time gets the first answer; what is new comes after what is old; what is old can be deleted.
    let retry =
        ada.send(people.tea, "018f0000-0000-7000-8000-000000000001".parse().expect("an id"), "one", None);
    assert_eq!(within("a retry", retry).await.expect("it is stored").seq, Seq::new(1));
    assert_eq!(post(&bob, people.tea, "on").await.seq, Seq::new(7));
    let deletion = within("a deletion", bob.delete(people.tea, Seq::new(2))).await;
    assert_eq!(deletion.expect("one's own may be deleted").seq, Seq::new(8));
    assert_eq!(rooms.read(&mut reader, 2).await, ["tea 7 #6 Bob: on", "tea 8 Bob deletes 2"]);

    let data = server.stop().await;
    let checked = Sqlite::check(data.path()).expect("it can be read");
    assert_eq!((checked.events, checked.faults), (events, Vec::new()));
}

#[tokio::test]
async fn the_data_of_schema_1_is_read_completely() {
    reads_completely("schema-1", 20).await;
}

#[tokio::test]
async fn the_data_of_schema_2_is_read_completely() {
    reads_completely("schema-2", 20).await;
}

#[tokio::test]
async fn the_data_of_schema_3_is_read_completely() {
    reads_completely("schema-3", 20).await;
}

#[tokio::test]
async fn the_data_of_schema_7_is_read_completely() {
    reads_completely("schema-7", 44).await;
    reads_groups_and_direct_chats("schema-7").await;
}

#[tokio::test]
async fn the_data_of_schema_8_is_read_completely() {
    reads_completely("schema-8", 44).await;
    reads_groups_and_direct_chats("schema-8").await;
}

async fn reads_groups_and_direct_chats(name: &str) {
    let people = std::fs::read(fixture(name).join("people.json")).expect("it is there");
    let people: PeopleSince7 = serde_json::from_slice(&people).expect("it is JSON");
    let rooms = Rooms(vec![(people.crew, "crew"), (people.talk, "talk"), (people.deck, "deck")]);
    let server = TestServer::start_on(Data::copy_of(&fixture(name)), Setup::default()).await;
    let (dan, gus) = (session(&server, &people.dan).await, session(&server, &people.gus).await);
    assert_eq!(dan.account().username.as_ref().map(ToString::to_string).as_deref(), Some("dan"));
    let client = server.client();
    let signed_in = client.sign_in("dan", "correct horse", None);
    assert_eq!(within("a sign-in", signed_in).await.expect("the password is good").account(), dan.account());
    let page = async |session: &Session, conversation| {
        let page = within("a page", session.history(conversation, HistoryRange::Newest, 50)).await;
        rooms.page(&page.expect("history may be read"))
    };
    let crew = ["1 to 2", "1 dan Added Gus", "2 #1 Gus: eight"];
    let talk = ["1 to 2", "1 #1 dan: nine", "2 #2 Gus: ten"];
    for session in [&dan, &gus] {
        assert_eq!(page(session, people.crew).await, crew);
        assert_eq!(page(session, people.talk).await, talk);
    }
    assert_eq!(page(&dan, people.deck).await, ["1 to 2", "1 #1 Deleted account:  (deleted)"]);
    // The block, and what is left of who has deleted their account, still count.
    let blocks = within("blocks", dan.blocks(None, 10)).await.expect("they may be read").blocks;
    assert_eq!(blocks.iter().map(|account| account.id).collect::<Vec<_>>(), [gus.account().id]);
    let refused = within("a refusal", dan.open_direct(people.fay)).await;
    assert_eq!(refused.expect_err("there is nobody").code(), Some(Code::NotFound));
    let refused = dan.send(people.talk, ClientId::new(Uuid::now_v7()), "eleven", None);
    assert_eq!(within("a refusal", refused).await.expect_err("he is blocked").code(), Some(Code::Blocked));
    assert_eq!(post(&gus, people.crew, "twelve").await.seq, Seq::new(3));
}
