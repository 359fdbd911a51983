//! A disk that can be copied as a loss of power leaves it: a file with a file system in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Images of a disk, one after the other. They lie in memory, where a sync costs nothing: what counts is what the program
/// has asked the file system to keep.
pub(crate) struct Disk {
    folder: TempDir,
    copies: usize,
}

impl Disk {
    pub(crate) fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        let disk = Self { folder: folder.expect("a temporary directory can be made"), copies: 0 };
        let image = disk.image();
        let file = std::fs::File::create(&image).expect("a file can be made");
        file.set_len(256 << 20).expect("it may be as long");
        // Debian keeps it where only root looks.
        let made = Command::new("/usr/sbin/mkfs.ext4").args(["-q", "-F"]).arg(&image).status();
        assert!(made.expect("mkfs.ext4 runs").success(), "no file system can be made");
        disk
    }

    /// The image that is in use.
    pub(crate) fn image(&self) -> PathBuf {
        self.folder.path().join(format!("image-{}", self.copies))
    }

    /// Where its file system may be seen, by those who mount it.
    pub(crate) fn mount_point(&self) -> PathBuf {
        let path = self.folder.path().join("mounted");
        std::fs::create_dir_all(&path).expect("a folder can be made");
        path
    }

    /// Loses the power: from now on the image is what had reached the disk at this moment. Whoever wrote to it stands
    /// still, and must never go on. What lay in the system's memory is not in it.
    pub(crate) fn lose_power(&mut self) {
        let from = self.image();
        self.copies += 1;
        let copied = Command::new("cp").arg("--sparse=always").arg(&from).arg(self.image()).status();
        assert!(copied.expect("cp runs").success(), "the image cannot be copied");
        // Whoever has it open keeps it.
        std::fs::remove_file(from).expect("it is there");
    }
}
