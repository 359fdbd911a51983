//! An HTTP/2 client that writes frames by hand (RFC 9113, section 6), well formed or not.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::server::Server;

/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
const ACK: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

pub(crate) const CANCEL: u32 = 8;
pub(crate) const ENHANCE_YOUR_CALM: u32 = 11;
/// The setting of the window that each stream begins with.
pub(crate) const INITIAL_WINDOW_SIZE: u16 = 4;

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

pub(crate) fn setting(name: u16, value: u32) -> Vec<u8> {
    [&name.to_be_bytes()[..], &value.to_be_bytes()].concat()
}

/// The headers of a request whose body is JSON, if it has one, by HPACK (RFC 7541) without compression.
pub(crate) fn head(method: &str, path: &str) -> Vec<u8> {
    // Of the static table: 2 and 3 are methods, 6 is the scheme, 4 and 1 name path and authority, and 15 + 16 the type.
    let method = if method == "GET" { 0x82 } else { 0x83 };
    let mut block = vec![method, 0x86];
    for (name, value) in [(&[0x04][..], path), (&[0x01], "127.0.0.1"), (&[0x0f, 0x10], "application/json")] {
        block.extend_from_slice(name);
        block.push(u8::try_from(value.len()).unwrap());
        block.extend_from_slice(value.as_bytes());
    }
    block
}

/// What the server sent so far.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    /// The header block of each answer, with its stream.
    pub(crate) answers: Vec<(u32, Vec<u8>)>,
    /// Streams that ended in order.
    pub(crate) ended: Vec<u32>,
    /// Streams that the server reset, and why.
    pub(crate) resets: Vec<(u32, u32)>,
    pub(crate) settings_acks: usize,
    /// What was in the server's own pings.
    pub(crate) pings: Vec<u64>,
    /// What was in the answers to pings.
    pub(crate) pongs: Vec<u64>,
    /// Why the server wants the connection to end.
    pub(crate) goaway: Option<u32>,
    /// The connection is over.
    pub(crate) closed: bool,
}

pub(crate) struct Frames {
    write: OwnedWriteHalf,
    seen: watch::Receiver<Seen>,
}

impl Frames {
    /// A connection past its preface; the server's frames are read as they come.
    pub(crate) async fn connect(server: &Server, settings: &[u8]) -> Self {
        let (read, write) = Self::begin(server, settings).await;
        let (seeing, seen) = watch::channel(Seen::default());
        tokio::spawn(read_frames(read, seeing));
        Self { write, seen }
    }

    /// The two halves of a connection past its preface.
    pub(crate) async fn begin(server: &Server, settings: &[u8]) -> (OwnedReadHalf, OwnedWriteHalf) {
        let socket = TcpStream::connect(server.address).await.unwrap();
        socket.set_nodelay(true).unwrap();
        let (read, mut write) = socket.into_split();
        write.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        write.write_all(&frame(SETTINGS, 0, 0, settings)).await.unwrap();
        (read, write)
    }

    /// Sends, as long as the server takes it.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> bool {
        timeout(PATIENCE, self.write.write_all(bytes)).await.expect("the server reads, or hangs up").is_ok()
    }

    /// Waits until what the server sent is as wanted.
    pub(crate) async fn until(&mut self, what: &str, wanted: impl FnMut(&Seen) -> bool) -> Seen {
        if let Ok(Ok(seen)) = timeout(PATIENCE, self.seen.wait_for(wanted)).await {
            return seen.clone();
        }
        panic!("{what}: {:?}", self.seen.borrow());
    }

    /// Sends these bytes again and again, with pauses, and answers pings, until what the server sent is as wanted.
    pub(crate) async fn drip(&mut self, bytes: &[u8], wanted: impl Fn(&Seen) -> bool) -> Seen {
        const PAUSE: Duration = Duration::from_millis(50);
        let (deadline, mut answered) = (Instant::now() + PATIENCE, 0);
        while Instant::now() < deadline {
            let seen = self.seen.borrow().clone();
            if wanted(&seen) {
                return seen;
            }
            for ping in &seen.pings[answered..] {
                self.send(&frame(PING, ACK, 0, &ping.to_be_bytes())).await;
            }
            answered = seen.pings.len();
            self.send(bytes).await;
            sleep(PAUSE).await;
        }
        panic!("the server waits for a byte after the other: {:?}", self.seen.borrow());
    }

    /// Waits for the end of the connection.
    pub(crate) async fn closed(&mut self) -> Seen {
        self.until("closed", |seen| seen.closed).await
    }
}

async fn read_frames(mut read: OwnedReadHalf, seeing: watch::Sender<Seen>) {
    while let Some((kind, flags, stream, payload)) = read_frame(&mut read).await {
        let number =
            |at: usize| payload.get(at..at + 4).map(|bytes| u32::from_be_bytes(bytes.try_into().unwrap()));
        seeing.send_modify(|seen| {
            match kind {
                HEADERS => seen.answers.push((stream, payload.clone())),
                RST_STREAM => seen.resets.push((stream, number(0).unwrap())),
                SETTINGS if flags & ACK != 0 => seen.settings_acks += 1,
                PING => {
                    let pings = if flags & ACK != 0 { &mut seen.pongs } else { &mut seen.pings };
                    pings.push(u64::from_be_bytes(payload.as_slice().try_into().unwrap()));
                }
                GOAWAY => seen.goaway = number(4),
                _ => {}
            }
            if matches!(kind, HEADERS | DATA) && flags & END_STREAM != 0 {
                seen.ended.push(stream);
            }
        });
    }
    seeing.send_modify(|seen| seen.closed = true);
}

async fn read_frame(read: &mut OwnedReadHalf) -> Option<(u8, u8, u32, Vec<u8>)> {
    let mut head = [0; 9];
    read.read_exact(&mut head).await.ok()?;
    let [a, b, c, kind, flags, stream @ ..] = head;
    let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
    read.read_exact(&mut payload).await.ok()?;
    Some((kind, flags, u32::from_be_bytes(stream), payload))
}

/// One more header of a block, without compression.
pub(crate) fn literal(name: &str, value: &str) -> Vec<u8> {
    let mut block = vec![0x00];
    for text in [name, value] {
        block.push(u8::try_from(text.len()).unwrap());
        block.extend_from_slice(text.as_bytes());
    }
    block
}
