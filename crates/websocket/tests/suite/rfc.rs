//! The examples of RFC 6455 §5.7 and §1.3, and of RFC 7692 §7.2.3, byte for byte.

use chinwag_websocket::frame::{Header, Opcode};

use crate::wire::*;

#[test]
fn unmasked_text() {
    let bytes = [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
    assert_eq!(Header::new(Opcode::Text, 5).frame(b"Hello"), bytes);
    assert_eq!(server().text("Hello", None).unwrap(), &bytes[..]);
    assert_eq!(feed_each_way(client, &bytes), (vec![text("Hello")], None, vec![]));
}

#[test]
fn masked_text() {
    let bytes = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    assert_eq!(client().text("Hello", None).unwrap(), &bytes[..]);
    assert_eq!(serve(&bytes), (vec![text("Hello")], None, vec![]));
}

#[test]
fn fragmented_unmasked_text() {
    let bytes = [0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f];
    assert_eq!(feed_each_way(client, &bytes), (vec![text("Hello")], None, vec![]));
}

#[test]
fn unmasked_ping_and_masked_pong() {
    let ping = [0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
    let pong = [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    assert_eq!(server().ping(b"Hello").unwrap(), &ping[..]);
    let events = vec![chinwag_websocket::Event::Ping(b"Hello".to_vec())];
    assert_eq!(feed_each_way(client, &ping), (events, None, pong.to_vec()));
    let events = vec![chinwag_websocket::Event::Pong(b"Hello".to_vec())];
    assert_eq!(serve(&pong), (events, None, vec![]));
}

#[test]
fn unmasked_binary_of_256_bytes_and_of_64_kib() {
    for (length, header) in [
        (256, &[0x82, 0x7e, 0x01, 0x00][..]),
        (65536, &[0x82, 0x7f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00]),
    ] {
        let payload = vec![0xa5; length];
        let frame = server().binary(&payload, None).unwrap();
        assert_eq!(frame, [header, &payload].concat());
        assert_eq!(feed(&mut client(), &frame), (vec![binary(&payload)], None));
    }
}

/// RFC 7692 §7.2.3.1, §7.2.3.3 to §7.2.3.5: one block, no compression, a final block, two blocks.
#[test]
fn compressed_hello() {
    let payloads: [(&str, &[u8]); 4] = [
        ("one block", &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]),
        ("no compression", &[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00]),
        ("a final block", &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00]),
        ("two blocks", &[0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00]),
    ];
    for (case, payload) in payloads {
        let frame = masked(FIN | RSV1 | TEXT, payload);
        assert_eq!(feed_each_way(deflating_server, &frame), (vec![text("Hello")], None, vec![]), "{case}");
    }
    let fragments = [&[0x41, 0x03, 0xf2, 0x48, 0xcd][..], &[0x80, 0x04, 0xc9, 0xc9, 0x07, 0x00]].concat();
    let new = || chinwag_websocket::Connection::new(role(), Default::default(), DEFLATE);
    assert_eq!(feed_each_way(new, &fragments), (vec![text("Hello")], None, vec![]));
}

fn role() -> chinwag_websocket::Role {
    chinwag_websocket::Role::Client { mask: || KEY }
}

/// RFC 7692 §7.2.3.6: an empty message is one byte.
#[test]
fn compressed_nothing() {
    let frame = masked(FIN | RSV1 | TEXT, &[0x00]);
    assert_eq!(feed_each_way(deflating_server, &frame), (vec![text("")], None, vec![]));
}

/// RFC 7692 §7.2.3.2 second form, which refers to the message before: without context takeover there is none.
#[test]
fn a_message_that_refers_to_the_last_one_is_refused() {
    let first = masked(FIN | RSV1 | TEXT, &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
    let second = masked(FIN | RSV1 | TEXT, &[0xf2, 0x00, 0x11, 0x00, 0x00]);
    fails(deflating_server, &[first, second].concat(), 1007, "refers back");
}
