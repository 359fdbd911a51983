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
}

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
        Ok(Self { slab, tcp_buffers: pages * rustix::param::page_size() as u64 })
    }
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
