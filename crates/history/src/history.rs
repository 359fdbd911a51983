//! The history of one test.

use std::fmt::Write;
use std::io;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::check::check_files;
use crate::recorder::Recorder;
use crate::summary::Summary;
use crate::violation::Violation;

/// Violations that a failing test tells.
const TOLD_MAX: usize = 20;

/// A history in a file of its own. The file goes with the test, unless something is wrong with it.
#[derive(Debug)]
pub struct History {
    folder: TempDir,
    /// Writes it.
    pub recorder: Recorder,
}

impl History {
    /// An empty one.
    ///
    /// # Errors
    /// No file can be made in the folder for temporary files.
    pub fn new() -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let recorder = Recorder::create(&folder.path().join("history"))?;
        Ok(Self { folder, recorder })
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("history")
    }

    /// Everything has been recorded, and must be right.
    ///
    /// # Panics
    /// Something is wrong, or nothing was acknowledged. The file stays then, and is named.
    #[expect(clippy::print_stdout, reason = "what was shown is of interest")]
    pub fn check(mut self) -> Summary {
        match self.violations() {
            Ok(summary) => {
                println!("{summary}");
                assert!(summary.acknowledged + summary.not_backed_up > 0, "nothing was acknowledged");
                summary
            }
            Err(violations) => {
                self.folder.disable_cleanup(true);
                let mut text = String::new();
                for violation in violations.iter().take(TOLD_MAX) {
                    let _ = writeln!(text, "{violation}");
                }
                panic!("{} violations in {}:\n{text}", violations.len(), self.path().display());
            }
        }
    }

    /// What it shows so far.
    ///
    /// # Errors
    /// What is wrong with it so far.
    ///
    /// # Panics
    /// Not everything could be written.
    pub fn violations(&self) -> Result<Summary, Vec<Violation>> {
        if let Err(error) = self.recorder.finish() {
            panic!("the history could not be written: {error}");
        }
        check_files(&[self.path()])
    }
}
