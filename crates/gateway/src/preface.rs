//! Tells HTTP/2 with prior knowledge from HTTP/1.1 by a connection's first bytes (RFC 9113, section 3.4).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    Http1,
    Http2,
}

/// Reads as far as it takes to tell, at most the length of a preface. What was read is read again from the result.
pub(crate) async fn version<T: AsyncRead + Unpin>(mut socket: T) -> io::Result<(Version, Replay<T>)> {
    let mut bytes = [0; PREFACE.len()];
    let mut len = 0;
    let version = loop {
        if bytes[..len] != PREFACE[..len] {
            break Version::Http1;
        }
        if len == PREFACE.len() {
            break Version::Http2;
        }
        match socket.read(&mut bytes[len..]).await? {
            // hyper knows what to make of a connection that ends too early.
            0 => break Version::Http1,
            count => len += count,
        }
    };
    Ok((version, Replay { socket, bytes, next: 0, end: len as u8 }))
}

/// A socket some of whose bytes were read already.
#[derive(Debug)]
pub(crate) struct Replay<T> {
    socket: T,
    bytes: [u8; PREFACE.len()],
    next: u8,
    end: u8,
}

impl<T> Replay<T> {
    /// The socket. All was read again as soon as a request was.
    pub(crate) fn into_inner(self) -> T {
        self.socket
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Replay<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let rest = &this.bytes[usize::from(this.next)..usize::from(this.end)];
        if rest.is_empty() {
            return Pin::new(&mut this.socket).poll_read(cx, buffer);
        }
        let count = rest.len().min(buffer.remaining());
        buffer.put_slice(&rest[..count]);
        this.next += count as u8;
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Replay<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
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
    use tokio::io::AsyncWriteExt;

    use super::*;

    /// What is told when the bytes come in these pieces, and what is read then.
    async fn told(pieces: &[&[u8]]) -> (Version, Vec<u8>) {
        let (mut peer, socket) = tokio::io::duplex(256);
        let reading = tokio::spawn(version(socket));
        for piece in pieces {
            peer.write_all(piece).await.unwrap();
            tokio::task::yield_now().await;
        }
        drop(peer);
        let (version, mut replay) = reading.await.unwrap().unwrap();
        let mut read = Vec::new();
        replay.read_to_end(&mut read).await.unwrap();
        (version, read)
    }

    #[tokio::test]
    async fn both_versions_and_nothing_is_lost() {
        let two = [PREFACE.as_slice(), b"frames"].concat();
        let table: [(&[u8], Version); 7] = [
            (b"GET / HTTP/1.1\r\n\r\n", Version::Http1),
            (b"POST / HTTP/1.1\r\n\r\n", Version::Http1),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r", Version::Http1),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\rX and more", Version::Http1),
            (b"PRI", Version::Http1),
            (b"", Version::Http1),
            (&two, Version::Http2),
        ];
        for (bytes, version) in table {
            assert_eq!(told(&[bytes]).await, (version, bytes.to_vec()));
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(told(&single).await, (version, bytes.to_vec()));
        }
    }
}
