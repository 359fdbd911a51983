//! Instructions of the codec; `tests/instructions.toml` has the limits.

#![expect(missing_docs, unused_qualifications, reason = "the macros write so")]

use std::hint::black_box;

use chinwag_websocket::frame::{Header, Opcode};
use chinwag_websocket::{Connection, Deflater, Event, Limits, Message, Role};
use gungraun::{library_benchmark, library_benchmark_group, main};

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A server's connection between messages, and a masked text frame of so many bytes.
fn heard(bytes: usize) -> (Connection, Vec<u8>) {
    let limits = Limits { frame_bytes: 1 << 20, message_bytes: 1 << 20, fragments: 16 };
    let text = vec![b'x'; bytes];
    let frame = Header { mask: Some(KEY), ..Header::new(Opcode::Text, bytes) }.frame(&text);
    (Connection::new(Role::Server, limits, None), frame)
}

fn compressor() -> (Deflater, String) {
    let mut deflater = Deflater::new(256);
    let record = r#"{"type":"message","conversation":"0198c0de-1111-7222-8333-444455556666","seq":17,"n":16,"sender":{"id":"0198c0de-aaaa-7bbb-8ccc-ddddeeeeffff","name":"Ada Lovelace","version":1},"client_id":"0198c0de-9999-7888-8777-666655554444","text":"well, I think we could meet at the usual place","sent_at":1795336245007,"cursor":"AAAAAAAAAAAAAAAAAAAAAA"}"#;
    // Once, so that what is allocated for good is.
    deflater.deflate(record.as_bytes());
    (deflater, record.to_owned())
}

#[library_benchmark]
#[bench::hundred_bytes(heard(100))]
#[bench::four_kib(heard(4096))]
fn decode((mut connection, frame): (Connection, Vec<u8>)) -> Connection {
    let event = connection.receive(&mut black_box(&frame[..]));
    assert!(matches!(event, Ok(Some(Event::Message(Message::Text(_))))));
    connection
}

#[library_benchmark]
fn encode_header() -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16);
    Header::new(Opcode::Text, black_box(300)).write(&mut bytes);
    bytes
}

#[library_benchmark]
#[bench::record(compressor())]
fn deflate((mut deflater, record): (Deflater, String)) -> Deflater {
    assert!(black_box(deflater.deflate(record.as_bytes())).is_some());
    deflater
}

library_benchmark_group!(name = websocket, benchmarks = [decode, encode_header, deflate]);
main!(library_benchmark_groups = websocket);
