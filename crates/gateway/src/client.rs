//! Who is at the other end, as far as the connection and trusted proxies tell.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

use chinwag_protocol::Problem;
use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, HeaderName, Version};

use crate::options::TrustedProxy;
use crate::refusal::invalid_header;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    /// Whether it speaks TLS to this server.
    pub(crate) tls: bool,
}

/// The client and the name under which it reached this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Client {
    /// Its address, behind any trusted proxies.
    pub(crate) address: IpAddr,
    /// Whether a trusted proxy says so.
    pub(crate) by_proxy: bool,
    /// Whether the peer speaks for others without being trusted to.
    pub(crate) forwards: bool,
    /// Whether its request came by TLS.
    pub(crate) https: bool,
    /// This server's origin as the client's browser sees it; unknown to a client of HTTP/1.0 that names no host.
    pub(crate) own_origin: Option<String>,
}

impl Client {
    /// From a request of `peer`.
    pub(crate) fn of(
        peer: Peer,
        version: Version,
        target: Option<&Authority>,
        headers: &HeaderMap,
        trusted: &TrustedProxy,
    ) -> Result<Self, Problem> {
        let mut host = host(version, target, headers)?;
        let mut https = peer.tls;
        let peer = peer.address.ip().to_canonical();
        let mut address = peer;
        let by_proxy = trusted(peer);
        if by_proxy {
            address = forwarded_address(peer, headers, trusted);
            if let Some(scheme) = last_element(headers, &FORWARDED_PROTO)? {
                https = scheme.eq_ignore_ascii_case("https");
            }
            if let Some(forwarded) = last_element(headers, &FORWARDED_HOST)? {
                host = Some(authority(forwarded)?);
            }
        }
        let forwards = !by_proxy && is_forwarded(headers);
        Ok(Self { address, by_proxy, forwards, https, own_origin: host.map(|host| origin(https, &host)) })
    }
}

/// Says once that somebody sends forwarding headers that are not believed: it is either an attack or a proxy that was
/// not named.
pub(crate) fn note_ignored_headers(peer: SocketAddr, headers: &HeaderMap, trusted: &TrustedProxy) {
    static NOTED: AtomicBool = AtomicBool::new(false);
    if is_forwarded(headers) && !trusted(peer.ip().to_canonical()) && !NOTED.swap(true, Ordering::Relaxed) {
        tracing::warn!(
            peer = %peer.ip(),
            "X-Forwarded headers of a peer that is no trusted proxy are ignored; if it is your proxy, name it with \
             --trusted-proxy, or all its clients share one address, and with it the limits of one or none. Said once."
        );
    }
}

fn is_forwarded(headers: &HeaderMap) -> bool {
    [FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO].iter().any(|name| headers.contains_key(name))
}

/// The host that the request is for (RFC 9112, section 3.2; RFC 9113, section 8.3.1).
fn host(
    version: Version,
    target: Option<&Authority>,
    headers: &HeaderMap,
) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(HOST).into_iter();
    let host = match (values.next(), values.next()) {
        (_, Some(_)) => return Err(invalid_header("The Host header stands more than once.")),
        (None, None) => None,
        (Some(value), None) => {
            Some(authority(value.to_str().map_err(|_| invalid_header("The Host header is not a host."))?)?)
        }
    };
    let target = target.map(|target| authority(target.as_str())).transpose()?;
    match (target, host) {
        (None, None) if version >= Version::HTTP_11 => Err(invalid_header("The Host header is missing.")),
        (Some(target), Some(host)) if version >= Version::HTTP_2 && target != host => {
            Err(invalid_header("The Host header is another than :authority."))
        }
        // In HTTP/1.1, a request for an absolute URL is for that URL's host, whatever Host says.
        (Some(target), _) => Ok(Some(target)),
        (None, host) => Ok(host),
    }
}

fn authority(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    match text.parse::<Authority>() {
        Ok(authority) if !authority.host().is_empty() && text.bytes().all(is_plain) => {
            Ok(text.to_ascii_lowercase())
        }
        _ => Err(invalid_header("The Host header is not a host.")),
    }
}

/// As browsers write it: without the port that the scheme has anyway.
fn origin(https: bool, host: &str) -> String {
    let (scheme, port) = if https { ("https", ":443") } else { ("http", ":80") };
    format!("{scheme}://{}", host.strip_suffix(port).unwrap_or(host))
}

/// The last address that a trusted proxy names and that is none itself.
fn forwarded_address(peer: IpAddr, headers: &HeaderMap, trusted: &TrustedProxy) -> IpAddr {
    let lists = headers.get_all(FORWARDED_FOR).into_iter().filter_map(|value| value.to_str().ok());
    let elements: Vec<&str> = lists.flat_map(|list| list.split(',')).map(str::trim).collect();
    let mut address = peer;
    for element in elements.into_iter().rev() {
        let Some(named) = parse_address(element) else { break };
        address = named;
        if !trusted(address) {
            break;
        }
    }
    address
}

fn parse_address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// What the nearest proxy has added.
fn last_element<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let Some(last) = headers.get_all(name).into_iter().next_back() else { return Ok(None) };
    let text = last.to_str().map_err(|_| invalid_header(format!("The header {name} is not ASCII.")))?;
    Ok(text.rsplit(',').next().map(str::trim).filter(|element| !element.is_empty()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chinwag_protocol::Code;

    use super::*;

    type Lines = [(&'static str, &'static str)];

    fn peer_at(address: &str, tls: bool) -> Peer {
        Peer { address: SocketAddr::new(address.parse().unwrap(), 4711), tls }
    }

    fn client(peer: &str, lines: &[(&str, &str)]) -> Result<Client, Problem> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        let trusted: TrustedProxy = Arc::new(|address| address.to_string().starts_with("10."));
        Client::of(peer_at(peer, false), Version::HTTP_11, None, &headers, &trusted)
    }

    #[test]
    fn addresses() {
        let table = [
            ("192.0.2.1", "", "192.0.2.1"),
            ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
            ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
            ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),
            ("10.0.0.1", "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
            ("10.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
            ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
            ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
            ("10.0.0.1", "198.51.100.7, unknown", "10.0.0.1"),
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ];
        for (peer, forwarded, expected) in table {
            let found = client(peer, &[("host", "chat.example"), ("x-forwarded-for", forwarded)]).unwrap();
            assert_eq!(found.address.to_string(), expected, "{peer} {forwarded}");
        }
    }

    #[test]
    fn own_origins() {
        let table: &[(&str, &Lines, &str)] = &[
            ("192.0.2.1", &[("host", "Chat.Example")], "http://chat.example"),
            ("192.0.2.1", &[("host", "chat.example:80")], "http://chat.example"),
            ("192.0.2.1", &[("host", "chat.example:8080")], "http://chat.example:8080"),
            ("192.0.2.1", &[("host", "[::1]:8080")], "http://[::1]:8080"),
            (
                "192.0.2.1",
                &[("host", "a"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "b")],
                "http://a",
            ),
            (
                "10.0.0.1",
                &[("host", "a"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "b")],
                "https://b",
            ),
            ("10.0.0.1", &[("host", "a:443"), ("x-forwarded-proto", "HTTPS")], "https://a"),
            ("10.0.0.1", &[("host", "a"), ("x-forwarded-proto", "https, http")], "http://a"),
            ("10.0.0.1", &[("host", "a"), ("x-forwarded-host", "evil, b")], "http://b"),
        ];
        for (peer, lines, expected) in table {
            assert_eq!(client(peer, lines).unwrap().own_origin.as_deref(), Some(*expected), "{lines:?}");
        }
    }

    #[test]
    fn hosts_are_checked() {
        let bad: &[&[(&str, &str)]] = &[
            &[],
            &[("host", "")],
            &[("host", "a"), ("host", "a")],
            &[("host", "a b")],
            &[("host", "user@a")],
            &[("host", "a/b")],
            &[("host", "a,b")],
            &[("host", "ü")],
        ];
        for lines in bad {
            assert_eq!(client("192.0.2.1", lines).map_err(|p| p.code), Err(Code::InvalidHeader), "{lines:?}");
        }
    }

    #[test]
    fn old_clients_and_absolute_urls() {
        let trusted: TrustedProxy = Arc::new(|_| false);
        let peer = peer_at("192.0.2.1", false);
        let none = HeaderMap::new();
        assert_eq!(Client::of(peer, Version::HTTP_10, None, &none, &trusted).unwrap().own_origin, None);
        let headers = HeaderMap::from_iter([(HOST, "evil".parse().unwrap())]);
        let target = "chat.example".parse().unwrap();
        let client = Client::of(peer, Version::HTTP_11, Some(&target), &headers, &trusted).unwrap();
        assert_eq!(client.own_origin.as_deref(), Some("http://chat.example"));
    }

    #[test]
    fn over_tls() {
        let trusted: TrustedProxy = Arc::new(|address| address.to_string().starts_with("10."));
        let table: &[(&str, &Lines, &str)] = &[
            ("192.0.2.1", &[("host", "chat.example:443")], "https://chat.example"),
            ("192.0.2.1", &[("host", "a:8443"), ("x-forwarded-proto", "http")], "https://a:8443"),
            ("10.0.0.1", &[("host", "a")], "https://a"),
            ("10.0.0.1", &[("host", "a"), ("x-forwarded-proto", "http")], "http://a"),
        ];
        for (peer, lines, expected) in table {
            let headers = lines
                .iter()
                .map(|(name, value)| (HeaderName::try_from(*name).unwrap(), value.parse().unwrap()));
            let headers = HeaderMap::from_iter(headers);
            let client = Client::of(peer_at(peer, true), Version::HTTP_11, None, &headers, &trusted).unwrap();
            assert_eq!(client.own_origin.as_deref(), Some(*expected), "{peer} {lines:?}");
            assert_eq!(client.https, expected.starts_with("https"));
        }
    }

    #[test]
    fn over_http_2() {
        let trusted: TrustedProxy = Arc::new(|_| false);
        let peer = peer_at("192.0.2.1", false);
        let of = |target: Option<&str>, host: Option<&str>| {
            let target = target.map(|target| target.parse().unwrap());
            let headers = HeaderMap::from_iter(host.map(|host| (HOST, host.parse().unwrap())));
            let client = Client::of(peer, Version::HTTP_2, target.as_ref(), &headers, &trusted);
            client.map(|client| client.own_origin.unwrap()).map_err(|problem| problem.code)
        };
        assert_eq!(of(Some("Chat.example"), None).as_deref(), Ok("http://chat.example"));
        assert_eq!(of(None, Some("chat.example")).as_deref(), Ok("http://chat.example"));
        assert_eq!(of(Some("chat.example"), Some("CHAT.example")).as_deref(), Ok("http://chat.example"));
        assert_eq!(of(Some("chat.example"), Some("evil")), Err(Code::InvalidHeader));
        assert_eq!(of(Some("user@chat.example"), None), Err(Code::InvalidHeader));
        assert_eq!(of(None, None), Err(Code::InvalidHeader));
    }
}
