//! HTTP/2 (RFC 9113): all requests and streams share one connection, and make a new one when it is gone.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use parking_lot::Mutex;
use tokio::sync::Mutex as AsyncMutex;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::ClientError;
use crate::endpoint::{CONNECT_TIMEOUT, Endpoint};

/// Bytes of one stream that may be under way unread.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;
/// Bytes of all streams that may be: so many that a dozen streams that nobody reads stall no other.
const CONNECTION_WINDOW_BYTES: u32 = 16 << 20;
/// A server that is silent for so long is asked whether it is there,
const PING_AFTER: Duration = Duration::from_secs(15);
/// and has so long to answer. Otherwise commands would go on to be sent into nowhere.
const PONG_WITHIN: Duration = Duration::from_secs(10);
/// First pause between two looks whether the server's settings have come; it doubles with each.
const SETTINGS_PAUSE: Duration = Duration::from_millis(1);

#[derive(Clone)]
struct Connection {
    requests: SendRequest<Full<Bytes>>,
    /// Whether the server takes extended CONNECT (RFC 8441 §3).
    extended_connect: bool,
    /// Tells it from the one before.
    number: u64,
}

/// The connection that is shared.
#[derive(Default)]
pub(crate) struct Http2 {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    connection: Mutex<Option<Connection>>,
    /// How many were made. Locked while one is, for all who wait for it want the same one.
    made: AsyncMutex<u64>,
}

impl Http2 {
    /// Sends on the shared connection. One that has gone meanwhile gives the request back, and a new one is made, once.
    pub(crate) async fn send(
        &self,
        endpoint: &Arc<Endpoint>,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, ClientError> {
        let mut connection = self.connection(endpoint).await?;
        let unsent = match connection.requests.try_send_request(request).await {
            Ok(answer) => return Ok(answer),
            Err(mut error) => {
                self.shared.forget(&connection);
                error.take_message().ok_or_else(|| error.into_error())?
            }
        };
        let mut connection = self.connection(endpoint).await?;
        match connection.requests.send_request(unsent).await {
            Ok(answer) => Ok(answer),
            Err(error) => {
                self.shared.forget(&connection);
                Err(error.into())
            }
        }
    }

    /// Whether the server takes extended CONNECT (RFC 8441 §3).
    pub(crate) async fn takes_extended_connect(&self, endpoint: &Arc<Endpoint>) -> Result<bool, ClientError> {
        Ok(self.connection(endpoint).await?.extended_connect)
    }

    async fn connection(&self, endpoint: &Arc<Endpoint>) -> Result<Connection, ClientError> {
        if let Some(connection) = self.shared.open() {
            return Ok(connection);
        }
        let (shared, endpoint) = (Arc::clone(&self.shared), Arc::clone(endpoint));
        // In a task of its own, which ends with this future: whoever asks may not be polled for a while, like a reader whose
        // owner is at something else, and what it had locked would hold up everybody.
        let mut making = JoinSet::new();
        making.spawn(async move { shared.make(&endpoint).await });
        match making.join_next().await {
            Some(Ok(made)) => made,
            Some(Err(failed)) => Err(io::Error::other(failed).into()),
            None => Err(io::Error::from(io::ErrorKind::NotConnected).into()),
        }
    }
}

impl Shared {
    /// The connection, unless it has gone.
    fn open(&self) -> Option<Connection> {
        self.connection.lock().clone().filter(|connection| !connection.requests.is_closed())
    }

    async fn make(&self, endpoint: &Endpoint) -> Result<Connection, ClientError> {
        let mut made = self.made.lock().await;
        if let Some(connection) = self.open() {
            return Ok(connection);
        }
        let (requests, extended_connect) = connect(endpoint).await?;
        *made += 1;
        let connection = Connection { requests, extended_connect, number: *made };
        *self.connection.lock() = Some(connection.clone());
        Ok(connection)
    }

    /// The next request makes a new connection; what is under way on this one goes on.
    fn forget(&self, connection: &Connection) {
        self.connection.lock().take_if(|current| current.number == connection.number);
    }
}

async fn connect(endpoint: &Endpoint) -> Result<(SendRequest<Full<Bytes>>, bool), ClientError> {
    let socket = TokioIo::new(endpoint.connect().await?);
    let (requests, mut connection) = Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        // None, until the server's settings name a number: only then is known what they say about CONNECT.
        .initial_max_send_streams(0)
        .keep_alive_interval(PING_AFTER)
        .keep_alive_timeout(PONG_WITHIN)
        .handshake(socket)
        .await?;
    let settings = async {
        let mut pause = SETTINGS_PAUSE;
        while connection.current_max_send_streams() == 0 {
            if let Ok(end) = timeout(pause, &mut connection).await {
                end?;
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            pause *= 2;
        }
        Ok::<_, ClientError>(())
    };
    timeout(CONNECT_TIMEOUT, settings)
        .await
        .map_err(|_| ClientError::timed_out("the server sent no HTTP/2 settings"))??;
    let extended_connect = connection.is_extended_connect_protocol_enabled();
    tokio::spawn(async move {
        // Whoever waits for an answer is told of the error.
        let _ = connection.await;
    });
    Ok((requests, extended_connect))
}
