//! Where a measurement runs.

use std::fs;
use std::io;

use super::Process;
use super::kernel::bytes_of;
use crate::report::Machine;

/// This machine. `server` is there if the server is on it too.
pub fn describe_machine(server: Option<&Process>) -> io::Result<Machine> {
    let processors = fs::read_to_string("/proc/cpuinfo")?;
    let cpu = processors.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == "model name").then(|| value.trim().to_owned())
    });
    Ok(Machine {
        tool_cores: cores_text(&Process::own()?.cores()?),
        server_cores: server
            .map(Process::cores)
            .transpose()?
            .map_or_else(String::new, |cores| cores_text(&cores)),
        // Not every architecture tells one.
        cpu: cpu.unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
        kernel: rustix::system::uname().release().to_string_lossy().into_owned(),
        memory: bytes_of(&fs::read_to_string("/proc/meminfo")?, "MemTotal")?,
    })
}

/// Cores in rising order as `0`, `0-3` or `0,2`, as taskset has them.
pub fn cores_text(cores: &[usize]) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for &core in cores {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == core => *last = core,
            _ => ranges.push((core, core)),
        }
    }
    let texts: Vec<String> = ranges
        .iter()
        .map(|&(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") })
        .collect();
    texts.join(",")
}
