//! The opening handshake, over either version of HTTP.

use bytes::Bytes;
use chinwag_websocket::handshake::Offer;
use chinwag_websocket::{Connection, Deflate, Limits, Role};
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use super::WebSocket;
use crate::answer::{problem, read_whole};
use crate::client::ANSWER_TIMEOUT;
use crate::endpoint::Socket;
use crate::http1::Bare;
use crate::record::RECORD_BYTES_MAX;
use crate::session::BEGIN_TIMEOUT;
use crate::{ClientError, Http, Protocol};

/// The subprotocol.
const SUBPROTOCOL: &str = "chinwag.v1.json";

/// What is offered in the handshake.
#[derive(Debug, Clone, Copy)]
pub struct WebSocketOptions {
    /// Whether permessage-deflate is (RFC 7692).
    pub deflate: bool,
    /// Whether the subprotocol is; a server takes a client that offers none, too.
    pub subprotocol: bool,
    /// Bytes of a message that comes; a longer one ends the connection with 1009.
    pub message_bytes_max: u32,
}

impl Default for WebSocketOptions {
    fn default() -> Self {
        Self { deflate: true, subprotocol: true, message_bytes_max: RECORD_BYTES_MAX as u32 }
    }
}

/// Frames of one message that comes.
const FRAGMENTS_MAX: u32 = 4096;

impl WebSocket {
    /// Makes a WebSocket out of a request, of which the URI is path and query, and whose fields are added to.
    ///
    /// A refusal with a problem document is [`ClientError::Problem`].
    pub async fn open(
        http: &Http,
        request: Request<Bytes>,
        options: WebSocketOptions,
    ) -> Result<Self, ClientError> {
        let offer = offer(options)?;
        if !http.takes_websockets().await? {
            return Err(ClientError::Protocol("the server takes no WebSockets over HTTP/2".to_owned()));
        }
        let mut answer = http.open(ask(http.protocol(), &offer, request)?, BEGIN_TIMEOUT).await?;
        let accepted = match http.protocol() {
            Protocol::Http1 => StatusCode::SWITCHING_PROTOCOLS,
            Protocol::Http2 => StatusCode::OK,
        };
        if answer.status() != accepted {
            return Err(refusal(answer).await);
        }
        let upgrade = hyper::upgrade::on(&mut answer);
        let (parts, _) = answer.into_parts();
        let agreement = match http.protocol() {
            Protocol::Http1 => offer.judge(&parts),
            Protocol::Http2 => offer.judge_over_connect(&parts),
        };
        let agreement = agreement.map_err(|rejection| ClientError::Protocol(rejection.to_string()))?;
        let connection = connection(options, agreement.deflate);
        let (io, early) = below_http(upgrade.await?);
        Ok(Self::new(io, early, connection, agreement.deflate.is_some()))
    }

    /// The same by hand: the connection itself and its protocol. None where TLS or HTTP/2 is in between, and if the server
    /// does not accept, for which [`WebSocket::open`] tells the reason.
    pub(crate) async fn open_bare(
        http: &Http,
        request: Request<Bytes>,
        options: WebSocketOptions,
    ) -> Result<Option<(Bare, Connection)>, ClientError> {
        let offer = offer(options)?;
        let answer = http.open_bare(ask(http.protocol(), &offer, request)?, BEGIN_TIMEOUT).await?;
        let Some(bare) = answer.filter(|bare| bare.head.status == StatusCode::SWITCHING_PROTOCOLS) else {
            return Ok(None);
        };
        let agreement =
            offer.judge(&bare.head).map_err(|rejection| ClientError::Protocol(rejection.to_string()))?;
        Ok(Some((bare, connection(options, agreement.deflate))))
    }
}

fn offer(options: WebSocketOptions) -> Result<Offer<'static>, ClientError> {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce)
        .map_err(|error| ClientError::Protocol(format!("the system has no randomness: {error}")))?;
    let protocols: &[&str] = if options.subprotocol { &[SUBPROTOCOL] } else { &[] };
    Ok(Offer { nonce, protocols, deflate: options.deflate })
}

fn connection(options: WebSocketOptions, deflate: Option<Deflate>) -> Connection {
    let limits = Limits {
        frame_bytes: options.message_bytes_max,
        message_bytes: options.message_bytes_max,
        fragments: FRAGMENTS_MAX,
    };
    Connection::new(Role::Client { mask }, limits, deflate)
}

/// The request as a handshake.
fn ask(
    protocol: Protocol,
    offer: &Offer<'_>,
    mut request: Request<Bytes>,
) -> Result<Request<Bytes>, ClientError> {
    let uri = request.uri().clone();
    let handshake = match protocol {
        Protocol::Http1 => offer.request(uri),
        Protocol::Http2 => offer.request_over_connect(uri),
    };
    let handshake = handshake.map_err(|error| ClientError::Protocol(error.to_string()))?;
    *request.method_mut() = handshake.method().clone();
    request.headers_mut().extend(handshake.headers().clone());
    if protocol == Protocol::Http2 {
        request.extensions_mut().insert(hyper::ext::Protocol::from_static("websocket"));
    }
    Ok(request)
}

/// Why the server did not accept.
async fn refusal(answer: Response<Incoming>) -> ClientError {
    if answer.status().is_success() {
        // Perhaps a stream without an end.
        return ClientError::Protocol(format!("status {} instead of a WebSocket", answer.status()));
    }
    match timeout(ANSWER_TIMEOUT, read_whole(answer)).await {
        Ok(Ok(answer)) => problem(&answer),
        Ok(Err(error)) => error,
        Err(_) => ClientError::timed_out("the refusal did not end in time"),
    }
}

/// Without HTTP/1.1's buffers around it, which a quiet WebSocket would hold for nothing; and what they had read.
fn below_http(upgraded: Upgraded) -> (Box<dyn Socket>, Bytes) {
    match upgraded.downcast::<TokioIo<Box<dyn Socket>>>() {
        Ok(parts) => (parts.io.into_inner(), parts.read_buf),
        Err(upgraded) => (Box::new(TokioIo::new(upgraded)), Bytes::new()),
    }
}

/// A masking key (RFC 6455 §10.3).
fn mask() -> [u8; 4] {
    // It guards proxies against whoever chooses what others send. Without randomness the handshake has failed already.
    getrandom::u32().unwrap_or_default().to_ne_bytes()
}
