//! A TCP proxy between client and server that destroys what goes through it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chinwag_client::Client;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::server::TestServer;

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing bad.
    Pass,
    /// Everything arrives, so many bytes at a time, both ways.
    Pieces(usize),
    /// The client gets so many bytes of the answers; then the connection is closed.
    CloseAfter(usize),
    /// The client gets so many chunks of the answers, as they are read; then the connection is closed.
    CloseAfterChunks(usize),
    /// The client gets so many bytes of the answers; then the connection is reset.
    ResetAfter(usize),
    /// The server gets so many bytes of the requests; then the connection is reset.
    CutRequest(usize),
    /// The server gets the request; then the connection is reset.
    Vanish,
}

impl Fault {
    /// One of those that destroy something.
    pub(crate) fn any(random: &mut fastrand::Rng) -> Self {
        // Small numbers hit answers to commands, large ones streams.
        let magnitude = random.u32(3..14);
        let bytes = random.usize(0..1 << magnitude);
        match random.u8(0..8) {
            // Lets large answers pass, so that there is progress.
            0 => Self::CloseAfterChunks(random.usize(1..30)),
            1 | 2 => Self::CloseAfter(bytes),
            3 | 4 => Self::ResetAfter(bytes),
            5 => Self::ResetAfter(0),
            6 => Self::CutRequest(bytes),
            _ => Self::Vanish,
        }
    }
}

/// A running proxy.
pub(crate) struct FaultProxy {
    address: SocketAddr,
    destroyed: Arc<AtomicUsize>,
}

impl FaultProxy {
    /// In front of `target`; `plan` says for each new connection what becomes of it.
    pub(crate) async fn start(target: SocketAddr, mut plan: impl FnMut() -> Fault + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("the port is known");
        let destroyed = Arc::new(AtomicUsize::new(0));
        let counter = destroyed.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, target, plan(), counter.clone()));
            }
        });
        Self { address, destroyed }
    }

    /// A client of `server` that goes through here.
    pub(crate) fn client(&self, server: &TestServer) -> Client {
        server.client_at(self.address)
    }

    /// Connections destroyed so far.
    pub(crate) fn destroyed(&self) -> usize {
        self.destroyed.load(Ordering::Relaxed)
    }
}

async fn carry(mut client: TcpStream, target: SocketAddr, fault: Fault, destroyed: Arc<AtomicUsize>) {
    let Ok(mut server) = TcpStream::connect(target).await else { return };
    for socket in [&client, &server] {
        socket.set_nodelay(true).expect("the socket is open");
    }
    let pass = Limits { bytes: usize::MAX, piece: usize::MAX, chunks: usize::MAX };
    let (up, down) = match fault {
        Fault::Pass => (pass, pass),
        Fault::Pieces(piece) => (Limits { piece, ..pass }, Limits { piece, ..pass }),
        Fault::CloseAfter(bytes) | Fault::ResetAfter(bytes) => (pass, Limits { bytes, ..pass }),
        Fault::CloseAfterChunks(chunks) => (pass, Limits { chunks, ..pass }),
        Fault::CutRequest(bytes) => (Limits { bytes, ..pass }, pass),
        Fault::Vanish => (Limits { chunks: 1, ..pass }, pass),
    };
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let cut = tokio::select! {
        cut = copy(&mut from_client, &mut to_server, up) => cut,
        cut = copy(&mut from_server, &mut to_client, down) => cut,
    };
    if cut {
        destroyed.fetch_add(1, Ordering::Relaxed);
        if !matches!(fault, Fault::CloseAfter(_) | Fault::CloseAfterChunks(_)) {
            for socket in [&client, &server] {
                // If it is gone already, so much the better.
                let _ = socket.set_zero_linger();
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Limits {
    /// Bytes that pass in all.
    bytes: usize,
    /// Bytes that pass at a time.
    piece: usize,
    /// Chunks that pass, as they are read.
    chunks: usize,
}

/// Copies until a limit or the end; whether it was a limit.
async fn copy(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    mut limits: Limits,
) -> bool {
    let mut buffer = vec![0; 16 << 10];
    while limits.chunks > 0 {
        let count = match from.read(&mut buffer).await {
            Ok(0) | Err(_) => return false,
            Ok(count) => count,
        };
        let passing = count.min(limits.bytes);
        for piece in buffer[..passing].chunks(limits.piece) {
            if to.write_all(piece).await.is_err() {
                return false;
            }
            if limits.piece < count {
                // Lets the other side see the piece by itself.
                tokio::task::yield_now().await;
            }
        }
        limits.bytes -= passing;
        limits.chunks -= 1;
        if passing < count {
            return true;
        }
    }
    true
}
