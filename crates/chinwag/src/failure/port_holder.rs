//! Finds the process that holds a port, by what Linux tells in `/proc`.

use std::fmt;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use crate::config::overlap;

/// A process that listens on a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortHolder {
    /// The process id.
    pub pid: u32,
    /// The name of the program; Linux keeps 15 bytes of it.
    pub name: String,
}

impl fmt::Display for PortHolder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (process {})", self.name, self.pid)
    }
}

impl PortHolder {
    /// The holder of a socket that listens on `address` or one that overlaps it.
    ///
    /// None where it is not to be seen: another user's process, another container, a system that is not Linux.
    pub(super) fn find(address: SocketAddr) -> Option<Self> {
        let inodes: Vec<u64> = ["/proc/net/tcp", "/proc/net/tcp6"]
            .iter()
            .filter_map(|table| fs::read_to_string(table).ok())
            .flat_map(|table| table.lines().filter_map(listening_socket).collect::<Vec<_>>())
            .filter(|(listening, _)| overlap(*listening, address))
            .map(|(_, inode)| inode)
            .collect();
        let links: Vec<String> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();

        let mut pids: Vec<u32> = fs::read_dir("/proc")
            .ok()?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .collect();
        // A process that has forked shares its sockets with its children; the parent has usually the lower number.
        pids.sort_unstable();
        let pid = pids.into_iter().find(|pid| holds_one_of(*pid, &links))?;
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
        Some(Self { pid, name: name.trim_end().to_owned() })
    }
}

fn holds_one_of(pid: u32, links: &[String]) -> bool {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return false;
    };
    descriptors
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .any(|target| links.iter().any(|link| target == Path::new(link)))
}

/// Address and inode of the socket in a line of `/proc/net/tcp` or `tcp6`, if it listens.
fn listening_socket(line: &str) -> Option<(SocketAddr, u64)> {
    const LISTENING: &str = "0A";

    let mut columns = line.split_ascii_whitespace();
    let local = columns.nth(1)?;
    let state = columns.nth(1)?;
    let inode = columns.nth(5)?;
    if state != LISTENING {
        return None;
    }
    let (ip, port) = local.split_once(':')?;
    Some((SocketAddr::new(ip_address(ip)?, u16::from_str_radix(port, 16).ok()?), inode.parse().ok()?))
}

/// The table has an address as words of 32 bits, each as this machine reads it from memory.
fn ip_address(hexadecimal: &str) -> Option<IpAddr> {
    let word = |index: usize| {
        let digits = hexadecimal.get(index * 8..index * 8 + 8)?;
        u32::from_str_radix(digits, 16).ok().map(u32::to_ne_bytes)
    };
    match hexadecimal.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let octets = [word(0)?, word(1)?, word(2)?, word(3)?].concat();
            Some(Ipv6Addr::from(<[u8; 16]>::try_from(octets).ok()?).into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn listening_sockets_are_read_from_the_tables() {
        let line = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 48151 1 \
                    0000000000000000 100 0 0 10 0";
        assert_eq!(listening_socket(line), Some(("127.0.0.1:8080".parse().unwrap(), 48151)));

        let line = "   1: 00000000000000000000000001000000:1F91 00000000000000000000000000000000:0000 0A \
                    00000000:00000000 00:00000000 00000000     0        0 62342 1 0000000000000000 100 0 0 10 0";
        assert_eq!(listening_socket(line), Some(("[::1]:8081".parse().unwrap(), 62342)));
    }

    #[test]
    fn other_lines_are_passed_over() {
        for line in [
            "",
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
            "   0: 0100007F:1F90 0100007F:A2B4 01 00000000:00000000 00:00000000 00000000  1000        0 48151 1",
            "   0: 01:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 48151 1",
        ] {
            assert_eq!(listening_socket(line), None, "{line}");
        }
    }
}
