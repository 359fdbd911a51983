//! The far end of a simulated connection: a socket that takes and gives as much as it likes, and who reads it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::IoSlice;
use std::rc::Rc;

use chinwag_protocol::Record;
use chinwag_websocket::{CloseCode, Connection, Event, Limits, Message, Role};

use crate::encode::Format;
use crate::sink::{Received, Sink, Written};

pub(super) const HEAD: &[u8] = b"HEAD\r\n\r\n";

/// The far end of a socket.
#[derive(Default)]
pub(super) struct Peer {
    pub(super) received: Vec<u8>,
    pub(super) sent: VecDeque<u8>,
    pub(super) budget: usize,
    pub(super) gone: bool,
    pub(super) closed: bool,
    pub(super) woken: bool,
    pub(super) shut: bool,
}

pub(super) struct PeerSink(pub(super) Rc<RefCell<Peer>>);

impl Sink for PeerSink {
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> Written {
        let mut peer = self.0.borrow_mut();
        assert!(!peer.shut, "nothing is written after the sending side was closed");
        if peer.gone {
            return Written::Closed;
        }
        let mut count = 0;
        for buffer in buffers {
            let take = buffer.len().min(peer.budget);
            peer.received.extend_from_slice(&buffer[..take]);
            peer.budget -= take;
            count += take;
        }
        if count == 0 { Written::Blocked } else { Written::Bytes(count) }
    }

    fn read(&mut self, buffer: &mut [u8]) -> Received {
        let mut peer = self.0.borrow_mut();
        if peer.gone {
            return Received::End;
        }
        let count = buffer.len().min(peer.sent.len());
        for (byte, sent) in buffer.iter_mut().zip(peer.sent.drain(..count)) {
            *byte = sent;
        }
        if count == 0 { Received::Nothing } else { Received::Bytes(count) }
    }

    fn wake(&self) {
        self.0.borrow_mut().woken = true;
    }

    fn shutdown(&mut self) {
        self.0.borrow_mut().shut = true;
    }
}

impl Drop for PeerSink {
    fn drop(&mut self) {
        self.0.borrow_mut().closed = true;
    }
}

/// Reads what a peer received.
pub(super) struct Reading {
    pub(super) format: Format,
    parsed: usize,
    head: bool,
    socket: Connection,
    /// Commands that were sent and not answered.
    pub(super) unanswered: Vec<String>,
    /// Pages in answers that have come since they were last taken.
    pub(super) pages: Vec<String>,
    /// Whether the WebSocket has been closed by either side.
    pub(super) closed: bool,
    /// Whether all that has come was read.
    is_whole: bool,
}

impl Reading {
    pub(super) fn new(format: Format) -> Self {
        let deflate = if let Format::WebSocket(deflate) = format { deflate } else { None };
        let role = Role::Client { mask: || [1, 2, 3, 4] };
        let socket = Connection::new(role, Limits::default(), deflate);
        Self {
            format,
            parsed: 0,
            head: false,
            socket,
            unanswered: Vec::new(),
            pages: Vec::new(),
            closed: false,
            is_whole: true,
        }
    }

    /// The records that have come since the last call.
    pub(super) fn records(&mut self, peer: &mut Peer) -> Vec<Record> {
        if !self.head {
            if peer.received.len() < HEAD.len() {
                return Vec::new();
            }
            assert!(peer.received.starts_with(HEAD));
            (self.head, self.parsed) = (true, HEAD.len());
        }
        let mut records = Vec::new();
        if let Format::WebSocket(_) = self.format {
            let mut input = &peer.received[self.parsed..];
            self.parsed = peer.received.len();
            while let Some(event) = self.socket.receive(&mut input).expect("our frames are well made") {
                match event {
                    Event::Message(Message::Text(text)) => match text.strip_prefix("answer to ") {
                        Some(answer) => {
                            let (command, page) = match answer.split_once('\n') {
                                Some((command, page)) => (command, Some(page)),
                                None => (answer, None),
                            };
                            self.pages.extend(page.map(str::to_owned));
                            let at = self.unanswered.iter().position(|sent| sent == command);
                            self.unanswered.swap_remove(at.expect("a command is answered once"));
                        }
                        None => records.push(serde_json::from_str(&text).expect("a record")),
                    },
                    Event::Message(Message::Binary(_)) => panic!("binary"),
                    Event::Ping(_) | Event::Pong(_) => {}
                    Event::Close(_) => self.closed = true,
                }
            }
            while let Some(frame) = self.socket.next_control() {
                peer.sent.extend(frame);
            }
        } else {
            while let Some((record, used)) = next_record(&peer.received[self.parsed..], self.format) {
                self.parsed += used;
                records.extend(record);
            }
        }
        self.is_whole = self.parsed == peer.received.len();
        records
    }

    /// Whether nothing has come in part.
    pub(super) fn is_clean(&self) -> bool {
        self.is_whole && !self.socket.is_receiving()
    }

    pub(super) fn command(&mut self, peer: &mut Peer, text: String) {
        if let Ok(frame) = self.socket.text(&text, None) {
            peer.sent.extend(frame);
            self.unanswered.push(text);
        }
    }

    pub(super) fn ping(&mut self, peer: &mut Peer) {
        if let Ok(frame) = self.socket.ping(b"ping") {
            peer.sent.extend(frame);
        }
    }

    pub(super) fn close(&mut self, peer: &mut Peer) {
        self.socket.close(CloseCode::NORMAL, "");
        while let Some(frame) = self.socket.next_control() {
            peer.sent.extend(frame);
        }
    }
}

/// Takes one record off the front of what came; `None` if there is no whole one.
fn next_record(bytes: &[u8], format: Format) -> Option<(Option<Record>, usize)> {
    let end: &[u8] = if format == Format::Sse { b"\n\n" } else { b"\n" };
    let length = bytes.windows(end.len()).position(|window| window == end)? + end.len();
    let text = std::str::from_utf8(&bytes[..length]).unwrap();
    let json = match format {
        Format::Sse => text.lines().find_map(|line| line.strip_prefix("data: ")),
        Format::Ndjson | Format::WebSocket(_) => Some(text),
    };
    Some((json.map(|json| serde_json::from_str(json).unwrap()), length))
}
