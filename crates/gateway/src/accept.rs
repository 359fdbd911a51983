//! Takes connections from a listener and sees to their end.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use chinwag_protocol::{Code, Problem};
use http::Version;
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::connection;
use crate::front::Front;
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
    loop {
        let (socket, peer) = tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {
                metrics.connections.dec();
                continue;
            }
            Some(_) = refusals.join_next() => continue,
            accepted = accept(&listener) => accepted,
        };
        if connections.len() + front.sockets_handed_over() < connections_max {
            metrics.connections.inc();
            connections.spawn(connection::serve(front.clone(), tls.clone(), socket, peer, stopping.clone()));
            continue;
        }
        metrics.connections_refused.inc();
        // By TLS, telling would cost more than serving.
        if tls.is_none()
            && let Ok(permit) = telling.clone().try_acquire_owned()
        {
            let front = front.clone();
            refusals.spawn(async move {
                let _ = tokio::time::timeout(TELLING, refuse(&front, socket)).await;
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

/// The next connection.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if left_already(&error) => {}
            Err(error) => {
                // Too many open files, or no memory: trying again at once would only burn time.
                tracing::error!(%error, "cannot accept connections; trying again");
                tokio::time::sleep(SOCKETS_SHORT).await;
            }
        }
    }
}

fn left_already(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// The answer of a server that serves as many as it can.
pub(crate) fn full(https: bool) -> Response {
    let problem =
        Problem::new(Code::Overloaded, "The server has as many connections as it can serve. Try again.");
    let mut response = Refusal::from(problem.retry_after(5)).into_response();
    security_headers::add(response.status(), https, response.headers_mut());
    response
}

/// Says that the server is full, without reading what is asked.
async fn refuse(front: &Front, mut socket: TcpStream) -> io::Result<()> {
    let (parts, body) = full(false).into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    socket.write_all(&head::serialize(Version::HTTP_11, &parts, (front.app.clock)())).await?;
    socket.write_all(&body).await?;
    socket.shutdown().await?;
    // Closing with unread bytes would reset the connection before the peer has the answer.
    let mut rest = [0; 512];
    while socket.read(&mut rest).await? > 0 {}
    Ok(())
}
