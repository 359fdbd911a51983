//! What we and a peer that is not ours say to each other.

use chinwag_websocket::frame::{Header, Opcode};
use chinwag_websocket::{Connection, Event, Limits, Message, Role};
use proptest::prelude::*;

use crate::wire::KEY;

const LIMITS: Limits = Limits { frame_bytes: 1 << 20, message_bytes: 1 << 20, fragments: 1 << 12 };

#[derive(Clone, Debug)]
pub(crate) enum Sent {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

pub(crate) fn sent() -> impl Strategy<Value = Sent> {
    let payload = || proptest::collection::vec(any::<u8>(), 0..126);
    prop_oneof![
        ".{0,200}".prop_map(Sent::Text),
        (".{1,20}", 1_usize..5000).prop_map(|(text, times)| Sent::Text(text.repeat(times))),
        proptest::collection::vec(any::<u8>(), 0..70_000).prop_map(Sent::Binary),
        payload().prop_map(Sent::Ping),
        payload().prop_map(Sent::Pong),
    ]
}

/// Our end, which is the server where they are not.
pub(crate) fn ours(they_serve: bool) -> Connection {
    let role = if they_serve { Role::Client { mask: || KEY } } else { Role::Server };
    Connection::new(role, LIMITS, None)
}

pub(crate) fn event(sent: &Sent) -> Event {
    match sent.clone() {
        Sent::Text(text) => Event::Message(Message::Text(text)),
        Sent::Binary(data) => Event::Message(Message::Binary(data)),
        Sent::Ping(payload) => Event::Ping(payload),
        Sent::Pong(payload) => Event::Pong(payload),
    }
}

/// A message in as many frames as there are cuts, and one more; control frames are whole.
pub(crate) fn our_frames(sent: &Sent, cuts: &[prop::sample::Index], mask: Option<[u8; 4]>) -> Vec<u8> {
    let (opcode, payload) = match sent {
        Sent::Text(text) => (Opcode::Text, text.as_bytes()),
        Sent::Binary(data) => (Opcode::Binary, &data[..]),
        Sent::Ping(payload) => (Opcode::Ping, &payload[..]),
        Sent::Pong(payload) => (Opcode::Pong, &payload[..]),
    };
    if opcode.is_control() {
        return Header { mask, ..Header::new(opcode, payload.len()) }.frame(payload);
    }
    let mut cuts: Vec<_> =
        cuts.iter().map(|cut| cut.index(payload.len() + 1)).chain([0, payload.len()]).collect();
    cuts.sort_unstable();
    let last = cuts.len() - 2;
    let fragments = cuts.windows(2).enumerate().flat_map(|(index, cut)| {
        let fragment = &payload[cut[0]..cut[1]];
        let opcode = if index == 0 { opcode } else { Opcode::Continuation };
        Header { fin: index == last, mask, ..Header::new(opcode, fragment.len()) }.frame(fragment)
    });
    fragments.collect()
}

/// A frame whose first byte and payload are likely to be wrong.
pub(crate) fn doubtful_frame() -> impl Strategy<Value = (u8, Vec<u8>)> {
    (
        prop::sample::select(vec![
            0x00_u8, 0x01, 0x02, 0x80, 0x81, 0x82, 0x89, 0x8a, 0x09, 0x83, 0x91, 0xc1, 0x8b,
        ]),
        prop_oneof![
            Just(b"text".to_vec()),
            Just("κό".as_bytes()[..3].to_vec()),
            Just(vec![0x8c]),
            proptest::collection::vec(any::<u8>(), 0..4),
            Just(vec![b'x'; 126]),
        ],
    )
}
