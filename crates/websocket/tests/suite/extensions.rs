//! H13: offers of permessage-deflate (RFC 7692 §7, §8.1), each with what is answered.

use chinwag_websocket::Deflate;
use chinwag_websocket::handshake::server::accept;
use chinwag_websocket::handshake::{Refusal, Supported};
use http::Request;

/// What is agreed on, and the answer's field.
fn negotiate(offers: &[&str], deflate: bool) -> Result<Option<(Deflate, String)>, Refusal> {
    let request = Request::get("/")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let request =
        offers.iter().fold(request, |request, offer| request.header("sec-websocket-extensions", *offer));
    let request = request.body(()).unwrap().into_parts().0;
    let acceptance = accept(&request, &Supported { protocols: &[], deflate })?;
    let agreed = acceptance.deflate;
    let response = acceptance.response();
    let field =
        response.headers().get("sec-websocket-extensions").map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(agreed.is_some(), field.is_some());
    Ok(agreed.zip(field))
}

const PLAIN: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

#[test]
fn offers() {
    // The offer, and the window that is agreed on; 0 where it is declined.
    let cases = [
        ("permessage-deflate", 15),
        ("PerMessage-Deflate", 15),
        ("permessage-deflate; client_max_window_bits", 15),
        ("permessage-deflate; client_max_window_bits=8", 15),
        ("permessage-deflate; client_max_window_bits=\"10\"", 15),
        ("permessage-deflate; client_max_window_bits=\"1\\0\"", 15),
        ("permessage-deflate; server_no_context_takeover", 15),
        ("permessage-deflate; client_no_context_takeover; server_no_context_takeover", 15),
        ("permessage-deflate;server_max_window_bits=15", 15),
        ("permessage-deflate ; server_max_window_bits = 9", 9),
        ("permessage-deflate; server_max_window_bits=8", 8),
        ("permessage-deflate; Server_Max_Window_Bits=10; client_max_window_bits=12", 10),
        ("permessage-deflate; server_max_window_bits", 0),
        ("permessage-deflate; server_max_window_bits=7", 0),
        ("permessage-deflate; server_max_window_bits=16", 0),
        ("permessage-deflate; server_max_window_bits=99", 0),
        ("permessage-deflate; server_max_window_bits=09", 0),
        ("permessage-deflate; server_max_window_bits=+9", 0),
        ("permessage-deflate; server_max_window_bits=ten", 0),
        ("permessage-deflate; server_max_window_bits=10; server_max_window_bits=10", 0),
        ("permessage-deflate; client_max_window_bits=7", 0),
        ("permessage-deflate; client_max_window_bits=16", 0),
        ("permessage-deflate; client_max_window_bits=08", 0),
        ("permessage-deflate; client_max_window_bits; client_max_window_bits", 0),
        ("permessage-deflate; client_max_window_bits; client_max_window_bits=9", 0),
        ("permessage-deflate; server_no_context_takeover=1", 0),
        ("permessage-deflate; server_no_context_takeover; server_no_context_takeover", 0),
        ("permessage-deflate; client_no_context_takeover=\"true\"", 0),
        ("permessage-deflate; client_no_context_takeover; client_no_context_takeover", 0),
        ("permessage-deflate; unknown", 0),
        ("permessage-deflate; server_max_window_bits=10; unknown=1", 0),
        ("x-webkit-deflate-frame", 0),
        ("permessage-bzip2", 0),
        ("mux; max-channels=4; flow-control, deflate-stream", 0),
        ("", 0),
        (" , ,", 0),
    ];
    for (offer, window_bits) in cases {
        let expected = match window_bits {
            0 => None,
            _ if offer.to_ascii_lowercase().contains("server_max_window_bits") => {
                Some((Deflate { window_bits }, format!("{PLAIN}; server_max_window_bits={window_bits}")))
            }
            _ => Some((Deflate { window_bits }, PLAIN.to_owned())),
        };
        assert_eq!(negotiate(&[offer], true), Ok(expected), "H13 {offer}");
        assert_eq!(negotiate(&[offer], false), Ok(None), "{offer}, not supported");
    }
}

#[test]
fn the_first_acceptable_offer_counts() {
    let agreed = |window_bits| {
        Ok(Some((Deflate { window_bits }, format!("{PLAIN}; server_max_window_bits={window_bits}"))))
    };
    let list = "permessage-deflate; server_max_window_bits=99, permessage-deflate; server_max_window_bits=10";
    assert_eq!(negotiate(&[list], true), agreed(10), "H13 a declined offer before");
    let lines = ["permessage-foo; bar", "permessage-deflate; server_max_window_bits=11, permessage-deflate"];
    assert_eq!(negotiate(&lines, true), agreed(11), "two lines");
    let lines = ["permessage-deflate", "permessage-deflate; server_max_window_bits=11"];
    assert_eq!(negotiate(&lines, true), Ok(Some((Deflate { window_bits: 15 }, PLAIN.to_owned()))));
}

/// RFC 6455 §9.1: what does not follow the grammar fails the handshake.
#[test]
fn what_is_no_list_of_extensions() {
    for offer in [
        ";",
        "permessage-deflate;",
        "permessage-deflate; ",
        "permessage-deflate; =10",
        "permessage-deflate; client_max_window_bits=",
        "permessage-deflate; client_max_window_bits=\"\"",
        "permessage-deflate; client_max_window_bits=\"10",
        "permessage-deflate; client_max_window_bits=\"1 0\"",
        "permessage-deflate; client_max_window_bits=\"10\\",
        "permessage-deflate; client_max_window_bits=\"10\"0",
        "permessage-deflate client_max_window_bits",
        "permessage deflate",
        "permessage-deflate; a=b=c",
        "permessage-deflate, \"quoted\"",
        "(comment)",
    ] {
        assert_eq!(negotiate(&[offer], true), Err(Refusal::Extensions), "{offer}");
        assert_eq!(Refusal::Extensions.status().as_u16(), 400);
    }
}
