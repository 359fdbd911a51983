use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// A network of proxies: an IP address and the number of leading bits that count.
///
/// An IPv4 address is held as its IPv4-mapped IPv6 address, so that an IPv4 peer is recognised on an IPv6 socket too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProxyNet {
    /// Bits after the prefix are zero.
    bits: u128,
    /// 0 to 128; 96 more than written for IPv4.
    prefix: u32,
}

impl ProxyNet {
    /// Whether `address` lies in this network.
    pub fn contains(&self, address: IpAddr) -> bool {
        mapped(address) & mask(self.prefix) == self.bits
    }
}

fn mapped(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn mask(prefix: u32) -> u128 {
    // A shift by all 128 bits is none that the processor has; then no bit counts.
    u128::MAX.checked_shl(128 - prefix).unwrap_or(0)
}

impl fmt::Display for ProxyNet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = Ipv6Addr::from_bits(self.bits);
        let (address, prefix, full) = match address.to_ipv4_mapped() {
            Some(address) if self.prefix >= 96 => (IpAddr::V4(address), self.prefix - 96, 32),
            _ => (IpAddr::V6(address), self.prefix, 128),
        };
        if prefix == full { write!(formatter, "{address}") } else { write!(formatter, "{address}/{prefix}") }
    }
}

/// The text is not an IP address with or without a prefix length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an IP address or network such as 10.0.0.7 or 10.0.0.0/8")]
pub struct ParseProxyNetError;

impl FromStr for ProxyNet {
    type Err = ParseProxyNetError;

    /// Bits of the address after the prefix are ignored: `10.1.2.3/8` is `10.0.0.0/8`.
    fn from_str(text: &str) -> Result<Self, ParseProxyNetError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) if prefix.bytes().all(|byte| byte.is_ascii_digit()) => {
                (address, Some(prefix.parse::<u32>().map_err(|_| ParseProxyNetError)?))
            }
            Some(_) => return Err(ParseProxyNetError),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| ParseProxyNetError)?;
        let full = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(full);
        if prefix > full {
            return Err(ParseProxyNetError);
        }
        let prefix = prefix + (128 - full);
        Ok(Self { bits: mapped(address) & mask(prefix), prefix })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(net: &str, address: &str) -> bool {
        ProxyNet::from_str(net).unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn a_network_contains_what_shares_its_prefix() {
        assert!(contains("10.0.0.7", "10.0.0.7"));
        assert!(!contains("10.0.0.7", "10.0.0.8"));
        assert!(contains("10.0.0.0/8", "10.255.0.1"));
        assert!(!contains("10.0.0.0/8", "11.0.0.1"));
        assert!(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
        assert!(contains("0.0.0.0/0", "203.0.113.9"));
        assert!(!contains("0.0.0.0/0", "2001:db8::1"));
        assert!(contains("::/0", "2001:db8::1"));
        assert!(contains("fd00::/8", "fd12::1"));
        assert!(!contains("fd00::/8", "fe80::1"));
        assert!(!contains("::1", "127.0.0.1"));
    }

    #[test]
    fn printed_networks_have_no_needless_bits() {
        for (text, printed) in [
            ("10.0.0.7", "10.0.0.7"),
            ("10.0.0.7/32", "10.0.0.7"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("::1/128", "::1"),
            ("FD00::1/8", "fd00::/8"),
            ("::/0", "::/0"),
        ] {
            let net = ProxyNet::from_str(text).unwrap();
            assert_eq!(net.to_string(), printed);
            assert_eq!(ProxyNet::from_str(printed), Ok(net));
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "proxy.example",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0",
            "10.0.0.0/8/8",
        ] {
            assert_eq!(ProxyNet::from_str(text), Err(ParseProxyNetError), "{text}");
        }
    }
}
