//! Any header fields, one `name: value` in each line, as a request to our server and as an answer to our client.
use chinwag_websocket::handshake::{Offer, Supported, server};
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, Response, Version};

const SUPPORTED: Supported<'_> = Supported { protocols: &["chinwag.v1.json", "chat"], deflate: true };
const OFFER: Offer<'_> =
    Offer { nonce: *b"the sample nonce", protocols: &["chinwag.v1.json", "chat"], deflate: true };

fn headers(input: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in input.split(|&byte| byte == b'\n') {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { continue };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}

/// See the module.
pub fn websocket_handshake(input: &[u8]) {
    let headers = headers(input);

    let mut request = Request::get("/v1/events").body(()).unwrap().into_parts().0;
    request.headers = headers.clone();
    match server::accept(&request, &SUPPORTED) {
        Ok(acceptance) => {
            assert!(server::is_asked(&headers));
            let (protocol, deflate) = (acceptance.protocol, acceptance.deflate);
            let answer = acceptance.response().into_parts().0;
            // Our client sends a fixed key and offers everything, so where that is the key, it is content.
            if headers.get("sec-websocket-key").is_some_and(|key| key == "dGhlIHNhbXBsZSBub25jZQ==") {
                let agreement = OFFER.judge(&answer).unwrap();
                assert_eq!((agreement.protocol, agreement.deflate.is_some()), (protocol, deflate.is_some()));
            }
        }
        Err(refusal) => assert!(refusal.status().is_client_error()),
    }

    let mut connect = Request::builder()
        .method(Method::CONNECT)
        .version(Version::HTTP_2)
        .uri("https://example.com/v1/events")
        .body(())
        .unwrap()
        .into_parts()
        .0;
    connect.headers = headers.clone();
    if let Ok(acceptance) = server::accept_connect(&connect, Some("websocket"), &SUPPORTED) {
        OFFER.judge_over_connect(&acceptance.response().into_parts().0).unwrap();
    }

    for status in [101, 200] {
        let mut response = Response::builder().status(status).body(()).unwrap().into_parts().0;
        response.headers = headers.clone();
        for agreement in [OFFER.judge(&response), OFFER.judge_over_connect(&response)].into_iter().flatten() {
            assert!(agreement.deflate.is_none_or(|deflate| (8..=15).contains(&deflate.window_bits)));
        }
    }
}
