//! Disks that are small, and system calls that fail.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::program::{Program, as_root};
use crate::storage::talk::until;

/// A file system of so many megabytes, in memory.
pub(crate) struct SmallDisk(TempDir);

impl SmallDisk {
    pub(crate) fn new(megabytes: usize) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        let owner = "mode=0777";
        let status = as_root("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m,{owner}"), "tmpfs"])
            .arg(folder.path())
            .status()
            .expect("mount runs");
        assert!(status.success(), "no file system can be mounted");
        Self(folder)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("data")
    }

    /// Takes all the space that is left.
    pub(crate) fn fill(&self) -> PathBuf {
        let path = self.0.path().join("filling");
        let mut file = File::create(&path).expect("a file can be made");
        for size in [1 << 20, 4096] {
            while file.write_all(&vec![1; size]).is_ok() {}
        }
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What is left is seen by whoever looks; a test must not fail for it.
        let _ = as_root("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

/// Makes system calls of a program fail, for as long as it lives.
pub(crate) struct Injection {
    strace: Child,
    pid: u32,
}

impl Injection {
    /// These calls on this file fail with this error.
    pub(crate) async fn begin(program: &Program, calls: &str, error: &str, file: &Path) -> Self {
        let inject = ["-e", &format!("inject={calls}:error={error}")];
        Self::trace(program, calls, &inject, file, Path::new("/dev/null")).await
    }

    /// The first sync of this file fails. What is done with it stands in `log`, a call a line.
    pub(crate) async fn one_sync(program: &Program, file: &Path, log: &Path) -> Self {
        let inject = ["-e", "inject=fdatasync:error=EIO:when=1"];
        Self::trace(program, "fdatasync,ftruncate,pwrite64", &inject, file, log).await
    }

    async fn trace(program: &Program, calls: &str, inject: &[&str], file: &Path, log: &Path) -> Self {
        let pid = program.pid();
        let strace = as_root("strace")
            .args(["-f", "-qq", "-p", &pid.to_string(), "-e", &format!("trace={calls}")])
            .args(inject)
            .args([Path::new("-P"), file, Path::new("-o"), log])
            .stderr(Stdio::null())
            .spawn()
            .expect("strace runs");
        until("every thread is traced", async || traced(pid).iter().all(|traced| *traced)).await;
        Self { strace, pid }
    }

    pub(crate) fn end(self) {}
}

/// Of each thread of a process, whether it is traced.
fn traced(pid: u32) -> Vec<bool> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("the program runs");
    let status = |task: fs::DirEntry| fs::read_to_string(task.path().join("status")).unwrap_or_default();
    tasks.flatten().map(|task| !status(task).contains("TracerPid:\t0\n")).collect()
}

impl Drop for Injection {
    fn drop(&mut self) {
        // It lets go of the program and ends. Started by way of sudo, it passes the signal on.
        let _ = Command::new("kill").args(["-INT", &self.strace.id().to_string()]).status();
        let _ = self.strace.wait();
        while fs::exists(format!("/proc/{}", self.pid)).unwrap_or(false)
            && traced(self.pid).iter().any(|traced| *traced)
        {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
