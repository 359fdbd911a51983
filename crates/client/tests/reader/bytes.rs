//! Records as bytes: the same ones in the same order, with nothing looked at.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::io::ErrorKind;

use chinwag_client::{RecordBytes, RecordBytesOptions, RecordSocket, Transport};
use chinwag_protocol::Cursor;
use tokio::time::{sleep, timeout};

use super::stub::{Fault, Stub};
use super::{DEADLINE, STREAMS, records, session};

fn start() -> Option<Cursor> {
    Some(Cursor::from_text("c0"))
}

async fn bytes(stub: &Stub, transport: Transport, after: Option<Cursor>) -> RecordBytes {
    let options = RecordBytesOptions { poll_interval: std::time::Duration::ZERO, ..Default::default() };
    let session = session(stub).await;
    timeout(DEADLINE, session.record_bytes(transport, after, &options)).await.unwrap().unwrap()
}

/// Takes records until there are so many, or something fails; whether it did.
async fn take(stream: &mut RecordBytes, taken: &mut Vec<String>, count: usize) -> bool {
    while taken.len() < count {
        let each = |json: &[u8]| taken.push(String::from_utf8(json.to_vec()).unwrap());
        if timeout(DEADLINE, stream.next(each)).await.unwrap().is_err() {
            return true;
        }
    }
    false
}

async fn socket(stub: &Stub, transport: Transport) -> Option<RecordSocket> {
    let session = session(stub).await;
    let options = RecordBytesOptions::default();
    timeout(DEADLINE, session.record_socket(transport, start(), &options)).await.unwrap().unwrap()
}

#[tokio::test]
async fn everything_is_handed_out_as_it_came() {
    for transport in Transport::ALL {
        for size in [1, 3, 64, usize::MAX] {
            let stub = Stub::start(records(), vec![Fault::Pieces(size)]).await;
            let mut stream = bytes(&stub, transport, start()).await;
            let mut taken = Vec::new();
            assert!(!take(&mut stream, &mut taken, 5).await);
            assert_eq!(taken, records(), "{transport} in pieces of {size}");
            assert_eq!(stream.cursor(), Some(Cursor::from_text("c5")), "{transport}");
        }
    }
}

#[tokio::test]
async fn the_cursor_goes_on_where_a_connection_broke() {
    for transport in Transport::ALL {
        for cut in (0..450).step_by(7) {
            let stub = Stub::start(records(), vec![Fault::Cut(cut)]).await;
            let mut taken = Vec::new();
            let mut after = start();
            loop {
                let mut stream = bytes(&stub, transport, after).await;
                if !take(&mut stream, &mut taken, 5).await {
                    break;
                }
                after = stream.cursor();
            }
            assert_eq!(taken, records(), "{transport} cut at {cut}");
        }
    }
}

#[tokio::test]
async fn a_bare_socket_hands_out_the_same() {
    for transport in STREAMS {
        for (size, buffer) in [(1, 64), (5, 3), (64, 1), (usize::MAX, 7), (usize::MAX, 4096)] {
            let stub = Stub::start(records(), vec![Fault::Pieces(size)]).await;
            let mut socket = socket(&stub, transport).await.expect("nothing is in between");
            let (mut taken, mut buffer) = (Vec::new(), vec![0; buffer]);
            let reading = async {
                while taken.len() < 5 {
                    socket
                        .read(&mut buffer, |json| taken.push(String::from_utf8(json.to_vec()).unwrap()))
                        .expect("the stream goes on");
                    sleep(std::time::Duration::from_millis(1)).await;
                }
            };
            timeout(DEADLINE, reading).await.unwrap();
            assert_eq!(taken, records(), "{transport} in pieces of {size}");
            assert_eq!(socket.cursor(), Some(Cursor::from_text("c5")));
        }
    }
}

#[tokio::test]
async fn a_bare_socket_tells_of_its_end() {
    for transport in STREAMS {
        let stub = Stub::start(records(), vec![Fault::Cut(40)]).await;
        let mut socket = socket(&stub, transport).await.expect("nothing is in between");
        let reading = async {
            loop {
                match socket.read(&mut [0; 64], |_| {}) {
                    Ok(()) => sleep(std::time::Duration::from_millis(1)).await,
                    Err(error) => return error,
                }
            }
        };
        let error = timeout(DEADLINE, reading).await.unwrap();
        let chinwag_client::ClientError::Transport(error) = error else { panic!("{error}") };
        assert!(matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset), "{error}");
        assert_eq!(socket.cursor(), start());
    }
}

#[tokio::test]
async fn where_there_is_no_bare_socket() {
    let refusal = "HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n";
    let chunked =
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n";
    for (transport, fault) in [
        (Transport::Poll, None),
        (Transport::LongPoll, None),
        (Transport::WebSocket, Some(refusal)),
        (Transport::Sse, Some(refusal)),
        (Transport::Stream, Some(chunked)),
    ] {
        let faults = fault.map(|answer| Fault::Answer(answer.to_owned())).into_iter().collect();
        let stub = Stub::start(records(), faults).await;
        assert!(socket(&stub, transport).await.is_none(), "{transport}");
    }
}
