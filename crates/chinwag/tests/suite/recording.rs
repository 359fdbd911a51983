//! A TCP proxy that keeps every byte that a server sends.

use std::net::SocketAddr;
use std::sync::Arc;

use chinwag_client::Client;
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::server::TestServer;

/// A running proxy.
pub(crate) struct Recording {
    address: SocketAddr,
    sent: Arc<Mutex<Vec<u8>>>,
}

impl Recording {
    /// In front of `target`.
    pub(crate) async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("the port is known");
        let sent = Arc::<Mutex<Vec<u8>>>::default();
        let kept = Arc::clone(&sent);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, target, Arc::clone(&kept)));
            }
        });
        Self { address, sent }
    }

    /// A client of `server` that goes through here.
    pub(crate) fn client(&self, server: &TestServer) -> Client {
        server.client_at(self.address)
    }

    /// How many bytes were sent so far.
    pub(crate) fn len(&self) -> usize {
        self.sent.lock().len()
    }

    /// Whether `text` is in what was sent, from the byte `from` to the byte `to`.
    pub(crate) fn has(&self, text: &str, from: usize, to: usize) -> bool {
        self.sent.lock()[from..to].windows(text.len()).any(|window| window == text.as_bytes())
    }
}

async fn carry(mut client: TcpStream, target: SocketAddr, sent: Arc<Mutex<Vec<u8>>>) {
    let Ok(mut server) = TcpStream::connect(target).await else { return };
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let down = async {
        let mut buffer = vec![0; 16 << 10];
        while let Ok(count @ 1..) = from_server.read(&mut buffer).await {
            sent.lock().extend_from_slice(&buffer[..count]);
            if to_client.write_all(&buffer[..count]).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = down => {}
        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
    }
}
