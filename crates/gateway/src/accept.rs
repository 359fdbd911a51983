//! Takes connections from a listener and sees to their end.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use chinwag_protocol::{Code, Problem};
use http::header::CACHE_CONTROL;
use http::{HeaderValue, Version};
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::connection;
use crate::front::Front;
use crate::metrics::{GatewayMetrics, Limit};
use crate::refusal::Refusal;
use crate::tls::Tls;
use crate::{head, security_headers};

/// While the system gives no socket, it is asked again after this long.
const SOCKETS_SHORT: Duration = Duration::from_millis(100);
/// So many refused connections are told why at the same time; more are closed at once.
const TELLING_MAX: usize = 64;
/// A refused connection has this long to take the refusal.
const TELLING: Duration = Duration::from_secs(1);

/// Serves until `shutdown` is ready and then until all connections have ended, at most for the time to drain.
pub(crate) async fn serve(
    front: Arc<Front>,
    listener: TcpListener,
    tls: Option<Tls>,
    connections_max: usize,
    shutdown: impl Future<Output = ()>,
) {
    let (stop, stopping) = watch::channel(false);
    let telling = Arc::new(Semaphore::new(TELLING_MAX));
    let mut connections = JoinSet::new();
    let mut refusals = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    let metrics = &front.app.metrics;
    let mut short = false;
    loop {
        let (socket, peer) = tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {
                metrics.connections.dec();
                continue;
            }
            Some(_) = refusals.join_next() => continue,
            accepted = accept(&listener, metrics, &mut short) => accepted,
        };
        while connections.try_join_next().is_some() {
            metrics.connections.dec();
        }
        let elsewhere = if front.for_clients { front.app.hub.sockets() } else { 0 };
        let place = if connections.len() + elsewhere >= connections_max {
            metrics.connections_refused.inc();
            Err(full())
        } else if front.for_clients {
            front.app.limits.connection(peer.ip())
        } else {
            Ok(None)
        };
        let problem = match place {
            // Before anything is calculated for it. There is nobody yet who would understand why.
            Ok(_) if tls.is_some() && !front.app.limits.allows_tls_handshake(peer.ip()) => continue,
            Ok(place) => {
                metrics.connections.inc();
                let stopping = stopping.clone();
                connections.spawn(connection::serve(
                    front.clone(),
                    tls.clone(),
                    socket,
                    peer,
                    place,
                    stopping,
                ));
                continue;
            }
            Err(problem) => problem,
        };
        // By TLS, telling would cost more than serving.
        if tls.is_none()
            && let Ok(permit) = telling.clone().try_acquire_owned()
        {
            let front = front.clone();
            refusals.spawn(async move {
                let _ = tokio::time::timeout(TELLING, refuse(&front, socket, problem)).await;
                drop(permit);
            });
        }
    }
    drop(listener);
    let _ = stop.send(true);
    let ended = async {
        while connections.join_next().await.is_some() {
            metrics.connections.dec();
        }
    };
    let _ = tokio::time::timeout(front.app.options.drain, ended).await;
    metrics.connections.dec_by(connections.len() as i64);
}

/// The next connection. `short` says whether the system gave none the last time.
async fn accept(
    listener: &TcpListener,
    metrics: &GatewayMetrics,
    short: &mut bool,
) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => {
                if std::mem::take(short) {
                    tracing::info!("accepting connections again");
                }
                return accepted;
            }
            Err(error) if left_already(&error) => {}
            Err(error) => {
                // Too many open files, or no memory: trying again at once would only burn time.
                if !std::mem::replace(short, true) {
                    metrics.hit(Limit::OpenFiles);
                    tracing::error!(%error, "cannot accept connections; they wait until some have ended");
                }
                tokio::time::sleep(SOCKETS_SHORT).await;
            }
        }
    }
}

fn left_already(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// What a server says that serves as many as it can.
pub(crate) fn full() -> Problem {
    let detail = "The server has as many connections as it can serve. Try again.";
    Problem::new(Code::Overloaded, detail).retry_after(5)
}

/// A problem as the answer to what nobody has looked at.
pub(crate) fn refusal(problem: Problem, https: bool) -> Response {
    let mut response = Refusal::from(problem).into_response();
    security_headers::add(response.status(), https, response.headers_mut());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Says why a connection is not served, without reading what is asked.
async fn refuse(front: &Front, mut socket: TcpStream, problem: Problem) -> io::Result<()> {
    let (parts, body) = refusal(problem, false).into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    socket.write_all(&head::serialize(Version::HTTP_11, &parts, (front.app.clock)())).await?;
    socket.write_all(&body).await?;
    socket.shutdown().await?;
    // Closing with unread bytes would reset the connection before the peer has the answer.
    let mut rest = [0; 512];
    while socket.read(&mut rest).await? > 0 {}
    Ok(())
}
