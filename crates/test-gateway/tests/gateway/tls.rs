//! TLS: what is agreed on, what differs from cleartext, and peers that do not speak it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chinwag_gateway::{Rate, Tls};
use http::Request;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::server::{Server, Setup};
use crate::wire::Wire;

/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server with a certificate for its address, and who believes in it.
async fn start(change: impl FnOnce(&mut Setup)) -> (Server, RootCertStore) {
    let folder = TempDir::new().unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(made.cert.pem().as_bytes()).unwrap()).unwrap();
    let server = Server::with(|setup| {
        setup.gateway.tls = Some(Tls::open(certificate, key).unwrap());
        change(setup);
    })
    .await;
    (server, roots)
}

async fn shake(
    socket: TcpStream,
    roots: &RootCertStore,
    alpn: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots.clone())
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, socket).await
}

async fn connect(
    server: &Server,
    roots: &RootCertStore,
    alpn: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    shake(TcpStream::connect(server.address).await.unwrap(), roots, alpn).await
}

/// One request over HTTP/1.1; gives all that comes.
async fn ask(server: &Server, roots: &RootCertStore, head: &str, body: &str) -> String {
    let mut socket = connect(server, roots, &["http/1.1"]).await.unwrap();
    let length = body.len();
    let host = server.address;
    let request =
        format!("{head}\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // Fails if the server does not end TLS before TCP.
    socket.read_to_string(&mut answer).await.unwrap();
    answer
}

async fn until_metric(server: &Server, name: &str, expected: &str) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let text = Wire::connect(server.admin).await.ask("GET", "/metrics", &[], "").await.text();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).unwrap();
        if value == expected {
            return;
        }
        assert!(Instant::now() < deadline, "{name} is {value}, not {expected}");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn protocols_are_agreed_on() {
    let (server, roots) = start(|_| {}).await;
    let table: [(&[&str], Option<&str>); 5] = [
        (&["h2", "http/1.1"], Some("h2")),
        (&["http/1.1", "h2"], Some("h2")),
        (&["h2"], Some("h2")),
        (&["http/1.1"], Some("http/1.1")),
        // Who does not say gets what came before there was a choice.
        (&[], None),
    ];
    for (offered, agreed) in table {
        let mut socket = connect(&server, &roots, offered).await.unwrap();
        assert_eq!(socket.get_ref().1.alpn_protocol(), agreed.map(str::as_bytes));
        if agreed == Some("h2") {
            let (mut requests, connection) = h2::client::handshake(socket).await.unwrap();
            tokio::spawn(connection);
            let uri = format!("https://{}/v1/server", server.address);
            let request = Request::get(uri).body(()).unwrap();
            let answer = requests.send_request(request, true).unwrap().0.await.unwrap();
            assert_eq!(answer.status(), 200);
            assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
        } else {
            let request = format!("GET /v1/server HTTP/1.1\r\nhost: {}\r\n\r\n", server.address);
            socket.write_all(request.as_bytes()).await.unwrap();
            let mut answer = [0; 12];
            socket.read_exact(&mut answer).await.unwrap();
            assert_eq!(&answer, b"HTTP/1.1 200");
        }
    }
    assert!(connect(&server, &roots, &["spdy/3"]).await.is_err());
    until_metric(&server, "chinwag_gateway_tls_handshakes_failed_total", "1").await;
}

#[tokio::test]
async fn cookies_and_pages_stay_with_tls() {
    let (server, roots) = start(|_| {}).await;
    let own = format!("origin: https://{}", server.address);
    let head = format!("POST /v1/guests HTTP/1.1\r\ncontent-type: application/json\r\n{own}");
    let answer = ask(&server, &roots, &head, r#"{"name":"Ada","session":"cookie"}"#).await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.split("; ").any(|given| given == attribute), "{attribute}: {cookie}");
    }
    for path in ["/", "/v1/server", "/nothing"] {
        let answer = ask(&server, &roots, &format!("GET {path} HTTP/1.1"), "").await;
        assert!(answer.contains("\r\nstrict-transport-security: max-age=31536000\r\n"), "{path}: {answer}");
    }
    // Another scheme is another origin.
    let head =
        format!("POST /v1/guests HTTP/1.1\r\ncontent-type: application/json\r\norigin: {}", server.origin());
    let answer = ask(&server, &roots, &head, r#"{"name":"Ada","session":"cookie"}"#).await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
}

#[tokio::test]
async fn cleartext_is_told_and_closed() {
    let (server, roots) = start(|_| {}).await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let sent: [&[u8]; 3] = [b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", preface, &[0xff; 4096]];
    for bytes in sent {
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        socket.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        timeout(PATIENCE, socket.read_to_end(&mut answer)).await.expect("closed").expect("and not reset");
        // A fatal alert (RFC 8446, section 6), and no HTTP.
        assert_eq!((answer.len(), answer[0], answer[5]), (7, 21, 2), "{answer:x?}");
    }
    until_metric(&server, "chinwag_gateway_tls_handshakes_failed_total", "3").await;
    assert!(ask(&server, &roots, "GET /v1/server HTTP/1.1", "").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn handshakes_that_take_too_long() {
    let (server, _) = start(|setup| setup.gateway.head_timeout = Duration::from_millis(300)).await;
    // Nothing, and the first bytes of what could be a ClientHello.
    for bytes in [&b""[..], &[22, 3, 1, 2, 0, 1, 0]] {
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        socket.write_all(bytes).await.unwrap();
        let read = timeout(PATIENCE, socket.read(&mut [0; 64])).await.expect("closed");
        assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
    }
    until_metric(&server, "chinwag_gateway_tls_handshakes_failed_total", "2").await;
    // The one that asks for the metrics.
    until_metric(&server, "chinwag_gateway_connections", "1").await;
}

#[tokio::test]
async fn handshakes_of_one_address() {
    const ATTEMPTS: u64 = 12;
    let (server, roots) = start(|setup| {
        setup.gateway.tls_handshakes_per_address = Rate { burst: 3, per_second: 1 };
        setup.gateway.limit_loopback = true;
    })
    .await;
    let (mut shaken, mut refused) = (0, 0);
    for _ in 0..ATTEMPTS {
        match connect(&server, &roots, &["http/1.1"]).await {
            Ok(_) => shaken += 1,
            Err(_) => refused += 1,
        }
    }
    assert!(shaken >= 3 && refused > 0, "{shaken} and {refused}");
    let hits = "chinwag_gateway_limit_hits_total{limit=\"tls_handshakes_per_address\"}";
    until_metric(&server, hits, &refused.to_string()).await;
    until_metric(&server, "chinwag_gateway_tls_handshakes_failed_total", "0").await;
    // Others are served.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let socket = socket.connect(server.address).await.unwrap();
    shake(socket, &roots, &["h2"]).await.expect("another address");
}

/// The token in an answer.
fn token(answer: &str) -> String {
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    serde_json::from_str::<serde_json::Value>(body).unwrap()["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_stream_that_its_peer_does_not_read_is_cut() {
    let (server, roots) = start(|setup| {
        setup.gateway.limits_on = false;
        setup.hub.stall = Duration::from_secs(1);
    })
    .await;
    const JSON: &str = "content-type: application/json";
    let guest = format!("POST /v1/guests HTTP/1.1\r\n{JSON}");
    let bearer = token(&ask(&server, &roots, &guest, r#"{"name":"Ada"}"#).await);
    let bearer = format!("authorization: Bearer {bearer}");
    let opened = ask(&server, &roots, &format!("PUT /v1/rooms/tea HTTP/1.1\r\n{bearer}"), "").await;
    let opened: serde_json::Value = serde_json::from_str(opened.split_once("\r\n\r\n").unwrap().1).unwrap();
    let (room, cursor) = (opened["conversation"]["id"].as_str().unwrap(), opened["cursor"].as_str().unwrap());

    let small = TcpSocket::new_v4().unwrap();
    small.set_recv_buffer_size(4096).unwrap();
    let socket = small.connect(server.address).await.unwrap();
    let mut stalled = shake(socket, &roots, &["http/1.1"]).await.unwrap();
    let request = format!(
        "GET /v1/events?after={cursor} HTTP/1.1\r\nhost: {}\r\naccept: application/x-ndjson\r\n{bearer}\r\n\r\n",
        server.address
    );
    stalled.write_all(request.as_bytes()).await.unwrap();
    stalled.read_exact(&mut [0; 12]).await.unwrap();

    let text = "x".repeat(30_000);
    for _ in 0..100 {
        let id = uuid::Uuid::now_v7();
        let head = format!("POST /v1/conversations/{room}/messages HTTP/1.1\r\n{JSON}\r\n{bearer}");
        let body = format!("{{\"client_id\":\"{id}\",\"text\":\"{text}\"}}");
        assert!(ask(&server, &roots, &head, &body).await.starts_with("HTTP/1.1 201"));
    }
    until_metric(&server, "chinwag_hub_stalled_total", "1").await;
    until_metric(&server, "chinwag_hub_streams", "0").await;
    // Cut, and not ended in order: TLS tells one from the other.
    let mut rest = Vec::new();
    assert!(timeout(PATIENCE, stalled.read_to_end(&mut rest)).await.expect("closed").is_err());
}

#[tokio::test]
async fn http2_ends_in_order_when_the_server_stops() {
    let (server, roots) = start(|_| {}).await;
    let guest = "POST /v1/guests HTTP/1.1\r\ncontent-type: application/json";
    let bearer = token(&ask(&server, &roots, guest, r#"{"name":"Ada"}"#).await);
    let socket = connect(&server, &roots, &["h2"]).await.unwrap();
    let (mut requests, connection): (h2::client::SendRequest<Bytes>, _) =
        h2::client::handshake(socket).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = Request::get(format!("https://{}/v1/events", server.address))
        .header("accept", "application/x-ndjson")
        .header("authorization", format!("Bearer {bearer}"));
    let (answer, _) = requests.send_request(request.body(()).unwrap(), true).unwrap();
    let mut stream = answer.await.unwrap().into_body();
    let first = stream.data().await.unwrap().unwrap();
    assert!(first.starts_with(b"{\"type\":\"hello\""), "{first:?}");

    let stopping = tokio::spawn(server.stop());
    timeout(PATIENCE, server.hub.drain(Duration::from_secs(1))).await.expect("drained");
    let mut rest = Vec::new();
    while let Some(data) = stream.data().await {
        rest.extend_from_slice(&data.expect("the end in order"));
    }
    let last = String::from_utf8(rest).unwrap();
    assert!(last.contains("{\"type\":\"end\"") && last.ends_with('\n'), "{last}");
    drop((requests, stream));
    // GOAWAY without an error, then the end of TLS and TCP.
    timeout(PATIENCE, connection).await.expect("closed").unwrap().expect("in order");
    timeout(PATIENCE, stopping).await.expect("stopped").unwrap();
}
