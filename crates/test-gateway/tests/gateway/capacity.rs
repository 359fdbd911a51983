//! Many connections, and the end of the server.

use std::time::{Duration, Instant};

use crate::server::Server;
use crate::socket::HANDSHAKE;
use crate::wire::Wire;

const NDJSON: &str = "accept: application/x-ndjson";

#[tokio::test]
async fn a_full_server_says_so() {
    let server = Server::with(|setup| setup.gateway.connections_max = 4).await;
    let token = server.guest("Ada").await;
    let bearer = format!("authorization: Bearer {token}");
    tokio::time::sleep(Duration::from_millis(100)).await;
    // Streams count, too.
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut wire = server.connect().await;
        wire.request("GET", "/v1/events", &[&bearer, NDJSON], "").await;
        assert_eq!(wire.head().await.status, 200);
        held.push(wire);
    }
    // Whatever is asked for, and at once.
    let started = Instant::now();
    let handshake = [&HANDSHAKE[..], &[&*bearer]].concat();
    for lines in
        [&[][..], &[&*bearer], &[&*bearer, NDJSON], &[&*bearer, "accept: text/event-stream"], &handshake]
    {
        let mut wire = server.connect().await;
        wire.request("GET", "/v1/events?wait=30", lines, "").await;
        let answer = wire.answer().await;
        answer.check(false);
        assert_eq!((answer.status, answer.code().as_str()), (503, "overloaded"));
        assert_eq!(answer.header("connection"), Some("close"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    // The admin server still answers.
    let mut admin = Wire::connect(server.admin).await;
    assert_eq!(admin.ask("GET", "/ready", &[], "").await.status, 200);
    held.clear();
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let mut wire = server.connect().await;
        wire.request("GET", "/v1/server", &[], "").await;
        if wire.answer().await.status == 200 {
            return;
        }
    }
    panic!("still full");
}

#[tokio::test]
async fn the_admin_server_is_not_full_of_the_chats_streams() {
    let server = Server::with(|setup| {
        setup.gateway.connections_max = 1_000;
        // One device has them all.
        setup.gateway.limits_on = false;
    })
    .await;
    let token = server.guest("Ada").await;
    let bearer = format!("authorization: Bearer {token}");
    let mut held = Vec::new();
    // More than the admin server serves at a time.
    for _ in 0..65 {
        let mut wire = server.connect().await;
        wire.request("GET", "/v1/events", &[&bearer, NDJSON], "").await;
        assert_eq!(wire.head().await.status, 200);
        held.push(wire);
    }
    let mut admin = Wire::connect(server.admin).await;
    let metrics = admin.ask("GET", "/metrics", &[], "").await;
    assert_eq!(metrics.status, 200);
    assert!(metrics.text().contains("chinwag_hub_sockets 65"));
}

#[tokio::test]
async fn a_full_server_says_so_on_http2() {
    let server = Server::with(|setup| setup.gateway.connections_max = 4).await;
    let token = server.guest("Ada").await;
    let socket = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let (requests, connection): (h2::client::SendRequest<bytes::Bytes>, _) =
        h2::client::handshake(socket).await.unwrap();
    tokio::spawn(connection);
    let ask = async |path: &str| {
        let request = http::Request::get(format!("http://{}{path}", server.address))
            .header("authorization", format!("Bearer {token}"))
            .header("accept", "application/x-ndjson");
        let mut requests = requests.clone().ready().await.unwrap();
        requests.send_request(request.body(()).unwrap(), true).unwrap().0.await.unwrap()
    };
    let mut held = Vec::new();
    for _ in 0..4 {
        let answer = ask("/v1/events").await;
        assert_eq!(answer.status(), 200);
        held.push(answer);
    }
    let websocket = async || {
        let request = http::Request::connect(format!("http://{}/v1/events", server.address))
            .extension(h2::ext::Protocol::from_static("websocket"))
            .header("sec-websocket-version", "13")
            .header("authorization", format!("Bearer {token}"));
        let mut requests = requests.clone().ready().await.unwrap();
        requests.send_request(request.body(()).unwrap(), false).unwrap().0.await.unwrap()
    };
    for answer in [ask("/v1/events").await, ask("/v1/server").await, websocket().await] {
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["retry-after"]),
            (503, &"5".parse().unwrap())
        );
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let problem = answer.into_body().data().await.unwrap().unwrap();
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&problem).unwrap()["code"], "overloaded");
    }
    // Whoever leaves makes room.
    held.pop();
    let deadline = Instant::now() + Duration::from_secs(30);
    while ask("/v1/server").await.status() != 200 {
        assert!(Instant::now() < deadline, "still full");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn streams_do_not_fill_the_admin_server() {
    let server = Server::with(|setup| setup.gateway.limits_on = false).await;
    let token = server.guest("Ada").await;
    let bearer = format!("authorization: Bearer {token}");
    let mut held = Vec::new();
    for _ in 0..70 {
        let mut wire = server.connect().await;
        wire.request("GET", "/v1/events", &[&bearer, NDJSON], "").await;
        assert_eq!(wire.head().await.status, 200);
        held.push(wire);
    }
    let mut admin = Wire::connect(server.admin).await;
    assert_eq!(admin.ask("GET", "/ready", &[], "").await.status, 200);
}

#[tokio::test]
async fn the_admin_server() {
    let server = Server::start().await;
    server.guest("Ada").await;
    let mut admin = Wire::connect(server.admin).await;
    let live = admin.ask("GET", "/live", &[], "").await;
    assert_eq!((live.status, live.text().as_str()), (200, "live\n"));
    let ready = admin.ask("GET", "/ready", &[], "").await;
    assert_eq!((ready.status, ready.text().as_str()), (200, "ready\n"));
    let metrics = admin.ask("GET", "/metrics", &[], "").await;
    assert!(metrics.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    let text = metrics.text();
    assert!(
        text.contains("chinwag_gateway_requests_total{route=\"/v1/guests\",status=\"Success\"} 1"),
        "{text}"
    );
    assert!(text.contains("chinwag_gateway_connections "));
    assert!(text.contains("chinwag_hub_streams 0"));
    assert!(text.ends_with("# EOF\n"));
    // The chat is not served here.
    admin.request("GET", "/v1/server", &[], "").await;
    assert_eq!(admin.answer().await.code(), "not_found");
    assert_eq!(admin.ask("POST", "/metrics", &[], "").await.code(), "method_not_allowed");
    server.store.set(crate::server::Fault::Database);
    assert_eq!(admin.ask("GET", "/ready", &[], "").await.code(), "unavailable");
    assert_eq!(admin.ask("GET", "/live", &[], "").await.status, 200);
}

#[tokio::test]
async fn stops_when_open_requests_have_ended() {
    let server = Server::start().await;
    let token = server.guest("Ada").await;
    let bearer = format!("authorization: Bearer {token}");
    let cursor = server.json(&token, "GET", "/v1/events", "").await.field("cursor");
    let mut idle = server.connect().await;
    assert_eq!(idle.ask("GET", "/v1/server", &[], "").await.status, 200);
    let mut poll = server.connect().await;
    poll.request("GET", &format!("/v1/events?after={cursor}&wait=2"), &[&bearer], "").await;
    tokio::time::sleep(Duration::from_millis(200)).await;

    let start = Instant::now();
    let stopping = tokio::spawn(server.stop());
    assert!(idle.rest().await.is_empty());
    assert!(start.elapsed() < Duration::from_secs(1));
    assert!(tokio::net::TcpStream::connect(server.address).await.is_err());
    let mut admin = Wire::connect(server.admin).await;
    assert_eq!(admin.ask("GET", "/ready", &[], "").await.code(), "shutting_down");
    assert_eq!(poll.answer().await.status, 200);
    stopping.await.unwrap();
    assert!((Duration::from_secs(1)..Duration::from_secs(5)).contains(&start.elapsed()));
}

#[tokio::test]
async fn stops_in_time_whoever_is_slow() {
    let server = Server::with(|setup| setup.gateway.drain = Duration::from_millis(500)).await;
    let mut slow = server.connect().await;
    slow.request("POST", "/v1/guests", &["content-type: application/json", "content-length: 9"], "").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let start = Instant::now();
    server.stop().await;
    assert!(start.elapsed() < Duration::from_secs(2));
}
