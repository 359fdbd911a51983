//! HTTP to one server, of whichever version: answers that are read whole, answers that are read as they come, and WebSockets.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::time::timeout;

use crate::answer::read_whole;
use crate::endpoint::Endpoint;
use crate::http1::{Bare, Http1, send_alone, send_bare};
use crate::http2::Http2;
use crate::{ClientError, ClientOptions, Protocol};

/// The HTTP side of a server. A clone shares the connections.
#[derive(Clone)]
pub struct Http(Arc<Inner>);

struct Inner {
    endpoint: Arc<Endpoint>,
    connections: Connections,
}

enum Connections {
    Http1(Http1),
    Http2(Http2),
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("endpoint", &self.0.endpoint).finish_non_exhaustive()
    }
}

impl Http {
    /// For the server at a URL like `http://127.0.0.1:8080`.
    pub fn new(base_url: &str, options: &ClientOptions) -> Result<Self, ClientError> {
        let endpoint = Arc::new(Endpoint::new(base_url, options)?);
        let connections = match options.protocol {
            Protocol::Http1 => Connections::Http1(Http1::default()),
            Protocol::Http2 => Connections::Http2(Http2::default()),
        };
        Ok(Self(Arc::new(Inner { endpoint, connections })))
    }

    /// The origin of a page that this server has sent.
    pub(crate) fn origin(&self) -> String {
        self.0.endpoint.origin()
    }

    /// The version of HTTP.
    pub fn protocol(&self) -> Protocol {
        self.0.endpoint.protocol
    }

    /// Asks on a kept connection if there is one, and reads the answer whole. Any status is an answer.
    ///
    /// The URI of the request is its path and query.
    pub async fn call(
        &self,
        request: Request<Bytes>,
        within: Duration,
    ) -> Result<Response<Bytes>, ClientError> {
        let request = self.0.endpoint.address(request.map(Full::new))?;
        let exchange = async {
            match &self.0.connections {
                Connections::Http1(connections) => {
                    let (answer, connection) = connections.send(&self.0.endpoint, request).await?;
                    let answer = read_whole(answer).await?;
                    connections.keep(connection);
                    Ok(answer)
                }
                Connections::Http2(shared) => read_whole(shared.send(&self.0.endpoint, request).await?).await,
            }
        };
        timeout(within, exchange)
            .await
            .map_err(|_| ClientError::timed_out("the server did not answer in time"))?
    }

    /// Asks, and gives the answer as soon as its head has come. Any status is an answer.
    ///
    /// Over HTTP/1.1 on a connection of its own. The URI of the request is its path and query; what it asks for may be
    /// another protocol, by `Upgrade` or, over HTTP/2, by [`hyper::ext::Protocol`].
    pub async fn open(
        &self,
        request: Request<Bytes>,
        within: Duration,
    ) -> Result<Response<Incoming>, ClientError> {
        let request = self.0.endpoint.address(request.map(Full::new))?;
        let exchange = async {
            match &self.0.connections {
                Connections::Http1(_) => send_alone(&self.0.endpoint, request).await,
                Connections::Http2(shared) => shared.send(&self.0.endpoint, request).await,
            }
        };
        timeout(within, exchange)
            .await
            .map_err(|_| ClientError::timed_out("the stream did not begin in time"))?
    }

    /// Asks, and gives the connection itself once the answer's head has come; none where TLS or HTTP/2 is in between. The
    /// answer must be one that lasts as long as its connection.
    pub(crate) async fn open_bare(
        &self,
        request: Request<Bytes>,
        within: Duration,
    ) -> Result<Option<Bare>, ClientError> {
        let Some(socket) = self.0.endpoint.connect_bare().await? else { return Ok(None) };
        let request = self.0.endpoint.address(request.map(Full::new))?;
        timeout(within, send_bare(socket, request))
            .await
            .map_err(|_| ClientError::timed_out("the stream did not begin in time"))?
            .map(Some)
    }

    /// Whether WebSockets can be asked for: over HTTP/2 only where the server's settings say so (RFC 8441 §3).
    pub(crate) async fn takes_websockets(&self) -> Result<bool, ClientError> {
        match &self.0.connections {
            Connections::Http1(_) => Ok(true),
            Connections::Http2(shared) => shared.takes_extended_connect(&self.0.endpoint).await,
        }
    }
}
