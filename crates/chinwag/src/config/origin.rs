use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A web origin: scheme, host and port, written as browsers write it in the `Origin` header.
///
/// Lower case, and without the port that the scheme has anyway, so that comparing it with a header is comparing text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin(String);

impl Origin {
    /// The origin as it stands in an `Origin` header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The text is not `http://` or `https://`, an ASCII host, and a port or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an origin such as https://chat.example or http://localhost:5173")]
pub struct ParseOriginError;

impl FromStr for Origin {
    type Err = ParseOriginError;

    fn from_str(text: &str) -> Result<Self, ParseOriginError> {
        let text = text.to_ascii_lowercase();
        let (scheme, authority) = text.split_once("://").ok_or(ParseOriginError)?;
        let default_port: u16 = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return Err(ParseOriginError),
        };
        // The last colon stands before the port, unless it is inside the brackets of an IPv6 address.
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port_number(port)?)),
            _ => (authority, None),
        };
        let host = canonical_host(host)?;
        Ok(Self(match port {
            Some(port) if port != default_port => format!("{scheme}://{host}:{port}"),
            _ => format!("{scheme}://{host}"),
        }))
    }
}

fn port_number(text: &str) -> Result<u16, ParseOriginError> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_err(|_| ParseOriginError)
    } else {
        Err(ParseOriginError)
    }
}

fn canonical_host(text: &str) -> Result<String, ParseOriginError> {
    if let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        let address: Ipv6Addr = inner.parse().map_err(|_| ParseOriginError)?;
        return Ok(format!("[{address}]"));
    }
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    if !text.split('.').all(is_label) {
        return Err(ParseOriginError);
    }
    // A browser reads a host that ends in a number as an IPv4 address, or refuses it.
    let ends_in_number = text.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    if ends_in_number && text.parse::<Ipv4Addr>().is_err() {
        return Err(ParseOriginError);
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_written_as_browsers_write_them() {
        for (text, origin) in [
            ("https://chat.example", "https://chat.example"),
            ("HTTPS://Chat.Example:443", "https://chat.example"),
            ("http://chat.example:80", "http://chat.example"),
            ("http://chat.example:443", "http://chat.example:443"),
            ("http://localhost:5173", "http://localhost:5173"),
            ("http://192.168.1.5:8080", "http://192.168.1.5:8080"),
            ("https://[2001:DB8:0::1]", "https://[2001:db8::1]"),
            ("https://[::1]:8443", "https://[::1]:8443"),
            ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(Origin::from_str(text).as_ref().map(Origin::as_str), Ok(origin), "{text}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in [
            "",
            "*",
            "null",
            "chat.example",
            "ftp://chat.example",
            "https://",
            "https://chat.example/",
            "https://chat.example/chat",
            "https://user@chat.example",
            "https://chat.example:",
            "https://chat.example:+80",
            "https://chat.example:65536",
            "https://chat..example",
            "https://bücher.example",
            "https://*.example",
            "https://1.2.3",
            "https://[::1",
            "https://::1",
            "https://a b",
        ] {
            assert_eq!(Origin::from_str(text), Err(ParseOriginError), "{text}");
        }
    }
}
