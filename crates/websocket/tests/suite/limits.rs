//! F8 to F12: what one peer can make us hold or do.

use chinwag_websocket::{Connection, Event, Limits, Role, Violation};

use crate::wire::*;

const LIMITS: Limits = Limits { frame_bytes: 600, message_bytes: 1000, fragments: 4 };

fn limited() -> Connection {
    Connection::new(Role::Server, LIMITS, None)
}

#[test]
fn frames_up_to_the_limit() {
    let exact = vec![7; 600];
    assert_eq!(
        feed_each_way(limited, &masked(FIN | BINARY, &exact)),
        (vec![binary(&exact)], None, vec![]),
        "F9"
    );
    let over = masked(FIN | BINARY, &[7; 601]);
    fails(limited, &over, 1009, "F9 one more");
    fails(limited, &over[..8], 1009, "F9 from the header alone");
}

#[test]
fn messages_up_to_the_limit_as_sum_of_fragments() {
    for lengths in [vec![600, 400], vec![400, 600], vec![0, 500, 500], vec![250; 4]] {
        for extra in [0, 1] {
            let mut lengths = lengths.clone();
            *lengths.last_mut().unwrap() += extra;
            let last = lengths.len() - 1;
            let frames: Vec<u8> = (0..=last)
                .flat_map(|index| {
                    let first = if index == 0 { BINARY } else { CONTINUATION };
                    masked(first | if index == last { FIN } else { 0 }, &vec![7; lengths[index]])
                })
                .collect();
            match (extra, lengths[last] > 600) {
                (0, _) => {
                    assert_eq!(feed(&mut limited(), &frames), (vec![binary(&[7; 1000])], None), "{lengths:?}")
                }
                (_, true) => assert_eq!(feed(&mut limited(), &frames).1, Some(Violation::FrameTooLong)),
                (_, false) => {
                    assert_eq!(
                        feed(&mut limited(), &frames).1,
                        Some(Violation::MessageTooLong),
                        "{lengths:?}"
                    );
                    // The last header is enough.
                    let before = frames.len() - lengths[last];
                    assert_eq!(feed(&mut limited(), &frames[..before]).1, Some(Violation::MessageTooLong));
                }
            }
        }
    }
}

#[test]
fn the_limit_is_for_each_message() {
    let mut connection = limited();
    let message = [masked(BINARY, &[7; 600]), masked(FIN | CONTINUATION, &[7; 400])].concat();
    for _ in 0..10 {
        assert_eq!(feed(&mut connection, &message), (vec![binary(&[7; 1000])], None));
    }
}

#[test]
fn fragments_up_to_the_limit() {
    let four =
        [masked(TEXT, b""), masked(CONTINUATION, b""), masked(CONTINUATION, b"x"), masked(FIN, b"")].concat();
    assert_eq!(feed(&mut limited(), &four), (vec![text("x")], None));
    let five = [masked(TEXT, b""), masked(0, b""), masked(0, b""), masked(0, b""), masked(FIN, b"")].concat();
    fails(limited, &five, 1009, "F10 five where four are allowed");
}

#[test]
fn a_million_tiny_fragments() {
    for payload in [&b""[..], b"x"] {
        let mut connection = server();
        assert_eq!(feed(&mut connection, &masked(TEXT, payload)), (vec![], None));
        let fragment = masked(CONTINUATION, payload);
        let closed_after = (0..1_000_000).find(|_| feed(&mut connection, &fragment).1.is_some());
        assert_eq!(closed_after, Some(255), "F10");
        assert_eq!(close_code(&written(&mut connection)), Some(1009));
    }
}

#[test]
fn control_frames_do_not_count_as_fragments() {
    let mut connection = limited();
    feed(&mut connection, &masked(TEXT, b"a"));
    for _ in 0..100 {
        assert_eq!(feed(&mut connection, &masked(FIN | PONG, b"")), (vec![Event::Pong(vec![])], None));
    }
    assert_eq!(feed(&mut connection, &masked(FIN, b"b")), (vec![text("ab")], None));
}

/// F12: who sends pings without reading the pongs is owed one, for the newest.
#[test]
fn pongs_that_wait_are_one() {
    let mut connection = server();
    for number in 0..100_000_u32 {
        let payload = number.to_be_bytes();
        let (events, violation) = feed(&mut connection, &masked(FIN | PING, &payload));
        assert_eq!((events, violation), (vec![Event::Ping(payload.to_vec())], None));
    }
    assert_eq!(written(&mut connection), unmasked(FIN | PONG, &99_999_u32.to_be_bytes()), "F12");
    assert!(connection.is_idle());
}

/// F8: a length that is announced is not allocated.
#[test]
fn an_announced_length_is_not_allocated() {
    let limits = Limits { frame_bytes: u32::MAX, message_bytes: u32::MAX, fragments: 1 };
    // If each held what it announces, this would be 40 TB.
    let connections: Vec<_> = (0..10_000)
        .map(|_| {
            let mut connection = Connection::new(Role::Server, limits, None);
            let header = [&[0x82, 0xff][..], &u64::from(u32::MAX).to_be_bytes(), &KEY, b"x"].concat();
            assert_eq!(feed(&mut connection, &header), (vec![], None));
            connection
        })
        .collect();
    assert_eq!(connections.len(), 10_000);
}
