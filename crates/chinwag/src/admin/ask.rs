//! One request on the admin listener: HTTP/1.1 on a connection of its own.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use super::{AdminError, Request};
use crate::admin_token;
use crate::config::Config;

/// A server that answers nothing for so long does not.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longest answer; a page of messages is far shorter.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// A running server, and what it is asked with.
pub(super) struct Server {
    address: SocketAddr,
    token: String,
}

impl Server {
    pub(super) fn of(config: &Config) -> Result<Self, AdminError> {
        let listening = config.admin_listen.ok_or_else(|| {
            let next_step = "Start the server with --admin-listen ADDRESS:PORT, and name the same here.";
            AdminError::new("the admin listener is off", next_step)
        })?;
        let address = SocketAddr::new(reachable(listening.ip()), listening.port());
        let path = admin_token::path(config).ok_or_else(|| {
            let next_step = "Start the server with --admin-token-file FILE, and name the same here.";
            AdminError::new(
                "with a database there is no admin token unless a file is named for it",
                next_step,
            )
        })?;
        let token = admin_token::read(&path).map_err(|error| {
            let what = format!("the admin token in {} cannot be read: {error}", path.display());
            let next_step = match error.kind() {
                ErrorKind::NotFound => {
                    "The server makes it when it starts. Name the server's directory (--data DIR) or the file \
                     (--admin-token-file FILE)."
                }
                ErrorKind::PermissionDenied => "Run this as the user that runs the server, or as root.",
                _ => "Remove the file and start the server again, which makes it anew.",
            };
            AdminError::new(what, next_step)
        })?;
        Ok(Self { address, token })
    }

    /// The answer's JSON; null if it has none.
    pub(super) fn ask(&self, request: &Request) -> Result<Value, AdminError> {
        let address = self.address;
        let (status, body) = self.exchange(request).map_err(|error| {
            let what = format!("no server answers on {address}: {error}");
            AdminError::new(what, "Is it running? Name its admin address: --admin-listen ADDRESS:PORT.")
        })?;
        let answer = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&body) };
        let no_answer = |what: String| {
            AdminError::new(
                what,
                "Is it a Chinwag server of this version? Name its admin address: --admin-listen.",
            )
        };
        let answer: Value =
            answer.map_err(|_| no_answer(format!("what answers on {address} does not speak JSON")))?;
        match (status, answer["detail"].as_str()) {
            (200..300, _) => Ok(answer),
            (401, Some(detail)) => {
                let what = format!("the server on {address} does not take this token: {detail}");
                Err(AdminError::new(what, "Name the data directory of this server: --data DIR."))
            }
            (_, Some(detail)) => Err(AdminError { what: super::print::plain(detail), next_step: None }),
            (status, None) => Err(no_answer(format!("what answers on {address} says {status}"))),
        }
    }

    fn exchange(&self, request: &Request) -> io::Result<(u16, Vec<u8>)> {
        let mut socket = TcpStream::connect_timeout(&self.address, PATIENCE)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        let Request { method, path, body, .. } = request;
        let (address, token, body) = (self.address, &self.token, body.as_deref().unwrap_or_default());
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n"
        );
        if *method != "GET" && *method != "DELETE" {
            head += &format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
        }
        socket.write_all(format!("{head}\r\n{body}").as_bytes())?;
        let mut answer = Vec::new();
        socket.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
        taken_apart(&answer).ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "it does not speak HTTP"))
    }
}

/// Where a listener is reached from this machine.
fn reachable(listening: IpAddr) -> IpAddr {
    match listening {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}

/// Status and body of an answer that ends with its connection and has a length.
fn taken_apart(answer: &[u8]) -> Option<(u16, Vec<u8>)> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = (std::str::from_utf8(&answer[..end]).ok()?, &answer[end + 4..]);
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let length = head.lines().filter_map(|line| line.split_once(':'));
    let length = length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.map(|(_, value)| value.trim().parse::<usize>()).next().unwrap_or(Ok(0)).ok()?;
    // What was cut off is no answer.
    (body.len() == length).then(|| (status, body.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_or_none() {
        for (answer, expected) in [
            ("HTTP/1.1 204 No Content\r\ndate: x\r\n\r\n", Some((204, ""))),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", Some((200, "{}"))),
            ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{}", None),
            ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n", None),
            ("SSH-2.0-OpenSSH\r\n\r\n", None),
            ("", None),
        ] {
            let expected = expected.map(|(status, body)| (status, body.as_bytes().to_vec()));
            assert_eq!(taken_apart(answer.as_bytes()), expected, "{answer:?}");
        }
    }

    #[test]
    fn a_listener_on_all_addresses_is_reached_on_this_machine() {
        for (listening, reached) in
            [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("127.0.0.1", "127.0.0.1"), ("192.0.2.1", "192.0.2.1")]
        {
            assert_eq!(reachable(listening.parse().unwrap()).to_string(), reached);
        }
    }
}
