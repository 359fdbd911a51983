//! Reading by WebSocket: the opening handshake of `/v1/events` (RFC 6455 §4, RFC 8441).

use std::net::IpAddr;

use axum::body::Body;
use axum::response::Response;
use chinwag_hub::{Actors, After, Format, StreamRequest, View};
use chinwag_protocol::{AccountId, Code, Problem};
use chinwag_websocket::handshake::server::{self, Supported};
use chinwag_websocket::handshake::{Acceptance, Refusal as HandshakeRefusal};
use h2::ext::Protocol;
use http::request::Parts;
use http::{Method, Version};

use crate::connection::{EventStream, Held};
use crate::origin::Origin;
use crate::refusal::Refusal;

/// What is spoken on our WebSockets.
const SUPPORTED: Supported<'static> = Supported { protocols: &["chinwag.v1.json"], deflate: true };

/// Whether a request wants a WebSocket, be it well made or not.
pub(super) fn is_asked(request: &Parts) -> bool {
    request.method == Method::CONNECT || server::is_asked(&request.headers)
}

/// Judges the handshake, and whether the page that makes it may. A browser makes one from any page and sends its cookie
/// along, so who comes with a cookie must say where from.
pub(super) fn accept(request: &Parts, by_cookie: bool, origin: &Origin) -> Result<Acceptance, Refusal> {
    let accepted = if request.method == Method::CONNECT {
        if request.version < Version::HTTP_2 {
            return Err(refusal(HandshakeRefusal::Method));
        }
        let protocol = request.extensions.get::<Protocol>().map(Protocol::as_str);
        server::accept_connect(request, protocol, &SUPPORTED)
    } else {
        server::accept(request, &SUPPORTED)
    };
    let acceptance = accepted.map_err(refusal)?;
    if by_cookie || *origin != Origin::Unsaid {
        origin.check(&Method::POST)?;
    }
    Ok(acceptance)
}

/// The answer that begins the WebSocket from `address`; `network` is whom its commands count for by address.
pub(super) fn answer(
    acceptance: Acceptance,
    (actors, lost): (Actors, Vec<AccountId>),
    (address, network): (IpAddr, Option<IpAddr>),
    after: After,
    view: Option<(AccountId, View)>,
    held: Vec<Held>,
) -> Response {
    let format = Format::WebSocket(acceptance.deflate);
    let mut response = acceptance.response().map(|()| Body::empty());
    let request = StreamRequest { actors, lost, after, format, address, network, view };
    response.extensions_mut().insert(EventStream { request, held });
    response
}

fn refusal(refused: HandshakeRefusal) -> Refusal {
    let code = match refused {
        HandshakeRefusal::Method => Code::MethodNotAllowed,
        HandshakeRefusal::HttpVersion | HandshakeRefusal::WebSocketVersion => Code::UpgradeRequired,
        HandshakeRefusal::ConnectProtocol => Code::NotImplemented,
        HandshakeRefusal::NotUpgrade
        | HandshakeRefusal::WebSocketVersionOverConnect
        | HandshakeRefusal::Key
        | HandshakeRefusal::Body
        | HandshakeRefusal::Protocols
        | HandshakeRefusal::Extensions
        | HandshakeRefusal::ConnectTarget => Code::InvalidHeader,
    };
    let mut detail = refused.to_string();
    detail[..1].make_ascii_uppercase();
    Refusal::with_headers(Problem::new(code, detail + "."), refused.headers())
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;

    #[test]
    fn a_refused_handshake_has_the_status_of_its_problem() {
        for refused in [
            HandshakeRefusal::Method,
            HandshakeRefusal::HttpVersion,
            HandshakeRefusal::NotUpgrade,
            HandshakeRefusal::WebSocketVersion,
            HandshakeRefusal::WebSocketVersionOverConnect,
            HandshakeRefusal::Key,
            HandshakeRefusal::Body,
            HandshakeRefusal::Protocols,
            HandshakeRefusal::Extensions,
            HandshakeRefusal::ConnectProtocol,
            HandshakeRefusal::ConnectTarget,
        ] {
            assert_eq!(refusal(refused).into_response().status(), refused.status(), "{refused:?}");
        }
    }
}
