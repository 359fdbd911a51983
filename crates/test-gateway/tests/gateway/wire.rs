//! A client that speaks bytes, and looks at every header of every answer.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::openapi;
use crate::socket::Socket;

/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Any other header is a leak.
const HEADERS: &[&str] = &[
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
    "allow",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-security-policy",
    "content-type",
    "date",
    "etag",
    "referrer-policy",
    "retry-after",
    "sec-websocket-accept",
    "sec-websocket-extensions",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "set-cookie",
    "strict-transport-security",
    "upgrade",
    "vary",
    "www-authenticate",
    "x-accel-buffering",
    "x-content-type-options",
    "x-frame-options",
];

pub(crate) struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
}

#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) version: String,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Wire {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::new(TcpStream::connect(address).await.unwrap())
    }

    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream, read: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Sends as much as the server still takes.
    pub(crate) async fn send_if_open(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Whether something has come.
    pub(crate) async fn has_come(&mut self) -> bool {
        !self.read.is_empty() || timeout(Duration::ZERO, self.stream.readable()).await.is_ok()
    }

    /// Whether the server hangs up after whatever it still says, however it does so.
    pub(crate) async fn is_closed(&mut self) -> bool {
        let mut bytes = [0; 4096];
        loop {
            match timeout(PATIENCE, self.stream.read(&mut bytes)).await {
                Ok(Ok(0) | Err(_)) => return true,
                Ok(Ok(_)) => {}
                Err(_) => return false,
            }
        }
    }

    /// Sends one byte after the other, with pauses, until the server hangs up. What it said meanwhile.
    pub(crate) async fn drip(&mut self, byte: u8) -> Vec<u8> {
        const PAUSE: Duration = Duration::from_millis(50);
        let deadline = Instant::now() + PATIENCE;
        let mut bytes = [0; 4096];
        loop {
            // Fails once it has.
            let _ = self.stream.write_all(&[byte]).await;
            match timeout(PAUSE, self.stream.read(&mut bytes)).await {
                Ok(Ok(count @ 1..)) => self.read.extend_from_slice(&bytes[..count]),
                Ok(_) => return std::mem::take(&mut self.read),
                Err(_) => assert!(Instant::now() < deadline, "the server waits for a byte after the other"),
            }
        }
    }

    /// A request of HTTP/1.1 with its framing.
    pub(crate) async fn request(&mut self, method: &str, path: &str, lines: &[&str], body: impl AsRef<[u8]>) {
        let body = body.as_ref();
        let host = self.stream.peer_addr().unwrap();
        let mut request = format!("{method} {path} HTTP/1.1\r\n");
        if !lines.iter().any(|line| line.to_ascii_lowercase().starts_with("host:")) {
            request += &format!("host: {host}\r\n");
        }
        for line in lines {
            request += &format!("{line}\r\n");
        }
        if !body.is_empty() {
            request += &format!("content-length: {}\r\n", body.len());
        }
        self.send([request.as_bytes(), b"\r\n", body].concat()).await;
    }

    /// A request and its answer, checked.
    pub(crate) async fn ask(
        &mut self,
        method: &str,
        path: &str,
        lines: &[&str],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        self.request(method, path, lines, body).await;
        let answer = if method == "HEAD" { self.head().await } else { self.answer().await };
        answer.check(path.starts_with("/v1/"));
        openapi::check(method, path, &answer);
        answer
    }

    pub(crate) async fn answer(&mut self) -> Answer {
        let head = self.head().await;
        self.body_of(head).await
    }

    async fn body_of(&mut self, mut answer: Answer) -> Answer {
        if let Some(length) = answer.header("content-length") {
            let length = length.parse().unwrap();
            while self.read.len() < length {
                assert!(self.more().await, "cut off: {answer:?}");
            }
            answer.body = self.read.drain(..length).collect();
        } else if answer.header("transfer-encoding").is_some() {
            panic!("nothing here is chunked: {answer:?}");
        } else if !matches!(answer.status, 204 | 304) {
            answer.body = self.rest().await;
        }
        answer
    }

    /// An answer; of one with this status only the head.
    pub(crate) async fn answer_or_head(&mut self, status: u16) -> Answer {
        let head = self.head().await;
        if head.status == status { head } else { self.body_of(head).await }
    }

    /// The connection after an upgrade.
    pub(crate) fn into_socket(self) -> Socket {
        Socket::new(self.stream, self.read)
    }

    /// An answer up to the end of its headers.
    pub(crate) async fn head(&mut self) -> Answer {
        let head = self.until("\r\n\r\n").await;
        let mut lines = head.trim_end().split("\r\n");
        let mut status = lines.next().unwrap().splitn(3, ' ');
        Answer {
            version: status.next().unwrap().to_owned(),
            status: status.next().unwrap().parse().unwrap(),
            headers: lines
                .map(|line| {
                    let (name, value) = line.split_once(": ").unwrap();
                    (name.to_ascii_lowercase(), value.to_owned())
                })
                .collect(),
            body: Vec::new(),
        }
    }

    /// Takes what comes, up to and with `end`.
    pub(crate) async fn until(&mut self, end: &str) -> String {
        loop {
            if let Some(at) = self.read.windows(end.len()).position(|window| window == end.as_bytes()) {
                let taken = self.read.drain(..at + end.len()).collect();
                return String::from_utf8(taken).unwrap();
            }
            let read = String::from_utf8_lossy(&self.read).into_owned();
            assert!(self.more().await, "closed before {end:?} came: {read:?}");
        }
    }

    /// Everything until the server closes.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        while self.more().await {}
        std::mem::take(&mut self.read)
    }

    /// Whether nothing comes for a moment.
    pub(crate) async fn is_silent(&mut self, moment: Duration) -> bool {
        let mut bytes = [0; 4096];
        self.read.is_empty() && timeout(moment, self.stream.read(&mut bytes)).await.is_err()
    }

    /// Closes the sending half.
    pub(crate) async fn finish(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    pub(crate) fn socket(&self) -> &TcpStream {
        &self.stream
    }

    async fn more(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let count =
            timeout(PATIENCE, self.stream.read(&mut bytes)).await.expect("an answer in time").unwrap();
        self.read.extend_from_slice(&bytes[..count]);
        count > 0
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values =
            self.headers.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_str());
        let value = values.next();
        assert!(name == "vary" || values.next().is_none(), "{name} stands twice: {self:?}");
        value
    }

    pub(crate) fn varies_by(&self, name: &str) -> bool {
        let values = self.headers.iter().filter(|(found, _)| found == "vary").map(|(_, value)| value);
        values.flat_map(|value| value.split(',')).any(|value| value.trim() == name)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?} {}", self.text()))
    }

    pub(crate) fn field(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("{}", self.text())).to_owned()
    }

    /// The code of a problem document that is one in all its parts.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        let code = problem["code"].as_str().unwrap().to_owned();
        assert_eq!(problem["type"], format!("urn:chinwag:problem:{code}"));
        assert_eq!(problem["status"], self.status);
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()));
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        assert_eq!(self.header("www-authenticate"), (self.status == 401).then_some("Bearer"));
        if code == "request_pending" {
            // Only another person knows for how long.
            assert_eq!(self.header("retry-after"), None);
        } else if matches!(self.status, 429 | 503) {
            let seconds: u32 = self.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=60).contains(&seconds));
        }
        code
    }

    /// What holds for every answer.
    pub(crate) fn check(&self, is_api: bool) {
        for (name, _) in &self.headers {
            assert!(HEADERS.contains(&name.as_str()), "{name} leaks: {self:?}");
        }
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(self.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(self.header("x-frame-options"), Some("DENY"));
        let policy = self.header("content-security-policy");
        if self.status == 304 {
            assert_eq!(policy, None, "it would take the place of the stored page's: {self:?}");
        } else {
            let policy = policy.unwrap();
            assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
            assert!(!policy.contains("unsafe"));
        }
        assert!(self.header("date").is_some());
        assert_ne!(self.header("access-control-allow-origin"), Some("*"));
        if matches!(self.status, 204 | 304) {
            assert_eq!(self.header("content-length"), None, "{self:?}");
        }
        if is_api {
            assert!(self.header("cache-control").unwrap().starts_with("no-store"), "{self:?}");
            assert!(self.varies_by("Origin"), "{self:?}");
        }
    }
}
