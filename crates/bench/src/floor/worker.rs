//! The process that does the work of a floor, as the tool holds it.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::{FloorCommand, FloorError, Place};
use crate::outside::Process;
use crate::target::on_cores;

/// What a worker tells when it waits for what to do.
pub(super) const READY: &str = "ready";

/// What a worker tells instead if the kernel does not let it work.
pub(super) const REFUSED: &str = "refused ";

/// A process that does the work of a floor. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Worker {
    child: Child,
    asked: ChildStdin,
    told: BufReader<ChildStdout>,
    /// Its process.
    pub(super) process: Process,
}

impl Worker {
    /// Starts it on the server's cores.
    pub(super) fn start(place: &Place, command: &FloorCommand) -> Result<Self, FloorError> {
        let mut program = Command::new(&place.program);
        program.args(&place.arguments).args(command.arguments()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = on_cores(&place.server_cores, || program.spawn())?;
        let (Some(asked), Some(told)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(FloorError::Worker("it has no pipes".to_owned()));
        };
        let process = Process::new(child.id())?;
        Ok(Self { child, asked, told: BufReader::new(told), process })
    }

    /// Waits for the next line that it tells.
    pub(super) fn hear(&mut self) -> Result<String, FloorError> {
        let mut line = String::new();
        if self.told.read_line(&mut line)? == 0 {
            return Err(FloorError::Worker("it has ended".to_owned()));
        }
        let line = line.trim_end();
        match line.strip_prefix(REFUSED) {
            Some(reason) => Err(FloorError::Refused(reason.to_owned())),
            None => Ok(line.to_owned()),
        }
    }

    /// Asks it for something.
    pub(super) fn ask(&mut self, line: &str) -> Result<(), FloorError> {
        Ok(writeln!(self.asked, "{line}")?)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended by itself, and holds nothing that it could lose.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Tells the tool a line; what a worker does.
pub(super) fn tell(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
