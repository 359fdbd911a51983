//! The stub's side of a WebSocket.

use std::sync::Arc;

use bytes::Bytes;
use chinwag_websocket::handshake::server::{Supported, accept, accept_connect};
use chinwag_websocket::{CloseCode, Connection, Deflater, Event, Limits, Message, Role};
use http::{Method, Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::stub::{Shared, Then, record};

const SUPPORTED: Supported<'static> = Supported { protocols: &["chinwag.v1.json"], deflate: true };
const LIMITS: Limits = Limits { frame_bytes: 1 << 20, message_bytes: 1 << 20, fragments: 16 };

pub(crate) fn answer(
    mut request: Request<Incoming>,
    records: Vec<String>,
    shared: Arc<Mutex<Shared>>,
) -> Response<BoxBody<Bytes, std::convert::Infallible>> {
    let upgrade = hyper::upgrade::on(&mut request);
    let (parts, _) = request.into_parts();
    let accepted = if parts.method == Method::CONNECT {
        let protocol = parts.extensions.get::<hyper::ext::Protocol>().map(hyper::ext::Protocol::as_str);
        accept_connect(&parts, protocol, &SUPPORTED)
    } else {
        accept(&parts, &SUPPORTED)
    };
    let accepted = accepted.expect("the handshake is good");
    let deflate = accepted.deflate;
    tokio::spawn(async move {
        if let Ok(upgraded) = upgrade.await {
            let connection = Connection::new(Role::Server, LIMITS, deflate);
            // A client that goes is no failure of the stub.
            let _ = serve(TokioIo::new(upgraded), connection, records, shared).await;
        }
    });
    accepted.response().map(|()| Full::default().boxed())
}

async fn serve(
    mut io: TokioIo<hyper::upgrade::Upgraded>,
    mut connection: Connection,
    records: Vec<String>,
    shared: Arc<Mutex<Shared>>,
) -> std::io::Result<()> {
    let mut deflater = Deflater::new(64);
    for record in &records {
        let frame = connection.text(record, Some(&mut deflater)).expect("it is open");
        io.write_all(&frame).await?;
    }
    io.flush().await?;
    let then = shared.lock().then.pop_front().unwrap_or(Then::Serve);
    match then {
        Then::Serve => {}
        Then::Close(0) => io.write_all(&[0x88, 0]).await?,
        Then::Close(code) => {
            connection.close(CloseCode::new(code).expect("a code"), "so there");
        }
        Then::Send(bytes) => io.write_all(&bytes).await?,
        Then::Flood(count) => {
            for number in 1..=count {
                let frame = connection.text(&record(number, &"x".repeat(4_000)), None).expect("it is open");
                io.write_all(&frame).await?;
            }
        }
    }
    io.flush().await?;
    let mut buffer = [0; 4096];
    loop {
        while let Some(frame) = connection.next_control() {
            io.write_all(&frame).await?;
        }
        io.flush().await?;
        let count = io.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        let mut input = &buffer[..count];
        while let Some(event) = connection.receive(&mut input).expect("the client keeps the protocol") {
            match event {
                Event::Message(Message::Text(text)) => {
                    if let Some(reply) = reply(&text) {
                        // A record before every answer, as it is when others are at it.
                        let chat = connection.text(&record(77, ""), None).expect("it is open");
                        let frame = connection.text(&reply, Some(&mut deflater)).expect("it is open");
                        io.write_all(&[chat, frame].concat()).await?;
                    }
                }
                Event::Close(close) => {
                    let code = close.map_or(0, |close| close.code.get());
                    shared.lock().closed.push(code);
                    while let Some(frame) = connection.next_control() {
                        io.write_all(&frame).await?;
                    }
                    return io.shutdown().await;
                }
                _ => {}
            }
        }
    }
}

/// Answers by the text of the command, which is compared as a whole: this is how it travels.
fn reply(text: &str) -> Option<String> {
    const ROOM: &str = "00000000-0000-0000-0000-000000000003";
    const MESSAGE: &str = "00000000-0000-0000-0000-000000000004";
    let sent = r#"{"seq":7,"cursor":"c7","sent_at":"2026-01-02T03:04:05.678Z"}"#;
    let answers = [
        (
            format!(
                r#"{{"id":"1","command":"send_message","conversation":"{ROOM}","client_id":"{MESSAGE}","text":"tea"}}"#
            ),
            format!(r#"{{"type":"reply","id":"1","result":{sent}}}"#),
        ),
        (
            format!(r#"{{"id":"2","command":"delete_message","conversation":"{ROOM}","seq":17}}"#),
            format!(r#"{{"type":"reply","id":"2","result":{sent}}}"#),
        ),
        (
            format!(r#"{{"id":"3","command":"leave","conversation":"{ROOM}"}}"#),
            r#"{"type":"problem","id":"3","problem":{"type":"","title":"","status":404,"code":"not_found","detail":"No."}}"#
                .to_owned(),
        ),
        (r#"{"id":"4","command":"ack","cursor":"c7"}"#.to_owned(), r#"{"type":"reply","id":"4","result":{}}"#.to_owned()),
        (r#"{"id":"5","command":"sign_out"}"#.to_owned(), r#"{"type":"reply","id":"5","result":{}}"#.to_owned()),
        (
            r#"{"id":"6","command":"ping","data":"pong?"}"#.to_owned(),
            r#"{"type":"reply","id":"6","result":{"data":"pong?"}}"#.to_owned(),
        ),
        (
            "what?".to_owned(),
            r#"{"type":"problem","id":null,"problem":{"type":"","title":"","status":400,"code":"malformed_json","detail":""}}"#
                .to_owned(),
        ),
    ];
    answers.into_iter().find(|(command, _)| command == text).map(|(_, reply)| reply)
}
