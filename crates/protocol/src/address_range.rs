//! Networks: leading bits that addresses share.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// A network: an IP address and the number of leading bits that count.
///
/// An IPv4 address is held as its IPv4-mapped IPv6 address, so that an IPv4 peer is recognised on an IPv6 socket too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AddressRange {
    /// Bits after the prefix are zero.
    bits: u128,
    /// 0 to 128; 96 more than written for IPv4.
    prefix: u32,
}

impl AddressRange {
    /// Whether `address` lies in this network.
    pub fn contains(&self, address: IpAddr) -> bool {
        mapped(address) & mask(self.prefix) == self.bits
    }

    /// Whether its addresses are those of IPv4.
    pub fn is_ipv4(&self) -> bool {
        self.prefix >= 96 && Ipv6Addr::from_bits(self.bits).to_ipv4_mapped().is_some()
    }

    /// How many leading bits count, as written.
    pub fn prefix(&self) -> u32 {
        if self.is_ipv4() { self.prefix - 96 } else { self.prefix }
    }

    /// The network around this one of which at most so many leading bits count, as written.
    #[must_use]
    pub fn at_most(self, prefix: u32) -> Self {
        let prefix = self.prefix.min(if self.is_ipv4() { prefix + 96 } else { prefix });
        Self { bits: self.bits & mask(prefix), prefix }
    }

    /// The leading bits and their number, as the stores keep them.
    pub fn to_bytes(self) -> [u8; 17] {
        let mut bytes = [0; 17];
        bytes[..16].copy_from_slice(&self.bits.to_be_bytes());
        bytes[16] = self.prefix as u8;
        bytes
    }

    /// From what a store kept; none if no network is kept so.
    pub fn from_bytes(bytes: [u8; 17]) -> Option<Self> {
        let [bits @ .., prefix] = bytes;
        let (bits, prefix) = (u128::from_be_bytes(bits), u32::from(prefix));
        (prefix <= 128 && bits & mask(prefix) == bits).then_some(Self { bits, prefix })
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

impl fmt::Display for AddressRange {
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
pub struct AddressRangeError;

impl FromStr for AddressRange {
    type Err = AddressRangeError;

    /// Bits of the address after the prefix are ignored: `10.1.2.3/8` is `10.0.0.0/8`.
    fn from_str(text: &str) -> Result<Self, AddressRangeError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) if prefix.bytes().all(|byte| byte.is_ascii_digit()) => {
                (address, Some(prefix.parse::<u32>().map_err(|_| AddressRangeError)?))
            }
            Some(_) => return Err(AddressRangeError),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| AddressRangeError)?;
        let full = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(full);
        if prefix > full {
            return Err(AddressRangeError);
        }
        let prefix = prefix + (128 - full);
        Ok(Self { bits: mapped(address) & mask(prefix), prefix })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(net: &str, address: &str) -> bool {
        AddressRange::from_str(net).unwrap().contains(address.parse().unwrap())
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
            let net = AddressRange::from_str(text).unwrap();
            assert_eq!(net.to_string(), printed);
            assert_eq!(AddressRange::from_str(printed), Ok(net));
        }
    }

    #[test]
    fn a_network_is_kept_as_it_is_and_widened() {
        for (text, prefix, wide) in [
            ("192.0.2.7", 24, "192.0.2.0/24"),
            ("192.0.2.0/16", 24, "192.0.0.0/16"),
            ("2001:db8:1:2:3::4", 64, "2001:db8:1:2::/64"),
            ("2001:db8::/32", 64, "2001:db8::/32"),
        ] {
            let net = AddressRange::from_str(text).unwrap();
            assert_eq!(net.at_most(prefix).to_string(), wide);
            assert_eq!(AddressRange::from_bytes(net.to_bytes()), Some(net));
        }
        assert_eq!(AddressRange::from_bytes([1; 17]), None);
        assert_eq!(AddressRange::from_bytes([255; 17]), None);
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
            assert_eq!(AddressRange::from_str(text), Err(AddressRangeError), "{text}");
        }
    }
}
