//! Any bytes from a peer, cut anywhere, to a server or a client.
//!
//! The first byte chooses the role, compression and the size of the pieces; the rest is the peer's.
use chinwag_websocket::{Connection, Deflate, Ending, Event, Limits, Message, Role, Violation};

const LIMITS: Limits = Limits { frame_bytes: 600, message_bytes: 1000, fragments: 8 };

fn new(options: u8) -> Connection {
    let role = if options & 1 == 0 { Role::Server } else { Role::Client { mask: || [1, 2, 3, 4] } };
    let deflate = (options & 2 != 0).then_some(Deflate { window_bits: 15 });
    Connection::new(role, LIMITS, deflate)
}

/// Events, the violation that ended them, and what is written at the end.
fn run(options: u8, input: &[u8], piece: usize) -> (Vec<Event>, Option<Violation>, Vec<u8>) {
    let mut connection = new(options);
    let mut events = Vec::new();
    let mut violation = None;
    for mut bytes in input.chunks(piece) {
        loop {
            match connection.receive(&mut bytes) {
                Ok(Some(event)) => {
                    assert!(violation.is_none() && !matches!(events.last(), Some(Event::Close(_))));
                    events.push(event);
                }
                Ok(None) => break,
                Err(error) => {
                    assert!(violation.replace(error).is_none());
                    break;
                }
            }
        }
    }
    let mut written = Vec::new();
    while let Some(frame) = connection.next_control() {
        assert!(frame.len() <= 131);
        written.extend(frame);
    }
    let closed = violation.is_some() || matches!(events.last(), Some(Event::Close(_)));
    assert_eq!(connection.ending() != Ending::None, closed);
    assert_eq!(connection.text("x", None).is_err(), closed);
    (events, violation, written)
}

/// See the module.
pub fn websocket_connection(input: &[u8]) {
    let Some((&options, input)) = input.split_first() else { return };
    let whole = run(options, input, input.len().max(1));
    for piece in [1, 2 + usize::from(options >> 2)] {
        let cut = run(options, input, piece);
        if options & 2 == 0 {
            assert_eq!(cut, whole);
        } else {
            // Of two faults in one compressed message, either may be found first.
            assert_eq!((&cut.0, cut.1.is_some()), (&whole.0, whole.1.is_some()));
        }
    }
    for event in &whole.0 {
        let (length, limit) = match event {
            Event::Message(Message::Text(text)) => (text.len(), 1000),
            Event::Message(Message::Binary(data)) => (data.len(), 1000),
            Event::Ping(payload) | Event::Pong(payload) => (payload.len(), 125),
            Event::Close(close) => (close.as_ref().map_or(0, |close| close.reason.len()), 123),
        };
        assert!(length <= limit);
    }
}
