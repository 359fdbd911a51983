//! HTTP/1.1 by hyper, until the connection ends or a request becomes a stream.
//!
//! A stream's response never reaches hyper. Its handler's response is kept aside while hyper waits for it, and once hyper
//! owes the peer nothing more, the socket is taken from it; `docs/decisions/0001-streams-leave-hyper.md` says why.

use std::convert::Infallible;
use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use chinwag_hub::StreamRequest;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::Sleep;

use crate::app::App;
use crate::client::Peer;
use crate::connection::{EventStream, Held};
use crate::front::Front;
use crate::head;
use crate::heads::{Framing, Heads};
use crate::metrics::Limit;
use crate::watched_socket::{Flushed, WatchedSocket};

/// Memory for what is read and not taken, and for what is written and not taken.
const BUFFER_BYTES_MAX: usize = 128 << 10;
type Connection<T> = http1::Connection<TokioIo<WatchedSocket<T>>, Service>;

/// How HTTP on a connection ended, and what it was spoken over.
pub(crate) enum End<T> {
    /// It was closed, or broke, or the peer did not take a response in time.
    Closed(T),
    /// A request became a stream.
    Stream(T, Box<Handover>),
}

/// What the hub is given with the connection.
pub(crate) struct Handover {
    pub(crate) head: Bytes,
    pub(crate) request: StreamRequest,
    pub(crate) held: Vec<Held>,
    /// What the peer sent beyond the request, which means something on a WebSocket only.
    pub(crate) early: Bytes,
}

/// Serves a connection until HTTP has ended on it. When `stop` becomes true, it ends after the open request.
pub(crate) async fn serve<T: AsyncRead + AsyncWrite + Unpin>(
    front: Arc<Front>,
    socket: T,
    peer: Peer,
    stop: watch::Receiver<bool>,
) -> End<T> {
    let flushed = Arc::new(Flushed::default());
    let handover = Arc::new(Mutex::new(None));
    let framing = Arc::new(Framing::default());
    let socket = WatchedSocket::new(socket, flushed.clone(), Heads::new(framing.clone()));
    let service = Service { front: front.clone(), peer, framing, handover: handover.clone() };
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(front.app.options.head_timeout)
        // hyper answers longer heads with a bare 431 and closes; `front.rs` refuses shorter ones with a problem document.
        .max_header_size(2 * front.app.options.header_bytes_max)
        .max_buf_size(BUFFER_BYTES_MAX)
        .serve_connection(TokioIo::new(socket), service);

    let end = run(&mut connection, &flushed, &handover, stop, &front.app).await;
    let parts = connection.into_parts();
    let socket = parts.io.into_inner().into_inner();
    match end {
        None => End::Closed(socket),
        Some(handover) => End::Stream(socket, Box::new(Handover { early: parts.read_buf, ..handover })),
    }
}

/// Whether a request became a stream.
async fn run<T: AsyncRead + AsyncWrite + Unpin>(
    connection: &mut Connection<T>,
    flushed: &Flushed,
    handover: &Mutex<Option<Handover>>,
    mut stop: watch::Receiver<bool>,
    app: &App,
) -> Option<Handover> {
    let mut blocked: Option<Pin<Box<Sleep>>> = None;
    let mut poll = |connection: &mut Connection<T>, cx: &mut Context<'_>| {
        if let Poll::Ready(result) = connection.poll_without_shutdown(cx) {
            if let Err(error) = result {
                if error.is_timeout() {
                    app.metrics.hit(Limit::HeadTimeout);
                } else if error.is_parse_too_large() {
                    app.metrics.hit(Limit::HeaderBytes);
                }
                tracing::debug!(%error, "a connection broke");
            }
            return Poll::Ready(None);
        }
        if flushed.is_complete()
            && let Some(handover) = handover.lock().take()
        {
            return Poll::Ready(Some(handover));
        }
        if flushed.is_complete() {
            blocked = None;
            return Poll::Pending;
        }
        // Once a peer was slow, it has this long for all of the response: a byte now and then is not enough.
        if blocked.is_none() && !flushed.is_blocked() {
            return Poll::Pending;
        }
        let deadline =
            blocked.get_or_insert_with(|| Box::pin(tokio::time::sleep(app.options.response_timeout)));
        deadline.as_mut().poll(cx).map(|()| {
            app.metrics.responses_not_taken.inc();
            None
        })
    };
    tokio::select! {
        end = poll_fn(|cx| poll(connection, cx)) => return end,
        // The sender is dropped only after it has sent.
        _ = stop.wait_for(|stop| *stop) => {}
    }
    Pin::new(&mut *connection).graceful_shutdown();
    poll_fn(|cx| poll(connection, cx)).await
}

/// Answers the requests of one connection.
struct Service {
    front: Arc<Front>,
    peer: Peer,
    framing: Arc<Framing>,
    handover: Arc<Mutex<Option<Handover>>>,
}

/// Marks a request of which it is not clear where it ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UnclearEnd;

impl hyper::service::Service<Request<Incoming>> for Service {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let front = self.front.clone();
        let peer = self.peer;
        let handover = self.handover.clone();
        let has_chunks = request.headers().contains_key(TRANSFER_ENCODING);
        if has_chunks && !(self.framing.is_clear() && is_only_chunked(request.headers())) {
            request.extensions_mut().insert(UnclearEnd);
        }
        Box::pin(async move {
            let version = request.version();
            let is_head = request.method() == Method::HEAD;
            let mut response = front.answer(request.map(Body::new), peer).await;
            if has_chunks {
                // `heads.rs` does not look further than this.
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            match response.extensions_mut().remove::<EventStream>() {
                None => Ok(response),
                Some(_) if is_head => {
                    // The stream has no length to tell.
                    response.headers_mut().remove(CONTENT_LENGTH);
                    Ok(response)
                }
                Some(EventStream { request, held }) => {
                    let (parts, _) = response.into_parts();
                    let head = head::serialize(version, &parts, (front.app.clock)());
                    *handover.lock() = Some(Handover { head, request, held, early: Bytes::new() });
                    // Dropped when the socket is taken.
                    pending().await
                }
            }
        })
    }
}

/// Whether a body is only in chunks. In a list hyper looks at nothing but its end, and leaves the rest packed.
fn is_only_chunked(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).into_iter();
    let first = codings.next().is_some_and(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked"));
    first && codings.next().is_none()
}
