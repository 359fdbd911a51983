//! The server's side of the handshake (RFC 6455 §4.2, RFC 8441 §4, §5).

use http::header::{
    ALLOW, CONNECTION, CONTENT_LENGTH, HeaderMap, HeaderValue, SEC_WEBSOCKET_ACCEPT,
    SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    TRANSFER_ENCODING, UPGRADE,
};
use http::request::Parts;
use http::{Method, Response, StatusCode, Version};

use super::{extension, fields, key};
use crate::deflate::Deflate;

const WEBSOCKET: &str = "websocket";
const VERSION: &str = "13";

/// What a server can speak.
#[derive(Clone, Copy, Debug)]
pub struct Supported<'a> {
    /// Subprotocols; the client's order of preference decides.
    pub protocols: &'a [&'static str],
    /// Whether permessage-deflate is accepted.
    pub deflate: bool,
}

/// A request that can be accepted, and what is agreed on.
#[derive(Clone, Debug)]
pub struct Acceptance {
    /// The subprotocol; none if the client offered none that we speak.
    pub protocol: Option<&'static str>,
    /// Compression, if it was offered acceptably.
    pub deflate: Option<Deflate>,
    status: StatusCode,
    headers: HeaderMap,
}

/// Why a request is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not GET (RFC 6455 §4.1).
    #[error("a WebSocket handshake is a GET")]
    Method,
    /// HTTP/1.0 or older.
    #[error("a WebSocket handshake needs HTTP/1.1")]
    HttpVersion,
    /// `Connection` has no `upgrade`, or `Upgrade` no `websocket`, or the HTTP version has no such fields.
    #[error("not an upgrade to WebSocket")]
    NotUpgrade,
    /// A WebSocket version other than 13, or none, on HTTP/1.1.
    #[error("the WebSocket version is 13")]
    WebSocketVersion,
    /// The same on HTTP/2, where there is nothing to upgrade and so no 426.
    #[error("the WebSocket version is 13")]
    WebSocketVersionOverConnect,
    /// No key, or several, or one that is not base64 of 16 bytes.
    #[error("Sec-WebSocket-Key must be one, of 16 bytes in base64")]
    Key,
    /// A handshake has no body.
    #[error("a WebSocket handshake has no body")]
    Body,
    /// `Sec-WebSocket-Protocol` is no list of different tokens.
    #[error("Sec-WebSocket-Protocol is malformed")]
    Protocols,
    /// `Sec-WebSocket-Extensions` does not follow its grammar.
    #[error("Sec-WebSocket-Extensions is malformed")]
    Extensions,
    /// An extended CONNECT to something other than WebSocket (RFC 9220 §3).
    #[error("only WebSocket is spoken over CONNECT")]
    ConnectProtocol,
    /// An extended CONNECT without `:scheme`, `:authority` or `:path` (RFC 8441 §4).
    #[error("an extended CONNECT needs a scheme, an authority and a path")]
    ConnectTarget,
}

/// Whether this request asks for an upgrade to WebSocket, be it well made or not.
pub fn is_asked(headers: &HeaderMap) -> bool {
    fields::has_token(headers, UPGRADE, WEBSOCKET)
}

/// Judges a request to upgrade (RFC 6455 §4.2.1).
pub fn accept(request: &Parts, supported: &Supported<'_>) -> Result<Acceptance, Refusal> {
    let headers = &request.headers;
    if request.method != Method::GET {
        return Err(Refusal::Method);
    }
    match request.version {
        Version::HTTP_11 => {}
        Version::HTTP_09 | Version::HTTP_10 => return Err(Refusal::HttpVersion),
        _ => return Err(Refusal::NotUpgrade),
    }
    if !fields::has_token(headers, CONNECTION, "upgrade") || !is_asked(headers) {
        return Err(Refusal::NotUpgrade);
    }
    if fields::single(headers, SEC_WEBSOCKET_VERSION) != Some(VERSION) {
        return Err(Refusal::WebSocketVersion);
    }
    let key =
        fields::single(headers, SEC_WEBSOCKET_KEY).filter(|key| key::is_valid(key)).ok_or(Refusal::Key)?;
    let empty = HeaderValue::from_static("0");
    if headers.contains_key(TRANSFER_ENCODING)
        || headers.get_all(CONTENT_LENGTH).iter().any(|length| length != empty)
    {
        return Err(Refusal::Body);
    }

    let mut acceptance = negotiate(headers, supported, StatusCode::SWITCHING_PROTOCOLS)?;
    let answer = HeaderValue::from_str(&key::accept(key)).map_err(|_| Refusal::Key)?;
    acceptance.headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    acceptance.headers.insert(UPGRADE, HeaderValue::from_static(WEBSOCKET));
    acceptance.headers.insert(SEC_WEBSOCKET_ACCEPT, answer);
    Ok(acceptance)
}

/// Judges an extended CONNECT (RFC 8441 §5), `protocol` being its `:protocol`. There is no key to answer.
pub fn accept_connect(
    request: &Parts,
    protocol: Option<&str>,
    supported: &Supported<'_>,
) -> Result<Acceptance, Refusal> {
    if request.method != Method::CONNECT {
        return Err(Refusal::Method);
    }
    // A token, so in whatever case: proxies copy it from the `Upgrade` that they were sent.
    if !protocol.is_some_and(|protocol| protocol.eq_ignore_ascii_case(WEBSOCKET)) {
        return Err(Refusal::ConnectProtocol);
    }
    let uri = &request.uri;
    if uri.scheme().is_none() || uri.authority().is_none() || !uri.path().starts_with('/') {
        return Err(Refusal::ConnectTarget);
    }
    if fields::single(&request.headers, SEC_WEBSOCKET_VERSION) != Some(VERSION) {
        return Err(Refusal::WebSocketVersionOverConnect);
    }
    negotiate(&request.headers, supported, StatusCode::OK)
}

fn negotiate(
    headers: &HeaderMap,
    supported: &Supported<'_>,
    status: StatusCode,
) -> Result<Acceptance, Refusal> {
    let mut answer = HeaderMap::new();
    let protocol = choose_protocol(headers, supported.protocols)?;
    if let Some(protocol) = protocol {
        answer.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
    }
    let extension = extension::accept(headers).map_err(|extension::Malformed| Refusal::Extensions)?;
    let deflate = extension.filter(|_| supported.deflate).map(|(deflate, value)| {
        answer.insert(SEC_WEBSOCKET_EXTENSIONS, value);
        deflate
    });
    Ok(Acceptance { protocol, deflate, status, headers: answer })
}

/// The first subprotocol offered that we speak (RFC 6455 §4.2.2), compared as it is written.
fn choose_protocol(headers: &HeaderMap, spoken: &[&'static str]) -> Result<Option<&'static str>, Refusal> {
    let offered: Vec<_> = fields::elements(headers, SEC_WEBSOCKET_PROTOCOL).collect();
    let doubled = offered.iter().enumerate().any(|(index, protocol)| offered[..index].contains(protocol));
    if doubled || !offered.iter().all(|protocol| fields::is_token(protocol)) {
        return Err(Refusal::Protocols);
    }
    Ok(offered.iter().find_map(|offered| spoken.iter().find(|spoken| *spoken == offered).copied()))
}

impl Acceptance {
    /// The answer: 101 to an upgrade, 200 to an extended CONNECT.
    pub fn response(self) -> Response<()> {
        let mut response = Response::new(());
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

impl Refusal {
    /// The status of the answer.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::HttpVersion | Self::WebSocketVersion => StatusCode::UPGRADE_REQUIRED,
            Self::ConnectProtocol => StatusCode::NOT_IMPLEMENTED,
            Self::NotUpgrade
            | Self::WebSocketVersionOverConnect
            | Self::Key
            | Self::Body
            | Self::Protocols
            | Self::Extensions
            | Self::ConnectTarget => StatusCode::BAD_REQUEST,
        }
    }

    /// The fields that the answer must have besides its body.
    pub fn headers(self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        match self {
            Self::Method => {
                headers.insert(ALLOW, HeaderValue::from_static("GET"));
            }
            Self::HttpVersion | Self::WebSocketVersion => {
                headers.insert(UPGRADE, HeaderValue::from_static(WEBSOCKET));
                headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
                headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static(VERSION));
            }
            Self::WebSocketVersionOverConnect => {
                headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static(VERSION));
            }
            _ => {}
        }
        headers
    }
}
