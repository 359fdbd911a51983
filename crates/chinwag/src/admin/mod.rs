//! `chinwag admin`: what those who run a server ask of it while it runs, over its admin listener.
//!
//! `grammar.rs` has what can be asked, `ask.rs` sends it, `print.rs` shows the answer.

mod ask;
mod grammar;
mod print;

use std::fmt;

use serde_json::{Value, json};

pub(crate) use grammar::{NAME, grammar, request};
pub use print::Shape;

use crate::config::Config;

/// What is asked of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Of HTTP.
    pub(crate) method: &'static str,
    /// With its query.
    pub(crate) path: String,
    /// JSON.
    pub(crate) body: Option<String>,
    /// How the answer is shown.
    pub(crate) shape: Shape,
    /// Whether it is shown as the server gives it.
    pub(crate) json: bool,
}

/// Why something was not done. The message says what is wrong, [`AdminError::next_step`] what to do.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct AdminError {
    what: String,
    next_step: Option<String>,
}

impl AdminError {
    fn new(what: impl fmt::Display, next_step: &str) -> Self {
        Self { what: what.to_string(), next_step: Some(next_step.to_owned()) }
    }

    /// What to do about it, if it is not said by the message.
    pub fn next_step(&self) -> Option<&str> {
        self.next_step.as_deref()
    }
}

/// Asks the server that this configuration is of, and gives what to print.
pub fn run(config: &Config, request: &Request) -> Result<String, AdminError> {
    let server = ask::Server::of(config)?;
    let mut answer = server.ask(request)?;
    if request.shape == Shape::Closed {
        // A room with many members takes several requests.
        let mut removed = number(&answer, "removed");
        while answer["more"] == true {
            answer = server.ask(request)?;
            removed += number(&answer, "removed");
        }
        answer = json!({ "removed": removed });
    }
    if request.json {
        return Ok(if answer.is_null() { String::new() } else { format!("{answer}\n") });
    }
    Ok(print::print(request.shape, &answer))
}

fn number(answer: &Value, field: &str) -> u64 {
    answer[field].as_u64().unwrap_or_default()
}
