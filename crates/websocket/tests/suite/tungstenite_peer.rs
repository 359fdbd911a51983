//! Against tungstenite, which knows no compression: whatever one says the other understands.

use std::io::{self, Read, Write};

use chinwag_websocket::{CloseCode, Event, Message};
use proptest::prelude::*;
use tungstenite::Message as Theirs;
use tungstenite::protocol::{Role as TheirRole, WebSocket};

use crate::sent::{Sent, doubtful_frame, event, our_frames, ours, sent};
use crate::wire::{KEY, feed, written};

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

fn theirs(sent: &Sent) -> Theirs {
    match sent.clone() {
        Sent::Text(text) => Theirs::Text(text.into()),
        Sent::Binary(data) => Theirs::Binary(data.into()),
        Sent::Ping(payload) => Theirs::Ping(payload.into()),
        Sent::Pong(payload) => Theirs::Pong(payload.into()),
    }
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
        let mut connection = ours(server);
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
    fn judges_random_frames_alike(frames in proptest::collection::vec(doubtful_frame(), 1..8)) {
        let bytes: Vec<u8> = frames.iter().flat_map(|(first, payload)| crate::wire::masked(*first, payload)).collect();
        let (events, violation) = feed(&mut ours(false), &bytes);

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
    for (server, role) in [(true, TheirRole::Server), (false, TheirRole::Client)] {
        let mut connection = ours(server);
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
