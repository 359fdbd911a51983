//! What one address may have and do: its connections, its new guests. Every address of 127.0.0.0/8 is this machine's own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chinwag_gateway::Rate;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, sleep};

use crate::server::{Server, Setup};
use crate::wire::{Answer, Wire};

const GUEST: &str = r#"{"name":"Ada"}"#;
const JSON: &str = "content-type: application/json";
const LINES: &str = "accept: application/x-ndjson";

fn three_guests(setup: &mut Setup) {
    setup.gateway.guests_per_address = Rate { burst: 3, per_second: 1 };
}

fn behind_a_proxy(setup: &mut Setup) {
    setup.gateway.trusted_proxy = Arc::new(|address| address.is_loopback());
}

async fn metric(server: &Server, name: &str) -> u64 {
    let text = Wire::connect(server.admin).await.ask("GET", "/metrics", &[], "").await.text();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.expect("the metric").parse().unwrap()
}

/// A connection from this address.
pub(crate) async fn connect_from(server: &Server, address: &str) -> Wire {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(address.parse().unwrap(), 0)).unwrap();
    Wire::new(socket.connect(server.address).await.unwrap())
}

/// The first refusal of so many guests, each of whom says that it was forwarded from another address.
async fn first_refused(
    server: &Server,
    count: usize,
    from: impl Fn(usize) -> String,
) -> Option<(usize, Answer)> {
    for number in 0..count {
        let forwarded = format!("x-forwarded-for: {}", from(number));
        let answer = server.ask("POST", "/v1/guests", &[JSON, &forwarded], GUEST).await;
        if answer.status != 201 {
            assert_eq!(answer.code(), "too_many_requests");
            return Some((number, answer));
        }
    }
    None
}

#[tokio::test]
async fn p9_a_forged_address_counts_for_nothing() {
    let other = |number: usize| format!("198.51.100.{number}");
    // Whoever is no trusted proxy has its own address, whatever it says; on this machine, too.
    for limit_loopback in [false, true] {
        let server = Server::with(|setup| {
            three_guests(setup);
            setup.gateway.limit_loopback = limit_loopback;
        })
        .await;
        let (number, answer) = first_refused(&server, 20, other).await.expect("refused");
        assert!((3..6).contains(&number), "{number}: one more a second");
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_eq!(
            metric(&server, "chinwag_gateway_limit_hits_total{limit=\"guests_per_address\"}").await,
            1
        );
    }
    // What a trusted proxy says counts, but not what somebody told it before.
    let server = Server::with(|setup| {
        three_guests(setup);
        behind_a_proxy(setup);
    })
    .await;
    assert!(first_refused(&server, 20, other).await.is_none());
    let forged = |number: usize| format!("198.51.100.{number}, 203.0.113.9");
    assert!(first_refused(&server, 20, forged).await.is_some());
}

#[tokio::test]
async fn this_machine_is_exempt_unless_it_forwards() {
    let server = Server::with(three_guests).await;
    for _ in 0..20 {
        assert_eq!(server.ask("POST", "/v1/guests", &[JSON], GUEST).await.status, 201);
    }
    let server = Server::with(|setup| {
        three_guests(setup);
        setup.gateway.limits_on = false;
    })
    .await;
    assert!(first_refused(&server, 20, |_| "198.51.100.1".to_owned()).await.is_none(), "limits are off");
}

#[tokio::test]
async fn connections_of_one_address() {
    let server = Server::with(|setup| {
        setup.gateway.connections_per_address_max = 3;
        setup.gateway.limit_loopback = true;
    })
    .await;
    let token = {
        let mut wire = connect_from(&server, "127.0.0.9").await;
        wire.ask("POST", "/v1/guests", &[JSON], GUEST).await.field("token")
    };
    let bearer = format!("authorization: Bearer {token}");
    let mut held = Vec::new();
    for _ in 0..3 {
        // A stream leaves HTTP, and counts still.
        let mut wire = connect_from(&server, "127.0.0.2").await;
        wire.request("GET", "/v1/events", &[&bearer, LINES], "").await;
        assert_eq!(wire.head().await.status, 200);
        held.push(wire);
    }
    for _ in 0..2 {
        let mut wire = connect_from(&server, "127.0.0.2").await;
        wire.request("GET", "/v1/server", &[], "").await;
        let answer = wire.answer().await;
        answer.check(false);
        assert_eq!((answer.status, answer.code().as_str()), (429, "too_many_requests"));
        assert_eq!((answer.header("retry-after"), answer.header("connection")), (Some("5"), Some("close")));
    }
    let hits =
        metric(&server, "chinwag_gateway_limit_hits_total{limit=\"connections_per_address_max\"}").await;
    assert_eq!(hits, 2);
    // Others are served.
    let mut other = connect_from(&server, "127.0.0.3").await;
    assert_eq!(other.ask("GET", "/v1/server", &[], "").await.status, 200);
    // Whoever leaves makes room.
    held.pop();
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let mut wire = connect_from(&server, "127.0.0.2").await;
        wire.request("GET", "/v1/server", &[], "").await;
        if wire.answer().await.status == 200 {
            return;
        }
        assert!(Instant::now() < deadline, "no room");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn open_requests_of_one_address_behind_a_proxy() {
    let server = Server::with(|setup| {
        behind_a_proxy(setup);
        setup.gateway.connections_per_address_max = 3;
    })
    .await;
    let token = server.guest("Ada").await;
    let bearer = format!("authorization: Bearer {token}");
    let (one, other) = ("x-forwarded-for: 198.51.100.1", "x-forwarded-for: 198.51.100.2");
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut wire = server.connect().await;
        wire.request("GET", "/v1/events", &[&bearer, LINES, one], "").await;
        assert_eq!(wire.head().await.status, 200);
        held.push(wire);
    }
    // The proxy's own connection goes on, with others on it.
    let mut proxy = server.connect().await;
    let refused = proxy.ask("GET", "/v1/server", &[one], "").await;
    assert_eq!((refused.status, refused.code().as_str()), (429, "too_many_requests"));
    assert_eq!(proxy.ask("GET", "/v1/server", &[other], "").await.status, 200);
    held.pop();
    let deadline = Instant::now() + Duration::from_secs(30);
    while proxy.ask("GET", "/v1/server", &[one], "").await.status != 200 {
        assert!(Instant::now() < deadline, "no room");
        sleep(Duration::from_millis(20)).await;
    }
    // Requests that have ended do not count.
    for _ in 0..20 {
        assert_eq!(proxy.ask("GET", "/v1/server", &[one], "").await.status, 200);
    }
}

#[tokio::test]
async fn an_address_without_room_is_told_on_http2_too() {
    let server = Server::with(|setup| {
        behind_a_proxy(setup);
        setup.gateway.connections_per_address_max = 1;
    })
    .await;
    let token = server.guest("Ada").await;
    let socket = TcpStream::connect(server.address).await.unwrap();
    let (requests, connection): (h2::client::SendRequest<bytes::Bytes>, _) =
        h2::client::handshake(socket).await.unwrap();
    tokio::spawn(connection);
    let ask = async || {
        let request = http::Request::get(format!("http://{}/v1/events", server.address))
            .header("authorization", format!("Bearer {token}"))
            .header("accept", "text/event-stream")
            .header("x-forwarded-for", "198.51.100.1");
        let mut requests = requests.clone().ready().await.unwrap();
        requests.send_request(request.body(()).unwrap(), true).unwrap().0.await.unwrap()
    };
    let held = ask().await;
    assert_eq!(held.status(), 200);
    assert_eq!(ask().await.status(), 429);
    drop(held);
    let deadline = Instant::now() + Duration::from_secs(30);
    while ask().await.status() != 200 {
        assert!(Instant::now() < deadline, "no room");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_refused_connection_is_closed_even_if_it_says_nothing() {
    let server = Server::with(|setup| {
        setup.gateway.connections_per_address_max = 1;
        setup.gateway.limit_loopback = true;
    })
    .await;
    let mut first = connect_from(&server, "127.0.0.2").await;
    assert_eq!(first.ask("GET", "/v1/server", &[], "").await.status, 200);
    let mut silent = connect_from(&server, "127.0.0.2").await;
    assert_eq!(silent.answer().await.status, 429);
    let mut bad = TcpSocket::new_v4().unwrap().connect(server.address).await.unwrap();
    bad.write_all(b"nonsense").await.unwrap();
}
