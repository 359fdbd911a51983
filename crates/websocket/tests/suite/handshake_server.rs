//! H1 to H7, H12, H15, H16 as far as they are the codec's, and the example of RFC 6455 §1.3.

use chinwag_websocket::handshake::server::{accept, accept_connect, is_asked};
use chinwag_websocket::handshake::{Refusal, Supported};
use http::request::Parts;
use http::{Method, Request, StatusCode, Version};

const SUPPORTED: Supported<'_> = Supported { protocols: &["chinwag.v1.json", "chat"], deflate: true };

/// RFC 6455 §1.3's request, changed by `fields`: a field without a value is left away, any other replaces those of its
/// name, and one that is given twice stands twice.
fn request(fields: &[(&str, Option<&str>)]) -> Parts {
    let mut all = vec![
        ("host", "server.example.com"),
        ("upgrade", "websocket"),
        ("connection", "Upgrade"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("origin", "http://example.com"),
        ("sec-websocket-protocol", "chat, superchat"),
        ("sec-websocket-version", "13"),
    ];
    all.retain(|(name, _)| fields.iter().all(|(changed, _)| name != changed));
    all.extend(fields.iter().filter_map(|(name, value)| Some((*name, (*value)?))));
    let request =
        all.into_iter().fold(Request::get("/chat"), |request, (name, value)| request.header(name, value));
    request.body(()).unwrap().into_parts().0
}

fn status(request: &Parts) -> StatusCode {
    match accept(request, &SUPPORTED) {
        Ok(acceptance) => acceptance.response().status(),
        Err(refusal) => refusal.status(),
    }
}

#[test]
fn the_rfcs_example() {
    let acceptance = accept(&request(&[]), &SUPPORTED).unwrap();
    assert_eq!((acceptance.protocol, acceptance.deflate), (Some("chat"), None));
    let response = acceptance.response();
    assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
    let mut headers: Vec<_> =
        response.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    headers.sort_unstable();
    let expected = [
        ("connection", "Upgrade"),
        ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ("sec-websocket-protocol", "chat"),
        ("upgrade", "websocket"),
    ];
    assert_eq!(headers, expected);
}

/// Name, changed fields, expected status.
type Case<'a> = (&'a str, &'a [(&'a str, Option<&'a str>)], u16);

#[test]
fn requests_that_are_judged_by_one_field() {
    let key = "sec-websocket-key";
    let version = "sec-websocket-version";
    let cases: &[Case<'_>] = &[
        ("H1 no key", &[(key, None)], 400),
        ("H1 empty key", &[(key, Some(""))], 400),
        ("H2 15 bytes", &[(key, Some("MTIzNDU2Nzg5MDEyMzQ1"))], 400),
        ("H2 17 bytes", &[(key, Some("MTIzNDU2Nzg5MDEyMzQ1Njc="))], 400),
        ("H2 18 bytes", &[(key, Some("MTIzNDU2Nzg5MDEyMzQ1Njc4"))], 400),
        ("H2 not base64", &[(key, Some("!!!!!!!!!!!!!!!!!!!!!!=="))], 400),
        ("H2 not padded", &[(key, Some("dGhlIHNhbXBsZSBub25jZQ"))], 400),
        (
            "H3 two keys",
            &[(key, Some("dGhlIHNhbXBsZSBub25jZQ==")), (key, Some("dGhlIHNhbXBsZSBub25jZQ=="))],
            400,
        ),
        ("H3 two keys in one", &[(key, Some("dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=="))], 400),
        ("H4 version 8", &[(version, Some("8"))], 426),
        ("H4 version 14", &[(version, Some("14"))], 426),
        ("H4 version 013", &[(version, Some("013"))], 426),
        ("H4 no version", &[(version, None)], 426),
        ("H4 two versions", &[(version, Some("13")), (version, Some("8"))], 426),
        ("H4 a list of versions", &[(version, Some("13, 8"))], 426),
        ("H7 a list", &[("connection", Some("keep-alive, Upgrade"))], 101),
        ("H7 two lines", &[("connection", Some("keep-alive")), ("connection", Some("upgrade"))], 101),
        ("H7 mixed case", &[("connection", Some("uPgRaDe")), ("upgrade", Some("WebSocket"))], 101),
        ("H7 odd space", &[("connection", Some("keep-alive ,\tUpgrade ,"))], 101),
        ("H7 upgrade in a list", &[("upgrade", Some("h2c, websocket"))], 101),
        ("H7 no token", &[("connection", Some("keep-alive"))], 400),
        ("H7 token within another", &[("connection", Some("no-upgrade, upgraded"))], 400),
        ("H7 no Connection", &[("connection", None)], 400),
        ("H7 no Upgrade", &[("upgrade", None)], 400),
        ("H7 other Upgrade", &[("upgrade", Some("h2c"))], 400),
        ("H7 Upgrade with a version", &[("upgrade", Some("websocket/13"))], 400),
        ("H12 unknown subprotocol", &[("sec-websocket-protocol", Some("mqtt"))], 101),
        ("H12 no subprotocol", &[("sec-websocket-protocol", None)], 101),
        ("H12 doubled subprotocol", &[("sec-websocket-protocol", Some("chat, chat"))], 400),
        ("H12 no token", &[("sec-websocket-protocol", Some("chat room"))], 400),
        ("H15 length", &[("content-length", Some("5"))], 400),
        ("H15 chunked", &[("transfer-encoding", Some("chunked"))], 400),
        ("H15 length of nothing", &[("content-length", Some("0"))], 101),
    ];
    for (case, fields, expected) in cases {
        assert_eq!(status(&request(fields)).as_u16(), *expected, "{case}");
    }
}

#[test]
fn methods_and_versions() {
    for method in [Method::POST, Method::HEAD, Method::PUT, Method::OPTIONS, Method::CONNECT] {
        let mut request = request(&[]);
        request.method = method;
        let refusal = accept(&request, &SUPPORTED).unwrap_err();
        assert_eq!(
            (refusal.status().as_u16(), &refusal.headers()["allow"]),
            (405, &"GET".parse().unwrap()),
            "H5"
        );
    }
    for (version, expected) in
        [(Version::HTTP_10, 426), (Version::HTTP_09, 426), (Version::HTTP_2, 400), (Version::HTTP_3, 400)]
    {
        let mut request = request(&[]);
        request.version = version;
        assert_eq!(status(&request).as_u16(), expected, "H6 {version:?}");
    }
}

#[test]
fn a_426_names_13_and_what_to_upgrade_to() {
    let refusal = accept(&request(&[("sec-websocket-version", Some("8"))]), &SUPPORTED).unwrap_err();
    assert_eq!(refusal, Refusal::WebSocketVersion);
    let headers = refusal.headers();
    assert_eq!(headers["sec-websocket-version"], "13", "H4");
    assert_eq!(
        (&headers["upgrade"], &headers["connection"]),
        (&"websocket".parse().unwrap(), &"Upgrade".parse().unwrap())
    );
    assert!(Refusal::Key.headers().is_empty());
}

#[test]
fn the_clients_order_of_subprotocols_decides() {
    for (offered, chosen) in [
        ("chat, chinwag.v1.json", Some("chat")),
        ("mqtt,chinwag.v1.json,chat", Some("chinwag.v1.json")),
        ("Chat", None),
        ("chinwag.v2.json", None),
    ] {
        let acceptance = accept(&request(&[("sec-websocket-protocol", Some(offered))]), &SUPPORTED).unwrap();
        assert_eq!(acceptance.protocol, chosen, "H12 {offered}");
        let answer = acceptance.response();
        let answer =
            answer.headers().get("sec-websocket-protocol").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(answer.as_deref(), chosen, "{offered}");
    }
    let lines = [("sec-websocket-protocol", Some("mqtt")), ("sec-websocket-protocol", Some("chat"))];
    assert_eq!(accept(&request(&lines), &SUPPORTED).unwrap().protocol, Some("chat"), "two lines");
}

#[test]
fn a_badly_made_request_is_seen_to_ask_for_it() {
    assert!(is_asked(&request(&[("connection", None), ("sec-websocket-key", None)]).headers));
    assert!(is_asked(&request(&[("upgrade", Some("h2c, WEBSOCKET"))]).headers));
    assert!(!is_asked(&request(&[("upgrade", None)]).headers));
    assert!(!is_asked(&request(&[("upgrade", Some("h2c"))]).headers));
}

fn connect(uri: &str, fields: &[(&str, &str)]) -> Parts {
    let request = Request::builder().method(Method::CONNECT).version(Version::HTTP_2).uri(uri);
    let request = fields.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(()).unwrap().into_parts().0
}

/// RFC 8441 §5.1's example.
#[test]
fn extended_connect() {
    let fields = [
        ("sec-websocket-protocol", "chat, superchat"),
        ("sec-websocket-extensions", "permessage-deflate"),
        ("sec-websocket-version", "13"),
        ("origin", "http://www.example.com"),
    ];
    for protocol in ["websocket", "WebSocket"] {
        let request = connect("https://server.example.com/chat", &fields);
        let acceptance = accept_connect(&request, Some(protocol), &SUPPORTED).unwrap();
        assert_eq!(acceptance.protocol, Some("chat"));
        assert!(acceptance.deflate.is_some());
        let response = acceptance.response();
        assert_eq!(response.status(), StatusCode::OK);
        let mut names: Vec<_> = response.headers().keys().map(|name| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            ["sec-websocket-extensions", "sec-websocket-protocol"],
            "no key to answer, no upgrade"
        );
    }
}

#[test]
fn extended_connects_that_are_refused() {
    let version = [("sec-websocket-version", "13")];
    let uri = "https://server.example.com/chat";
    let cases = [
        ("H16 unknown protocol", connect(uri, &version), Some("connect-udp"), 501),
        ("H16 plain CONNECT", connect("server.example.com:443", &version), None, 501),
        ("H16 no path", connect("server.example.com:443", &version), Some("websocket"), 400),
        ("H16 no authority", connect("/chat", &version), Some("websocket"), 400),
        ("H4 no version", connect(uri, &[]), Some("websocket"), 400),
        ("H4 version 8", connect(uri, &[("sec-websocket-version", "8")]), Some("websocket"), 400),
    ];
    for (case, request, protocol, expected) in cases {
        let refusal = accept_connect(&request, protocol, &SUPPORTED).unwrap_err();
        assert_eq!(refusal.status().as_u16(), expected, "{case}");
        assert!(!refusal.headers().contains_key("connection"), "{case}: HTTP/2 has no such field");
    }
    let refusal = accept_connect(&connect(uri, &[]), Some("websocket"), &SUPPORTED).unwrap_err();
    assert_eq!(refusal.headers()["sec-websocket-version"], "13");
    let mut get = connect(uri, &version);
    get.method = Method::GET;
    assert_eq!(accept_connect(&get, Some("websocket"), &SUPPORTED).unwrap_err(), Refusal::Method);
}
