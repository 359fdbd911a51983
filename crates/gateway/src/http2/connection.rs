//! One HTTP/2 connection: takes its requests, keeps its limits, finds out whether the peer is still there.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::server::{Builder, Connection};
use h2::{Ping, PingPong, Reason};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::control_frames::ControlFrames;
use super::exchange::{self, Outcome};
use crate::client::Peer;
use crate::front::Front;
use crate::metrics::Limit;
use crate::options::Http2Options;

/// Serves a connection until it ends. When `stop` becomes true, it takes no more requests and ends after the open ones.
pub(crate) async fn serve<T: AsyncRead + AsyncWrite + Unpin>(
    front: Arc<Front>,
    socket: &mut T,
    peer: Peer,
    stop: watch::Receiver<bool>,
) {
    let options = &front.app.options;
    let flooded = Arc::new(Notify::new());
    let socket = ControlFrames::new(socket, options.http2.control_frames, flooded.clone());
    let handshake = builder(&options.http2).handshake(socket);
    match timeout(options.head_timeout, handshake).await {
        Ok(Ok(mut connection)) => run(&mut connection, &front, peer, &flooded, stop).await,
        Ok(Err(error)) => offended(&front, &error),
        Err(_) => front.app.metrics.hit(Limit::HeadTimeout),
    }
}

fn builder(options: &Http2Options) -> Builder {
    let mut builder = Builder::new();
    builder
        .max_concurrent_streams(options.streams_max)
        .initial_window_size(options.stream_window_bytes)
        .initial_connection_window_size(options.connection_window_bytes)
        .max_send_buffer_size(options.send_buffer_bytes_max)
        .max_header_list_size(options.header_bytes_max)
        .max_local_error_reset_streams(Some(options.errors_max))
        // RFC 8441; stands in the first SETTINGS.
        .enable_connect_protocol();
    builder
}

async fn run<T: AsyncRead + AsyncWrite + Unpin>(
    connection: &mut Connection<T, Bytes>,
    front: &Arc<Front>,
    peer: Peer,
    flooded: &Notify,
    mut stop: watch::Receiver<bool>,
) {
    let options = &front.app.options;
    let idle_timeout = options.head_timeout;
    let mut resets =
        Resets { per_second_max: options.http2.resets_per_second_max, since: Instant::now(), count: 0 };
    let (mut closing, mut calmed) = (false, false);
    let ping_pong = connection.ping_pong();
    let mut dead = std::pin::pin!(async {
        match ping_pong {
            Some(ping_pong) => until_unanswered(ping_pong, &options.http2).await,
            None => std::future::pending().await,
        }
    });
    let mut idle = std::pin::pin!(sleep(idle_timeout));
    // Dropped with the connection, and with it the requests that are in work.
    let mut exchanges = JoinSet::new();
    loop {
        tokio::select! {
            accepted = connection.accept() => match accepted {
                Some(Ok((request, respond))) => {
                    exchanges.spawn(exchange::answer(front.clone(), request, respond, peer));
                }
                Some(Err(error)) => return offended(front, &error),
                None => return,
            },
            Some(outcome) = exchanges.join_next() => {
                if matches!(outcome, Ok(Outcome::Reset)) && resets.too_many() {
                    front.app.metrics.http2_offences.inc();
                    tracing::debug!(peer = %peer.address, "a peer took back too many requests");
                    connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM);
                }
                idle.as_mut().reset(Instant::now() + idle_timeout);
            }
            () = flooded.notified(), if !calmed => {
                calmed = true;
                front.app.metrics.http2_offences.inc();
                front.app.metrics.hit(Limit::ControlFrames);
                tracing::debug!(peer = %peer.address, "a peer sent too many pings or settings");
                connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM);
            }
            () = &mut idle => {
                if exchanges.is_empty() && !connection.has_streams() {
                    if closing {
                        return;
                    }
                    closing = true;
                    connection.graceful_shutdown();
                }
                idle.as_mut().reset(Instant::now() + idle_timeout);
            }
            () = &mut dead => {
                front.app.metrics.http2_dead.inc();
                return;
            }
            // The sender is dropped only after it has sent.
            _ = stop.wait_for(|stop| *stop), if !closing => {
                closing = true;
                connection.graceful_shutdown();
            }
        }
    }
}

/// Returns when the peer has not answered a ping in time, or cannot be sent one.
async fn until_unanswered(mut ping_pong: PingPong, options: &Http2Options) {
    loop {
        sleep(options.ping_interval).await;
        match timeout(options.ping_timeout, ping_pong.ping(Ping::opaque())).await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
}

fn offended(front: &Front, error: &h2::Error) {
    if error.is_go_away() && error.is_library() {
        front.app.metrics.http2_offences.inc();
    }
    tracing::debug!(%error, "an HTTP/2 connection broke");
}

/// Counts the requests that the peer takes back, second by second.
struct Resets {
    per_second_max: u32,
    since: Instant,
    count: u32,
}

impl Resets {
    /// Counts one more.
    fn too_many(&mut self) -> bool {
        if self.since.elapsed() >= Duration::from_secs(1) {
            self.since = Instant::now();
            self.count = 0;
        }
        self.count += 1;
        self.count > self.per_second_max
    }
}
