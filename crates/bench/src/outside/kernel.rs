//! Memory that the kernel needs for sockets, which no process's size shows.

use std::fs;
use std::io;

/// Memory of the kernel, of the whole machine: the difference of two readings is what happened in between, everybody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KernelMemory {
    /// Bytes in its small objects: sockets, files, their inodes and directory entries, epoll's entries, and the buffers.
    pub slab: u64,
    /// Bytes that TCP accounts for what lies in its sockets, sent and not received. Nearly all of them are in `slab` too.
    pub tcp_buffers: u64,
    /// Bytes in objects that only sockets and files need, where this user may know (root). What others do to files does
    /// not disturb this one, but the directory entry of each socket (192 bytes) is in `slab` alone.
    pub socket_objects: Option<u64>,
}

/// The kernel's caches of objects that only sockets and files need.
const SOCKET_CACHES: [&str; 9] = [
    "TCP",
    "TCPv6",
    "sock_inode_cache",
    "filp",
    "eventpoll_epi",
    "eventpoll_pwq",
    "skbuff_head_cache",
    "skbuff_fclone_cache",
    "skbuff_small_head",
];

impl KernelMemory {
    /// As it is now.
    pub fn read() -> io::Result<Self> {
        let slab = bytes_of(&fs::read_to_string("/proc/meminfo")?, "Slab")?;
        let sockets = fs::read_to_string("/proc/net/sockstat")?;
        let pages = sockets
            .lines()
            .find_map(|line| line.strip_prefix("TCP:"))
            .and_then(|fields| {
                let mut fields = fields.split_whitespace().skip_while(|&name| name != "mem");
                fields.nth(1)?.parse::<u64>().ok()
            })
            .ok_or_else(|| invalid("mem"))?;
        let tcp_buffers = pages * rustix::param::page_size() as u64;
        let socket_objects =
            fs::read_to_string("/proc/slabinfo").ok().map(|caches| bytes_in_socket_caches(&caches));
        Ok(Self { slab, tcp_buffers, socket_objects })
    }
}

/// Lines are `name active_objs num_objs objsize …`.
fn bytes_in_socket_caches(caches: &str) -> u64 {
    let bytes = |line: &str| {
        let mut fields = line.split_whitespace();
        SOCKET_CACHES.contains(&fields.next()?).then_some(())?;
        let active: u64 = fields.next()?.parse().ok()?;
        let size: u64 = fields.nth(1)?.parse().ok()?;
        Some(active * size)
    };
    caches.lines().filter_map(bytes).sum()
}

/// The field of a text like `/proc/meminfo`, which has lines like `MemTotal:  1024 kB`.
pub(super) fn bytes_of(text: &str, field: &str) -> io::Result<u64> {
    text.lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))
        .and_then(|value| value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok())
        .map(|kibibytes| kibibytes * 1024)
        .ok_or_else(|| invalid(field))
}

pub(super) fn invalid(field: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the kernel does not tell {field}"))
}
