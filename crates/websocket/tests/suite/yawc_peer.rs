//! Against yawc, with and without permessage-deflate, over a pipe in memory.

use chinwag_websocket::{Connection, Deflate, Deflater, Event, Limits, Message, Role};
use futures_util::{SinkExt as _, StreamExt as _};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use yawc::frame::{Frame, OpCode};
use yawc::{Options, Role as TheirRole, WebSocket};

use crate::wire::{KEY, feed};

const LIMITS: Limits = Limits { frame_bytes: 1 << 20, message_bytes: 1 << 20, fragments: 1 << 10 };

/// What was agreed on: nothing, or compression with our own window limited to this.
fn agreed(window_bits: Option<u8>, role: TheirRole) -> Option<String> {
    let ours = if matches!(role, TheirRole::Client) { "server" } else { "client" };
    let bits = window_bits?;
    Some(format!(
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; {ours}_max_window_bits={bits}"
    ))
}

fn peer(
    pipe: DuplexStream,
    role: TheirRole,
    window_bits: Option<u8>,
    fragment: Option<usize>,
) -> WebSocket<DuplexStream> {
    let mut options = Options::default().with_utf8();
    if window_bits.is_some() {
        options =
            options.with_balanced_compression().server_no_context_takeover().client_no_context_takeover();
    }
    if let Some(fragment) = fragment {
        options = options.with_max_fragment_size(fragment);
    }
    WebSocket::from_stream_with_extensions(pipe, role, agreed(window_bits, role).as_deref(), options).unwrap()
}

fn ours(role: TheirRole, window_bits: Option<u8>) -> Connection {
    let role = match role {
        TheirRole::Client => Role::Server,
        TheirRole::Server => Role::Client { mask: || KEY },
    };
    Connection::new(role, LIMITS, window_bits.map(|window_bits| Deflate { window_bits }))
}

fn message() -> impl Strategy<Value = Message> {
    prop_oneof![
        ".{0,100}".prop_map(Message::Text),
        (".{1,20}", 1_usize..3000).prop_map(|(text, times)| Message::Text(text.repeat(times))),
        proptest::collection::vec(any::<u8>(), 0..5000).prop_map(Message::Binary),
        (proptest::collection::vec(any::<u8>(), 1..100), 1_usize..500)
            .prop_map(|(data, times)| Message::Binary(data.repeat(times))),
    ]
}

fn role(server: bool) -> TheirRole {
    if server { TheirRole::Server } else { TheirRole::Client }
}

/// Nothing, or compression with a window; yawc knows none of 8.
fn window() -> impl Strategy<Value = Option<u8>> {
    prop_oneof![Just(None), (9_u8..=15).prop_map(Some)]
}

fn run(future: impl Future<Output = Result<(), TestCaseError>>) -> Result<(), TestCaseError> {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn understands_what_we_send(
        messages in proptest::collection::vec(message(), 1..5),
        server in any::<bool>(),
        window_bits in window(),
    ) {
        run(async move {
            let (mut near, far) = tokio::io::duplex(1 << 24);
            let mut peer = peer(far, role(server), window_bits, None);
            let connection = ours(role(server), window_bits);
            let mut deflater = Deflater::new(0);
            for message in &messages {
                let frame = match message {
                    Message::Text(text) => connection.text(text, Some(&mut deflater)),
                    Message::Binary(data) => connection.binary(data, Some(&mut deflater)),
                };
                near.write_all(&frame.unwrap()).await.unwrap();
            }
            for message in &messages {
                let frame = peer.next().await.unwrap();
                let (opcode, payload) = match message {
                    Message::Text(text) => (OpCode::Text, text.as_bytes()),
                    Message::Binary(data) => (OpCode::Binary, &data[..]),
                };
                prop_assert_eq!((frame.opcode(), &frame.payload()[..]), (opcode, payload));
            }
            Ok(())
        })?;
    }

    #[test]
    fn is_understood_by_us(
        messages in proptest::collection::vec(message(), 1..5),
        server in any::<bool>(),
        window_bits in window(),
        fragment in proptest::option::of(200_usize..5000),
        piece in 1_usize..5000,
    ) {
        run(async move {
            let (mut near, far) = tokio::io::duplex(1 << 24);
            let mut peer = peer(far, role(server), window_bits, fragment);
            for message in &messages {
                let frame = match message.clone() {
                    Message::Text(text) => Frame::text(text),
                    Message::Binary(data) => Frame::binary(data),
                };
                peer.send(frame).await.unwrap();
            }
            drop(peer);
            let mut bytes = Vec::new();
            near.read_to_end(&mut bytes).await.unwrap();
            let mut connection = ours(role(server), window_bits);
            let mut events = Vec::new();
            for piece in bytes.chunks(piece) {
                let (more, violation) = feed(&mut connection, piece);
                prop_assert_eq!(violation, None);
                events.extend(more);
            }
            prop_assert_eq!(events, messages.into_iter().map(Event::Message).collect::<Vec<_>>());
            Ok(())
        })?;
    }
}

/// That the properties above do compare compressed frames.
#[test]
fn both_sides_compress() {
    let text = "compressible ".repeat(100);
    for server in [false, true] {
        let frame = ours(role(server), Some(15)).text(&text, Some(&mut Deflater::new(0))).unwrap();
        run(async {
            let (mut near, far) = tokio::io::duplex(1 << 16);
            let mut peer = peer(far, role(server), Some(15), None);
            near.write_all(&frame).await.unwrap();
            let received = peer.next().await.unwrap();
            prop_assert_eq!(received.payload(), text.as_bytes());
            peer.send(Frame::text(text.clone())).await.unwrap();
            let (theirs, ours) = (near.read_u8().await.unwrap(), frame[0]);
            prop_assert_eq!((theirs, ours), (0xc1, 0xc1));
            Ok(())
        })
        .unwrap();
    }
}
