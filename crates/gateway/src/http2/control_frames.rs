//! Counts the frames that a peer costs us answers with, below HTTP/2 itself, which answers them unasked.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::options::Rate;
use crate::rate_limit::Bucket;

/// What every client sends before its frames (RFC 9113, section 3.4).
const PREFACE_BYTES: u32 = 24;
/// The head of a frame: its length, its type, and what does not matter here (section 4.1).
const HEAD_BYTES: usize = 9;
const SETTINGS: u8 = 4;
const PING: u8 = 6;

/// A socket whose peer's PING and SETTINGS frames are counted.
#[derive(Debug)]
pub(super) struct ControlFrames<T> {
    socket: T,
    frames: Frames,
    rate: Rate,
    left: Bucket,
    flooded: Arc<Notify>,
}

impl<T> ControlFrames<T> {
    /// Tells `flooded` when there are more than allowed.
    pub(super) fn new(socket: T, rate: Rate, flooded: Arc<Notify>) -> Self {
        let left = Bucket::new(rate, Instant::now());
        Self { socket, frames: Frames::default(), rate, left, flooded }
    }
}

/// Where in the peer's frames the bytes that have come end.
#[derive(Debug)]
struct Frames {
    /// Bytes to come that are no head of a frame.
    skip: u32,
    head: [u8; HEAD_BYTES],
    head_len: usize,
}

impl Default for Frames {
    fn default() -> Self {
        Self { skip: PREFACE_BYTES, head: [0; HEAD_BYTES], head_len: 0 }
    }
}

impl Frames {
    /// Takes the next bytes; how many PING and SETTINGS frames begin in them.
    fn count(&mut self, mut bytes: &[u8]) -> u32 {
        let mut count = 0;
        while !bytes.is_empty() {
            let skipped = bytes.len().min(self.skip as usize);
            bytes = &bytes[skipped..];
            self.skip -= skipped as u32;
            let taken = bytes.len().min(HEAD_BYTES - self.head_len);
            self.head[self.head_len..self.head_len + taken].copy_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            self.head_len += taken;
            if self.head_len == HEAD_BYTES {
                let [a, b, c, kind, ..] = self.head;
                self.skip = u32::from_be_bytes([0, a, b, c]);
                self.head_len = 0;
                count += u32::from(matches!(kind, SETTINGS | PING));
            }
        }
        count
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for ControlFrames<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.socket).poll_read(cx, buffer);
        let count = this.frames.count(&buffer.filled()[before..]);
        if count > 0 {
            let now = Instant::now();
            if !(0..count).all(|_| this.left.take(this.rate, now)) {
                this.flooded.notify_one();
            }
        }
        read
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for ControlFrames<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let length = (payload.len() as u32).to_be_bytes();
        [&length[1..], &[kind, 0, 0, 0, 0, 1], payload].concat()
    }

    #[test]
    fn frames_are_counted_however_they_are_cut() {
        let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        // What looks like heads of frames, and is not.
        for part in [
            frame(SETTINGS, &[]),
            frame(0, &frame(PING, b"12345678").repeat(30)),
            frame(PING, b"12345678"),
            frame(1, &[PING; 300]),
            frame(9, &[]),
            frame(SETTINGS, &[0, 4, 0, 1, 0, 0]),
        ] {
            bytes.extend(part);
        }
        for size in 1..=bytes.len() {
            let mut frames = Frames::default();
            let counted: u32 = bytes.chunks(size).map(|part| frames.count(part)).sum();
            assert_eq!(counted, 3, "cut after every {size} bytes");
        }
    }
}
