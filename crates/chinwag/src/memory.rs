//! How much memory the system lets this process have, and what of it may go where.
//!
//! The sizes of a server suit a machine with a gigabyte or more. With less, each is held to a share of what there is, so that
//! all of them together leave room for connections, and a server under load refuses work instead of being killed.

use std::fs;
use std::path::Path;

use crate::config::Config;
use crate::server::Tuning;

/// Bytes that this process may have, if the system says so: of its groups, by its own limits, of the machine.
pub fn available() -> Option<usize> {
    let read = |path: &Path| fs::read_to_string(path).ok();
    let groups = read(Path::new("/proc/self/cgroup")).unwrap_or_default();
    let own = [rlimit::Resource::AS, rlimit::Resource::DATA];
    let own = own.into_iter().filter_map(|resource| resource.get_soft().ok());
    let own = own.filter(|&bytes| bytes != rlimit::INFINITY);
    let machine = read(Path::new("/proc/meminfo")).and_then(|text| machine_bytes(&text));
    let least = group_limits(&groups, read).into_iter().chain(own).chain(machine).min()?;
    Some(usize::try_from(least).unwrap_or(usize::MAX))
}

/// The limits of the groups that `/proc/self/cgroup` names, and of those around them, with version 1 and version 2.
fn group_limits(groups: &str, read: impl Fn(&Path) -> Option<String>) -> Vec<u64> {
    let mut limits = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (fields.next(), fields.next()) else { continue };
        let (mount, file) = if controllers.is_empty() {
            ("/sys/fs/cgroup", "memory.max")
        } else if controllers.split(',').any(|controller| controller == "memory") {
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        } else {
            continue;
        };
        // In a container, the path may be one of the host's; its own group is then what is mounted.
        let group = Path::new(mount).join(group.trim_start_matches('/'));
        for folder in group.ancestors().take_while(|folder| folder.starts_with(mount)) {
            // "max" and absurdly large numbers are no limits.
            limits.extend(read(&folder.join(file)).and_then(|text| text.trim().parse::<u64>().ok()));
        }
    }
    limits
}

fn machine_bytes(meminfo: &str) -> Option<u64> {
    let kibibytes = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    kibibytes.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kibibytes| kibibytes << 10)
}

/// Holds every size to its share of `bytes`.
pub(crate) fn fit(config: &mut Config, tuning: &mut Tuning, bytes: usize) {
    let Tuning { sqlite, postgres, .. } = tuning;
    let mut lowered = false;
    for (size, parts) in [
        (&mut config.window_bytes_max, 8),
        (&mut sqlite.queue_bytes, 16),
        (&mut sqlite.writer_cache_bytes, 8),
        (&mut sqlite.recent_bytes, 16),
        (&mut sqlite.reader_cache_bytes, 128),
        (&mut postgres.queue_bytes, 16),
    ] {
        lowered |= *size > bytes / parts;
        *size = (*size).min(bytes / parts);
    }
    if lowered {
        tracing::info!(
            mebibytes = bytes >> 20,
            window_bytes_max = config.window_bytes_max,
            queue_bytes = sqlite.queue_bytes,
            "there is little memory; sizes are held to their shares of it"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_of_groups() {
        let files = |path: &Path| {
            let text = match path.to_str().unwrap() {
                "/sys/fs/cgroup/a/b/memory.max" => "max\n",
                "/sys/fs/cgroup/a/memory.max" => "1000\n",
                "/sys/fs/cgroup/memory/c/memory.limit_in_bytes" => "2000\n",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes" => "9223372036854771712\n",
                _ => return None,
            };
            Some(text.to_owned())
        };
        assert_eq!(group_limits("0::/a/b\n", files), [1000]);
        let version_1 = "5:cpu,cpuacct:/c\n4:memory:/c\n";
        assert_eq!(group_limits(version_1, files), [2000, 9_223_372_036_854_771_712]);
        assert_eq!(group_limits("4:memory:/not/here\nnonsense\n", files), [9_223_372_036_854_771_712]);
        assert_eq!(machine_bytes("MemTotal:       24684000 kB\nMemFree: 1 kB\n"), Some(24_684_000 << 10));
        assert!(available().is_some_and(|bytes| bytes > 1 << 20));
    }

    #[test]
    fn sizes_fit_into_little_memory_and_stay_with_enough() {
        let fitted = |bytes| {
            let (mut config, mut tuning) = (Config::default(), Tuning::default());
            fit(&mut config, &mut tuning, bytes);
            let store = tuning.sqlite;
            assert_eq!(tuning.postgres.queue_bytes, store.queue_bytes);
            let readers = store.readers * store.reader_cache_bytes;
            [
                config.window_bytes_max,
                store.queue_bytes,
                store.writer_cache_bytes,
                store.recent_bytes,
                readers,
            ]
        };
        assert_eq!(fitted(256 << 20), [32 << 20, 16 << 20, 32 << 20, 16 << 20, 8 << 20]);
        assert_eq!(fitted(1 << 30), fitted(64 << 30));
    }
}
