//! A stream whose peer reads only when it is told to, over each transport and protocol.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::ext::Protocol;
use h2::{RecvStream, SendStream};
use http::{Method, Request};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::program::Program;

/// What the peer's own kernel holds for it.
const RECEIVE_BUFFER_BYTES: u32 = 4 << 10;
/// A client leaves a stream that was silent for so long. A peer whose window was closed need not hear of the end: the
/// system gives up on a connection that nobody has open without a word.
const SILENCE: Duration = Duration::from_secs(35);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    WebSocket,
    Sse,
    Lines,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carrier {
    Http1,
    Tls,
    /// The peer takes nothing from its socket.
    Http2,
    /// The peer takes all from its socket, but its window for the stream is 0.
    Http2Window,
}

/// A way to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) form: Form,
    pub(crate) carrier: Carrier,
}

impl Way {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let carriers = [Carrier::Http1, Carrier::Tls, Carrier::Http2, Carrier::Http2Window];
        carriers
            .into_iter()
            .flat_map(|carrier| [Form::WebSocket, Form::Sse, Form::Lines].map(|form| Self { form, carrier }))
    }

    pub(crate) fn tls(self) -> bool {
        self.carrier == Carrier::Tls
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} over {:?}", self.form, self.carrier)
    }
}

trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

enum Stream {
    /// The rest of an HTTP/1.1 connection.
    Bytes(Box<dyn Socket>),
    /// Of HTTP/2: dropping the sending side would reset it.
    Http2 { stream: RecvStream, _sending: SendStream<Bytes>, goes_on: watch::Sender<bool> },
}

/// One reader. It takes nothing before it is told to go on.
pub(crate) struct Reader {
    stream: Stream,
    read: Vec<u8>,
}

impl Reader {
    /// Opens the stream of a device's events after `cursor`.
    pub(crate) async fn open(program: &Program, way: Way, token: &str, cursor: &str) -> Self {
        match way.carrier {
            Carrier::Http1 | Carrier::Tls => Self::open_http1(program, way, token, cursor).await,
            Carrier::Http2 | Carrier::Http2Window => Self::open_http2(program, way, token, cursor).await,
        }
    }

    async fn open_http1(program: &Program, way: Way, token: &str, cursor: &str) -> Self {
        let socket = connect(program).await;
        let mut socket: Box<dyn Socket> = match program.certificate() {
            Some(certificate) => Box::new(shake(socket, certificate).await),
            None => Box::new(socket),
        };
        let lines = match way.form {
            Form::WebSocket => {
                "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                 sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            }
            Form::Sse => "accept: text/event-stream\r\n",
            Form::Lines => "accept: application/x-ndjson\r\n",
        };
        let request = format!(
            "GET /v1/events?after={cursor} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\n{lines}\r\n",
            program.address
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        Self { stream: Stream::Bytes(socket), read: Vec::new() }
    }

    async fn open_http2(program: &Program, way: Way, token: &str, cursor: &str) -> Self {
        let window = if way.carrier == Carrier::Http2Window { 0 } else { 1 << 30 };
        let (requests, mut connection) = h2::client::Builder::new()
            .initial_window_size(window)
            .initial_connection_window_size(1 << 30)
            .handshake::<_, Bytes>(connect(program).await)
            .await
            .unwrap();
        let (goes_on, mut going) = watch::channel(true);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = &mut connection => return,
                    changed = going.changed() => if changed.is_err() { return },
                }
                if way.carrier == Carrier::Http2Window {
                    if connection.set_initial_window_size(1 << 30).is_err() {
                        return;
                    }
                } else if going.wait_for(|goes| *goes).await.is_err() {
                    return;
                }
            }
        });
        let mut request = Request::builder()
            .uri(format!("http://{}/v1/events?after={cursor}", program.address))
            .header("authorization", format!("Bearer {token}"));
        request = match way.form {
            Form::WebSocket => request
                .method(Method::CONNECT)
                .extension(Protocol::from_static("websocket"))
                .header("sec-websocket-version", "13"),
            Form::Sse => request.header("accept", "text/event-stream"),
            Form::Lines => request.header("accept", "application/x-ndjson"),
        };
        let mut requests = requests.ready().await.unwrap();
        if way.form == Form::WebSocket {
            // Whether the server allows extended CONNECT stands in its SETTINGS, which come before this answer.
            let ask = Request::get(format!("http://{}/live", program.address)).body(()).unwrap();
            let (answer, _) = requests.send_request(ask, true).unwrap();
            answer.await.unwrap();
            requests = requests.ready().await.unwrap();
        }
        let (answer, sending) =
            requests.send_request(request.body(()).unwrap(), way.form != Form::WebSocket).unwrap();
        let answer = answer.await.unwrap();
        assert_eq!(answer.status(), 200);
        if way.carrier == Carrier::Http2 {
            goes_on.send_replace(false);
        }
        let stream = Stream::Http2 { stream: answer.into_body(), _sending: sending, goes_on };
        Self { stream, read: Vec::new() }
    }

    /// From here on it may be read.
    pub(crate) fn go_on(&self) {
        if let Stream::Http2 { goes_on, .. } = &self.stream {
            goes_on.send_replace(true);
        }
    }

    /// Takes the next bytes; false at the end, however it comes, and after silence.
    pub(crate) async fn take(&mut self) -> bool {
        match &mut self.stream {
            Stream::Bytes(socket) => {
                let mut bytes = [0; 4 << 10];
                let Ok(read) = timeout(SILENCE, socket.read(&mut bytes)).await else { return false };
                let count = read.unwrap_or(0);
                self.read.extend_from_slice(&bytes[..count]);
                count > 0
            }
            Stream::Http2 { stream, .. } => {
                let Ok(Some(Ok(data))) = timeout(SILENCE, stream.data()).await else { return false };
                // Fails only when the stream is over.
                let _ = stream.flow_control().release_capacity(data.len());
                self.read.extend_from_slice(&data);
                true
            }
        }
    }

    /// The numbers with which the texts of the messages begin that have come since the last call, and the cursor of the last
    /// record that is whole.
    pub(crate) fn numbers(&mut self) -> (Vec<u64>, Option<String>) {
        // Whatever frames it, a record is JSON that ends so; parts of it may.
        const END: &[u8] = b"\"}";
        let whole = self.read.windows(END.len()).rposition(|end| end == END).map_or(0, |at| at + END.len());
        let part: Vec<u8> = self.read.drain(..whole).collect();
        let text = String::from_utf8_lossy(&part);
        let numbers = after(&text, "\"text\":\"", " ").filter_map(|number| number.parse().ok());
        // The last field of a record.
        let cursors = after(&text, "\"cursor\":\"", "\"}").filter(|cursor| !cursor.contains('"'));
        let cursor = cursors.last().map(str::to_owned);
        (numbers.collect(), cursor)
    }
}

/// What stands between `begin` and `end`, wherever it does.
fn after<'a>(text: &'a str, begin: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(begin).filter_map(move |(at, _)| {
        let rest = &text[at + begin.len()..];
        rest.find(end).map(|to| &rest[..to])
    })
}

pub(crate) async fn connect(program: &Program) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES).unwrap();
    socket.connect(program.address).await.unwrap()
}

async fn shake(socket: TcpStream, certificate: &str) -> tokio_rustls::client::TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap()
}
