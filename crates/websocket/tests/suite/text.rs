//! F6: UTF-8, checked as it arrives.

use chinwag_websocket::Violation;

use crate::wire::*;

/// Bytes that are no UTF-8, and how many of them show it.
const INVALID: [(&str, &[u8], usize); 22] = [
    ("a continuation alone", b"a\x80", 2),
    ("0xbf alone", b"\xbf", 1),
    ("overlong slash", b"\xc0\xaf", 1),
    ("overlong 0x7f", b"\xc1\xbf", 1),
    ("overlong in three", b"\xe0\x80\xaf", 2),
    ("overlong 0x7ff", b"\xe0\x9f\xbf", 2),
    ("overlong in four", b"\xf0\x80\x80\xaf", 2),
    ("overlong 0xffff", b"\xf0\x8f\xbf\xbf", 2),
    ("five bytes", b"\xf8\x88\x80\x80\x80", 1),
    ("six bytes", b"\xfc\x84\x80\x80\x80\x80", 1),
    ("0xfe", b"\xfe", 1),
    ("0xff", b"ok\xff", 3),
    ("first high surrogate", b"\xed\xa0\x80", 2),
    ("last high surrogate", b"\xed\xaf\xbf", 2),
    ("first low surrogate", b"\xed\xb0\x80", 2),
    ("surrogate pair", b"\xed\xa0\x80\xed\xb0\x80", 2),
    ("over U+10FFFF", b"\xf4\x90\x80\x80", 2),
    ("far over", b"\xf5\x80\x80\x80", 1),
    ("two bytes cut by ASCII", b"\xc3a", 2),
    ("three bytes cut by ASCII", b"\xe2\x82a", 3),
    ("four bytes cut by ASCII", b"\xf0\x9f\x98a", 4),
    ("Autobahn 6.4", b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited", 13),
];

#[test]
fn invalid_text_in_one_frame() {
    for (case, bytes, _) in INVALID {
        fails(server, &masked(FIN | TEXT, bytes), 1007, case);
    }
}

#[test]
fn invalid_text_in_fragments_cut_at_every_byte() {
    for (case, bytes, _) in INVALID {
        for at in 0..=bytes.len() {
            let (left, right) = bytes.split_at(at);
            let frames = [masked(TEXT, left), masked(FIN | CONTINUATION, right)].concat();
            fails(server, &frames, 1007, case);
        }
    }
}

/// Within a frame that is far from its end, and with fragments of one byte: the byte that shows it is enough.
#[test]
fn is_failed_at_the_first_byte_that_cannot_become_text() {
    for (case, bytes, shown_by) in INVALID {
        let payload = [bytes, &[b'x'; 100]].concat();
        let frame = masked(FIN | TEXT, &payload);
        let header = frame.len() - payload.len();
        let mut connection = server();
        assert_eq!(feed(&mut connection, &frame[..header + shown_by - 1]), (vec![], None), "{case}");
        let (_, violation) = feed(&mut connection, &frame[header + shown_by - 1..][..1]);
        assert_eq!(violation, Some(Violation::NotUtf8), "{case}");

        let mut connection = server();
        for (index, byte) in bytes.iter().enumerate().take(shown_by) {
            let first = if index == 0 { TEXT } else { CONTINUATION };
            let (_, violation) = feed(&mut connection, &masked(first, &[*byte]));
            let expected = (index + 1 == shown_by).then_some(Violation::NotUtf8);
            assert_eq!(violation, expected, "{case}, fragment {index}");
        }
    }
}

#[test]
fn text_that_ends_within_a_character() {
    for bytes in [&b"\xc3"[..], b"a\xe2\x82", b"\xf0\x9f\x98", b"\xf0"] {
        fails(server, &masked(FIN | TEXT, bytes), 1007, "one frame");
        let frames = [masked(TEXT, bytes), masked(FIN | CONTINUATION, b"")].concat();
        fails(server, &frames, 1007, "ended by an empty fragment");
    }
}

#[test]
fn a_character_cut_by_any_fragment_survives() {
    for whole in
        ["κόσμε", "\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}", "\u{fdd0}\u{fffe}\0", "😀a😀"]
    {
        for at in 0..=whole.len() {
            let (left, right) = whole.as_bytes().split_at(at);
            let frames =
                [masked(TEXT, left), masked(FIN | PING, b""), masked(FIN | CONTINUATION, right)].concat();
            let (events, violation, _) = serve(&frames);
            assert_eq!((events.last(), violation), (Some(&text(whole)), None), "{whole:?} cut at {at}");
        }
        let mut connection = server();
        let mut events = Vec::new();
        for (index, byte) in whole.bytes().enumerate() {
            events.extend(
                feed(&mut connection, &masked(if index == 0 { TEXT } else { CONTINUATION }, &[byte])).0,
            );
        }
        events.extend(feed(&mut connection, &masked(FIN | CONTINUATION, b"")).0);
        assert_eq!(events, vec![text(whole)]);
    }
}

#[test]
fn binary_is_not_checked() {
    for (case, bytes, _) in INVALID {
        assert_eq!(serve(&masked(FIN | BINARY, bytes)), (vec![binary(bytes)], None, vec![]), "{case}");
    }
}

/// Compressed text is checked as it is inflated, not only at its end.
#[test]
fn invalid_compressed_text() {
    for (case, bytes, _) in INVALID {
        let length = bytes.len() as u16;
        // A stored block, then the empty one whose last four bytes are left away.
        let mut payload = vec![0x00];
        payload.extend(length.to_le_bytes());
        payload.extend((!length).to_le_bytes());
        payload.extend(bytes);
        payload.push(0x00);
        fails(deflating_server, &masked(FIN | RSV1 | TEXT, &payload), 1007, case);

        payload.pop();
        let (_, violation) = feed(&mut deflating_server(), &masked(RSV1 | TEXT, &payload));
        assert_eq!(violation, Some(Violation::NotUtf8), "{case}: unfinished");
    }
}
