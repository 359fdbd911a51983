//! One of several accounts is signed out, and the others read on.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::NOBODY;
use crate::browser::Browser;
use crate::cases::reader::{Reader, Transport};
use crate::per_device::metric;
use crate::server::Server;

fn is_poll(transport: Transport) -> bool {
    matches!(transport, Transport::ShortPoll | Transport::LongPoll)
}

fn is_end_of(record: &Value, account: &str) -> bool {
    record["type"] == "account_end" && record["account"] == account && record["reason"] == "signed_out"
}

#[tokio::test]
async fn a8_an_account_that_signs_out_leaves_the_stream() {
    for way in Transport::ALL {
        let server = Server::start().await;
        let (browser, [ada, bob]) = Browser::with(&server, ["Ada", "Bob"]).await;
        let (adas, bobs) = (browser.room(&ada, "adas").await, browser.room(&bob, "bobs").await);
        let eve = server.guest("Eve").await;
        server.room(&eve, "adas").await;
        let now = browser.cursor(&ada).await;
        let mut reader = Reader::open_for(&browser, way, &format!("{ada},{bob}"), &now).await;
        browser.send(&bob, &bobs, "before").await;
        assert_eq!(reader.record().await["text"], "before");

        // A held poll is among those that are told, and sooner than its wait is over.
        let ((), record) = tokio::join!(
            async {
                while way.0 == Transport::LongPoll && metric(&server, "chinwag_hub_polls").await == 0 {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                assert_eq!(browser.copy().ask("DELETE", "/v1/session", Some(&ada), "").await.status, 204);
            },
            reader.record()
        );
        assert!(is_end_of(&record, &ada), "{way:?}: {record}");
        server.send(&eve, &adas, "for Ada alone").await;
        browser.send(&bob, &bobs, "after").await;
        let mut record = reader.record().await;
        while is_poll(way.0) && is_end_of(&record, &ada) {
            // Each answer says so until she is not named any more.
            record = reader.record().await;
        }
        assert_eq!(record["text"], "after", "{way:?}");

        if !is_poll(way.0) {
            assert_eq!(browser.copy().ask("DELETE", "/v1/session", Some(&bob), "").await.status, 204);
            let record = reader.record().await;
            assert_eq!(
                (&record["type"], &record["reason"]),
                (&json!("end"), &json!("signed_out")),
                "{way:?}"
            );
            let code = reader.end().await;
            assert_eq!(code, (way.0 == Transport::WebSocket).then_some(4001));
        }
    }
}

#[tokio::test]
async fn what_was_lost_before_is_told_at_the_beginning() {
    let server = Server::start().await;
    let (browser, [ada, bob]) = Browser::with(&server, ["Ada", "Bob"]).await;
    let bobs = browser.room(&bob, "bobs").await;
    let now = browser.cursor(&bob).await;
    browser.send(&bob, &bobs, "for Bob").await;
    browser.copy().ask("DELETE", "/v1/session", Some(&ada), "").await;
    // Ada by a cookie that is good for nothing, and somebody of whom there never was one.
    for lost in [ada.as_str(), NOBODY] {
        for way in Transport::ALL {
            let mut reader = Reader::open_for(&browser, way, &format!("{lost},{bob}"), &now).await;
            let (first, second) = (reader.record().await, reader.record().await);
            // In a poll's answer it is the last record, for its place is that of the answer.
            let (end, message) = if is_poll(way.0) { (second, first) } else { (first, second) };
            assert!(is_end_of(&end, lost), "{way:?}: {end}");
            assert_eq!(message["text"], "for Bob", "{way:?}");
        }
        // A poll that has nothing else to tell is not held for it.
        let now = browser.cursor(&bob).await;
        let since = Instant::now();
        let path = format!("/v1/events?accounts={lost},{bob}&wait=30&after={now}");
        let answer = browser.ask("GET", &path, None, "").await.json();
        assert!(since.elapsed() < Duration::from_secs(5));
        assert!(is_end_of(&answer["events"][0], lost), "{answer}");
        assert_eq!(answer["events"][0]["cursor"], answer["cursor"]);
    }
    let answer = browser.ask("GET", &format!("/v1/events?accounts={ada}"), None, "").await;
    assert_eq!(answer.code(), "unauthenticated");
}

#[tokio::test]
async fn an_account_that_leaves_takes_what_waits_along() {
    let server = Server::with(|setup| setup.gateway.limits_on = false).await;
    let (browser, [ada, bob]) = Browser::with(&server, ["Ada", "Bob"]).await;
    let eve = server.guest("Eve").await;
    let adas = browser.room(&ada, "adas").await;
    server.room(&eve, "adas").await;
    let now = browser.cursor(&bob).await;
    // A reader that takes nothing for a while; more waits for it than sockets hold.
    let lines = browser.lines();
    let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    lines.push("accept: application/x-ndjson");
    let mut wire = server.connect().await;
    wire.request("GET", &format!("/v1/events?accounts={ada},{bob}&after={now}"), &lines, "").await;
    let long = "x".repeat(30_000);
    for _ in 0..600 {
        assert_eq!(server.send(&eve, &adas, &long).await.status, 201);
    }
    browser.copy().ask("DELETE", "/v1/session", Some(&ada), "").await;
    server.send(&eve, &adas, "too late").await;
    // It is cut within a record of hers, and comes back.
    wire.head().await;
    let rest = String::from_utf8(wire.rest().await).unwrap();
    assert!(!rest.contains("too late") && rest.matches("\"text\"").count() < 600);
    let way = Transport::ALL[4];
    let mut reader = Reader::open_for(&browser, way, &format!("{ada},{bob}"), &now).await;
    assert!(is_end_of(&reader.record().await, &ada));
}
