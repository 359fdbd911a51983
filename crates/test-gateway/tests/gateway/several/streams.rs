//! What several accounts may see, in one stream.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::cases::reader::{Reader, Transport};
use crate::server::Server;

/// A record in a few words.
fn line(record: &Value) -> String {
    let text = |field: &str| record[field].as_str().unwrap_or_default().to_owned();
    match record["type"].as_str().unwrap() {
        "message" => text("text"),
        "member" => format!("{} {}", text("account"), text("change")),
        kind => kind.to_owned(),
    }
}

/// Reads so many records.
async fn read(reader: &mut Reader<'_>, count: usize) -> Vec<String> {
    let mut lines = Vec::new();
    while lines.len() < count {
        lines.push(line(&reader.record().await));
    }
    lines
}

#[tokio::test]
async fn a_union_has_each_event_once_over_every_transport() {
    let server = Server::start().await;
    let (browser, [ada, bob]) = Browser::with(&server, ["Ada", "Bob"]).await;
    let eve = server.guest("Eve").await;
    let cursor = browser.cursor(&ada).await;
    let both = browser.room(&ada, "both").await;
    assert_eq!(browser.room(&bob, "both").await, both);
    let (adas, bobs) = (browser.room(&ada, "adas").await, browser.room(&bob, "bobs").await);
    let elsewhere = server.room(&eve, "elsewhere").await.0;
    server.room(&eve, "both").await;
    browser.send(&ada, &both, "from Ada").await;
    browser.send(&bob, &both, "from Bob").await;
    browser.send(&ada, &adas, "for Ada").await;
    browser.send(&bob, &bobs, "for Bob").await;
    server.send(&eve, &elsewhere, "for neither").await;
    server.send(&eve, &both, "from Eve").await;

    let accounts = format!("{bob},{ada}");
    let joined = |account: &str| format!("{account} joined");
    let created = || "conversation".to_owned();
    let mut expected = vec![created(), joined(&ada), joined(&bob)];
    expected.extend([created(), joined(&ada), created(), joined(&bob)]);
    expected.extend(["from Ada", "from Bob", "for Ada", "for Bob", "from Eve"].map(str::to_owned));
    for way in Transport::ALL {
        let mut reader = Reader::open_for(&browser, way, &accounts, &cursor).await;
        assert_eq!(read(&mut reader, expected.len()).await, expected, "{way:?}");
    }
    // Live, and each by itself in whatever way: what comes is for both, for one, for the other.
    for way in Transport::ALL {
        let now = browser.cursor(&ada).await;
        let mut reader = Reader::open_for(&browser, way, &accounts, &now).await;
        for (room, text) in
            [(&both, "one"), (&adas, "two"), (&elsewhere, "never"), (&bobs, "three"), (&both, "four")]
        {
            let sender =
                if *room == elsewhere { None } else { Some(if *room == bobs { &bob } else { &ada }) };
            match sender {
                Some(sender) => browser.send(sender, room, text).await,
                None => drop(server.send(&eve, room, text).await),
            }
        }
        assert_eq!(read(&mut reader, 4).await, ["one", "two", "three", "four"], "{way:?}");
    }
}

#[tokio::test]
async fn who_joins_and_leaves_is_told_of_whom_it_is() {
    let server = Server::start().await;
    let (browser, [ada, bob]) = Browser::with(&server, ["Ada", "Bob"]).await;
    let both = browser.room(&ada, "both").await;
    let now = browser.cursor(&ada).await;
    let accounts = format!("{ada},{bob}");
    browser.send(&ada, &both, "one").await;
    browser.room(&bob, "both").await;
    browser.send(&ada, &both, "two").await;
    let leaving = format!("/v1/conversations/{both}/membership");
    assert_eq!(browser.ask("DELETE", &leaving, Some(&ada), "").await.status, 204);
    browser.send(&bob, &both, "three").await;
    for way in Transport::ALL {
        let mut reader = Reader::open_for(&browser, way, &accounts, &now).await;
        // What Bob came too late for, and Ada may see no more, is nobody's in a replay.
        let [joined, two, left, three] =
            [reader.record().await, reader.record().await, reader.record().await, reader.record().await];
        assert_eq!(
            (&joined["account"], &joined["change"], &joined["from_seq"]),
            (&json!(bob), &json!("joined"), &json!(2))
        );
        assert_eq!((&two["text"], &two["seq"]), (&json!("two"), &json!(2)));
        assert_eq!((&left["account"], &left["change"]), (&json!(ada), &json!("left")));
        assert_eq!((&three["text"], &three["seq"]), (&json!("three"), &json!(3)));
    }
}

#[tokio::test]
async fn one_names_one_of_several_cookies_by_accounts() {
    let server = Server::start().await;
    let (browser, [ada, bob]) = Browser::with(&server, ["Ada", "Bob"]).await;
    let now = browser.cursor(&ada).await;
    let (adas, bobs) = (browser.room(&ada, "adas").await, browser.room(&bob, "bobs").await);
    browser.send(&bob, &bobs, "for Bob").await;
    browser.send(&ada, &adas, "for Ada").await;
    for way in Transport::ALL {
        let mut reader = Reader::open_for(&browser, way, &ada, &now).await;
        let expected = ["conversation".to_owned(), format!("{ada} joined"), "for Ada".to_owned()];
        assert_eq!(read(&mut reader, 3).await, expected, "{way:?}");
    }
}

#[tokio::test]
async fn a_ticket_reads_for_the_accounts_that_it_was_asked_for() {
    let server = Server::start().await;
    let (browser, [ada, bob, cyd]) = Browser::with(&server, ["Ada", "Bob", "Cyd"]).await;
    let now = browser.cursor(&ada).await;
    for account in [&ada, &bob, &cyd] {
        let room = browser.room(account, &format!("of-{account}")).await;
        browser.send(account, &room, &format!("for {account}")).await;
    }
    browser.copy().ask("DELETE", "/v1/session", Some(&cyd), "").await;
    let given = browser.ask("POST", &format!("/v1/tickets?accounts={ada},{bob},{cyd}"), None, "").await;
    let path = format!("/v1/events?after={now}&ticket={}", given.field("ticket"));
    let answer = server.ask("GET", &path, &[], "").await;
    let records = answer.json()["events"].clone();
    let texts: Vec<String> = records.as_array().unwrap().iter().map(line).collect();
    assert_eq!(texts.iter().filter(|text| text.starts_with("for ")).count(), 2, "{texts:?}");
    let last = records.as_array().unwrap().last().unwrap();
    assert_eq!((&last["type"], &last["account"]), (&json!("account_end"), &json!(cyd)));
    assert_eq!(server.ask("GET", &path, &[], "").await.code(), "unauthenticated");
}

#[tokio::test]
async fn reading_acknowledges_for_all() {
    use chinwag_store::Store;
    let server = Server::start().await;
    let (browser, [ada, bob, cyd]) = Browser::with(&server, ["Ada", "Bob", "Cyd"]).await;
    let mut devices = Vec::new();
    for account in [&ada, &bob, &cyd] {
        let session = browser.ask("GET", "/v1/session", Some(account), "").await.json();
        devices.push(session["device"]["id"].as_str().unwrap().parse().unwrap());
    }
    let places = async || {
        let mut places = Vec::new();
        for device in &devices {
            places.push(server.store.place(*device).await.unwrap().unwrap().get());
        }
        places
    };
    let wait_for = async |expected: [u64; 3]| {
        for _ in 0..500 {
            if places().await == expected {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("{:?} is not {expected:?}", places().await);
    };
    browser.room(&ada, "tea").await;
    let first = server.store.head().await.unwrap().get();
    let cursor = browser.cursor(&ada).await;
    let path = format!("/v1/events?accounts={ada},{bob}&after={cursor}");
    assert_eq!(browser.ask("GET", &path, None, "").await.status, 200);
    wait_for([first, first, 0]).await;
    browser.room(&ada, "coffee").await;
    let second = server.store.head().await.unwrap().get();
    let body = format!("{{\"cursor\":\"{}\"}}", browser.cursor(&ada).await);
    assert_eq!(browser.ask("POST", &format!("/v1/ack?accounts={bob},{cyd}"), None, &body).await.status, 204);
    wait_for([first, second, second]).await;
}
