//! Against tungstenite, which knows no compression: whatever one says the other understands.

use std::io::{self, Read, Write};

use chinwag_websocket::frame::{Header, Opcode};
use chinwag_websocket::{CloseCode, Connection, Event, Limits, Message, Role};
use proptest::prelude::*;
use tungstenite::Message as Theirs;
use tungstenite::protocol::{Role as TheirRole, WebSocket};

use crate::wire::{KEY, feed, written};

const LIMITS: Limits = Limits { frame_bytes: 1 << 20, message_bytes: 1 << 20, fragments: 64 };

/// What was sent to tungstenite, in pieces, and what it wrote.
#[derive(Default)]
struct Pipe {
    input: Vec<Vec<u8>>,
    output: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(piece) = self.input.first_mut() else { return Err(io::ErrorKind::WouldBlock.into()) };
        let length = piece.len().min(buffer.len());
        buffer[..length].copy_from_slice(&piece[..length]);
        piece.drain(..length);
        if piece.is_empty() {
            self.input.remove(0);
        }
        Ok(length)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Clone, Debug)]
enum Sent {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

fn sent() -> impl Strategy<Value = Sent> {
    let payload = || proptest::collection::vec(any::<u8>(), 0..126);
    prop_oneof![
        ".{0,200}".prop_map(Sent::Text),
        (".{1,20}", 1_usize..5000).prop_map(|(text, times)| Sent::Text(text.repeat(times))),
        proptest::collection::vec(any::<u8>(), 0..70_000).prop_map(Sent::Binary),
        payload().prop_map(Sent::Ping),
        payload().prop_map(Sent::Pong),
    ]
}

fn ours(role: TheirRole) -> Connection {
    let role = match role {
        TheirRole::Client => Role::Server,
        TheirRole::Server => Role::Client { mask: || KEY },
    };
    Connection::new(role, LIMITS, None)
}

fn event(sent: &Sent) -> Event {
    match sent.clone() {
        Sent::Text(text) => Event::Message(Message::Text(text)),
        Sent::Binary(data) => Event::Message(Message::Binary(data)),
        Sent::Ping(payload) => Event::Ping(payload),
        Sent::Pong(payload) => Event::Pong(payload),
    }
}

fn theirs(sent: &Sent) -> Theirs {
    match sent.clone() {
        Sent::Text(text) => Theirs::Text(text.into()),
        Sent::Binary(data) => Theirs::Binary(data.into()),
        Sent::Ping(payload) => Theirs::Ping(payload.into()),
        Sent::Pong(payload) => Theirs::Pong(payload.into()),
    }
}

/// A message in as many frames as there are cuts, and one more; control frames are whole.
fn our_frames(sent: &Sent, cuts: &[prop::sample::Index], mask: Option<[u8; 4]>) -> Vec<u8> {
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn understands_what_we_send(
        messages in proptest::collection::vec((sent(), proptest::collection::vec(any::<prop::sample::Index>(), 0..4)), 1..6),
        piece in 1_usize..5000,
        server in any::<bool>(),
    ) {
        let (role, mask) = if server { (TheirRole::Server, Some(KEY)) } else { (TheirRole::Client, None) };
        let bytes: Vec<u8> = messages.iter().flat_map(|(sent, cuts)| our_frames(sent, cuts, mask)).collect();
        let pipe = Pipe { input: bytes.chunks(piece).map(<[u8]>::to_vec).collect(), ..Pipe::default() };
        let mut peer = WebSocket::from_raw_socket(pipe, role, None);
        for (sent, _) in &messages {
            prop_assert_eq!(peer.read().unwrap(), theirs(sent));
        }
        prop_assert!(matches!(peer.read(), Err(tungstenite::Error::Io(_))), "nothing more");
    }

    #[test]
    fn is_understood_by_us(
        messages in proptest::collection::vec(sent(), 1..6),
        piece in 1_usize..5000,
        server in any::<bool>(),
    ) {
        let role = if server { TheirRole::Server } else { TheirRole::Client };
        let mut peer = WebSocket::from_raw_socket(Pipe::default(), role, None);
        for sent in &messages {
            peer.send(theirs(sent)).unwrap();
        }
        let mut connection = ours(role);
        let mut events = Vec::new();
        for piece in peer.get_ref().output.chunks(piece) {
            let (more, violation) = feed(&mut connection, piece);
            prop_assert_eq!(violation, None);
            events.extend(more);
        }
        prop_assert_eq!(events, messages.iter().map(event).collect::<Vec<_>>());
    }

    /// Any bytes at all: what one accepts the other accepts, and both deliver the same messages.
    #[test]
    fn judges_random_frames_alike(
        frames in proptest::collection::vec(
            (
                prop::sample::select(vec![0x00_u8, 0x01, 0x02, 0x80, 0x81, 0x82, 0x89, 0x8a, 0x09, 0x83, 0x91, 0xc1, 0x8b]),
                prop_oneof![
                    Just(b"text".to_vec()),
                    Just("κό".as_bytes()[..3].to_vec()),
                    Just(vec![0x8c]),
                    proptest::collection::vec(any::<u8>(), 0..4),
                    Just(vec![b'x'; 126]),
                ],
            ),
            1..8,
        ),
    ) {
        let bytes: Vec<u8> = frames.iter().flat_map(|(first, payload)| crate::wire::masked(*first, payload)).collect();
        let (events, violation) = feed(&mut ours(TheirRole::Client), &bytes);

        let mut peer = WebSocket::from_raw_socket(Pipe { input: vec![bytes], ..Pipe::default() }, TheirRole::Server, None);
        let mut their_events = Vec::new();
        let refused = loop {
            match peer.read() {
                Ok(message) => their_events.push(message),
                Err(tungstenite::Error::Io(_)) => break false,
                Err(_) => break true,
            }
        };
        let our_events: Vec<_> = events.into_iter().map(|event| match event {
            Event::Message(Message::Text(text)) => Theirs::Text(text.into()),
            Event::Message(Message::Binary(data)) => Theirs::Binary(data.into()),
            Event::Ping(payload) => Theirs::Ping(payload.into()),
            Event::Pong(payload) => Theirs::Pong(payload.into()),
            Event::Close(_) => unreachable!("none is sent"),
        }).collect();
        prop_assert_eq!((our_events, violation.is_some()), (their_events, refused), "{:?}", violation);
    }
}

#[test]
fn closes_with_us() {
    for role in [TheirRole::Server, TheirRole::Client] {
        let mut connection = ours(role);
        connection.close(CloseCode::GOING_AWAY, "restart");
        let pipe = Pipe { input: vec![written(&mut connection)], ..Pipe::default() };
        let mut peer = WebSocket::from_raw_socket(pipe, role, None);
        let Theirs::Close(Some(close)) = peer.read().unwrap() else { panic!("no Close") };
        assert_eq!((u16::from(close.code), close.reason.as_str()), (1001, "restart"));
        let _ = peer.flush();
        let (events, violation) = feed(&mut connection, &peer.get_ref().output);
        assert_eq!((events.len(), violation), (1, None));
        assert!(matches!(&events[0], Event::Close(Some(close)) if close.code == CloseCode::GOING_AWAY));
    }
}
