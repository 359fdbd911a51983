//! HTTP/1.1 (RFC 9112): one request at a time on each connection, so connections are kept.

use std::future::poll_fn;
use std::pin::pin;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::TcpStream;

use crate::ClientError;
use crate::endpoint::Endpoint;

/// Connections that are kept for the next request.
const IDLE_MAX: usize = 16;

pub(crate) type Connection = SendRequest<Full<Bytes>>;

/// Connections without a request.
#[derive(Default)]
pub(crate) struct Http1 {
    idle: Mutex<Vec<Connection>>,
}

impl Http1 {
    /// Sends on a kept connection. One that the server has closed meanwhile gives the request back, and the next is tried.
    pub(crate) async fn send(
        &self,
        endpoint: &Endpoint,
        mut request: Request<Full<Bytes>>,
    ) -> Result<(Response<Incoming>, Connection), ClientError> {
        loop {
            let kept = self.idle.lock().pop();
            let Some(mut connection) = kept else { break };
            if connection.ready().await.is_err() {
                continue;
            }
            match connection.try_send_request(request).await {
                Ok(answer) => return Ok((answer, connection)),
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(error.into_error().into()),
                },
            }
        }
        let mut connection = connect(endpoint).await?;
        let answer = connection.send_request(request).await?;
        Ok((answer, connection))
    }

    /// Keeps a connection of which the answer was read to its end.
    pub(crate) fn keep(&self, connection: Connection) {
        let mut idle = self.idle.lock();
        if !connection.is_closed() && idle.len() < IDLE_MAX {
            idle.push(connection);
        }
    }
}

/// Sends on a connection that is the request's own.
pub(crate) async fn send_alone(
    endpoint: &Endpoint,
    request: Request<Full<Bytes>>,
) -> Result<Response<Incoming>, ClientError> {
    Ok(connect(endpoint).await?.send_request(request).await?)
}

/// A connection once the head of an answer has come that lasts as long as the connection.
pub(crate) struct Bare {
    pub(crate) head: http::response::Parts,
    /// What was read behind the head.
    pub(crate) early: Bytes,
    pub(crate) socket: TcpStream,
}

/// Sends on a connection that is the request's own, and gives the connection itself once the answer's head has come.
pub(crate) async fn send_bare(socket: TcpStream, request: Request<Full<Bytes>>) -> Result<Bare, ClientError> {
    let (mut requests, mut connection) = handshake(TokioIo::new(socket)).await?;
    let mut sending = pin!(requests.send_request(request));
    let mut ended = false;
    let answer = poll_fn(|cx| {
        if !ended {
            // Whatever ends it ends the request, too.
            ended = connection.poll_without_shutdown(cx).is_ready();
        }
        sending.as_mut().poll(cx)
    })
    .await?;
    let parts = connection.into_parts();
    let (head, mut body) = answer.into_parts();
    let mut early = BytesMut::new();
    // Of what is left of the connection there is only what it had handed on already.
    while let Some(Ok(frame)) = body.frame().await {
        if let Ok(bytes) = frame.into_data() {
            early.extend_from_slice(&bytes);
        }
    }
    early.extend_from_slice(&parts.read_buf);
    Ok(Bare { head, early: early.freeze(), socket: parts.io.into_inner() })
}

async fn connect(endpoint: &Endpoint) -> Result<Connection, ClientError> {
    let (requests, connection) = handshake(TokioIo::new(endpoint.connect().await?)).await?;
    tokio::spawn(async move {
        // Whoever waits for an answer is told of the error.
        let _ = connection.with_upgrades().await;
    });
    Ok(requests)
}
