//! One connection: which protocol it speaks, and what becomes of it afterwards.

use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chinwag_hub::StreamRequest;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::client::Peer;
use crate::front::Front;
use crate::http1::{self, End, Handover};
use crate::limits::AddressPlace;
use crate::metrics::Limit;
use crate::preface::{self, Version};
use crate::tls::{self, Tls};
use crate::{http2, socket};

/// A closed connection waits this long for the peer to close too …
const LINGER: Duration = Duration::from_secs(1);
/// … and reads so much of what the peer still sends.
const LINGER_BYTES_MAX: u64 = 1 << 20;

/// Marks a response as the head of a stream.
#[derive(Debug, Clone)]
pub(crate) struct EventStream {
    pub(crate) request: StreamRequest,
    /// What counts it, to be dropped when it ends.
    pub(crate) held: Vec<Held>,
}

/// Something that is counted for as long as it is held.
pub(crate) type Held = Arc<dyn Any + Send + Sync>;

/// Serves a connection until it ends, or is the hub's; `place` goes with it. When `stop` becomes true, it ends after the open
/// requests.
pub(crate) async fn serve(
    front: Arc<Front>,
    tls: Option<Tls>,
    socket: TcpStream,
    address: SocketAddr,
    place: Option<AddressPlace>,
    stop: watch::Receiver<bool>,
) {
    if let Err(error) = socket::prepare(&socket) {
        tracing::debug!(%error, "the peer left at once");
        return;
    }
    match tls {
        None => serve_cleartext(front, socket, Peer { address, tls: false }, place, stop).await,
        // Its own memory, so that cleartext connections are not as large as these.
        Some(tls) => {
            Box::pin(serve_tls(front, tls, socket, Peer { address, tls: true }, stop)).await;
            drop(place);
        }
    }
}

async fn serve_cleartext(
    front: Arc<Front>,
    socket: TcpStream,
    peer: Peer,
    place: Option<AddressPlace>,
    mut stop: watch::Receiver<bool>,
) {
    let first_bytes = tokio::select! {
        told = timeout(front.app.options.head_timeout, preface::version(socket)) => told,
        // The sender is dropped only after it has sent.
        _ = stop.wait_for(|stop| *stop) => return,
    };
    match first_bytes {
        Ok(Ok((Version::Http1, socket))) => match http1::serve(front.clone(), socket, peer, stop).await {
            End::Closed(socket) => linger(socket.into_inner()).await,
            End::Stream(socket, handover) => {
                let Handover { request, held, head, early } = *handover;
                let socket = socket.into_inner();
                if let Err(error) = socket::prepare_stream(&socket) {
                    tracing::debug!(%error, "the peer left at once");
                    return;
                }
                front.app.hub.stream(request, socket, head, early, Box::new((held, place))).await;
            }
        },
        Ok(Ok((Version::Http2, mut socket))) => {
            Box::pin(http2::serve(front, &mut socket, peer, stop)).await;
            linger(socket).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, "a connection broke"),
        // Nothing was asked, so there is nothing to answer.
        Err(_) => front.app.metrics.hit(Limit::HeadTimeout),
    }
}

async fn serve_tls(
    front: Arc<Front>,
    tls: Tls,
    socket: TcpStream,
    peer: Peer,
    mut stop: watch::Receiver<bool>,
) {
    let handshake = timeout(front.app.options.head_timeout, tls.accept(socket));
    let handshake = tokio::select! {
        shaken = handshake => shaken,
        _ = stop.wait_for(|stop| *stop) => return,
    };
    let mut socket = match handshake {
        Ok(Ok(socket)) => socket,
        Ok(Err((error, socket))) => {
            front.app.metrics.tls_handshakes_failed.inc();
            tracing::debug!(%error, "a peer failed to speak TLS");
            return linger(socket).await;
        }
        Err(_) => {
            front.app.metrics.tls_handshakes_failed.inc();
            front.app.metrics.hit(Limit::HeadTimeout);
            return;
        }
    };
    if tls::speaks_http2(&socket) {
        Box::pin(http2::serve(front, &mut socket, peer, stop)).await;
        return linger(socket).await;
    }
    // Its memory goes when the stream begins.
    match Box::pin(http1::serve(front.clone(), socket, peer, stop)).await {
        End::Closed(socket) => linger(socket).await,
        End::Stream(mut socket, handover) => {
            let Handover { request, held: _held, head, early } = *handover;
            if let Err(error) = socket::prepare_stream(tls::tcp(&socket)) {
                tracing::debug!(%error, "the peer left at once");
                return;
            }
            let carrier = front.app.hub.carried_stream(request, head, early).await;
            let stall = front.app.hub.stall();
            drop(front);
            if tls::carry(&mut socket, carrier, stall).await == tls::Carried::Finished {
                linger(socket).await;
            }
        }
    }
}

/// Closes without losing what was written last: a socket closed with unread bytes resets the connection, and the peer may
/// then never see the response.
async fn linger<T: AsyncRead + AsyncWrite + Unpin>(mut socket: T) {
    let closing = async {
        socket.shutdown().await?;
        tokio::io::copy(&mut (&mut socket).take(LINGER_BYTES_MAX), &mut tokio::io::sink()).await
    };
    let _ = timeout(LINGER, closing).await;
}
