//! An HTTP/2 client that looks at every header of every answer.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::openapi;
use crate::server::Server;
use crate::wire::Answer;

/// A connection.
#[derive(Clone)]
pub(crate) struct Http2 {
    requests: SendRequest<Full<Bytes>>,
    origin: String,
}

impl Http2 {
    pub(crate) async fn connect(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address).await.unwrap();
        // A body comes in a frame of its own.
        stream.set_nodelay(true).unwrap();
        let (requests, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self { requests, origin: server.origin() }
    }

    /// A request and its answer, checked. Lines are `name: value`.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        lines: &[&str],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        let request = request(&self.origin, method, path, lines);
        let request = request.body(Full::from(body.as_ref().to_vec())).unwrap();
        let mut requests = self.requests.clone();
        requests.ready().await.unwrap();
        let (parts, body) = requests.send_request(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        let answer = Answer { body, ..head_of(&parts) };
        answer.check(path.starts_with("/v1/"));
        openapi::check(method, path, &answer);
        answer
    }

    /// The same with a JSON body and a token.
    pub(crate) async fn json(&self, token: &str, method: &str, path: &str, body: &str) -> Answer {
        let bearer = format!("authorization: Bearer {token}");
        let mut lines = vec![bearer.as_str()];
        if !body.is_empty() {
            lines.push("content-type: application/json");
        }
        self.ask(method, path, &lines, body).await
    }
}

impl Http2 {
    /// The same connection, on which another host is asked for.
    pub(crate) fn as_host(&self, host: &str) -> Self {
        Self { requests: self.requests.clone(), origin: format!("http://{host}") }
    }

    /// A request that may be answered with nothing but a status.
    pub(crate) async fn status(&self, method: &str, path: &str, lines: &[&str]) -> u16 {
        let request = request(&self.origin, method, path, lines).body(Full::default()).unwrap();
        let mut requests = self.requests.clone();
        requests.ready().await.unwrap();
        requests.send_request(request).await.unwrap().status().as_u16()
    }

    /// A request on a connection of its own, whose body is sent by hand.
    pub(crate) async fn open(
        server: &Server,
        method: &str,
        path: &str,
        lines: &[&str],
    ) -> (h2::client::ResponseFuture, h2::SendStream<Bytes>) {
        let socket = TcpStream::connect(server.address).await.unwrap();
        let (requests, connection) = h2::client::handshake(socket).await.unwrap();
        tokio::spawn(connection);
        let request = request(&server.origin(), method, path, lines).body(()).unwrap();
        requests.ready().await.unwrap().send_request(request, false).unwrap()
    }

    /// The head and the body of an answer that does not end.
    pub(crate) async fn stream(&self, path: &str, lines: &[&str]) -> (Answer, Incoming) {
        let request = request(&self.origin, "GET", path, lines).body(Full::default()).unwrap();
        let mut requests = self.requests.clone();
        requests.ready().await.unwrap();
        let (parts, body) = requests.send_request(request).await.unwrap().into_parts();
        let head = head_of(&parts);
        assert_eq!(head.status, 200);
        (head, body)
    }
}

fn request(origin: &str, method: &str, path: &str, lines: &[&str]) -> http::request::Builder {
    let mut request = Request::builder().method(method).uri(format!("{origin}{path}"));
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        request = request.header(name, value);
    }
    request
}

/// An answer up to its body.
pub(crate) fn head_of(parts: &http::response::Parts) -> Answer {
    let headers = parts.headers.iter();
    Answer {
        version: "HTTP/2".to_owned(),
        status: parts.status.as_u16(),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect(),
        body: Vec::new(),
    }
}
