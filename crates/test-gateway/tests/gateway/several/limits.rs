//! Naming several accounts is no way around a limit.

use std::time::Duration;

use chinwag_gateway::Rate;
use serde_json::json;

use crate::browser::Browser;
use crate::per_device::metric;
use crate::server::Server;

#[tokio::test]
async fn a_stream_counts_for_each_of_its_devices() {
    let server = Server::with(|setup| setup.gateway.streams_per_device_max = 2).await;
    let (browser, [ada, bob, cyd]) = Browser::with(&server, ["Ada", "Bob", "Cyd"]).await;
    let open = async |accounts: &str| {
        let lines = browser.lines();
        let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        lines.push("accept: text/event-stream");
        let mut wire = server.connect().await;
        wire.request("GET", &format!("/v1/events?accounts={accounts}"), &lines, "").await;
        (wire.answer_or_head(200).await.status, wire)
    };
    let (status, first) = open(&format!("{ada},{bob}")).await;
    assert_eq!(status, 200);
    let (status, _second) = open(&format!("{ada},{cyd}")).await;
    assert_eq!(status, 200);
    for accounts in
        [ada.clone(), format!("{ada},{bob}"), format!("{ada},{cyd}"), format!("{ada},{bob},{cyd}")]
    {
        assert_eq!(open(&accounts).await.0, 429);
    }
    // A refusal for one keeps no place of the others.
    let mut held = Vec::new();
    for accounts in [&bob, &cyd] {
        let (status, wire) = open(accounts).await;
        assert_eq!(status, 200);
        held.push(wire);
    }
    assert_eq!(open(&bob).await.0, 429);
    drop(first);
    for _ in 0..500 {
        if open(&format!("{ada},{bob}")).await.0 == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no room");
}

#[tokio::test]
async fn reading_counts_for_each_of_the_devices() {
    let server = Server::with(|setup| {
        setup.gateway.reads_per_device = Rate { burst: 20, per_second: 1 };
        setup.gateway.commands_per_device = Rate { burst: 20, per_second: 1 };
    })
    .await;
    let (browser, [ada, bob, cyd]) = Browser::with(&server, ["Ada", "Bob", "Cyd"]).await;
    let path = format!("/v1/events?accounts={ada},{bob}");
    while browser.ask("GET", &path, None, "").await.status == 200 {}
    for (accounts, status) in
        [(ada.clone(), 429), (bob.clone(), 429), (format!("{cyd},{ada}"), 429), (cyd.clone(), 200)]
    {
        let answer = browser.ask("GET", &format!("/v1/events?accounts={accounts}"), None, "").await;
        assert_eq!(answer.status, status, "{accounts}");
    }
    let path = format!("/v1/tickets?accounts={ada},{bob}");
    while browser.ask("POST", &path, None, "").await.status == 201 {}
    assert_eq!(browser.ask("POST", "/v1/tickets", Some(&bob), "").await.code(), "too_many_requests");
    assert_eq!(browser.ask("POST", "/v1/tickets", Some(&cyd), "").await.status, 201);
}

#[tokio::test]
async fn a_held_poll_of_several_counts_for_the_first() {
    let server = Server::start().await;
    let (browser, [ada, bob]) = Browser::with(&server, ["Ada", "Bob"]).await;
    // Their ids are in the order of their making.
    assert!(ada < bob);
    let now = browser.cursor(&ada).await;
    let lines = browser.lines();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let hold = async |accounts: &str, polls: u64| {
        let mut wire = server.connect().await;
        wire.request("GET", &format!("/v1/events?accounts={accounts}&wait=20&after={now}"), &lines, "").await;
        while metric(&server, "chinwag_hub_polls").await < polls {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        wire
    };
    // Two of Ada alone and two of both are her four; Bob's own is another matter.
    let both = format!("{bob},{ada}");
    let mut first = hold(&ada, 1).await;
    let mut held = vec![hold(&both, 2).await, hold(&ada, 3).await, hold(&both, 4).await, hold(&bob, 5).await];
    held.push(hold(&both, 5).await);
    let ended = first.answer().await.json();
    assert_eq!((&ended["events"], &ended["cursor"]), (&json!([]), &json!(now)));
    assert_eq!(metric(&server, "chinwag_hub_polls").await, 5);
    browser.room(&ada, "adas").await;
    browser.room(&bob, "bobs").await;
    for wire in &mut held {
        assert_ne!(wire.answer().await.json()["events"], json!([]));
    }
}
