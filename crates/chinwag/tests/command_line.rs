//! The program as its user meets it: what it prints, where, and the code it exits with.

use std::net::TcpListener;
use std::process::{Command, Output};

fn chinwag(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CHINWAG_") {
            command.env_remove(name);
        }
    }
    command.args(arguments).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("the program prints UTF-8")
}

#[test]
fn config_prints_the_effective_configuration() {
    for arguments in [&["config", "--drain-seconds", "3"], &["--drain-seconds", "3", "config"]] {
        let output = chinwag(arguments);
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(text(&output.stderr), "");
        assert!(
            text(&output.stdout)
                .contains("\ndrain_seconds = 3                    # command line --drain-seconds\n")
        );
    }
}

#[test]
fn help_and_version_are_answers_not_errors() {
    for (argument, expected) in [("--help", "Examples:"), ("--version", env!("CARGO_PKG_VERSION"))] {
        let output = chinwag(&[argument]);
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output.stdout).contains(expected));
    }
}

#[test]
fn mistakes_of_usage_exit_with_2() {
    let output = chinwag(&["serve", "--limits", "no"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stdout), "");
    assert_eq!(
        text(&output.stderr),
        "error: limits (command line --limits): `no` is not `on` or `off`\n\n  \
         next: Correct or remove it; `chinwag --help` tells what each option is for.\n"
    );
    assert_eq!(chinwag(&["--lisen", "127.0.0.1:0"]).status.code(), Some(2));
}

#[test]
fn a_taken_port_exits_with_1_and_names_its_holder() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap();
    let output = chinwag(&["--listen", &address.to_string(), "--admin-listen", "off"]);
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    let start = format!("error: cannot start the chat server: port {} is already taken by ", address.port());
    assert!(error.contains(&start), "{error}");
    assert!(error.contains(&format!("(process {})", std::process::id())), "{error}");
    assert!(error.contains("\n\n  next: Stop process "), "{error}");
}
