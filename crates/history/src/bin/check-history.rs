//! Checks histories: `check-history FILE…`, all of one history in their order. Ends with 1 if anything is wrong, and says what.

use std::process::ExitCode;

use chinwag_history::check_files;

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a program for people")]
fn main() -> ExitCode {
    let paths: Vec<_> = std::env::args_os().skip(1).collect();
    if paths.is_empty() {
        eprintln!("check-history FILE…: checks a history of what clients did and got");
        return ExitCode::from(2);
    }
    match check_files(&paths) {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(violations) => {
            for violation in violations {
                println!("{violation}");
            }
            ExitCode::FAILURE
        }
    }
}
