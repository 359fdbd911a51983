//! One process, as the kernel accounts for it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::time::ClockId;
use nix::unistd::Pid;

use super::kernel::{bytes_of, invalid};

/// A process on this machine: a server, or this tool.
///
/// Each reading fails with [`io::ErrorKind::NotFound`] once the process has gone; memory and storage also fail where this
/// user may not look into that process.
#[derive(Debug, Clone)]
pub struct Process {
    pid: u32,
    clock: ClockId,
    folder: PathBuf,
}

/// How often threads gave up their core.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Switches {
    /// Because they had nothing to do.
    pub voluntary: u64,
    /// Because another was to run.
    pub involuntary: u64,
}

impl Process {
    /// The process of this number.
    pub fn new(pid: u32) -> io::Result<Self> {
        let clock =
            nix::time::clock_getcpuclockid(Pid::from_raw(pid.cast_signed())).map_err(|_| gone(pid))?;
        Ok(Self { pid, clock, folder: Path::new("/proc").join(pid.to_string()) })
    }

    /// This tool.
    pub fn own() -> io::Result<Self> {
        Self::new(std::process::id())
    }

    /// Its number.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// User and system time of all its threads since it began, ended ones included.
    ///
    /// Counted in nanoseconds. A thread that runs at this moment may be up to one tick of the kernel (1 to 10 ms) further
    /// than it tells, so that a window of a second is right to 1 % at the worst. What the kernel does for others on the
    /// process's behalf after a system call (loopback hands a packet to its receiver there) is in it.
    pub fn cpu(&self) -> io::Result<Duration> {
        Ok(Duration::from(self.clock.now().map_err(|_| gone(self.pid))?))
    }

    /// Bytes of memory that it has, pages that it shares with others included.
    pub fn resident_bytes(&self) -> io::Result<u64> {
        bytes_of(&self.read("smaps_rollup")?, "Rss")
    }

    /// Bytes of memory that only it has: what would be free if it ended.
    pub fn private_bytes(&self) -> io::Result<u64> {
        let rollup = self.read("smaps_rollup")?;
        ["Private_Clean", "Private_Dirty", "Private_Hugetlb"]
            .iter()
            .map(|field| bytes_of(&rollup, field))
            .sum()
    }

    /// Bytes that it has caused to be written to storage, in whole pages.
    pub fn storage_bytes_written(&self) -> io::Result<u64> {
        let counters = self.read("io")?;
        let line = counters.lines().find_map(|line| line.strip_prefix("write_bytes:"));
        line.and_then(|count| count.trim().parse().ok()).ok_or_else(|| invalid("write_bytes"))
    }

    /// How often its threads of now gave up their core; those of threads that have ended are not told.
    pub fn switches(&self) -> io::Result<Switches> {
        let mut sum = Switches::default();
        for thread in fs::read_dir(self.folder.join("task"))? {
            // It may have ended since.
            let Ok(status) = fs::read_to_string(thread?.path().join("status")) else { continue };
            for line in status.lines() {
                if let Some(count) = line.strip_prefix("voluntary_ctxt_switches:") {
                    sum.voluntary += count.trim().parse().unwrap_or(0);
                } else if let Some(count) = line.strip_prefix("nonvoluntary_ctxt_switches:") {
                    sum.involuntary += count.trim().parse().unwrap_or(0);
                }
            }
        }
        Ok(sum)
    }

    /// The cores that it may use.
    pub fn cores(&self) -> io::Result<Vec<usize>> {
        let pid = rustix::process::Pid::from_raw(self.pid.cast_signed());
        let set = rustix::thread::sched_getaffinity(pid)?;
        Ok((0..rustix::thread::CpuSet::MAX_CPU).filter(|&core| set.is_set(core)).collect())
    }

    fn read(&self, file: &str) -> io::Result<String> {
        fs::read_to_string(self.folder.join(file))
    }
}

fn gone(pid: u32) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("there is no process {pid}"))
}
