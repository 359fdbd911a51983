//! What a connection holds between messages: itself.

use chinwag_websocket::Connection;

use crate::wire::*;

#[test]
fn a_connection_is_small() {
    let bytes = size_of::<Connection>();
    println!("a connection is {bytes} bytes");
    assert!(bytes <= 96, "{bytes}");
}

#[test]
fn an_idle_connection_holds_no_buffer() {
    let mut connection = deflating_server();
    assert!(connection.is_idle());
    let steps: [(&str, Vec<u8>); 5] = [
        ("text", masked(FIN | TEXT, &[b'x'; 60_000])),
        ("fragments", [masked(BINARY, &[0; 30_000]), masked(FIN, &[0; 30_000])].concat()),
        ("compressed", masked(FIN | RSV1 | TEXT, &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00])),
        ("ping", masked(FIN | PING, &[0; 125])),
        ("pong", masked(FIN | PONG, &[0; 125])),
    ];
    for (case, bytes) in steps {
        for piece in bytes.chunks(1000) {
            feed(&mut connection, piece);
        }
        written(&mut connection);
        assert!(connection.is_idle(), "{case}");
        let state = format!("{connection:?}");
        assert!(state.contains("message: None, control: [], pending: None"), "{case}: {state}");
    }
}

#[test]
fn a_connection_with_something_at_hand_is_not_idle() {
    for bytes in
        [vec![0x81], masked(TEXT, b""), masked(FIN | TEXT, b"abc")[..8].to_vec(), masked(FIN | PING, b"")]
    {
        let mut connection = server();
        feed(&mut connection, &bytes);
        assert!(!connection.is_idle(), "{bytes:x?}");
    }
}
