//! A server over either version of HTTP, with TLS or without, that knows a few records and answers commands.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use chinwag_client::{ClientOptions, Protocol, TlsRoots};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use parking_lot::Mutex;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

use crate::socket;

/// How the server is spoken to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Over {
    pub(crate) protocol: Protocol,
    pub(crate) tls: bool,
}

pub(crate) const EVERY_WAY: [Over; 4] = [
    Over { protocol: Protocol::Http1, tls: false },
    Over { protocol: Protocol::Http2, tls: false },
    Over { protocol: Protocol::Http1, tls: true },
    Over { protocol: Protocol::Http2, tls: true },
];

/// What a WebSocket does after it has sent its records.
#[derive(Debug, Clone)]
pub(crate) enum Then {
    /// Takes commands.
    Serve,
    /// Closes; without a code if it is 0.
    Close(u16),
    /// Sends these bytes, and reads until the client has closed.
    Send(Vec<u8>),
    /// Reads nothing before the client has taken so many records more.
    Flood(usize),
}

#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) records: Vec<String>,
    /// For the next WebSockets; afterwards they serve.
    pub(crate) then: VecDeque<Then>,
    /// Connections that were accepted.
    pub(crate) accepted: usize,
    /// `METHOD path` of each request.
    pub(crate) asked: Vec<String>,
    /// Codes with which clients closed their WebSockets; 0 if they named none.
    pub(crate) closed: Vec<u16>,
    /// The next requests for events are refused so.
    pub(crate) refusals: VecDeque<StatusCode>,
    connections: Vec<AbortHandle>,
}

#[derive(Clone)]
pub(crate) struct Stub {
    pub(crate) url: String,
    pub(crate) options: ClientOptions,
    pub(crate) shared: Arc<Mutex<Shared>>,
}

/// How the stub is other than usual.
#[derive(Clone, Copy, Default)]
pub(crate) struct Quirks {
    pub(crate) no_extended_connect: bool,
    pub(crate) no_alpn: bool,
}

pub(crate) async fn start(over: Over, records: Vec<String>) -> Stub {
    start_with(over, records, Quirks::default()).await
}

pub(crate) async fn start_with(over: Over, records: Vec<String>, quirks: Quirks) -> Stub {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("the port is known");
    let certified =
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate can be made");
    let stub = Stub {
        url: format!("{}://{address}", if over.tls { "https" } else { "http" }),
        options: ClientOptions {
            protocol: over.protocol,
            tls_roots: TlsRoots::from_pem(certified.cert.pem().as_bytes()).expect("it is PEM"),
        },
        shared: Arc::new(Mutex::new(Shared { records, ..Shared::default() })),
    };
    let acceptor = over.tls.then(|| acceptor(over.protocol, &certified, quirks));
    let shared = stub.shared.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (serving, acceptor) = (shared.clone(), acceptor.clone());
            let mut shared = shared.lock();
            shared.accepted += 1;
            let connection = tokio::spawn(async move {
                match acceptor {
                    None => serve(socket, over.protocol, quirks, serving).await,
                    Some(acceptor) => {
                        if let Ok(socket) = acceptor.accept(socket).await {
                            serve(socket, over.protocol, quirks, serving).await;
                        }
                    }
                }
            });
            shared.connections.push(connection.abort_handle());
        }
    });
    stub
}

impl Stub {
    /// Breaks every connection that there is.
    pub(crate) fn drop_connections(&self) {
        for connection in self.shared.lock().connections.drain(..) {
            connection.abort();
        }
    }
}

fn acceptor(
    protocol: Protocol,
    certified: &rcgen::CertifiedKey<rcgen::KeyPair>,
    quirks: Quirks,
) -> TlsAcceptor {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .expect("the key fits");
    if !quirks.no_alpn {
        config.alpn_protocols = match protocol {
            Protocol::Http1 => vec![b"http/1.1".to_vec()],
            Protocol::Http2 => vec![b"h2".to_vec()],
        };
    }
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(
    socket: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    protocol: Protocol,
    quirks: Quirks,
    shared: Arc<Mutex<Shared>>,
) {
    let io = TokioIo::new(socket);
    let service = service_fn(move |request| {
        let answer = answer(request, &shared);
        async { Ok::<_, Infallible>(answer) }
    });
    // How a connection ends is for the client to tell.
    let _ = match protocol {
        Protocol::Http1 => {
            hyper::server::conn::http1::Builder::new().serve_connection(io, service).with_upgrades().await
        }
        Protocol::Http2 => {
            let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            builder.timer(TokioTimer::new());
            if !quirks.no_extended_connect {
                builder.enable_connect_protocol();
            }
            builder.serve_connection(io, service).await
        }
    };
}

type Answer = Response<BoxBody<Bytes, Infallible>>;

fn answer(request: Request<Incoming>, shared: &Arc<Mutex<Shared>>) -> Answer {
    let path = request.uri().path().to_owned();
    let mut state = shared.lock();
    state.asked.push(format!("{} {path}", request.method()));
    match (request.method(), path.as_str()) {
        (&Method::GET, "/v1/session") => json(
            StatusCode::OK,
            r#"{"account":{"id":"00000000-0000-0000-0000-000000000001","name":"A"},
                "device":{"id":"00000000-0000-0000-0000-000000000002"}}"#,
        ),
        (&Method::POST, "/v1/ack") => Response::builder()
            .status(StatusCode::NO_CONTENT)
            .body(Full::default().boxed())
            .expect("the answer is good"),
        (&Method::GET | &Method::CONNECT, "/v1/events") => match state.refusals.pop_front() {
            Some(status) => json(
                status,
                r#"{"type":"","title":"","status":0,"code":"unauthenticated","detail":"Who are you?"}"#,
            ),
            None => {
                drop(state);
                events(request, shared)
            }
        },
        _ => json(
            StatusCode::NOT_FOUND,
            r#"{"type":"","title":"","status":404,"code":"not_found","detail":""}"#,
        ),
    }
}

fn events(request: Request<Incoming>, shared: &Arc<Mutex<Shared>>) -> Answer {
    let after = after(request.uri());
    let records = shared.lock().records[after..].to_vec();
    let wants = |name: http::HeaderName, what: &str| {
        request.headers().get(name).is_some_and(|value| value.to_str().is_ok_and(|value| value == what))
    };
    if request.method() == Method::CONNECT || request.headers().contains_key("sec-websocket-key") {
        return socket::answer(request, records, shared.clone());
    }
    if wants(http::header::ACCEPT, "application/x-ndjson") {
        return stream("application/x-ndjson", records.iter().map(|json| format!("{json}\n")));
    }
    if wants(http::header::ACCEPT, "text/event-stream") {
        return stream("text/event-stream", records.iter().map(|json| format!("data: {json}\n\n")));
    }
    let cursor = after + records.len();
    json(
        StatusCode::OK,
        &format!(r#"{{"events":[{}],"cursor":"c{cursor}","more":false}}"#, records.join(",")),
    )
}

fn after(uri: &Uri) -> usize {
    let digits = uri.query().and_then(|query| query.split_once("after=c")).map_or("0", |(_, rest)| rest);
    digits.split('&').next().and_then(|digits| digits.parse().ok()).expect("a cursor of ours")
}

fn json(status: StatusCode, body: &str) -> Answer {
    let kind = if status.is_success() { "application/json" } else { "application/problem+json" };
    Response::builder()
        .status(status)
        .header("content-type", kind)
        .body(Full::from(body.to_owned()).boxed())
        .expect("the answer is good")
}

fn stream(media_type: &str, framed: impl Iterator<Item = String>) -> Answer {
    Response::builder()
        .header("content-type", media_type)
        .body(Endless(framed.collect()).boxed())
        .expect("the answer is good")
}

/// A body that stays open after its last piece.
struct Endless(VecDeque<String>);

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.0.pop_front() {
            Some(piece) => Poll::Ready(Some(Ok(Frame::data(piece.into())))),
            None => Poll::Pending,
        }
    }
}

/// A `heartbeat` with something to tell it by.
pub(crate) fn record(number: usize, rest: &str) -> String {
    format!(r#"{{"type":"heartbeat","heads":[],"cursor":"c{number}","x":"{rest}"}}"#)
}

/// Waits until something holds.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap_or_else(|_| panic!("never: {what}"));
}
