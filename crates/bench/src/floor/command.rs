//! The command lines of the processes that do the work: `chinwag bench floor-…`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Subcommand;

use super::fan_out::Writer;
use super::sockets::Sockets;
use super::{FloorError, append, commit, epoll_writer, io_uring_writer};

/// Hidden commands of the tool, by which it calls itself.
///
/// Each tells on its standard output when it is ready, and works until the tool leaves it.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum FloorCommand {
    /// Write the same bytes to every socket, in rounds.
    #[command(hide = true)]
    FloorFanOut {
        /// How many sockets.
        #[arg(long)]
        sockets: usize,
        /// Bytes of each write.
        #[arg(long)]
        bytes: usize,
        /// How it is written.
        #[arg(long, value_enum)]
        writer: Writer,
    },
    /// Append batches to a file, each brought to the disk.
    #[command(hide = true)]
    FloorAppend {
        /// Where the file is made.
        #[arg(long)]
        folder: PathBuf,
        /// Bytes of each batch.
        #[arg(long)]
        bytes: usize,
    },
    /// Commit transactions of one tiny row.
    #[command(hide = true)]
    FloorCommit {
        /// Where the database is made.
        #[arg(long)]
        folder: PathBuf,
    },
}

impl FloorCommand {
    /// Does the work, until the tool leaves.
    pub fn run(&self) -> Result<(), FloorError> {
        match self {
            Self::FloorFanOut { sockets, bytes, writer } => {
                let sockets = Sockets::accept(*sockets)?;
                match writer {
                    Writer::Epoll => epoll_writer::run(sockets, *bytes),
                    Writer::IoUring => io_uring_writer::run(sockets, *bytes),
                }
            }
            Self::FloorAppend { folder, bytes } => append::run(folder, *bytes),
            Self::FloorCommit { folder } => commit::run(folder),
        }
    }

    /// As it stands on the command line.
    pub(super) fn arguments(&self) -> Vec<OsString> {
        let mut arguments = Vec::new();
        let mut add = |argument: &str, value: OsString| arguments.extend([OsString::from(argument), value]);
        match self {
            Self::FloorFanOut { sockets, bytes, writer } => {
                add("--sockets", sockets.to_string().into());
                add("--bytes", bytes.to_string().into());
                add("--writer", writer.argument().into());
            }
            Self::FloorAppend { folder, bytes } => {
                add("--folder", folder.into());
                add("--bytes", bytes.to_string().into());
            }
            Self::FloorCommit { folder } => add("--folder", folder.into()),
        }
        let name = match self {
            Self::FloorFanOut { .. } => "floor-fan-out",
            Self::FloorAppend { .. } => "floor-append",
            Self::FloorCommit { .. } => "floor-commit",
        };
        arguments.insert(0, name.into());
        arguments
    }
}
