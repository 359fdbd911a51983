//! The floor of a store that keeps a log in a file.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::batches::{self, BatchCost};
use super::{FloorCommand, FloorError, Place};

/// Bytes of the file, which begins again from its start when it is full.
const FILE_BYTES: usize = 64 << 20;

/// A batch of bytes appended to a file and brought to the disk (`fdatasync`).
///
/// The file has its length before it begins and is written over and over, as a write-ahead log is that has been used once:
/// a file that grows costs the file system more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// A folder on the file system in question.
    pub folder: PathBuf,
    /// Bytes of each batch; at most 64 MiB.
    pub batch_bytes: usize,
}

impl Append {
    /// Measures it. Takes the place's duration and a little more.
    pub async fn measure(&self, place: &Place) -> Result<BatchCost, FloorError> {
        let bytes = self.batch_bytes.clamp(1, FILE_BYTES);
        batches::measure(place, &self.folder, |folder| FloorCommand::FloorAppend {
            folder: folder.to_owned(),
            bytes,
        })
        .await
    }
}

/// The worker.
pub(super) fn run(folder: &Path, bytes: usize) -> Result<(), FloorError> {
    let mut file = File::create_new(folder.join("log"))?;
    file.write_all(&vec![0; FILE_BYTES])?;
    file.sync_all()?;
    file.seek(SeekFrom::Start(0))?;
    let batch = vec![b'x'; bytes];
    let mut left = FILE_BYTES;
    batches::serve(|| {
        if left < bytes {
            file.seek(SeekFrom::Start(0))?;
            left = FILE_BYTES;
        }
        file.write_all(&batch)?;
        left -= bytes;
        Ok(file.sync_data()?)
    })
}
