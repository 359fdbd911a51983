//! What a client sends, and which answers open a connection.

use chinwag_websocket::Deflate;
use chinwag_websocket::handshake::client::Agreement;
use chinwag_websocket::handshake::server::{accept, accept_connect};
use chinwag_websocket::handshake::{Offer, Rejection, Supported};
use http::response::Parts;
use http::{Method, Response, StatusCode, Version};

const OFFER: Offer<'_> =
    Offer { nonce: *b"the sample nonce", protocols: &["chinwag.v1.json", "chat"], deflate: true };

#[test]
fn the_request() {
    let request = OFFER.request("http://server.example.com:8080/chat?a=b".parse().unwrap()).unwrap();
    assert_eq!((request.method(), request.version()), (&Method::GET, Version::HTTP_11));
    let mut headers: Vec<_> =
        request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    headers.sort_unstable();
    let expected = [
        ("connection", "Upgrade"),
        ("host", "server.example.com:8080"),
        (
            "sec-websocket-extensions",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits",
        ),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-protocol", "chinwag.v1.json, chat"),
        ("sec-websocket-version", "13"),
        ("upgrade", "websocket"),
    ];
    assert_eq!(headers, expected);
}

#[test]
fn the_request_over_connect() {
    let offer = Offer { protocols: &[], deflate: false, ..OFFER };
    let request = offer.request_over_connect("https://server.example.com/chat".parse().unwrap()).unwrap();
    assert_eq!((request.method(), request.version()), (&Method::CONNECT, Version::HTTP_2));
    let headers: Vec<_> = request.headers().keys().map(|name| name.as_str()).collect();
    assert_eq!(headers, ["sec-websocket-version"]);
}

/// The answer of RFC 6455 §1.3 with more fields, which replace those of the same name.
fn response(status: u16, fields: &[(&str, &str)]) -> Parts {
    let mut all = vec![
        ("upgrade", "websocket"),
        ("connection", "Upgrade"),
        ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
    ];
    all.retain(|(name, _)| fields.iter().all(|(changed, _)| name != changed));
    all.extend(fields.iter().filter(|(_, value)| !value.is_empty()));
    let response = all
        .into_iter()
        .fold(Response::builder().status(status), |response, (name, value)| response.header(name, value));
    response.body(()).unwrap().into_parts().0
}

/// Status, fields, what becomes of it.
type Case<'a> = (u16, &'a [(&'a str, &'a str)], Result<Agreement, Rejection>);

#[test]
fn answers() {
    let protocol = "sec-websocket-protocol";
    let extensions = "sec-websocket-extensions";
    let bare = Agreement { protocol: None, deflate: None };
    let window = |window_bits| Ok(Agreement { deflate: Some(Deflate { window_bits }), ..bare });
    let refused = |status: u16| Err(Rejection::Status(StatusCode::from_u16(status).unwrap()));
    let cases: &[Case<'_>] = &[
        (101, &[], Ok(bare)),
        (101, &[("upgrade", "WEBSOCKET"), ("connection", "keep-alive, upgrade")], Ok(bare)),
        (200, &[], refused(200)),
        (401, &[], refused(401)),
        (426, &[], refused(426)),
        (101, &[("upgrade", "")], Err(Rejection::NotUpgrade)),
        (101, &[("upgrade", "h2c")], Err(Rejection::NotUpgrade)),
        (101, &[("connection", "")], Err(Rejection::NotUpgrade)),
        (101, &[("connection", "close")], Err(Rejection::NotUpgrade)),
        (101, &[("sec-websocket-accept", "")], Err(Rejection::Accept)),
        (101, &[("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOO=")], Err(Rejection::Accept)),
        (101, &[("sec-websocket-accept", "S3PPLMBITXAQ9KYGZZHZRBK+XOO=")], Err(Rejection::Accept)),
        (101, &[(protocol, "chat")], Ok(Agreement { protocol: Some("chat"), ..bare })),
        (101, &[(protocol, "mqtt")], Err(Rejection::Protocol)),
        (101, &[(protocol, "CHAT")], Err(Rejection::Protocol)),
        (101, &[(protocol, "chinwag.v1.json, chat")], Err(Rejection::Protocol)),
        (101, &[(protocol, "chat"), (protocol, "chat")], Err(Rejection::Protocol)),
        (101, &[(extensions, "permessage-deflate; server_no_context_takeover")], window(15)),
        (
            101,
            &[(extensions, "permessage-deflate; client_no_context_takeover; server_no_context_takeover")],
            window(15),
        ),
        (
            101,
            &[(extensions, "permessage-deflate; server_no_context_takeover; server_max_window_bits=9")],
            window(15),
        ),
        (
            101,
            &[(extensions, "permessage-deflate; server_no_context_takeover; client_max_window_bits=9")],
            window(9),
        ),
        (101, &[(extensions, "permessage-deflate")], Err(Rejection::Extension)),
        (
            101,
            &[(extensions, "permessage-deflate; server_no_context_takeover; client_max_window_bits")],
            Err(Rejection::Extension),
        ),
        (
            101,
            &[(extensions, "permessage-deflate; server_no_context_takeover; server_max_window_bits")],
            Err(Rejection::Extension),
        ),
        (
            101,
            &[(extensions, "permessage-deflate; server_no_context_takeover; x")],
            Err(Rejection::Extension),
        ),
        (
            101,
            &[(
                extensions,
                "permessage-deflate; server_no_context_takeover, permessage-deflate; server_no_context_takeover",
            )],
            Err(Rejection::Extension),
        ),
        (101, &[(extensions, "permessage-bzip2")], Err(Rejection::Extension)),
        (101, &[(extensions, "permessage-deflate;")], Err(Rejection::Extension)),
    ];
    for (status, fields, expected) in cases {
        assert_eq!(OFFER.judge(&response(*status, fields)), *expected, "{status} {fields:?}");
    }
}

#[test]
fn extensions_that_were_not_offered() {
    let offer = Offer { deflate: false, ..OFFER };
    let answer =
        response(101, &[("sec-websocket-extensions", "permessage-deflate; server_no_context_takeover")]);
    assert_eq!(offer.judge(&answer), Err(Rejection::Extension));
}

#[test]
fn our_server_and_our_client_agree() {
    let supported = Supported { protocols: &["chat"], deflate: true };
    let expected = Agreement { protocol: Some("chat"), deflate: Some(Deflate { window_bits: 15 }) };

    let request = OFFER.request("http://server.example.com/chat".parse().unwrap()).unwrap().into_parts().0;
    let answer = accept(&request, &supported).unwrap().response().into_parts().0;
    assert_eq!(OFFER.judge(&answer), Ok(expected));

    let request = OFFER.request_over_connect("https://server.example.com/chat".parse().unwrap()).unwrap();
    let answer = accept_connect(&request.into_parts().0, Some("websocket"), &supported).unwrap();
    assert_eq!(OFFER.judge_over_connect(&answer.response().into_parts().0), Ok(expected));
    let refused = Response::builder().status(403).body(()).unwrap().into_parts().0;
    assert_eq!(OFFER.judge_over_connect(&refused), Err(Rejection::Status(StatusCode::FORBIDDEN)));
}
