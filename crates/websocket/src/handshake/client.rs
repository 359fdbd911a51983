//! The client's side of the handshake (RFC 6455 §4.1, RFC 8441 §5).

use http::header::{
    CONNECTION, HOST, HeaderMap, HeaderValue, InvalidHeaderValue, SEC_WEBSOCKET_ACCEPT,
    SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::response::Parts;
use http::{Method, Request, StatusCode, Uri, Version};

use super::{extension, fields, key};
use crate::deflate::Deflate;

/// What a client asks for.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// Sixteen bytes chosen at random for this connection.
    pub nonce: [u8; 16],
    /// Subprotocols, the dearest first.
    pub protocols: &'a [&'static str],
    /// Whether permessage-deflate is offered.
    pub deflate: bool,
}

/// What a server agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The subprotocol, if the server chose one.
    pub protocol: Option<&'static str>,
    /// Compression, if the server accepted it.
    pub deflate: Option<Deflate>,
}

/// Why an answer does not open a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Neither 101 to an upgrade nor 2xx to a CONNECT; the status may tell what to do.
    #[error("the server answered {0}")]
    Status(StatusCode),
    /// `Upgrade` or `Connection` does not say what a 101 must.
    #[error("the server did not upgrade to WebSocket")]
    NotUpgrade,
    /// `Sec-WebSocket-Accept` does not answer our key.
    #[error("the server did not answer our key")]
    Accept,
    /// A subprotocol that was not offered, or several.
    #[error("the server chose a subprotocol that was not offered")]
    Protocol,
    /// An extension that was not offered, or not so.
    #[error("the server chose an extension that was not offered")]
    Extension,
}

impl Offer<'_> {
    /// The request to upgrade (RFC 6455 §4.1). `Host` is taken from the URI's authority, if it has one.
    pub fn request(&self, uri: Uri) -> Result<Request<()>, InvalidHeaderValue> {
        let mut request = self.request_over_connect(uri)?;
        *request.method_mut() = Method::GET;
        *request.version_mut() = Version::HTTP_11;
        let host = request
            .uri()
            .authority()
            .map(|authority| HeaderValue::from_str(authority.as_str()))
            .transpose()?;
        let headers = request.headers_mut();
        if let Some(host) = host {
            headers.insert(HOST, host);
        }
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_str(&key::encode(self.nonce))?);
        Ok(request)
    }

    /// The extended CONNECT (RFC 8441 §5), to which the caller's HTTP/2 adds `:protocol`.
    pub fn request_over_connect(&self, uri: Uri) -> Result<Request<()>, InvalidHeaderValue> {
        let mut request = Request::new(());
        *request.method_mut() = Method::CONNECT;
        *request.version_mut() = Version::HTTP_2;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        if !self.protocols.is_empty() {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_str(&self.protocols.join(", "))?);
        }
        if self.deflate {
            headers.insert(SEC_WEBSOCKET_EXTENSIONS, extension::OFFER);
        }
        Ok(request)
    }

    /// Judges the answer to [`Offer::request`] (RFC 6455 §4.1).
    pub fn judge(&self, response: &Parts) -> Result<Agreement, Rejection> {
        let headers = &response.headers;
        if response.status != StatusCode::SWITCHING_PROTOCOLS {
            return Err(Rejection::Status(response.status));
        }
        let upgraded =
            fields::single(headers, UPGRADE).is_some_and(|to| to.eq_ignore_ascii_case("websocket"));
        if !upgraded || !fields::has_token(headers, CONNECTION, "upgrade") {
            return Err(Rejection::NotUpgrade);
        }
        let accept = key::accept(&key::encode(self.nonce));
        if fields::single(headers, SEC_WEBSOCKET_ACCEPT) != Some(accept.as_str()) {
            return Err(Rejection::Accept);
        }
        self.agreement(headers)
    }

    /// Judges the answer to [`Offer::request_over_connect`].
    pub fn judge_over_connect(&self, response: &Parts) -> Result<Agreement, Rejection> {
        if !response.status.is_success() {
            return Err(Rejection::Status(response.status));
        }
        self.agreement(&response.headers)
    }

    fn agreement(&self, headers: &HeaderMap) -> Result<Agreement, Rejection> {
        let protocol = match headers.contains_key(SEC_WEBSOCKET_PROTOCOL) {
            false => None,
            true => {
                let chosen = fields::single(headers, SEC_WEBSOCKET_PROTOCOL).ok_or(Rejection::Protocol)?;
                let offered = self.protocols.iter().find(|protocol| **protocol == chosen);
                Some(*offered.ok_or(Rejection::Protocol)?)
            }
        };
        let deflate = extension::agreed(headers).map_err(|extension::Malformed| Rejection::Extension)?;
        if deflate.is_some() && !self.deflate {
            return Err(Rejection::Extension);
        }
        Ok(Agreement { protocol, deflate })
    }
}
