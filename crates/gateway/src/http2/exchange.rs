//! One stream of an HTTP/2 connection: a request and its response.

use std::future::poll_fn;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::header::{CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Body as _;
use prometheus_client::metrics::gauge::Gauge;
use tokio::time::{Instant, timeout};

use super::carry::carry;
use super::request_body::RequestBody;
use crate::accept;
use crate::client::Peer;
use crate::connection::EventStream;
use crate::front::Front;
use crate::head;

/// Headers of HTTP/1.1 connections, which HTTP/2 forbids (RFC 9113, section 8.2.2).
const CONNECTION_HEADERS: [HeaderName; 4] =
    [CONNECTION, HeaderName::from_static("keep-alive"), TRANSFER_ENCODING, UPGRADE];

/// How a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The response was sent, or given up.
    Answered,
    /// The peer took the request back before all of its response was sent, or an event stream as soon as it had begun.
    Reset,
}

/// Answers one request.
pub(super) async fn answer(
    front: Arc<Front>,
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    peer: Peer,
) -> Outcome {
    let _open = Open::new(front.app.metrics.http2_streams.clone());
    let permit = front.http2_streams.clone().try_acquire_owned();
    let method = request.method().clone();
    let (parts, incoming) = request.into_parts();
    // What follows a CONNECT is no body: it belongs to the stream that may come of it.
    let (body, incoming) = if method == Method::CONNECT {
        (Body::empty(), Some(incoming))
    } else {
        let length = parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        (Body::new(RequestBody::new(incoming, length)), None)
    };
    // Its own memory, which an event stream need not keep.
    let answering = Box::pin(async {
        if permit.is_err() {
            front.app.metrics.http2_streams_refused.inc();
            return accept::refusal(accept::full(), peer.tls);
        }
        front.answer(Request::from_parts(parts, body), peer).await
    });
    let mut response = tokio::select! {
        response = answering => response,
        _ = poll_fn(|cx| respond.poll_reset(cx)) => return Outcome::Reset,
    };

    let stream = response.extensions_mut().remove::<EventStream>();
    let (mut head, body) = response.into_parts();
    for name in &CONNECTION_HEADERS {
        head.headers.remove(name);
    }
    if let Ok(date) = HeaderValue::try_from(head::date((front.app.clock)())) {
        head.headers.insert(DATE, date);
    }
    if stream.is_some() {
        // A stream has no length to tell.
        head.headers.remove(CONTENT_LENGTH);
    } else if let Some(length) = body.size_hint().exact() {
        set_length(head.status, &method, length, &mut head.headers);
    }
    let is_stream = stream.is_some() && method != Method::HEAD;
    let is_empty = !is_stream && body.is_end_stream();
    let Ok(mut send) = respond.send_response(Response::from_parts(head, ()), is_empty) else {
        return Outcome::Reset;
    };
    if is_empty {
        return Outcome::Answered;
    }
    match stream {
        Some(EventStream { request, held: _held }) if is_stream => {
            let (hub, read_for) = (front.app.hub.clone(), front.app.options.http2.read_for);
            drop(front);
            let (carrier, begun) =
                (hub.carried_stream(request, Bytes::new(), Bytes::new()).await, Instant::now());
            let taken_back = carry(carrier, send, incoming, hub.stall()).await;
            if taken_back && begun.elapsed() < read_for {
                return Outcome::Reset;
            }
        }
        _ => match timeout(front.app.options.response_timeout, send_body(&mut send, body)).await {
            Ok(Ok(())) => {}
            // The peer knows: it has reset the stream or closed the connection.
            Ok(Err(Unsent::Stream)) => return Outcome::Reset,
            Ok(Err(Unsent::Body)) => send.send_reset(Reason::INTERNAL_ERROR),
            Err(_) => {
                front.app.metrics.responses_not_taken.inc();
                send.send_reset(Reason::CANCEL);
            }
        },
    }
    Outcome::Answered
}

fn set_length(status: StatusCode, method: &Method, length: u64, headers: &mut HeaderMap) {
    if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        // One has none to tell, and the other would have to tell that of the body which it spares (RFC 9110, section 8.6).
        headers.remove(CONTENT_LENGTH);
    } else if *method != Method::HEAD && !(*method == Method::CONNECT && status.is_success()) {
        headers.entry(CONTENT_LENGTH).or_insert_with(|| length.into());
    }
}

/// Why a body was not sent.
enum Unsent {
    /// The stream is closed.
    Stream,
    /// The body itself broke.
    Body,
}

/// Sends a body as fast as the peer takes it.
async fn send_body(send: &mut SendStream<Bytes>, mut body: Body) -> Result<(), Unsent> {
    while let Some(frame) = body.frame().await {
        let Ok(mut data) = frame.map_err(|_| Unsent::Body)?.into_data() else { continue };
        let is_last = body.is_end_stream();
        while !data.is_empty() {
            send.reserve_capacity(data.len());
            let capacity = match send.capacity() {
                0 => match poll_fn(|cx| send.poll_capacity(cx)).await {
                    Some(Ok(capacity)) => capacity,
                    Some(Err(_)) | None => return Err(Unsent::Stream),
                },
                capacity => capacity,
            };
            let part = data.split_to(capacity.min(data.len()));
            if part.is_empty() {
                continue;
            }
            let ends = is_last && data.is_empty();
            send.send_data(part, ends).map_err(|_| Unsent::Stream)?;
            if ends {
                return Ok(());
            }
        }
    }
    send.send_data(Bytes::new(), true).map_err(|_| Unsent::Stream)
}

/// Counts an open stream.
struct Open(Gauge);

impl Open {
    fn new(gauge: Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}
