//! F1 to F5 and F8: what single frames must not be, and messages that are put together wrongly.

use chinwag_websocket::frame::Header;
use chinwag_websocket::{Event, Violation};

use crate::wire::*;

/// First byte, what follows it, expected code.
#[test]
fn broken_frames() {
    let key = KEY;
    let cases: Vec<(&str, Vec<u8>, u16)> = vec![
        ("F1 unmasked text", unmasked(FIN | TEXT, b"hi"), 1002),
        ("F1 unmasked empty text", unmasked(FIN | TEXT, b""), 1002),
        ("F1 unmasked ping", unmasked(FIN | PING, b""), 1002),
        ("F1 unmasked close", unmasked(FIN | CLOSE, b""), 1002),
        ("F2 RSV1 without compression", masked(FIN | 0x40 | TEXT, b"hi"), 1002),
        ("F2 RSV2", masked(FIN | 0x20 | TEXT, b"hi"), 1002),
        ("F2 RSV3", masked(FIN | 0x10 | TEXT, b"hi"), 1002),
        ("F2 all RSV", masked(FIN | 0x70 | TEXT, b"hi"), 1002),
        ("F2 RSV1 ping", masked(FIN | 0x40 | PING, b""), 1002),
        ("F2 RSV2 close", masked(FIN | 0x20 | CLOSE, b""), 1002),
        ("F3 opcode 3", masked(FIN | 0x3, b""), 1002),
        ("F3 opcode 4", masked(FIN | 0x4, b"x"), 1002),
        ("F3 opcode 5", masked(FIN | 0x5, b""), 1002),
        ("F3 opcode 6", masked(FIN | 0x6, b""), 1002),
        ("F3 opcode 7", masked(FIN | 0x7, b""), 1002),
        ("F3 opcode 11", masked(FIN | 0xb, b""), 1002),
        ("F3 opcode 12", masked(FIN | 0xc, b"x"), 1002),
        ("F3 opcode 13", masked(FIN | 0xd, b""), 1002),
        ("F3 opcode 14", masked(FIN | 0xe, b""), 1002),
        ("F3 opcode 15", masked(FIN | 0xf, b""), 1002),
        ("F4 ping in fragments", masked(PING, b""), 1002),
        ("F4 pong in fragments", masked(PONG, b""), 1002),
        ("F4 close in fragments", masked(CLOSE, &close_body(1000, b"")), 1002),
        ("F4 ping of 126 bytes", masked(FIN | PING, &[0; 126]), 1002),
        ("F4 pong of 126 bytes", masked(FIN | PONG, &[0; 126]), 1002),
        ("F4 close of 126 bytes", masked(FIN | CLOSE, &close_body(1000, &[b'x'; 124])), 1002),
        ("F4 ping of 65536 bytes", [&[0x89, 0xff][..], &65536_u64.to_be_bytes(), &key].concat(), 1002),
        ("F5 stray continuation", masked(FIN | CONTINUATION, b"x"), 1002),
        ("F5 stray unfinished continuation", masked(CONTINUATION, b""), 1002),
        (
            "F5 continuation after a whole message",
            [masked(FIN | TEXT, b"a"), masked(FIN | CONTINUATION, b"b")].concat(),
            1002,
        ),
        ("F5 text within text", [masked(TEXT, b"a"), masked(FIN | TEXT, b"b")].concat(), 1002),
        ("F5 binary within text", [masked(TEXT, b"a"), masked(BINARY, b"b")].concat(), 1002),
        ("F8 top bit of the length", [&[0x82, 0xff, 0x80][..], &[0; 7], &key].concat(), 1002),
        ("F8 all bits of the length", [&[0x82, 0xff][..], &[0xff; 8], &key].concat(), 1002),
        ("F8 2^40", [&[0x82, 0xff][..], &(1_u64 << 40).to_be_bytes(), &key].concat(), 1009),
        ("F8 2^63 - 1", [&[0x82, 0xff][..], &(u64::MAX >> 1).to_be_bytes(), &key].concat(), 1009),
        ("125 in 16 bits", [&[0x81, 0xfe, 0, 125][..], &key].concat(), 1002),
        ("0 in 16 bits", [&[0x81, 0xfe, 0, 0][..], &key].concat(), 1002),
        ("65535 in 64 bits", [&[0x81, 0xff][..], &65535_u64.to_be_bytes(), &key].concat(), 1002),
        ("5 in 64 bits", [&[0x81, 0xff][..], &5_u64.to_be_bytes(), &key].concat(), 1002),
    ];
    for (case, bytes, code) in cases {
        fails(server, &bytes, code, case);
    }
}

#[test]
fn a_client_takes_no_masked_frames() {
    let mut connection = client();
    let (_, violation) = feed(&mut connection, &masked(FIN | TEXT, b"hi"));
    assert_eq!(violation, Some(Violation::Masked));
}

/// Nothing of the payload, and not even all of the header, is needed to see these.
#[test]
fn is_failed_at_the_first_byte_that_shows_it() {
    let cases: [(&str, &[u8], Violation); 9] = [
        ("RSV2", &[0xa1], Violation::ReservedBit),
        ("opcode 3", &[0x83], Violation::ReservedOpcode(3)),
        ("fragmented ping", &[0x09], Violation::FragmentedControl),
        ("long ping", &[0x89, 0xfe], Violation::LongControl),
        ("unmasked", &[0x81, 0x05], Violation::Unmasked),
        ("16-bit form", &[0x81, 0xfe, 0x00, 0x7d], Violation::LengthForm),
        ("64-bit form", &[0x81, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff], Violation::LengthForm),
        ("top bit", &[0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], Violation::LengthTopBit),
        ("RSV1", &[0xc1, 0x80, 1, 2, 3, 4], Violation::ReservedBit),
    ];
    for (case, bytes, expected) in cases {
        let (last, before) = bytes.split_last().unwrap();
        let mut connection = server();
        assert_eq!(feed(&mut connection, before), (vec![], None), "{case}: before");
        assert_eq!(feed(&mut connection, &[*last]), (vec![], Some(expected)), "{case}");
    }
}

/// F4 the other way round: control frames between fragments, and of 125 bytes, are fine.
#[test]
fn control_frames_between_fragments() {
    let long = [b'p'; 125];
    let bytes = [
        masked(TEXT, b"He"),
        masked(FIN | PING, &long),
        masked(CONTINUATION, b""),
        masked(FIN | PONG, b"x"),
        masked(FIN | CONTINUATION, b"llo"),
    ]
    .concat();
    let events = vec![Event::Ping(long.to_vec()), Event::Pong(b"x".to_vec()), text("Hello")];
    let pong = unmasked(FIN | PONG, &long);
    assert_eq!(serve(&bytes), (events, None, pong));
}

#[test]
fn lengths_take_their_shortest_form_and_survive() {
    for length in [0, 1, 125, 126, 127, 128, 65534, 65535, 65536, 65537] {
        let payload = vec![b'*'; length];
        for frame in [client().binary(&payload, None).unwrap(), masked(FIN | BINARY, &payload).into()] {
            assert_eq!(frame, masked(FIN | BINARY, &payload), "{length}");
            let mut connection = chinwag_websocket::Connection::new(
                chinwag_websocket::Role::Server,
                chinwag_websocket::Limits { frame_bytes: 70_000, message_bytes: 70_000, fragments: 1 },
                None,
            );
            assert_eq!(feed(&mut connection, &frame), (vec![binary(&payload)], None), "{length}");
        }
    }
}

#[test]
fn a_header_is_parsed_only_when_it_is_whole() {
    let frame = masked(FIN | BINARY, &[0; 70_000]);
    for have in 0..14 {
        assert_eq!(Header::parse(&frame[..have]), Ok(None), "{have}");
    }
    let (header, length) = Header::parse(&frame).unwrap().unwrap();
    assert_eq!((header.length, header.mask, length), (70_000, Some(KEY), 14));
}
