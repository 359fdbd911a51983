use std::net::{IpAddr, SocketAddr};

/// Whether two listening sockets with these addresses are in each other's way. Port 0 is a port of its own each time.
pub(crate) fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let (one_ip, other_ip) = (one.ip().to_canonical(), other.ip().to_canonical());
    // `0.0.0.0` holds the IPv4 addresses only, `::` usually those of IPv6 and of IPv4.
    let same_family = one_ip.is_ipv4() == other_ip.is_ipv4();
    let holds_all = |ip: IpAddr| ip.is_unspecified() && (same_family || ip.is_ipv6());
    one.port() != 0
        && one.port() == other.port()
        && (one_ip == other_ip || holds_all(one_ip) || holds_all(other_ip))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_overlap_when_an_address_and_the_port_are_shared() {
        for (one, other, expected) in [
            ("127.0.0.1:8080", "127.0.0.1:8080", true),
            ("127.0.0.1:8080", "127.0.0.1:8081", false),
            ("127.0.0.1:8080", "127.0.0.2:8080", false),
            ("0.0.0.0:8080", "127.0.0.1:8080", true),
            ("[::]:8080", "127.0.0.1:8080", true),
            ("[::]:8080", "0.0.0.0:8080", true),
            ("[::1]:8080", "127.0.0.1:8080", false),
            ("[::1]:8080", "0.0.0.0:8080", false),
            ("[::1]:8080", "[::]:8080", true),
            ("127.0.0.1:0", "127.0.0.1:0", false),
        ] {
            let (one, other) = (one.parse().unwrap(), other.parse().unwrap());
            assert_eq!(overlap(one, other), expected, "{one} {other}");
            assert_eq!(overlap(other, one), expected, "{other} {one}");
        }
    }
}
