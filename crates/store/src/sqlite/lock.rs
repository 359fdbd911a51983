//! One process for each data folder.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

/// The folder is ours until this is dropped; the system releases it too when the process dies.
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: File,
}

#[derive(Debug)]
pub(super) enum LockError {
    /// Another process has it; its id, if it could be read.
    Held(Option<u32>),
    Io(io::Error),
}

impl FolderLock {
    /// Takes the lock at `path` and writes this process's id into it.
    pub(super) fn take(path: &Path) -> Result<Self, LockError> {
        let mut options = File::options();
        let mut file =
            options.read(true).write(true).create(true).truncate(false).open(path).map_err(LockError::Io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let pid = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
                return Err(LockError::Held(pid));
            }
            Err(TryLockError::Error(error)) => return Err(LockError::Io(error)),
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        write(&mut file).map_err(LockError::Io)?;
        Ok(Self { _file: file })
    }
}
