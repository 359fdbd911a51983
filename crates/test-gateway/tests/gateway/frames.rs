//! Frames as bytes, good and bad, over each protocol that carries a WebSocket. The names are those of the cases.

use chinwag_websocket::Deflater;

use crate::server::Server;
use crate::socket::{CLOSE, COMPRESSED, DEFLATE, Over, PING, PONG, Socket, TEXT, inflate, masked};

const FIN: u8 = 0x80;
/// Bytes that one message may have.
const MESSAGE_BYTES_MAX: usize = 256 << 10;

async fn each(test: impl AsyncFn(&Server, &str, Over)) {
    let server = Server::start().await;
    let token = server.guest("Ada").await;
    for over in Over::ALL {
        test(&server, &token, over).await;
    }
    // Whatever was sent, everyone else is served as before.
    assert_eq!(server.json(&token, "GET", "/v1/session", "").await.status, 200);
}

/// Each of these bytes, as the first that are sent, ends the connection with this code.
async fn expect_codes(table: &[(&str, Vec<u8>, u16)]) {
    each(async |server, token, over| {
        for (what, bytes, code) in table {
            let mut socket = Socket::open(server, over, token, &[]).await;
            socket.send(bytes).await;
            assert_eq!(socket.closed().await, Some(*code), "{what}, {over:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn f1_unmasked() {
    expect_codes(&[
        ("text", b"\x81\x02{}".to_vec(), 1002),
        ("ping", b"\x89\x00".to_vec(), 1002),
        ("close", b"\x88\x02\x03\xe8".to_vec(), 1002),
    ])
    .await;
}

#[tokio::test]
async fn f2_reserved_bits() {
    expect_codes(&[
        ("RSV1 without an extension", masked(COMPRESSED, b"{}"), 1002),
        ("RSV2", masked(TEXT | 0x20, b"{}"), 1002),
        ("RSV3", masked(TEXT | 0x10, b"{}"), 1002),
        ("RSV1 of a ping", masked(PING | 0x40, b""), 1002),
        ("all of them", masked(TEXT | 0x70, b"{}"), 1002),
    ])
    .await;
}

#[tokio::test]
async fn f3_reserved_opcodes() {
    let table: Vec<(&str, Vec<u8>, u16)> =
        [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(|opcode| ("opcode", masked(FIN | opcode, b""), 1002)).into();
    expect_codes(&table).await;
}

#[tokio::test]
async fn f4_control_frames() {
    let mut long_close = 1000u16.to_be_bytes().to_vec();
    long_close.resize(126, b'x');
    expect_codes(&[
        ("a fragmented ping", masked(0x09, b""), 1002),
        ("a fragmented pong", masked(0x0a, b""), 1002),
        ("a fragmented close", masked(0x08, b""), 1002),
        ("a long ping", masked(PING, &[b'x'; 126]), 1002),
        ("a long close", masked(CLOSE, &long_close), 1002),
    ])
    .await;
    each(async |server, token, over| {
        // Between fragments they are allowed, and answered.
        let mut socket = Socket::open(server, over, token, &[]).await;
        socket.send(masked(0x01, b"{")).await;
        assert!(socket.is_alive().await);
        socket.send(masked(0x80, b"}")).await;
        assert!(socket.is_alive().await);
        socket.send(masked(PING, &[b'x'; 125])).await;
        while socket.frame().await != (PONG, vec![b'x'; 125]) {}
    })
    .await;
}

#[tokio::test]
async fn f5_order_of_fragments() {
    let within = [masked(0x01, b"{"), masked(TEXT, b"{}")].concat();
    expect_codes(&[
        ("a continuation of nothing", masked(0x80, b"{}"), 1002),
        ("an open continuation of nothing", masked(0x00, b"{}"), 1002),
        ("new data within a message", within, 1002),
    ])
    .await;
}

#[tokio::test]
async fn f6_bad_utf8_split_at_every_byte() {
    let bad: [&[u8]; 6] = [
        b"\"\xff\"",
        b"\"\xc0\xaf\"",
        b"\"\xed\xa0\x80\"",
        b"\"\xf4\x90\x80\x80\"",
        b"\"\xe2\x82",
        b"\"\xf8\x88\x80\x80\x80\"",
    ];
    let mut table = Vec::new();
    for text in bad {
        for at in 0..=text.len() {
            let frames = [masked(0x01, &text[..at]), masked(0x80, &text[at..])].concat();
            table.push(("bad UTF-8", frames, 1007));
        }
    }
    expect_codes(&table).await;
    each(async |server, token, over| {
        // A character may be cut by any border.
        let text = "\"é茶👋\"".as_bytes();
        let mut socket = Socket::open(server, over, token, &[]).await;
        for at in 0..=text.len() {
            socket.send(masked(0x01, &text[..at])).await;
            socket.send(masked(0x80, &text[at..])).await;
        }
        assert!(socket.is_alive().await);
    })
    .await;
}

#[tokio::test]
async fn f7_close_bodies() {
    let mut table: Vec<(&str, Vec<u8>, u16)> =
        [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535]
            .map(|code: u16| ("a code that may not be sent", masked(CLOSE, &code.to_be_bytes()), 1002))
            .into();
    table.push(("a body of one byte", masked(CLOSE, b"\x03"), 1002));
    table.push(("a reason that is not UTF-8", masked(CLOSE, b"\x03\xe8\xff\xff"), 1007));
    for code in [1000u16, 1001, 1003, 1011, 3000, 4999] {
        table.push(("a good code is echoed", masked(CLOSE, &code.to_be_bytes()), code));
    }
    table.push(("none is echoed as none", masked(CLOSE, b""), 1005));
    expect_codes(&table).await;
}

#[tokio::test]
async fn f8_absurd_lengths() {
    let key = [1, 2, 3, 4];
    let announce = |length: u64| [&[TEXT, 0xff], &length.to_be_bytes()[..], &key[..]].concat();
    expect_codes(&[
        ("the top bit", announce(1 << 63), 1002),
        ("2^40", announce(1 << 40), 1009),
        ("not the shortest form of 16 bits", [&[TEXT, 0xfe, 0, 5], &key[..], b"hello"].concat(), 1002),
        ("not the shortest form of 64 bits", announce(5), 1002),
    ])
    .await;
}

#[tokio::test]
async fn f9_limits() {
    let exact = vec![b' '; MESSAGE_BYTES_MAX];
    let more = vec![b' '; MESSAGE_BYTES_MAX + 1];
    let half = vec![b' '; MESSAGE_BYTES_MAX / 2];
    let sum = [masked(0x01, &half), masked(0x00, &half), masked(0x80, b" ")].concat();
    expect_codes(&[("one byte more", masked(TEXT, &more), 1009), ("as a sum", sum, 1009)]).await;
    each(async |server, token, over| {
        let mut socket = Socket::open(server, over, token, &[]).await;
        socket.send(masked(TEXT, &exact)).await;
        socket.send(masked(0x01, &half)).await;
        socket.send(masked(0x80, &half)).await;
        assert!(socket.is_alive().await, "{over:?}");
    })
    .await;
}

#[tokio::test]
async fn f10_a_million_fragments() {
    for payload in [&b""[..], b" "] {
        each(async |server, token, over| {
            let mut socket = Socket::open(server, over, token, &[]).await;
            socket.send(masked(0x01, payload)).await;
            let thousand = masked(0x00, payload).repeat(1_000);
            for _ in 0..1_000 {
                if !socket.send_if_open(&thousand).await {
                    break;
                }
            }
            // What the kernel had taken when the server closed may reset the connection before the Close is read.
            assert!(matches!(socket.closed().await, Some(1009) | None), "{over:?}");
        })
        .await;
    }
    expect_codes(&[(
        "a fragment more than a message may have",
        [masked(0x01, b""), masked(0x00, b"").repeat(256)].concat(),
        1009,
    )])
    .await;
}

#[tokio::test]
async fn f11_deflate_bomb() {
    let bomb = Deflater::new(0).deflate(&vec![b' '; 64 << 20]).unwrap();
    assert!(bomb.len() < 128 << 10);
    each(async |server, token, over| {
        let mut socket = Socket::open(server, over, token, &[DEFLATE]).await;
        socket.send(masked(COMPRESSED, &bomb)).await;
        assert_eq!(socket.closed().await, Some(1009), "{over:?}");
        // What inflates within the limit passes, and what does not inflate is 1007.
        let good = Deflater::new(0).deflate(&[b' '; 10_000]).unwrap();
        let mut socket = Socket::open(server, over, token, &[DEFLATE]).await;
        socket.send(masked(COMPRESSED, &good)).await;
        assert!(socket.is_alive().await);
        socket.send(masked(COMPRESSED, b"\xff\xff\xff")).await;
        assert_eq!(socket.closed().await, Some(1007), "{over:?}");
    })
    .await;
}

#[tokio::test]
async fn f12_a_flood_of_pings() {
    each(async |server, token, over| {
        for kind in [PING, PONG] {
            let mut socket = Socket::open(server, over, token, &[]).await;
            let hundred = masked(kind, b"flood").repeat(100);
            for _ in 0..20 {
                if !socket.send_if_open(&hundred).await {
                    break;
                }
            }
            let (mut pongs, mut code) = (0, None);
            while let Some((first, payload)) = socket.next().await {
                match first {
                    PONG => pongs += 1,
                    CLOSE => code = Some(u16::from_be_bytes([payload[0], payload[1]])),
                    _ => panic!("{first:#x}"),
                }
            }
            assert!(matches!(code, Some(1008) | None), "{code:?}, {over:?}");
            assert!(pongs <= 200, "{pongs} pongs, {over:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn f13_data_after_close() {
    each(async |server, token, over| {
        let mut socket = Socket::open(server, over, token, &[]).await;
        let mut bytes = masked(CLOSE, &1000u16.to_be_bytes());
        bytes.extend(masked(TEXT, b"not JSON"));
        bytes.extend(b"no frame at all");
        socket.send(bytes).await;
        let mut answered = 0;
        while let Some((first, payload)) = socket.next().await {
            assert_eq!((first, &payload[..]), (CLOSE, &1000u16.to_be_bytes()[..]), "{over:?}");
            answered += 1;
        }
        assert_eq!(answered, 1);
    })
    .await;
}

#[tokio::test]
async fn f15_binary() {
    expect_codes(&[
        ("binary", masked(0x82, b"{}"), 1003),
        ("fragmented binary", [masked(0x02, b"{"), masked(0x80, b"}")].concat(), 1003),
    ])
    .await;
}

#[tokio::test]
async fn a_compressed_record_is_the_record() {
    each(async |server, token, over| {
        let (room, _) = server.room(token, "tea").await;
        let mut plain = Socket::open(server, over, token, &[]).await;
        let mut compressed = Socket::open(server, over, token, &[DEFLATE]).await;
        let text = "well ".repeat(200);
        server.send(token, &room, &text).await;
        let record = plain.json().await;
        assert_eq!(record["text"], text);
        let (first, payload) = compressed.frame().await;
        assert_eq!(first, COMPRESSED);
        assert!(payload.len() < 500, "{} bytes", payload.len());
        let inflated = inflate(&payload);
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&inflated).unwrap(), record);
    })
    .await;
}
