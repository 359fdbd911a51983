//! A socket that knows whether all that was written into it has been taken, and looks at the heads that are read from it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::heads::Heads;

/// Whether the writer in front of the socket may still hold bytes for it.
///
/// hyper flushes its socket when, and only when, its own buffer is empty. So after a completed flush nothing is owed to the
/// peer, and after a write it may be.
#[derive(Debug, Default)]
pub(crate) struct Flushed {
    owes: AtomicBool,
    blocked: AtomicBool,
}

impl Flushed {
    /// Whether nothing is owed.
    pub(crate) fn is_complete(&self) -> bool {
        !self.owes.load(Ordering::Relaxed)
    }

    /// Whether the peer did not take what it was offered last.
    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked.load(Ordering::Relaxed)
    }
}

/// The socket.
#[derive(Debug)]
pub(crate) struct WatchedSocket<T> {
    socket: T,
    flushed: Arc<Flushed>,
    heads: Heads,
}

impl<T> WatchedSocket<T> {
    pub(crate) fn new(socket: T, flushed: Arc<Flushed>, heads: Heads) -> Self {
        Self { socket, flushed, heads }
    }

    pub(crate) fn into_inner(self) -> T {
        self.socket
    }

    fn note_write<W>(&self, written: Poll<io::Result<W>>) -> Poll<io::Result<W>> {
        self.flushed.owes.store(true, Ordering::Relaxed);
        self.flushed.blocked.store(written.is_pending(), Ordering::Relaxed);
        written
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for WatchedSocket<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.socket).poll_read(cx, buffer);
        self.heads.follow(buffer.filled().get(before..).unwrap_or_default());
        read
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for WatchedSocket<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.note_write(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, buffers);
        self.note_write(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.socket).poll_flush(cx);
        if let Poll::Ready(Ok(())) = flushed {
            self.flushed.owes.store(false, Ordering::Relaxed);
            self.flushed.blocked.store(false, Ordering::Relaxed);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn knows_what_is_owed() {
        let (mut peer, socket) = tokio::io::duplex(8);
        let flushed = Arc::new(Flushed::default());
        let mut watch = WatchedSocket::new(socket, flushed.clone(), Heads::new(Arc::default()));
        assert!(flushed.is_complete() && !flushed.is_blocked());

        let writing = tokio::spawn(async move {
            watch.write_all(b"more than fits").await?;
            watch.flush().await?;
            io::Result::Ok(watch)
        });
        tokio::task::yield_now().await;
        assert!(!flushed.is_complete() && flushed.is_blocked());
        let mut taken = [0; 14];
        peer.read_exact(&mut taken).await.unwrap();
        let _watch = writing.await.unwrap().unwrap();
        assert!(flushed.is_complete() && !flushed.is_blocked());
    }
}
