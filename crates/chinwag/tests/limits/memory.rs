//! Memory, read from outside the process.

use std::fs;

/// Bytes of a process's own, and of the machine's buffers of TCP.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) process: u64,
    pub(crate) kernel: u64,
}

impl Memory {
    pub(crate) fn of(pid: u32) -> Self {
        let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
        let field = |name: &str| -> u64 {
            let line = rollup.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse().unwrap()
        };
        let process = (field("Private_Clean:") + field("Private_Dirty:")) << 10;
        let sockstat = fs::read_to_string("/proc/net/sockstat").unwrap();
        let tcp = sockstat.lines().find(|line| line.starts_with("TCP:")).unwrap();
        let pages: u64 = tcp.split_whitespace().last().unwrap().parse().unwrap();
        // Linux counts them in pages of the machine; those of 4 KiB are the smallest there are.
        Self { process, kernel: pages * page_bytes() }
    }

    /// How much more this is for each of `count`.
    pub(crate) fn more_than(self, before: Self, count: usize) -> Self {
        let each = |now: u64, before: u64| now.saturating_sub(before) / count as u64;
        Self { process: each(self.process, before.process), kernel: each(self.kernel, before.kernel) }
    }
}

/// Bytes of a page, by what the kernel says of this process's smallest mapping.
fn page_bytes() -> u64 {
    let smaps = fs::read_to_string("/proc/self/smaps").unwrap();
    let line = smaps.lines().find(|line| line.starts_with("KernelPageSize:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}
