//! Follows the heads of HTTP/1.1 requests in what a connection reads, to find those with a length *and* chunks.
//!
//! hyper decides for the chunks, drops the length and closes afterwards. RFC 9112 (section 6.3) allows that, but such a request
//! may be an attempt to hide another one from somebody who decided for the length, and nothing tells the service of it. So
//! this looks at the bytes on their way to hyper. It need not read chunks: a request that has them is the last one of its
//! connection, which `http1.rs` sees to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use memchr::memchr;

/// So much of a line is looked at. The names are shorter, and so is any length that a sane client writes.
const LINE_BYTES_MAX: usize = 64;

/// What is told of the requests that were read.
#[derive(Debug, Default)]
pub(crate) struct Framing {
    /// The last request has chunks and no length.
    chunks_alone: AtomicBool,
}

impl Framing {
    /// Whether it is clear where a request ends that has `Transfer-Encoding` and was just read.
    pub(crate) fn is_clear(&self) -> bool {
        self.chunks_alone.load(Ordering::Relaxed)
    }
}

/// What of a connection is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The first line of a head, or empty lines in front of it, which hyper skips.
    First,
    /// A head's other lines.
    Fields,
    /// So many bytes of a body are left.
    Body(u64),
    /// Behind the last head that matters: it has chunks, or hyper refuses it.
    Beyond,
}

/// The follower.
#[derive(Debug)]
pub(crate) struct Heads {
    place: Place,
    line: [u8; LINE_BYTES_MAX],
    /// Of what the last read ended with, if that was no line's end; more than there is room for if the line is longer.
    line_len: usize,
    has_chunks: bool,
    length: Option<u64>,
    framing: Arc<Framing>,
}

impl Heads {
    pub(crate) fn new(framing: Arc<Framing>) -> Self {
        Self {
            place: Place::First,
            line: [0; LINE_BYTES_MAX],
            line_len: 0,
            has_chunks: false,
            length: None,
            framing,
        }
    }

    /// Takes what was read next, before hyper does.
    pub(crate) fn follow(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let taken = match self.place {
                Place::First | Place::Fields => self.take_line(bytes),
                Place::Body(left) => {
                    let taken = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    let left = left - taken as u64;
                    self.place = if left == 0 { Place::First } else { Place::Body(left) };
                    taken
                }
                Place::Beyond => return,
            };
            bytes = &bytes[taken..];
        }
    }

    /// Goes on with the line, and gives how much of `bytes` belongs to it.
    fn take_line(&mut self, bytes: &[u8]) -> usize {
        let Some(end) = memchr(b'\n', bytes) else {
            self.keep(bytes);
            return bytes.len();
        };
        if self.line_len == 0 {
            self.end_line(&bytes[..end]);
        } else {
            self.keep(&bytes[..end]);
            let (line, len) = (self.line, self.line_len);
            self.line_len = 0;
            self.end_line(line.get(..len).unwrap_or(&line));
        }
        end + 1
    }

    /// The line's end is yet to come.
    fn keep(&mut self, part: &[u8]) {
        if let Some(room) = self.line.get_mut(self.line_len..) {
            let kept = room.len().min(part.len());
            room[..kept].copy_from_slice(&part[..kept]);
        }
        self.line_len = self.line_len.saturating_add(part.len());
    }

    fn end_line(&mut self, line: &[u8]) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match self.place {
            Place::First if line.is_empty() => {}
            Place::First => self.place = Place::Fields,
            _ if line.is_empty() => self.end_head(),
            _ if value(line, b"transfer-encoding:").is_some() => self.has_chunks = true,
            _ => {
                let Some(value) = value(line, b"content-length:") else { return };
                match length(value) {
                    Some(length) if line.len() < LINE_BYTES_MAX => self.length = Some(length),
                    // hyper refuses it, unless it is only written at great length. Chunks are not believed from here on.
                    _ => self.place = Place::Beyond,
                }
            }
        }
    }

    fn end_head(&mut self) {
        self.place = match (self.has_chunks, self.length.take()) {
            (false, None | Some(0)) => Place::First,
            // Of two that differ, hyper makes an error.
            (false, Some(length)) => Place::Body(length),
            (true, length) => {
                self.framing.chunks_alone.store(length.is_none(), Ordering::Relaxed);
                Place::Beyond
            }
        };
    }
}

/// What stands in a line behind this name and its colon, if it begins so.
fn value<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    // Most lines have something else than the colon at its place.
    let (start, value) = line.split_at_checked(name.len())?;
    (start.last() == name.last() && start.eq_ignore_ascii_case(name)).then_some(value)
}

/// A length, as hyper reads it: digits, with blanks around them.
fn length(value: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(value).ok()?.trim_matches([' ', '\t']);
    if digits.starts_with('+') { None } else { digits.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether chunks are believed behind these bytes, in whatever pieces they come.
    fn is_clear(bytes: &str) -> bool {
        let told: Vec<bool> = (1..=bytes.len().max(1))
            .map(|piece| {
                let framing = Arc::new(Framing::default());
                let mut heads = Heads::new(framing.clone());
                for piece in bytes.as_bytes().chunks(piece) {
                    heads.follow(piece);
                }
                framing.is_clear()
            })
            .collect();
        assert!(told.iter().all(|clear| *clear == told[0]), "{bytes:?} {told:?}");
        told[0]
    }

    const CHUNKS: &str = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n";

    #[test]
    fn chunks_are_clear_where_there_is_no_length() {
        let long = "x".repeat(500);
        for before in [
            "",
            "\r\n\n\r\n",
            "GET / HTTP/1.1\r\nhost: a\r\n\r\n",
            "GET / HTTP/1.1\nhost: a\n\n",
            "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.0\r\n\r\n",
            "POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\n\r\n\r\n:\r\n",
            "POST / HTTP/1.1\r\nContent-Length:\t0 \r\n\r\n",
            "POST / HTTP/1.1\r\nCONTENT-LENGTH:7\r\ncontent-length: 7\r\n\r\nGET / H",
            "POST / HTTP/1.1\r\ncontent-lengthx: 5\r\nx-content-length: 5\r\n\r\n",
            &format!("GET /{long} HTTP/1.1\r\nx: {long}content-length: 5\r\n\r\n"),
            // The first line is none of the others.
            "content-length:5 / HTTP/1.1\r\n\r\n",
        ] {
            assert!(is_clear(&format!("{before}{CHUNKS}")), "{before:?}");
            assert!(!is_clear(before), "{before:?}");
        }
        assert!(is_clear("POST / HTTP/1.1\nTransfer-ENCODING:chunked\nhost: a\n\n"));
        assert!(!is_clear("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n"), "the head goes on");
    }

    #[test]
    fn chunks_are_not_clear_beside_a_length() {
        for lines in [
            "content-length: 5\r\ntransfer-encoding: chunked",
            "transfer-encoding: chunked\r\ncontent-length: 5",
            "Content-Length: 0\r\nx: y\r\nTRANSFER-ENCODING: x",
            "content-length:5\ntransfer-encoding:chunked",
            "content-length: x\r\ntransfer-encoding: chunked",
            "content-length: +5\r\ntransfer-encoding: chunked",
            "content-length:\r\ntransfer-encoding: chunked",
            "content-length: 99999999999999999999\r\ntransfer-encoding: chunked",
        ] {
            let request = format!("POST / HTTP/1.1\r\nhost: a\r\n{lines}\r\n\r\n");
            assert!(!is_clear(&request), "{lines:?}");
            assert!(!is_clear(&format!("GET / HTTP/1.1\r\n\r\n{request}")), "{lines:?}");
            // Nothing that follows makes it good.
            assert!(!is_clear(&format!("{request}{CHUNKS}")), "{lines:?}");
        }
    }

    #[test]
    fn nothing_is_clear_once_it_is_not_known_where_a_body_ends() {
        for length in ["x", "-1", " ", &format!("{}1", "0".repeat(80))] {
            assert!(
                !is_clear(&format!("POST / HTTP/1.1\r\ncontent-length: {length}\r\n\r\na{CHUNKS}")),
                "{length}"
            );
        }
    }
}
