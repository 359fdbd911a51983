use super::*;

fn event(id: &str, event: &str, data: &str) -> SseEvent {
    SseEvent { id: id.to_owned(), event: event.to_owned(), data: data.to_owned() }
}

fn events(parser: &mut SseParser) -> Vec<SseEvent> {
    std::iter::from_fn(|| parser.next_event()).collect()
}

fn parse(input: &[u8]) -> Vec<SseEvent> {
    let mut parser = SseParser::new(1_000);
    parser.push(input).unwrap();
    events(&mut parser)
}

/// Inputs with what a browser makes of them.
fn table() -> Vec<(&'static str, Vec<SseEvent>)> {
    vec![
        ("data: a\n\n", vec![event("", "message", "a")]),
        ("data:a\n\n", vec![event("", "message", "a")]),
        ("data:  a\n\n", vec![event("", "message", " a")]),
        ("data: a\r\n\r\n", vec![event("", "message", "a")]),
        ("data: a\r\r", vec![event("", "message", "a")]),
        ("data: a\r\rdata: b\n\r", vec![event("", "message", "a"), event("", "message", "b")]),
        ("data: a\n\r\ndata: b\r\n\n", vec![event("", "message", "a"), event("", "message", "b")]),
        // Several lines of data are one text.
        ("data: a\ndata: b\rdata: c\r\n\n", vec![event("", "message", "a\nb\nc")]),
        // Without data there is no event, with empty data there is.
        ("event: x\nid: 1\n\n", vec![]),
        ("data\n\ndata\ndata\n\ndata:", vec![event("", "message", ""), event("", "message", "\n")]),
        // The type is of one event, the id stays, even from a block that is no event.
        ("event: x\nid: 1\ndata: a\n\ndata: b\n\n", vec![event("1", "x", "a"), event("1", "message", "b")]),
        ("id: 7\n\ndata: a\n\n", vec![event("7", "message", "a")]),
        ("id: 7\ndata: a\n\nid\ndata: b\n\n", vec![event("7", "message", "a"), event("", "message", "b")]),
        (
            "id: 7\ndata: a\n\nid: 8\09\ndata: b\n\n",
            vec![event("7", "message", "a"), event("7", "message", "b")],
        ),
        // A field may come twice: the last one counts.
        ("id: 1\nid: 2\nevent: x\nevent: y\ndata: a\n\n", vec![event("2", "y", "a")]),
        // Comments and unknown fields.
        (": beat\n\n:\n\ndatum: a\ndata: b\n data: c\nDATA: d\n\n", vec![event("", "message", "b")]),
        ("data: a:b: c\n\n", vec![event("", "message", "a:b: c")]),
        // One byte order mark at the very beginning is not content, any other is.
        ("\u{feff}data: a\n\n", vec![event("", "message", "a")]),
        ("\u{feff}\u{feff}data: a\n\n", vec![]),
        ("data: a\n\n\u{feff}data: b\n\n", vec![event("", "message", "a")]),
        ("data: \u{feff}a\n\n", vec![event("", "message", "\u{feff}a")]),
        // What is not finished at the end is not an event.
        ("data: a\n\ndata: b\n", vec![event("", "message", "a")]),
        ("data: a\n\ndata: b", vec![event("", "message", "a")]),
        ("data: käse 茶 👩‍👩‍👧\nid: ☕\n\n", vec![event("☕", "message", "käse 茶 👩‍👩‍👧")]),
        // Other separators of Unicode end no line.
        ("data: a\u{2028}b\u{85}c\u{b}d\n\n", vec![event("", "message", "a\u{2028}b\u{85}c\u{b}d")]),
    ]
}

#[test]
fn events_are_what_a_browser_makes_of_them() {
    for (input, expected) in table() {
        assert_eq!(parse(input.as_bytes()), expected, "{input:?}");
    }
}

#[test]
fn events_survive_a_cut_at_every_byte() {
    for (input, expected) in table() {
        let bytes = input.as_bytes();
        for cut in 0..=bytes.len() {
            let mut parser = SseParser::new(1_000);
            parser.push(&bytes[..cut]).unwrap();
            parser.push(&[]).unwrap();
            parser.push(&bytes[cut..]).unwrap();
            assert_eq!(events(&mut parser), expected, "{input:?} cut at {cut}");
        }
    }
}

#[test]
fn events_survive_single_bytes() {
    for (input, expected) in table() {
        let mut parser = SseParser::new(1_000);
        for byte in input.as_bytes() {
            parser.push(&[*byte]).unwrap();
        }
        assert_eq!(events(&mut parser), expected, "{input:?}");
    }
}

#[test]
fn an_event_is_given_out_at_its_last_byte() {
    // The CR ends the empty line; whether a LF follows is nothing to wait for.
    let mut parser = SseParser::new(1_000);
    parser.push(b"data: a\r\n\r").unwrap();
    assert_eq!(events(&mut parser), [event("", "message", "a")]);
    parser.push(b"\ndata: b\r\n\r\n").unwrap();
    assert_eq!(events(&mut parser), [event("", "message", "b")]);
}

#[test]
fn broken_utf_8_becomes_replacement_characters() {
    assert_eq!(parse(b"data: a\xe2\x82\ndata: \xffb\n\n"), [event("", "message", "a\u{fffd}\n\u{fffd}b")]);
}

#[test]
fn retry_is_digits_alone() {
    for (input, expected) in [
        ("retry: 1500\n", Some(1_500)),
        ("retry:0\r", Some(0)),
        ("retry: 10\nretry: 20\n", Some(20)),
        ("retry: 10\nretry: x\n", Some(10)),
        ("retry: 10\nretry: 99999999999999999999999\n", Some(10)),
        ("retry: -1\n", None),
        ("retry: 1.5\n", None),
        ("retry: +1\n", None),
        ("retry:  1\n", None),
        ("retry\n", None),
        ("retry: 10", None),
    ] {
        let mut parser = SseParser::new(1_000);
        parser.push(input.as_bytes()).unwrap();
        assert_eq!(parser.retry_ms(), expected, "{input:?}");
    }
}

#[test]
fn lines_and_events_are_bounded() {
    let mut parser = SseParser::new(8);
    assert_eq!(parser.push(b"data: 12\n\n"), Ok(()));
    assert_eq!(parser.push(b"data: 123\n\n"), Err(SseTooLong { limit: 8 }));
    let mut parser = SseParser::new(8);
    assert!((0..8).all(|_| parser.push(b":").is_ok()));
    assert_eq!(parser.push(b":"), Err(SseTooLong { limit: 8 }));
    let mut parser = SseParser::new(8);
    let taken = (0..100).take_while(|_| parser.push(b"data: 12\n").is_ok()).count();
    assert_eq!(taken, 3);
}
