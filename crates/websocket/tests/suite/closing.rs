//! F7 and F13: the closing handshake, its codes, and who closes TCP.

use chinwag_websocket::{CloseCode, Closing, Connection, Ending, Event, Violation};

use crate::wire::*;

#[test]
fn codes_that_must_not_be_sent() {
    for code in [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
        assert_eq!(CloseCode::new(code), None);
        fails(server, &masked(FIN | CLOSE, &close_body(code, b"")), 1002, &format!("F7 {code}"));
        fails(
            server,
            &masked(FIN | CLOSE, &close_body(code, b"why")),
            1002,
            &format!("F7 {code} with a reason"),
        );
    }
}

#[test]
fn codes_are_echoed_without_their_reason() {
    for code in
        [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
    {
        let echo = unmasked(FIN | CLOSE, &close_body(code, b""));
        let (events, violation, written) = serve(&masked(FIN | CLOSE, &close_body(code, "Füße".as_bytes())));
        assert_eq!((events, violation, written), (vec![close(code, "Füße")], None, echo), "{code}");
    }
}

#[test]
fn bodies() {
    let echo = unmasked(FIN | CLOSE, b"");
    assert_eq!(serve(&masked(FIN | CLOSE, b"")), (vec![Event::Close(None)], None, echo), "none");
    fails(server, &masked(FIN | CLOSE, b"\x03"), 1002, "F7 one byte");
    let longest = [b'r'; 123];
    let (events, ..) = serve(&masked(FIN | CLOSE, &close_body(1000, &longest)));
    assert_eq!(events, vec![close(1000, str::from_utf8(&longest).unwrap())]);
    for reason in
        [&b"\xff"[..], b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80", b"cut \xf0\x9f\x98"]
    {
        fails(server, &masked(FIN | CLOSE, &close_body(1000, reason)), 1007, "F7 reason that is no UTF-8");
    }
}

#[test]
fn everything_after_the_peers_close_is_ignored() {
    for after in
        [masked(FIN | TEXT, b"late"), masked(FIN | PING, b"late"), unmasked(0xff, b"broken"), vec![0; 500]]
    {
        let bytes = [masked(FIN | CLOSE, &close_body(1000, b"")), after].concat();
        let echo = unmasked(FIN | CLOSE, &close_body(1000, b""));
        assert_eq!(serve(&bytes), (vec![close(1000, "")], None, echo), "F13");
    }
}

#[test]
fn everything_after_a_violation_is_ignored() {
    let mut connection = server();
    let (events, violation) = feed(&mut connection, &masked(FIN | 0x3, b""));
    assert_eq!((events, violation), (vec![], Some(Violation::ReservedOpcode(3))));
    assert_eq!(feed(&mut connection, &masked(FIN | TEXT, b"late")), (vec![], None));
    assert_eq!(feed(&mut connection, &masked(FIN | CLOSE, b"")), (vec![], None));
    let close = close_body(1002, b"reserved opcode 0x3");
    assert_eq!(written(&mut connection), unmasked(FIN | CLOSE, &close));
    assert_eq!(written(&mut connection), b"");
    assert_eq!(connection.ending(), Ending::HangUp);
}

#[test]
fn a_close_within_a_message_drops_the_message() {
    let bytes = [masked(TEXT, b"half"), masked(FIN | CLOSE, &close_body(1001, b""))].concat();
    let (events, violation, _) = serve(&bytes);
    assert_eq!((events, violation), (vec![close(1001, "")], None));
}

#[test]
fn a_pong_that_is_owed_goes_before_the_close() {
    let bytes = [masked(FIN | PING, b"x"), masked(FIN | CLOSE, b"")].concat();
    let owed = [unmasked(FIN | PONG, b"x"), unmasked(FIN | CLOSE, b"")].concat();
    assert_eq!(serve(&bytes).2, owed);
}

#[test]
fn the_server_closes_tcp_first() {
    let (mut server, mut client) = (server(), client());
    assert_eq!((server.ending(), client.ending()), (Ending::None, Ending::None));

    client.close(CloseCode::NORMAL, "bye");
    assert_eq!(client.ending(), Ending::Closing);
    let bytes = written(&mut client);
    assert_eq!(client.ending(), Ending::Closing, "the server has not answered");

    assert_eq!(feed(&mut server, &bytes), (vec![close(1000, "bye")], None));
    assert_eq!(server.ending(), Ending::Closing, "the answer is not written");
    let bytes = written(&mut server);
    assert_eq!(server.ending(), Ending::HangUp);

    assert_eq!(feed(&mut client, &bytes), (vec![close(1000, "")], None));
    assert_eq!(written(&mut client), b"", "no second Close");
    assert_eq!(client.ending(), Ending::AwaitEnd);
}

#[test]
fn the_server_may_begin() {
    let (mut server, mut client) = (server(), client());
    server.close(CloseCode::GOING_AWAY, "restart");
    server.close(CloseCode::ERROR, "the first one counts");
    let bytes = written(&mut server);
    assert_eq!(bytes, unmasked(FIN | CLOSE, &close_body(1001, b"restart")));

    // What was under way before the peer learnt of it still arrives.
    let late = client.text("late", None).unwrap();
    assert_eq!(feed(&mut server, &late), (vec![text("late")], None));

    assert_eq!(feed(&mut client, &bytes), (vec![close(1001, "restart")], None));
    assert_eq!(feed(&mut server, &written(&mut client)), (vec![close(1001, "")], None));
    assert_eq!((server.ending(), client.ending()), (Ending::HangUp, Ending::AwaitEnd));
}

#[test]
fn both_may_begin_at_once() {
    let (mut server, mut client) = (server(), client());
    server.close(CloseCode::GOING_AWAY, "");
    client.close(CloseCode::NORMAL, "");
    let (from_server, from_client) = (written(&mut server), written(&mut client));
    assert_eq!(feed(&mut server, &from_client), (vec![close(1000, "")], None));
    assert_eq!(feed(&mut client, &from_server), (vec![close(1001, "")], None));
    assert_eq!(written(&mut server), b"");
    assert_eq!(written(&mut client), b"");
    assert_eq!((server.ending(), client.ending()), (Ending::HangUp, Ending::AwaitEnd));
}

#[test]
fn a_client_that_fails_the_connection_hangs_up() {
    let mut client = client();
    feed(&mut client, &masked(FIN | TEXT, b"masked"));
    assert_eq!(client.ending(), Ending::Closing);
    written(&mut client);
    assert_eq!(client.ending(), Ending::HangUp);
}

#[test]
fn nothing_is_sent_after_our_close() {
    let closed: [fn(&mut Connection); 3] = [
        |connection| connection.close(CloseCode::NORMAL, ""),
        |connection| drop(feed(connection, &masked(FIN | CLOSE, b""))),
        |connection| drop(feed(connection, &masked(0xff, b""))),
    ];
    for close in closed {
        let mut connection = server();
        close(&mut connection);
        assert_eq!(connection.text("late", None), Err(Closing));
        assert_eq!(connection.binary(b"late", None), Err(Closing));
        assert_eq!(connection.ping(b"late"), Err(Closing));
    }
    let mut connection = server();
    connection.close(CloseCode::NORMAL, "");
    written(&mut connection);
    feed(&mut connection, &masked(FIN | PING, b"late"));
    assert_eq!(written(&mut connection), b"", "no Pong after our Close");
}

#[test]
fn a_reason_is_cut_between_characters() {
    for (reason, kept) in
        [("r".repeat(123), 123), ("r".repeat(124), 123), ("é".repeat(62), 122), ("😀".repeat(50), 120)]
    {
        let mut connection = server();
        connection.close(CloseCode::POLICY, &reason);
        let close = close_body(1008, &reason.as_bytes()[..kept]);
        assert_eq!(written(&mut connection), unmasked(FIN | CLOSE, &close));
    }
}

/// F15: the codec takes binary messages; who speaks only text closes with 1003.
#[test]
fn binary_where_text_is_spoken() {
    let mut connection = server();
    assert_eq!(feed(&mut connection, &masked(FIN | BINARY, b"x")), (vec![binary(b"x")], None));
    connection.close(CloseCode::UNSUPPORTED, "text only");
    assert_eq!(close_code(&written(&mut connection)), Some(1003), "F15");
}
