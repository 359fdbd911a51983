//! HTTP/1.1 over TCP: answers that are read whole, on connections that are kept, and answers that are read as they come.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, RETRY_AFTER};
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::ClientError;
use chinwag_protocol::Problem;

/// Connections that are kept for the next request.
const IDLE_MAX: usize = 16;
/// Bytes of an answer that is read whole: a poll's 1 MiB and one more record, with room.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

type Connection = SendRequest<Full<Bytes>>;

/// The HTTP side of a server. A clone shares the connections.
#[derive(Clone)]
pub struct Http(Arc<Inner>);

struct Inner {
    /// What TCP connects to.
    host: String,
    port: u16,
    /// What `Host` says.
    authority: HeaderValue,
    /// What stands before every path, without a slash at its end.
    prefix: String,
    idle: Mutex<Vec<Connection>>,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("authority", &self.0.authority).finish_non_exhaustive()
    }
}

impl Http {
    /// For the server at a URL like `http://127.0.0.1:8080`.
    pub fn new(base_url: &str) -> Result<Self, ClientError> {
        let wrong = |why: &str| ClientError::Protocol(format!("{base_url:?} is no base URL: {why}"));
        let uri: Uri = base_url.parse().map_err(|_| wrong("it is not a URL"))?;
        if uri.scheme_str() != Some("http") {
            return Err(wrong("only http:// is spoken here"));
        }
        let Some(authority) = uri.authority() else { return Err(wrong("it names no server")) };
        // Brackets of an IPv6 address are of the URL, not of the address.
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self(Arc::new(Inner {
            host,
            port: authority.port_u16().unwrap_or(80),
            authority: HeaderValue::from_str(authority.as_str()).map_err(|_| wrong("its host is odd"))?,
            prefix: uri.path().trim_end_matches('/').to_owned(),
            idle: Mutex::default(),
        })))
    }

    /// Asks on a kept connection if there is one, and reads the answer whole. Any status is an answer.
    ///
    /// The URI of the request is its path and query.
    pub async fn call(
        &self,
        request: Request<Bytes>,
        within: Duration,
    ) -> Result<Response<Bytes>, ClientError> {
        let exchange = async {
            let (answer, connection) = self.send(self.prepare(request)?).await?;
            let answer = read_whole(answer).await?;
            let mut idle = self.0.idle.lock();
            if !connection.is_closed() && idle.len() < IDLE_MAX {
                idle.push(connection);
            }
            Ok(answer)
        };
        timeout(within, exchange)
            .await
            .map_err(|_| ClientError::timed_out("the server did not answer in time"))?
    }

    /// Asks on a connection of its own and gives the answer as soon as its head has come. Any status is an answer.
    pub async fn open(
        &self,
        request: Request<Bytes>,
        within: Duration,
    ) -> Result<Response<Incoming>, ClientError> {
        let request = self.prepare(request)?;
        let exchange = async { Ok(self.connect().await?.send_request(request).await?) };
        timeout(within, exchange)
            .await
            .map_err(|_| ClientError::timed_out("the stream did not begin in time"))?
    }

    /// Sends on a kept connection. One that the server has closed meanwhile gives the request back, and the next is tried.
    async fn send(
        &self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<(Response<Incoming>, Connection), ClientError> {
        loop {
            let kept = self.0.idle.lock().pop();
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
        let mut connection = self.connect().await?;
        let answer = connection.send_request(request).await?;
        Ok((answer, connection))
    }

    async fn connect(&self) -> Result<Connection, ClientError> {
        let connecting = TcpStream::connect((self.0.host.as_str(), self.0.port));
        let socket = timeout(CONNECT_TIMEOUT, connecting)
            .await
            .map_err(|_| ClientError::timed_out("the server did not accept in time"))??;
        socket.set_nodelay(true)?;
        let (requests, connection) = handshake(TokioIo::new(socket)).await?;
        tokio::spawn(async move {
            // Whoever waits for an answer is told of the error.
            let _ = connection.await;
        });
        Ok(requests)
    }

    fn prepare(&self, request: Request<Bytes>) -> Result<Request<Full<Bytes>>, ClientError> {
        let (mut parts, body) = request.into_parts();
        parts.headers.insert(HOST, self.0.authority.clone());
        if !self.0.prefix.is_empty() {
            let uri = format!("{}{}", self.0.prefix, parts.uri);
            parts.uri = uri.parse().map_err(|_| ClientError::Protocol(format!("{uri:?} is not a URL")))?;
        }
        Ok(Request::from_parts(parts, Full::new(body)))
    }
}

/// Reads what is left of an answer.
pub(crate) async fn read_whole(answer: Response<Incoming>) -> Result<Response<Bytes>, ClientError> {
    let (parts, body) = answer.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await.map_err(|error| {
        match error.downcast::<hyper::Error>() {
            Ok(error) => ClientError::from(*error),
            Err(error) => ClientError::Protocol(error.to_string()),
        }
    })?;
    Ok(Response::from_parts(parts, body.to_bytes()))
}

/// The refusal that an answer is.
pub(crate) fn problem(answer: &Response<Bytes>) -> ClientError {
    if content_type(answer) != Some("application/problem+json") {
        return ClientError::Protocol(format!("status {} without a problem document", answer.status()));
    }
    match serde_json::from_slice::<Problem>(answer.body()) {
        Ok(mut problem) => {
            let seconds =
                answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
            problem.retry_after_seconds = problem.retry_after_seconds.or(seconds);
            problem.into()
        }
        Err(error) => ClientError::Protocol(format!("a problem document that is none: {error}")),
    }
}

/// The media type of an answer, without its parameters.
pub(crate) fn content_type<B>(answer: &Response<B>) -> Option<&str> {
    let value = answer.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    value.split(';').next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls() {
        for (url, host, port, prefix) in [
            ("http://127.0.0.1:8080", "127.0.0.1", 8080, ""),
            ("http://chat.example/", "chat.example", 80, ""),
            ("http://[::1]:8080/chinwag/", "::1", 8080, "/chinwag"),
        ] {
            let http = Http::new(url).unwrap();
            assert_eq!((http.0.host.as_str(), http.0.port, http.0.prefix.as_str()), (host, port, prefix));
        }
        for url in ["https://chat.example", "chat.example", "", "http://", "/path"] {
            assert!(matches!(Http::new(url), Err(ClientError::Protocol(_))), "{url:?}");
        }
    }
}
