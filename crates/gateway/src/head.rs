//! The head of a stream's response, which the gateway writes itself.

use bytes::Bytes;
use chinwag_protocol::Timestamp;
use http::header::{CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING};
use http::response::Parts;
use http::{HeaderName, StatusCode, Version};
use std::time::{Duration, UNIX_EPOCH};

/// A head whose body lasts as long as the connection (RFC 9112, section 6.3): without length and without chunks. After a 101
/// the connection is another protocol's.
pub(crate) fn serialize(version: Version, parts: &Parts, now: Timestamp) -> Bytes {
    let framing: [HeaderName; 4] = [CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING];
    let connection = if parts.status == StatusCode::SWITCHING_PROTOCOLS { "Upgrade" } else { "close" };
    let mut head = Vec::with_capacity(512);
    // A client of HTTP/1.0 is answered in its own version, as hyper does it.
    let version = if version < Version::HTTP_11 { "HTTP/1.0" } else { "HTTP/1.1" };
    let reason = parts.status.canonical_reason().unwrap_or_default();
    head.extend_from_slice(format!("{version} {} {reason}\r\n", parts.status.as_str()).as_bytes());
    // No value holds a line break: `HeaderValue` does not take one.
    for (name, value) in parts.headers.iter().filter(|(name, _)| !framing.contains(name)) {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(format!("date: {}\r\nconnection: {connection}\r\n\r\n", date(now)).as_bytes());
    head.into()
}

/// The time as HTTP writes it (RFC 9110, section 5.6.7).
pub(crate) fn date(now: Timestamp) -> String {
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(now.as_millis().unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_a_head_without_framing() {
        let response = http::Response::builder()
            .header("content-type", "text/event-stream")
            .header("content-length", "0")
            .header("transfer-encoding", "chunked")
            .header("connection", "keep-alive")
            .header("vary", "Accept")
            .header("vary", "Origin")
            .body(())
            .unwrap();
        let head =
            serialize(Version::HTTP_11, &response.into_parts().0, Timestamp::from_millis(1_795_336_245_007));
        assert_eq!(
            head,
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nvary: Accept\r\nvary: Origin\r\n\
             date: Sun, 22 Nov 2026 08:30:45 GMT\r\nconnection: close\r\n\r\n"
        );
    }
}
