//! One frame for all receivers.

use chinwag_websocket::{Connection, Deflate, Deflater, Limits, Prepared, Role};

use crate::wire::*;

fn peer(window_bits: u8) -> Option<Deflate> {
    Some(Deflate { window_bits })
}

#[test]
fn receivers_share_the_bytes() {
    let message = "the same text ".repeat(40);
    let prepared = Prepared::text(&message, Some(&mut Deflater::new(100)));
    let plain = prepared.frame(None).clone();
    let deflated = prepared.frame(peer(15)).clone();
    assert_eq!(plain, unmasked(FIN | TEXT, message.as_bytes()));
    assert!(deflated.len() < 60, "{}", deflated.len());
    assert_eq!(deflated[0], FIN | RSV1 | TEXT);
    assert!(std::ptr::eq(prepared.clone().frame(None).as_ptr(), plain.as_ptr()));
    assert!(std::ptr::eq(prepared.clone().frame(peer(15)).as_ptr(), deflated.as_ptr()));

    let role = Role::Client { mask: || KEY };
    for (deflate, frame) in [(None, plain), (DEFLATE, deflated)] {
        let server = Connection::new(Role::Server, Limits::default(), deflate);
        assert_eq!(server.prepared(&prepared).unwrap(), &frame);
        let mut client = Connection::new(role, Limits::default(), deflate);
        assert_eq!(feed(&mut client, &frame), (vec![text(&message)], None));
    }
}

#[test]
fn short_or_incompressible_texts_are_not_compressed() {
    let mut deflater = Deflater::new(100);
    let short = "a".repeat(99);
    assert_eq!(
        Prepared::text(&short, Some(&mut deflater)).frame(peer(15))[0],
        FIN | TEXT,
        "below the threshold"
    );
    let long = "a".repeat(100);
    assert_eq!(Prepared::text(&long, Some(&mut deflater)).frame(peer(15))[0], FIN | RSV1 | TEXT);
    assert_eq!(Prepared::text(&long, None).frame(peer(15))[0], FIN | TEXT, "no deflater");
    let short = Prepared::text("no gain", Some(&mut Deflater::new(0)));
    assert_eq!(short.frame(peer(15))[0], FIN | TEXT, "no gain");
}

/// A message that is longer than the peer's window could refer back beyond it.
#[test]
fn small_windows_get_long_messages_as_they_are() {
    let mut deflater = Deflater::new(0);
    for bits in 8..=15 {
        let window = 1_usize << bits;
        let compressed = |length| {
            Prepared::text(&"x".repeat(length), Some(&mut deflater)).frame(peer(bits))[0] & RSV1 != 0
        };
        let [fits, over] = [window, window + 1].map(compressed);
        assert_eq!((fits, over), (true, bits == 15), "{bits}");
    }
}

#[test]
fn a_deflater_forgets() {
    let mut deflater = Deflater::new(0);
    let message = "context ".repeat(50);
    let first = Prepared::text(&message, Some(&mut deflater)).frame(DEFLATE).clone();
    let second = Prepared::text(&message, Some(&mut deflater)).frame(DEFLATE).clone();
    assert_eq!(first, second);
}
