//! The record of a test, and its check.

use std::fmt::Write;
use std::path::PathBuf;

use chinwag_history::{Recorder, Summary, check_files};
use tempfile::TempDir;

/// Where a test is recorded. The file goes with the test, unless something is wrong with it.
pub(crate) struct History {
    folder: TempDir,
    pub(crate) recorder: Recorder,
}

impl History {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        let recorder = Recorder::create(&folder.path().join("history")).expect("a file can be made");
        Self { folder, recorder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("history")
    }

    /// Everything has been recorded, and must be right.
    #[expect(clippy::print_stdout, reason = "what was shown is of interest")]
    pub(crate) fn check(mut self) -> Summary {
        self.recorder.finish().expect("everything can be written");
        match check_files(&[self.path()]) {
            Ok(summary) => {
                println!("{summary}");
                assert!(summary.acknowledged > 0, "nothing was acknowledged");
                summary
            }
            Err(violations) => {
                self.folder.disable_cleanup(true);
                let mut text = String::new();
                for violation in violations.iter().take(20) {
                    let _ = writeln!(text, "{violation}");
                }
                panic!("{} violations in {}:\n{text}", violations.len(), self.path().display());
            }
        }
    }

    /// What is wrong with it so far.
    pub(crate) fn violations(&self) -> Vec<chinwag_history::Violation> {
        self.recorder.finish().expect("everything can be written");
        check_files(&[self.path()]).err().unwrap_or_default()
    }
}
