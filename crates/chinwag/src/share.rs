//! Which URLs to tell whoever has started the server.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The URLs at which browsers find a server. Its display is ready to be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The URL for this machine, or for the one address that the server listens on.
    pub here: String,
    /// The URLs for other machines; empty unless the server listens on all addresses.
    pub elsewhere: Vec<String>,
    /// Whether one of the URLs is not of this machine alone and not HTTPS, so that browsers withhold what they allow with
    /// HTTPS only.
    pub needs_tls: bool,
}

impl Share {
    /// The URLs of a server bound to `bound`, on this machine as it is now.
    pub fn of(bound: SocketAddr, https: bool) -> Self {
        // Without the list of addresses, the server is as good; only less can be told.
        let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
        Self::among(bound, https, interfaces.iter().map(if_addrs::Interface::ip))
    }

    /// The URLs of a server bound to `bound` on a machine with these addresses.
    fn among(bound: SocketAddr, https: bool, addresses: impl Iterator<Item = IpAddr>) -> Self {
        let url_of = |ip| url(https, SocketAddr::new(ip, bound.port()));
        if !bound.ip().is_unspecified() {
            let needs_tls = !https && !bound.ip().is_loopback();
            return Self { here: url_of(bound.ip()), elsewhere: Vec::new(), needs_tls };
        }

        let loopback: IpAddr =
            if bound.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
        let elsewhere: Vec<String> =
            addresses.filter(|ip| is_reached(bound.ip(), *ip) && !ip.is_loopback()).map(url_of).collect();
        Self { here: url_of(loopback), needs_tls: !https && !elsewhere.is_empty(), elsewhere }
    }
}

/// Whether a socket on `unspecified` is reached by way of `ip`, and a URL can tell it.
fn is_reached(unspecified: IpAddr, ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(_) => true,
        // A link-local address is nothing without its interface, for which a URL has no place.
        IpAddr::V6(ip) => unspecified.is_ipv6() && !ip.is_unicast_link_local(),
    }
}

fn url(https: bool, address: SocketAddr) -> String {
    let (scheme, default_port) = if https { ("https", 443) } else { ("http", 80) };
    match address.ip() {
        _ if address.port() != default_port => format!("{scheme}://{address}/"),
        IpAddr::V4(ip) => format!("{scheme}://{ip}/"),
        IpAddr::V6(ip) => format!("{scheme}://[{ip}]/"),
    }
}

impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "Open {}", self.here)?;
        if !self.elsewhere.is_empty() {
            writeln!(formatter, "From other machines: {}", self.elsewhere.join(" "))?;
        }
        if self.needs_tls {
            writeln!(
                formatter,
                "Browsers allow notifications and offline use only with HTTPS or on localhost: \
                 for other machines, name a certificate (--tls-cert, --tls-key) or put a TLS proxy in front."
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(bound: &str) -> Share {
        let addresses = ["127.0.0.1", "192.168.1.5", "172.17.0.1", "::1", "fe80::1", "2001:db8::5"];
        Share::among(bound.parse().unwrap(), false, addresses.iter().map(|address| address.parse().unwrap()))
    }

    #[test]
    fn a_server_on_one_address_has_one_url() {
        for (bound, here, needs_tls) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080/", false),
            ("127.0.0.1:80", "http://127.0.0.1/", false),
            ("[::1]:8080", "http://[::1]:8080/", false),
            ("[2001:db8::5]:80", "http://[2001:db8::5]/", true),
            ("192.168.1.5:8080", "http://192.168.1.5:8080/", true),
        ] {
            assert_eq!(share(bound), Share { here: here.to_owned(), elsewhere: Vec::new(), needs_tls });
        }
    }

    #[test]
    fn a_server_on_all_addresses_has_a_url_for_each() {
        let four = share("0.0.0.0:8080");
        assert_eq!(four.here, "http://127.0.0.1:8080/");
        assert_eq!(four.elsewhere, ["http://192.168.1.5:8080/", "http://172.17.0.1:8080/"]);
        assert!(four.needs_tls);

        let both = share("[::]:8080");
        assert_eq!(both.here, "http://[::1]:8080/");
        assert_eq!(
            both.elsewhere,
            ["http://192.168.1.5:8080/", "http://172.17.0.1:8080/", "http://[2001:db8::5]:8080/"]
        );
    }

    #[test]
    fn with_tls_the_urls_are_https() {
        let share = |bound: &str| {
            let address = "192.168.1.5".parse().unwrap();
            Share::among(bound.parse().unwrap(), true, [address].into_iter())
        };
        assert_eq!(share("127.0.0.1:443").here, "https://127.0.0.1/");
        assert_eq!(share("[::1]:443").here, "https://[::1]/");
        assert_eq!(share("127.0.0.1:80").here, "https://127.0.0.1:80/");
        assert_eq!(
            share("0.0.0.0:8443").to_string(),
            "Open https://127.0.0.1:8443/\nFrom other machines: https://192.168.1.5:8443/\n"
        );
    }

    #[test]
    fn what_is_printed() {
        assert_eq!(share("127.0.0.1:8080").to_string(), "Open http://127.0.0.1:8080/\n");
        assert_eq!(
            share("0.0.0.0:8080").to_string(),
            "Open http://127.0.0.1:8080/\n\
             From other machines: http://192.168.1.5:8080/ http://172.17.0.1:8080/\n\
             Browsers allow notifications and offline use only with HTTPS or on localhost: for other machines, name a \
             certificate (--tls-cert, --tls-key) or put a TLS proxy in front.\n"
        );
    }

    #[test]
    fn this_machine_has_addresses_to_tell() {
        let share = Share::of("0.0.0.0:8080".parse().unwrap(), false);
        assert_eq!(share.here, "http://127.0.0.1:8080/");
        assert!(!share.elsewhere.contains(&share.here));
    }
}
