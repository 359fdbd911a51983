//! Whether it takes as long to be told that there is no such conversation where there is none as where there is one that is not
//! for whoever asks.
//!
//! `CHINWAG_PAIRS` is how many pairs of requests of each kind there are, 100 if it is not set; with `CHINWAG_JUDGE_TIMES` the
//! medians must differ by less than 5 %; with `CHINWAG_FIGURES` naming a file, how far they do is written there.

use std::time::{Duration, Instant};

use bytes::Bytes;
use chinwag_client::{Client, Protocol};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request};
use serde_json::json;
use uuid::Uuid;

use crate::program::{PATIENCE, Program, alone};

/// Method, the path after the conversation, and the body.
#[rustfmt::skip]
const REQUESTS: [(Method, &str, &str); 10] = [
    (Method::GET,    "", ""),
    (Method::GET,    "/messages", ""),
    (Method::GET,    "/members", ""),
    (Method::GET,    "/invites", ""),
    (Method::POST,   "/messages", r#"{"client_id":"0197a3b0-0000-7000-8000-0000000000fd","text":"hello"}"#),
    (Method::DELETE, "/messages/1", ""),
    (Method::PATCH,  "", r#"{"title":"Mine"}"#),
    (Method::POST,   "/members", r#"{"accounts":["0197a3b0-0000-7000-8000-0000000000fe"]}"#),
    (Method::PUT,    "/bans/0197a3b0-0000-7000-8000-0000000000fe", ""),
    (Method::DELETE, "/membership", ""),
];

async fn timed(
    client: &Client,
    token: &str,
    (method, rest, body): &(Method, &'static str, &'static str),
    id: &str,
) -> Duration {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("/v1/conversations/{id}{rest}"))
        .header(AUTHORIZATION, format!("Bearer {token}"));
    if !body.is_empty() {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    let request = request.body(Bytes::from_static(body.as_bytes())).unwrap();
    let begun = Instant::now();
    let answer = client.http().call(request, PATIENCE).await.unwrap();
    let took = begun.elapsed();
    assert_eq!(answer.status().as_u16(), if *rest == "/membership" { 204 } else { 404 }, "{method} {rest}");
    took
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}

#[tokio::test]
async fn z1_absent_and_forbidden_take_as_long() {
    let _alone = alone().await;
    let pairs = std::env::var("CHINWAG_PAIRS").map_or(100, |pairs| pairs.parse().unwrap());
    let program = Program::start(&["--limits", "off"]).await;
    let client = program.client_by(Protocol::Http1);
    let (ada, eve) = (client.guest("Ada").await.unwrap(), client.guest("Eve").await.unwrap());
    let body = json!({"client_id": Uuid::now_v7(), "title": "Crew"}).to_string();
    let request = Request::post("/v1/groups")
        .header(AUTHORIZATION, format!("Bearer {}", ada.token()))
        .header(CONTENT_TYPE, "application/json");
    let made = client.http().call(request.body(Bytes::from(body)).unwrap(), PATIENCE).await.unwrap();
    let made: serde_json::Value = serde_json::from_slice(made.body()).unwrap();
    let (forbidden, absent) = (made["id"].as_str().unwrap(), Uuid::now_v7().to_string());
    let mut figures = serde_json::Map::new();
    let mut widest = 0.0_f64;
    for request in &REQUESTS {
        let (mut there, mut not) = (Vec::with_capacity(pairs), Vec::with_capacity(pairs));
        for pair in 0..pairs {
            // Neither always comes right after the other.
            if pair % 2 == 0 {
                there.push(timed(&client, eve.token(), request, forbidden).await);
                not.push(timed(&client, eve.token(), request, &absent).await);
            } else {
                not.push(timed(&client, eve.token(), request, &absent).await);
                there.push(timed(&client, eve.token(), request, forbidden).await);
            }
        }
        let (there, not) = (median(&mut there), median(&mut not));
        let percent = 100.0 * (there - not).abs() / not;
        widest = widest.max(percent);
        let name = format!("{} {}", request.0, request.1);
        figures.insert(name, json!({"forbidden_us": (there * 1e6) as u64, "absent_us": (not * 1e6) as u64}));
    }
    figures.insert("pairs".to_owned(), json!(pairs));
    figures.insert("widest_percent".to_owned(), json!((widest * 100.0).round() / 100.0));
    if let Ok(file) = std::env::var("CHINWAG_FIGURES") {
        std::fs::write(file, serde_json::Value::from(figures.clone()).to_string()).unwrap();
    }
    if std::env::var_os("CHINWAG_JUDGE_TIMES").is_some() {
        assert!(widest < 5.0, "{figures:#?}");
    }
}
