//! The write-ahead log as a crash or a failed sync has left it: checked, and made durable before anyone reads it.
//!
//! SQLite ends the log at the first frame whose checksum is wrong, for that is what an unfinished commit looks like. A
//! frame that was damaged later looks the same, and all commits after it would be gone without a word. The difference:
//! each commit is synced before the next one is written, so only the last one can be unfinished.
//!
//! SQLite also believes what it reads. After a sync that has failed, the system may show bytes that it never wrote to
//! the disk, and a later sync that succeeds says nothing about them. So every byte is written once more, which makes
//! the system take it for new, and synced.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes of the log's header and of each frame's.
const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Frames read at a time.
const FRAMES: usize = 64;

/// What the first bytes of a log are, but for the last bit, which tells the order of bytes that its checksums use.
const MAGIC: u32 = 0x377f_0682;

#[derive(Debug)]
pub(super) enum WalError {
    Io(io::Error),
    /// What was committed is not there any more.
    Damaged(String),
}

impl From<io::Error> for WalError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Checks the log of `database` and writes it anew. No connection of this process may be writing to it. Tells whether
/// it ends in frames that do not count: an unfinished commit, as far as can be known.
pub(super) fn settle(database: &Path) -> Result<bool, WalError> {
    let Some(file) = open(database)? else { return Ok(false) };
    let size = file.metadata()?.len();
    let mut header = [0; HEADER];
    if size < HEADER as u64 {
        return Ok(false);
    }
    file.read_exact_at(&mut header, 0)?;
    if header == [0; HEADER] {
        // The header is synced before anything else is written.
        return match size {
            32 => Ok(false),
            _ => Err(WalError::Damaged("the header of its write-ahead log is missing".to_owned())),
        };
    }
    let damaged = || WalError::Damaged("the header of its write-ahead log is damaged".to_owned());
    let mut scan = Scan::begin(&header).ok_or_else(damaged)?;
    file.write_all_at(&header, 0)?;
    let frame = FRAME_HEADER + scan.page;
    let mut frames = vec![0; frame * FRAMES];
    let mut at = HEADER as u64;
    while at + frame as u64 <= size {
        let whole = (size - at) / frame as u64;
        let part = &mut frames[..frame * usize::try_from(whole).map_or(FRAMES, |whole| whole.min(FRAMES))];
        file.read_exact_at(part, at)?;
        part.chunks_exact(frame).for_each(|frame| scan.frame(frame));
        file.write_all_at(part, at)?;
        at += part.len() as u64;
    }
    file.sync_data()?;
    scan.end()
}

/// Syncs the log of `database`.
pub(super) fn sync(database: &Path) -> io::Result<()> {
    open(database)?.map_or(Ok(()), |file| file.sync_data())
}

fn open(database: &Path) -> io::Result<Option<File>> {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    match File::options().read(true).write(true).open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Goes through a log as SQLite does, and on beyond its end.
struct Scan {
    big_endian: bool,
    salts: [u8; 8],
    page: usize,
    checksum: [u32; 2],
    frames: u64,
    /// The last frame that is good, with all before it.
    good: u64,
    /// The last frame that is good and ends a commit.
    committed: u64,
    /// Frames beyond `good` that were written to this log, and how many commits they end.
    beyond: u64,
    commits_beyond: u64,
}

impl Scan {
    fn begin(header: &[u8; HEADER]) -> Option<Self> {
        let magic = number(header, 0);
        let page = number(header, 8) as usize;
        let mut scan = Self {
            big_endian: magic & 1 == 1,
            salts: header[16..24].try_into().ok()?,
            page,
            checksum: [0; 2],
            frames: 0,
            good: 0,
            committed: 0,
            beyond: 0,
            commits_beyond: 0,
        };
        scan.add(&header[..24]);
        let good = magic & !1 == MAGIC
            && page.is_power_of_two()
            && (512..=65536).contains(&page)
            && scan.checksum == [number(header, 24), number(header, 28)];
        good.then_some(scan)
    }

    fn frame(&mut self, frame: &[u8]) {
        self.frames += 1;
        let written = frame[8..16] == self.salts;
        let commits = number(frame, 4) != 0;
        if self.good + 1 == self.frames && written && number(frame, 0) != 0 {
            let before = self.checksum;
            self.add(&frame[..8]);
            self.add(&frame[FRAME_HEADER..]);
            if self.checksum == [number(frame, 16), number(frame, 20)] {
                self.good = self.frames;
                if commits {
                    self.committed = self.frames;
                }
                return;
            }
            self.checksum = before;
        }
        if written {
            self.beyond += 1;
            self.commits_beyond += u64::from(commits);
        }
    }

    fn end(&self) -> Result<bool, WalError> {
        if self.commits_beyond > 1 {
            return Err(WalError::Damaged(format!(
                "its write-ahead log is damaged at frame {} of {}, and what was committed after it would be lost",
                self.good + 1,
                self.frames
            )));
        }
        Ok(self.good > self.committed || self.beyond > 0)
    }

    /// SQLite's checksum, over whole pairs of numbers.
    fn add(&mut self, bytes: &[u8]) {
        let [mut first, mut second] = self.checksum;
        for pair in bytes.chunks_exact(8) {
            let (a, b) = (word(pair, 0), word(pair, 4));
            let (a, b) = if self.big_endian {
                (u32::from_be_bytes(a), u32::from_be_bytes(b))
            } else {
                (u32::from_le_bytes(a), u32::from_le_bytes(b))
            };
            first = first.wrapping_add(a).wrapping_add(second);
            second = second.wrapping_add(b).wrapping_add(first);
        }
        self.checksum = [first, second];
    }
}

fn word(bytes: &[u8], at: usize) -> [u8; 4] {
    [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]
}

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(word(bytes, at))
}
