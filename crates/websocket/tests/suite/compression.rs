//! permessage-deflate's payloads: RSV1, blocks, bombs (F11), and our own frames read back.

use std::io::Read as _;

use chinwag_websocket::{Connection, Deflate, Deflater, Event, Limits, Message, Role, Violation};
use proptest::prelude::*;

use crate::wire::*;

/// Deflated by zlib in C, sync flush, the last four bytes left away.
const HELLO: &[u8] = &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

fn stored(bytes: &[u8], is_final: bool) -> Vec<u8> {
    let length = bytes.len() as u16;
    [&[u8::from(is_final)][..], &length.to_le_bytes(), &(!length).to_le_bytes(), bytes].concat()
}

#[test]
fn rsv1_stands_on_the_first_frame_of_a_message_only() {
    let cases = [
        ("ping", masked(FIN | RSV1 | PING, b"")),
        ("pong", masked(FIN | RSV1 | PONG, b"")),
        ("close", masked(FIN | RSV1 | CLOSE, b"")),
        ("continuation", [masked(RSV1 | TEXT, &HELLO[..3]), masked(FIN | RSV1, &HELLO[3..])].concat()),
        ("continuation of a plain one", [masked(TEXT, b"a"), masked(FIN | RSV1, b"b")].concat()),
        ("RSV2 beside it", masked(FIN | RSV1 | 0x20 | TEXT, HELLO)),
    ];
    for (case, bytes) in cases {
        fails(deflating_server, &bytes, 1002, case);
    }
    fails(server, &masked(FIN | RSV1 | TEXT, HELLO), 1002, "not negotiated");
}

#[test]
fn plain_and_compressed_messages_mix() {
    let bytes = [
        masked(FIN | TEXT, b"plain"),
        masked(FIN | RSV1 | TEXT, HELLO),
        masked(FIN | BINARY, b""),
        masked(FIN | RSV1 | BINARY, &[0x00]),
        masked(RSV1 | BINARY, b""),
        masked(FIN | PING, b"p"),
        masked(CONTINUATION, HELLO),
        masked(FIN | CONTINUATION, b""),
    ]
    .concat();
    let (events, violation, _) = feed_each_way(deflating_server, &bytes);
    let expected = [
        text("plain"),
        text("Hello"),
        binary(b""),
        binary(b""),
        Event::Ping(b"p".to_vec()),
        binary(b"Hello"),
    ];
    assert_eq!((events, violation), (expected.to_vec(), None));
}

/// RFC 7692 §7.2.1: final blocks may be followed by more, which may refer back to before them.
#[test]
fn blocks_after_a_final_one() {
    let twice = [stored(b"Hello", true), stored(b"Hello", true), vec![0x00]].concat();
    let frame = masked(FIN | RSV1 | TEXT, &twice);
    assert_eq!(feed_each_way(deflating_server, &frame).0, vec![text("HelloHello")]);

    // 4b 04 11 00: fixed codes, "a" and then eleven bytes from one back; here from before the final block.
    let back = [stored(b"aaaaa", true), vec![0x02, 0x13, 0x00, 0x00]].concat();
    let (events, violation, _) = feed_each_way(deflating_server, &masked(FIN | RSV1 | TEXT, &back));
    assert_eq!(violation, None);
    assert!(
        matches!(&events[..], [Event::Message(Message::Text(text))] if text.len() > 5 && text.bytes().all(|b| b == b'a'))
    );

    let many = [stored(b"", true).repeat(64), vec![0x00]].concat();
    assert_eq!(feed(&mut deflating_server(), &masked(FIN | RSV1 | TEXT, &many)), (vec![text("")], None));
    let too_many = [stored(b"", true).repeat(100), vec![0x00]].concat();
    fails(deflating_server, &masked(FIN | RSV1 | TEXT, &too_many), 1008, "final blocks");
}

#[test]
fn what_is_no_deflate_or_ends_early() {
    let cases: [(&str, &[u8]); 10] = [
        ("a reserved block type", &[0x07, 0x00]),
        ("lengths that disagree", &[0x00, 0x05, 0x00, 0x00, 0x00, b'H']),
        ("text", b"Hello"),
        ("no bytes at all", b""),
        ("cut within a block", &HELLO[..4]),
        ("cut at the block's end", &HELLO[..5]),
        (
            "a stored block that would swallow the tail",
            &[0x00, 0x09, 0x00, 0xf6, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f],
        ),
        ("one that would swallow more", &[0x00, 0x0b, 0x00, 0xf4, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f]),
        ("reference before the start", &[0x02, 0x13, 0x00, 0x00]),
        ("the tail not left away", &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00, 0x00, 0xff, 0xff]),
    ];
    for (case, payload) in cases {
        let (events, violation, written) =
            feed_each_way(deflating_server, &masked(FIN | RSV1 | TEXT, payload));
        assert_eq!((events, violation), (vec![], Some(Violation::Inflate)), "{case}");
        assert_eq!(close_code(&written), Some(1007), "{case}");
    }
}

fn raw_deflate(bytes: &[u8]) -> Vec<u8> {
    let mut deflated = Vec::new();
    let mut encoder = flate2::bufread::DeflateEncoder::new(bytes, flate2::Compression::best());
    encoder.read_to_end(&mut deflated).unwrap();
    // A final block, padded to a byte; then the header of the empty one.
    deflated.push(0);
    deflated
}

#[test]
fn inflated_messages_up_to_the_limit() {
    let limits = Limits { frame_bytes: 2000, message_bytes: 100_000, fragments: 8 };
    let new = || Connection::new(Role::Server, limits, DEFLATE);
    let exact = masked(FIN | RSV1 | BINARY, &raw_deflate(&[7; 100_000]));
    assert_eq!(feed_each_way(new, &exact).0, vec![binary(&[7; 100_000])]);
    let over = masked(FIN | RSV1 | BINARY, &raw_deflate(&[7; 100_001]));
    fails(new, &over, 1009, "F11 one byte more");
}

/// 16 MiB in some 16 KB, of which the first few hundred bytes are enough to see it.
#[test]
fn a_bomb_is_not_inflated() {
    let frame = masked(RSV1 | BINARY, &raw_deflate(&vec![0; 16 << 20]));
    assert!(frame.len() < 20_000);
    let mut connection = deflating_server();
    let failed_after = frame.chunks(100).position(|piece| {
        let (_, violation) = feed(&mut connection, piece);
        violation.is_some_and(|violation| violation == Violation::MessageTooLong)
    });
    assert!(failed_after.is_some_and(|pieces| pieces < 3), "F11 {failed_after:?}");
    assert_eq!(close_code(&written(&mut connection)), Some(1009), "F11");
}

/// Compressed frames that inflate to nothing are bounded by their number and size.
#[test]
fn fragments_that_inflate_to_nothing() {
    let mut connection = deflating_server();
    feed(&mut connection, &masked(RSV1 | TEXT, b""));
    let nothing = masked(CONTINUATION, &stored(b"", false).repeat(1000));
    let closed_after = (0..1_000_000).find(|_| feed(&mut connection, &nothing).1.is_some());
    assert_eq!(closed_after, Some(255));
}

#[test]
fn both_sides_compress() {
    let message = "compressible ".repeat(100);
    let mut deflater = Deflater::new(64);
    let role = Role::Client { mask: || KEY };
    let client = || Connection::new(role, Limits::default(), DEFLATE);
    let from_client = client().text(&message, Some(&mut deflater)).unwrap();
    let from_server = deflating_server().text(&message, Some(&mut deflater)).unwrap();
    assert!(from_client.len() < 100 && from_server.len() < 100);
    assert_eq!(feed_each_way(deflating_server, &from_client).0, vec![text(&message)]);
    assert_eq!(feed_each_way(client, &from_server).0, vec![text(&message)]);
    let plain = server().text(&message, Some(&mut deflater)).unwrap();
    assert_eq!(plain, unmasked(FIN | TEXT, message.as_bytes()), "not negotiated");
}

#[test]
fn short_or_incompressible_messages_are_not_compressed() {
    fn first(text: &str, deflater: Option<&mut Deflater>) -> u8 {
        deflating_server().text(text, deflater).unwrap()[0]
    }
    let mut deflater = Deflater::new(100);
    assert_eq!(first(&"a".repeat(99), Some(&mut deflater)), FIN | TEXT, "below the threshold");
    assert_eq!(first(&"a".repeat(100), Some(&mut deflater)), FIN | RSV1 | TEXT);
    assert_eq!(first(&"a".repeat(100), None), FIN | TEXT, "no deflater");
    assert_eq!(first("no gain", Some(&mut Deflater::new(0))), FIN | TEXT, "no gain");
}

/// A message that is longer than the peer's window could refer back beyond it.
#[test]
fn small_windows_get_long_messages_as_they_are() {
    let mut deflater = Deflater::new(0);
    for window_bits in 8..=15 {
        let connection = Connection::new(Role::Server, Limits::default(), Some(Deflate { window_bits }));
        let window = 1_usize << window_bits;
        let [fits, over] = [window, window + 1].map(|length| {
            connection.binary(&vec![b'x'; length], Some(&mut deflater)).unwrap()[0] & RSV1 != 0
        });
        assert_eq!((fits, over), (true, window_bits == 15), "{window_bits}");
    }
}

#[test]
fn a_deflater_forgets() {
    let mut deflater = Deflater::new(0);
    let message = "context ".repeat(50);
    let first = deflater.deflate(message.as_bytes()).unwrap();
    assert_eq!(deflater.deflate(message.as_bytes()), Some(first));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever is deflated, in however many fragments and pieces, comes back.
    #[test]
    fn deflated_messages_survive(
        pattern in proptest::collection::vec(any::<u8>(), 1..300),
        repeat in 1_usize..60,
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..6),
        piece in 1_usize..2000,
    ) {
        let message = pattern.repeat(repeat);
        let Some(payload) = deflated(&message) else { return Ok(()) };
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(payload.len())).collect();
        cuts.extend([0, payload.len()]);
        cuts.sort_unstable();
        let last = cuts.len() - 2;
        let frames: Vec<u8> = cuts.windows(2).enumerate().flat_map(|(index, cut)| {
            let first = if index == 0 { RSV1 | BINARY } else { CONTINUATION };
            masked(first | if index == last { FIN } else { 0 }, &payload[cut[0]..cut[1]])
        }).collect();
        let mut connection = deflating_server();
        let mut events = Vec::new();
        for piece in frames.chunks(piece) {
            let (more, violation) = feed(&mut connection, piece);
            prop_assert_eq!(violation, None);
            events.extend(more);
        }
        prop_assert_eq!(events, vec![binary(&message)]);
    }
}

/// The payload that we send for a message, if it is compressed.
fn deflated(message: &[u8]) -> Option<Vec<u8>> {
    Deflater::new(0).deflate(message)
}
