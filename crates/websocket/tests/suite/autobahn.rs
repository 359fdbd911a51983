//! Autobahn's categories 1 to 7 and 10, rewritten as bytes in and bytes out of an echoing server.

use chinwag_websocket::{Connection, Event, Limits, Message, Role};

use crate::wire::*;

const LIMITS: Limits = Limits { frame_bytes: 1 << 20, message_bytes: 1 << 20, fragments: 1 << 10 };

/// What an echoing server writes.
fn echo(input: &[u8]) -> Vec<u8> {
    let run = |size| {
        let mut connection = Connection::new(Role::Server, LIMITS, None);
        let mut output = Vec::new();
        for mut piece in input.chunks(size) {
            loop {
                let event = connection.receive(&mut piece);
                if let Ok(Some(Event::Message(message))) = &event {
                    let frame = match message {
                        Message::Text(text) => connection.text(text, None),
                        Message::Binary(data) => connection.binary(data, None),
                    };
                    output.extend(frame.into_iter().flatten());
                }
                output.extend(written(&mut connection));
                if !matches!(event, Ok(Some(_))) {
                    break;
                }
            }
        }
        output
    };
    let whole = run(input.len().max(1));
    assert_eq!(run(1), whole);
    assert_eq!(run(997), whole);
    whole
}

/// That `input` ends with a Close of this code, after `before`.
fn echoes_and_fails(input: &[u8], before: &[u8], code: u16, case: &str) {
    let output = echo(input);
    assert!(output.starts_with(before), "{case}");
    let close = &output[before.len()..];
    assert_eq!(close.first(), Some(&(FIN | CLOSE)), "{case}");
    assert_eq!(close_code(close), Some(code), "{case}");
    assert_eq!(close.len(), 2 + usize::from(close[1]), "{case}: nothing after the Close");
}

#[test]
fn category_1_lengths() {
    for opcode in [TEXT, BINARY] {
        for length in [0, 125, 126, 127, 128, 65535, 65536] {
            let payload = vec![b'*'; length];
            assert_eq!(
                echo(&masked(FIN | opcode, &payload)),
                unmasked(FIN | opcode, &payload),
                "1.x {length}"
            );
        }
    }
}

#[test]
fn category_2_pings() {
    for payload in [&b""[..], b"Hello, world!", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", &[0xfe; 125]] {
        assert_eq!(echo(&masked(FIN | PING, payload)), unmasked(FIN | PONG, payload), "2.1 to 2.4");
    }
    echoes_and_fails(&masked(FIN | PING, &[0xfe; 126]), b"", 1002, "2.5");
    assert_eq!(echo(&masked(FIN | PONG, b"unsolicited")), b"", "2.7, 2.8");
    let bytes = [masked(FIN | PONG, b"unsolicited"), masked(FIN | PING, b"p")].concat();
    assert_eq!(echo(&bytes), unmasked(FIN | PONG, b"p"), "2.9");
    let (pings, pongs): (Vec<_>, Vec<_>) =
        (0..10_u8).map(|number| (masked(FIN | PING, &[number]), unmasked(FIN | PONG, &[number]))).unzip();
    assert_eq!(echo(&pings.concat()), pongs.concat(), "2.10");
}

#[test]
fn category_3_reserved_bits() {
    let hello = masked(FIN | TEXT, b"Hello, world!");
    let echoed = unmasked(FIN | TEXT, b"Hello, world!");
    for (rsv, case) in
        [(0x10, "3.1"), (0x20, "3.2"), (0x30, "3.3"), (0x40, "3.4"), (0x50, "3.5"), (0x60, "3.6")]
    {
        let bytes = [&hello[..], &masked(FIN | rsv | TEXT, b"x"), &masked(FIN | PING, b"")].concat();
        echoes_and_fails(&bytes, &echoed, 1002, case);
    }
    echoes_and_fails(&masked(FIN | 0x70 | PING, b""), b"", 1002, "3.7");
}

#[test]
fn category_4_reserved_opcodes() {
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        for payload in [&b""[..], b"reserved opcode payload"] {
            let bytes =
                [masked(FIN | TEXT, b"hi"), masked(FIN | opcode, payload), masked(FIN | PING, b"")].concat();
            echoes_and_fails(&bytes, &unmasked(FIN | TEXT, b"hi"), 1002, &format!("4.x opcode {opcode}"));
        }
    }
}

#[test]
fn category_5_fragments() {
    let whole = unmasked(FIN | TEXT, b"fragment1fragment2");
    let pong = unmasked(FIN | PONG, b"ping payload");
    let (first, last) = (masked(TEXT, b"fragment1"), masked(FIN, b"fragment2"));
    let ping = masked(FIN | PING, b"ping payload");
    echoes_and_fails(&[masked(PING, b"f1"), masked(FIN, b"f2")].concat(), b"", 1002, "5.1");
    echoes_and_fails(&[masked(PONG, b"f1"), masked(FIN, b"f2")].concat(), b"", 1002, "5.2");
    assert_eq!(echo(&[&first[..], &last].concat()), whole, "5.3 to 5.5");
    assert_eq!(echo(&[&first[..], &ping, &last].concat()), [&pong[..], &whole].concat(), "5.6 to 5.8");
    for fin in [0, FIN] {
        let bytes = [masked(fin, b"non-continuation payload"), masked(FIN | TEXT, b"Hello, world!")].concat();
        echoes_and_fails(&bytes, b"", 1002, "5.9 to 5.14");
    }
    let bytes = [&first[..], &last, &masked(0, b"f3"), &masked(TEXT, b"f4"), &masked(FIN, b"f5")].concat();
    echoes_and_fails(&bytes, &whole, 1002, "5.15");
    echoes_and_fails(
        &[masked(0, b"f1"), masked(TEXT, b"f2"), masked(FIN, b"f3")].concat(),
        b"",
        1002,
        "5.16",
    );
    echoes_and_fails(
        &[masked(FIN, b"f1"), masked(TEXT, b"f2"), masked(FIN, b"f3")].concat(),
        b"",
        1002,
        "5.17",
    );
    echoes_and_fails(&[masked(TEXT, b"f1"), masked(FIN | TEXT, b"f2")].concat(), b"", 1002, "5.18");
    let (one, two) = (masked(FIN | PING, b"1"), masked(FIN | PING, b"2"));
    let bytes =
        [&first[..], &masked(0, b"-"), &one, &masked(0, b"-"), &masked(0, b"-"), &two, &last].concat();
    let pongs = [unmasked(FIN | PONG, b"1"), unmasked(FIN | PONG, b"2")].concat();
    let expected = [pongs, unmasked(FIN | TEXT, b"fragment1---fragment2")].concat();
    assert_eq!(echo(&bytes), expected, "5.19, 5.20");
}

#[test]
fn category_6_utf8() {
    let greek = "Hello-µ@ßöäüàá-UTF-8!!".as_bytes();
    assert_eq!(echo(&masked(FIN | TEXT, greek)), unmasked(FIN | TEXT, greek), "6.2.1");
    assert_eq!(
        echo(&[masked(TEXT, b""), masked(0, b""), masked(FIN, b"")].concat()),
        unmasked(FIN | TEXT, b""),
        "6.1"
    );
    let bytewise: Vec<u8> = greek
        .iter()
        .enumerate()
        .flat_map(|(index, byte)| masked(if index == 0 { TEXT } else { 0 }, &[*byte]))
        .chain(masked(FIN, b""))
        .collect();
    assert_eq!(echo(&bytewise), unmasked(FIN | TEXT, greek), "6.2.3");
    // 6.5 to 6.23: the first and last of each length, boundaries and non-characters are text.
    for valid in [
        "\0",
        "\u{7f}",
        "\u{80}",
        "\u{7ff}",
        "\u{800}",
        "\u{d7ff}",
        "\u{e000}",
        "\u{fffd}",
        "\u{fffe}",
        "\u{ffff}",
        "\u{10000}",
        "\u{1fffe}",
        "\u{2ffff}",
        "\u{feff}",
        "\u{10fffe}",
        "\u{10ffff}",
    ] {
        let valid = valid.as_bytes();
        assert_eq!(echo(&masked(FIN | TEXT, valid)), unmasked(FIN | TEXT, valid), "{valid:x?}");
    }
}

#[test]
fn category_7_closes() {
    let close = |code, reason: &[u8]| masked(FIN | CLOSE, &close_body(code, reason));
    let hello = masked(FIN | TEXT, b"Hello");
    let echoed = unmasked(FIN | TEXT, b"Hello");
    let closed = unmasked(FIN | CLOSE, &close_body(1000, b""));
    assert_eq!(echo(&[&hello[..], &close(1000, b"")].concat()), [&echoed[..], &closed].concat(), "7.1.1");
    assert_eq!(echo(&[close(1000, b""), close(1000, b"")].concat()), closed, "7.1.2");
    assert_eq!(echo(&[close(1000, b""), masked(FIN | PING, b"")].concat()), closed, "7.1.3");
    assert_eq!(echo(&[&close(1000, b""), &hello[..]].concat()), closed, "7.1.4");
    assert_eq!(
        echo(&[&masked(TEXT, b"f1"), &close(1000, b"")[..], &masked(FIN, b"f2")].concat()),
        closed,
        "7.1.5"
    );
    assert_eq!(echo(&masked(FIN | CLOSE, b"")), unmasked(FIN | CLOSE, b""), "7.3.1");
    echoes_and_fails(&masked(FIN | CLOSE, b"a"), b"", 1002, "7.3.2");
    assert_eq!(echo(&close(1000, b"")), closed, "7.3.3");
    assert_eq!(echo(&close(1000, b"Hello World!")), closed, "7.3.4");
    assert_eq!(echo(&close(1000, &[b'*'; 123])), closed, "7.3.5");
    echoes_and_fails(&close(1000, &[b'*'; 124]), b"", 1002, "7.3.6");
    let broken = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80\x65\x64\x69\x74\x65\x64";
    echoes_and_fails(&close(1000, broken), b"", 1007, "7.5.1");
    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999] {
        assert_eq!(echo(&close(code, b"")), unmasked(FIN | CLOSE, &close_body(code, b"")), "7.7 {code}");
    }
    for code in [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535] {
        echoes_and_fails(&close(code, b""), b"", 1002, &format!("7.9, 7.13 {code}"));
    }
}

#[test]
fn category_10_automatic_fragments() {
    let payload = [b'*'; 65536];
    let frames: Vec<u8> = payload
        .chunks(1300)
        .enumerate()
        .flat_map(|(index, chunk)| {
            let first = if index == 0 { TEXT } else { 0 };
            masked(first | if chunk.len() < 1300 { FIN } else { 0 }, chunk)
        })
        .collect();
    assert_eq!(echo(&frames), unmasked(FIN | TEXT, &payload), "10.1.1");
}
