//! Frames as bytes, and a connection that is fed with them.

use chinwag_websocket::{Close, Connection, Deflate, Event, Limits, Message, Role, Violation};

/// The key of RFC 6455's examples.
pub(crate) const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

pub(crate) const FIN: u8 = 0x80;
pub(crate) const RSV1: u8 = 0x40;
pub(crate) const CONTINUATION: u8 = 0x0;
pub(crate) const TEXT: u8 = 0x1;
pub(crate) const BINARY: u8 = 0x2;
pub(crate) const CLOSE: u8 = 0x8;
pub(crate) const PING: u8 = 0x9;
pub(crate) const PONG: u8 = 0xa;

pub(crate) const DEFLATE: Option<Deflate> = Some(Deflate { window_bits: 15 });

/// A client's frame. It shares no code with the codec.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    frame.extend(length(0x80, payload.len()));
    frame.extend(KEY);
    frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

/// A server's frame.
pub(crate) fn unmasked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    frame.extend(length(0, payload.len()));
    frame.extend(payload);
    frame
}

fn length(mask: u8, length: usize) -> Vec<u8> {
    match length {
        0..=125 => vec![mask | length as u8],
        126..=65535 => [vec![mask | 126], (length as u16).to_be_bytes().to_vec()].concat(),
        _ => [vec![mask | 127], (length as u64).to_be_bytes().to_vec()].concat(),
    }
}

pub(crate) fn close_body(code: u16, reason: &[u8]) -> Vec<u8> {
    [&code.to_be_bytes(), reason].concat()
}

pub(crate) fn server() -> Connection {
    Connection::new(Role::Server, Limits::default(), None)
}

pub(crate) fn deflating_server() -> Connection {
    Connection::new(Role::Server, Limits::default(), DEFLATE)
}

pub(crate) fn client() -> Connection {
    Connection::new(Role::Client { mask: || KEY }, Limits::default(), None)
}

pub(crate) fn text(text: &str) -> Event {
    Event::Message(Message::Text(text.to_owned()))
}

pub(crate) fn binary(data: &[u8]) -> Event {
    Event::Message(Message::Binary(data.to_vec()))
}

pub(crate) fn close(code: u16, reason: &str) -> Event {
    let code = chinwag_websocket::CloseCode::new(code).unwrap();
    Event::Close(Some(Close { code, reason: reason.to_owned() }))
}

/// All events in `bytes`, up to the violation if there is one.
pub(crate) fn feed(connection: &mut Connection, mut bytes: &[u8]) -> (Vec<Event>, Option<Violation>) {
    let mut events = Vec::new();
    loop {
        match connection.receive(&mut bytes) {
            Ok(Some(event)) => events.push(event),
            Ok(None) => {
                assert!(bytes.is_empty(), "bytes left over");
                return (events, None);
            }
            Err(violation) => return (events, Some(violation)),
        }
    }
}

/// All control frames that wait.
pub(crate) fn written(connection: &mut Connection) -> Vec<u8> {
    std::iter::from_fn(|| connection.next_control()).flatten().collect()
}

/// Feeds `bytes` whole, in two pieces cut at every place, and byte by byte: always with the same result.
pub(crate) fn feed_each_way(
    new: impl Fn() -> Connection,
    bytes: &[u8],
) -> (Vec<Event>, Option<Violation>, Vec<u8>) {
    let run = |pieces: &mut dyn Iterator<Item = &[u8]>| {
        let mut connection = new();
        let mut all = Vec::new();
        for piece in pieces {
            let (events, violation) = feed(&mut connection, piece);
            all.extend(events);
            if violation.is_some() {
                return (all, violation, written(&mut connection));
            }
        }
        (all, None, written(&mut connection))
    };
    let whole = run(&mut [bytes].into_iter());
    for at in 0..=bytes.len() {
        let (left, right) = bytes.split_at(at);
        assert_eq!(run(&mut [left, right].into_iter()), whole, "cut at {at}");
    }
    assert_eq!(run(&mut bytes.chunks(1)), whole, "byte by byte");
    whole
}

/// What a server makes of a client's bytes, however they are cut.
pub(crate) fn serve(bytes: &[u8]) -> (Vec<Event>, Option<Violation>, Vec<u8>) {
    feed_each_way(server, bytes)
}

/// That a connection is failed by `bytes` with this code, however they are cut, and says so in its Close.
pub(crate) fn fails(new: impl Fn() -> Connection, bytes: &[u8], code: u16, case: &str) {
    let (_, violation, written) = feed_each_way(new, bytes);
    assert!(violation.is_some(), "{case}: accepted");
    assert_eq!(close_code(&written), Some(code), "{case}");
}

/// The code in a Close frame of a server that stands at the end of `bytes`.
pub(crate) fn close_code(bytes: &[u8]) -> Option<u16> {
    let at = bytes.iter().rposition(|&byte| byte == FIN | CLOSE)?;
    Some(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]))
}
