//! A WebSocket as bytes: frames are made and taken apart by hand.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper::ext::Protocol;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::server::Server;

/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(10);
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

pub(crate) const TEXT: u8 = 0x81;
/// A text that is deflated (RFC 7692).
pub(crate) const COMPRESSED: u8 = TEXT | 0x40;
pub(crate) const CLOSE: u8 = 0x88;
pub(crate) const PING: u8 = 0x89;
pub(crate) const PONG: u8 = 0x8a;

/// What a handshake says, but for who makes it.
pub(crate) const HANDSHAKE: [&str; 4] = [
    "connection: Upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
];
pub(crate) const DEFLATE: &str = "sec-websocket-extensions: permessage-deflate";

pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// An open WebSocket, by whatever protocol it came about.
pub(crate) struct Socket {
    io: Box<dyn Io>,
    read: Vec<u8>,
}

/// Over what a WebSocket runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    Http1,
    Http2,
}

impl Over {
    pub(crate) const ALL: [Self; 2] = [Self::Http1, Self::Http2];
}

/// An extended CONNECT (RFC 8441), with further header lines, on a connection of its own.
pub(crate) async fn connect(
    server: &Server,
    protocol: Option<&'static str>,
    lines: &[&str],
) -> Response<Incoming> {
    connect_to(server, "/v1/events", protocol, lines).await
}

/// The same to this path.
pub(crate) async fn connect_to(
    server: &Server,
    path: &str,
    protocol: Option<&'static str>,
    lines: &[&str],
) -> Response<Incoming> {
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut requests, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    // Whether the server allows it stands in its first SETTINGS, which come before this answer.
    let uri = format!("http://{}/v1/server", server.address);
    let first = requests.send_request(Request::get(uri).body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
    assert_eq!(first.status(), 200);
    let uri = format!("http://{}{path}", server.address);
    let mut request = Request::connect(uri).header("sec-websocket-version", "13");
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        request = request.header(name, value);
    }
    let mut request = request.body(Empty::new()).unwrap();
    if let Some(protocol) = protocol {
        request.extensions_mut().insert(Protocol::from_static(protocol));
    }
    let answer = requests.send_request(request).await.unwrap();
    let uri = format!("http://{}/v1/server", server.address);
    let other = requests.send_request(Request::get(uri).body(Empty::new()).unwrap()).await.unwrap();
    assert_eq!(other.status(), 200, "only its own stream may end");
    answer
}

impl Socket {
    pub(crate) fn new(io: impl Io + 'static, read: Vec<u8>) -> Self {
        Self { io: Box::new(io), read }
    }

    /// Opens one as the device of this token, with further header lines, and takes `hello`.
    pub(crate) async fn open(server: &Server, over: Over, token: &str, lines: &[&str]) -> Self {
        Self::open_at(server, "/v1/events", over, token, lines).await
    }

    /// The same at this path.
    pub(crate) async fn open_at(
        server: &Server,
        path: &str,
        over: Over,
        token: &str,
        lines: &[&str],
    ) -> Self {
        let bearer = format!("authorization: Bearer {token}");
        Self::open_by(server, path, over, &[lines, &[&bearer]].concat()).await
    }

    /// The same with these header lines, which say who opens it.
    pub(crate) async fn open_by(server: &Server, path: &str, over: Over, lines: &[&str]) -> Self {
        let mut socket = match over {
            Over::Http1 => {
                let mut wire = server.connect().await;
                let lines = [&HANDSHAKE[..], lines].concat();
                wire.request("GET", path, &lines, "").await;
                let head = wire.head().await;
                assert_eq!(head.status, 101, "{head:?}");
                wire.into_socket()
            }
            Over::Http2 => {
                let answer = connect_to(server, path, Some("websocket"), lines).await;
                assert_eq!(answer.status(), 200, "{answer:?}");
                let upgraded = hyper::upgrade::on(answer).await.unwrap();
                Self::new(TokioIo::new(upgraded), Vec::new())
            }
        };
        assert_eq!(socket.json().await["type"], "hello", "too short to be worth compressing");
        socket
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.io.write_all(bytes.as_ref()).await.unwrap();
        self.io.flush().await.unwrap();
    }

    /// Sends as much as the server still takes.
    pub(crate) async fn send_if_open(&mut self, bytes: &[u8]) -> bool {
        self.io.write_all(bytes).await.is_ok() && self.io.flush().await.is_ok()
    }

    /// The next frame: its first byte and its payload.
    pub(crate) async fn frame(&mut self) -> (u8, Vec<u8>) {
        self.next().await.expect("a frame, not the end")
    }

    /// The next frame, or `None` at the end of the connection.
    pub(crate) async fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let Some((first, payload, used)) = parse(&self.read) {
                self.read.drain(..used);
                return Some((first, payload));
            }
            let mut bytes = [0; 4096];
            let read = timeout(PATIENCE, self.io.read(&mut bytes)).await.expect("something in time");
            match read {
                Ok(count) if count > 0 => self.read.extend_from_slice(&bytes[..count]),
                _ => {
                    assert!(self.read.is_empty(), "cut within a frame: {:?}", self.read);
                    return None;
                }
            }
        }
    }

    /// The next text, as JSON.
    pub(crate) async fn json(&mut self) -> Value {
        loop {
            let (first, payload) = self.frame().await;
            match first {
                TEXT => return serde_json::from_slice(&payload).unwrap(),
                COMPRESSED => return serde_json::from_slice(&inflate(&payload)).unwrap(),
                PING => self.send(masked(PONG, &payload)).await,
                _ => panic!("{first:#x} {payload:?}"),
            }
        }
    }

    /// Sends these bytes again and again, with pauses, until the server closes. Its code.
    pub(crate) async fn drip(&mut self, bytes: &[u8]) -> Option<u16> {
        const PAUSE: Duration = Duration::from_millis(50);
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            self.send_if_open(bytes).await;
            // Nothing of a frame that has come in part is lost.
            let mut more = [0; 4096];
            if let Ok(Ok(count @ 1..)) = timeout(PAUSE, self.io.read(&mut more)).await {
                self.read.extend_from_slice(&more[..count]);
            }
            let mut rest = &self.read[..];
            while let Some((first, payload, used)) = parse(rest) {
                if first == CLOSE {
                    return payload.first_chunk().map(|code| u16::from_be_bytes(*code));
                }
                rest = &rest[used..];
            }
        }
        panic!("the server waits for a byte after the other")
    }

    /// Whether the server still answers.
    pub(crate) async fn is_alive(&mut self) -> bool {
        if !self.send_if_open(&masked(PING, b"alive?")).await {
            return false;
        }
        while let Some((first, payload)) = self.next().await {
            match first {
                PONG => return payload == b"alive?",
                CLOSE => return false,
                _ => {}
            }
        }
        false
    }

    /// The code of the Close that must come, after which there is nothing.
    pub(crate) async fn closed(&mut self) -> Option<u16> {
        loop {
            let (first, payload) = self.next().await?;
            if first == CLOSE {
                let code = payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code));
                let _ = self.send_if_open(&masked(CLOSE, &code.to_be_bytes())).await;
                assert_eq!(self.next().await, None, "nothing comes after Close");
                return Some(code);
            }
            assert!(matches!(first & 0x0f, 0x1 | 0x9 | 0xa), "{first:#x}");
        }
    }
}

/// What a compressed message says.
pub(crate) fn inflate(payload: &[u8]) -> Vec<u8> {
    let mut inflated = Vec::with_capacity(1 << 20);
    let mut inflater = flate2::Decompress::new(false);
    let tail = [payload, &[0, 0, 0xff, 0xff]].concat();
    inflater.decompress_vec(&tail, &mut inflated, flate2::FlushDecompress::Sync).unwrap();
    inflated
}

/// A masked frame in its shortest form.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..=125 => frame.push(0x80 | length as u8),
        length @ 126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&KEY);
    frame.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ KEY[at % 4]));
    frame
}

/// A server's frame at the front of `bytes`, and how many of them it takes.
pub(crate) fn parse(bytes: &[u8]) -> Option<(u8, Vec<u8>, usize)> {
    let (&first, rest) = bytes.split_first()?;
    let (&length, rest) = rest.split_first()?;
    assert_eq!(length & 0x80, 0, "a server does not mask");
    let (length, rest) = match length {
        126 => {
            rest.split_first_chunk().map(|(length, rest)| (usize::from(u16::from_be_bytes(*length)), rest))?
        }
        127 => rest.split_first_chunk().map(|(length, rest)| (u64::from_be_bytes(*length) as usize, rest))?,
        length => (usize::from(length), rest),
    };
    let payload = rest.get(..length)?.to_vec();
    Some((first, payload, bytes.len() - rest.len() + length))
}
