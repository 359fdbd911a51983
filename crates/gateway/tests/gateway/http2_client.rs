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
        let (requests, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self { requests, origin: server.origin() }
    }

    /// A request and its answer, checked. Lines are `name: value`.
    pub(crate) async fn ask(&self, method: &str, path: &str, lines: &[&str], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.origin));
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            request = request.header(name, value);
        }
        let request = request.body(Full::from(body.to_owned())).unwrap();
        let mut requests = self.requests.clone();
        requests.ready().await.unwrap();
        let (parts, body) = requests.send_request(request).await.unwrap().into_parts();
        let headers = parts.headers.iter();
        let answer = Answer {
            version: "HTTP/2".to_owned(),
            status: parts.status.as_u16(),
            headers: headers
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                .collect(),
            body: body.collect().await.unwrap().to_bytes().to_vec(),
        };
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
    /// The body of an answer that does not end.
    pub(crate) async fn stream(&self, path: &str, lines: &[&str]) -> Incoming {
        let mut request = Request::get(format!("{}{path}", self.origin));
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            request = request.header(name, value);
        }
        let mut requests = self.requests.clone();
        requests.ready().await.unwrap();
        let answer = requests.send_request(request.body(Full::default()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.into_body()
    }
}
