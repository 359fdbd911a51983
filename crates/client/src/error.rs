//! Why the client has no answer.

use std::io;
use std::time::Duration;

use chinwag_protocol::{CloseCode, Code, Problem, Retry};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server refused.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// The connection failed. The server may or may not have done what it was asked for.
    #[error("the connection failed: {0}")]
    Transport(#[source] io::Error),
    /// The server closed the WebSocket. What it was asked for and has not answered may or may not have been done.
    #[error("the server closed with {}: {reason}", code.map_or_else(|| "no code".to_owned(), |code| code.to_string()))]
    Closed {
        /// The close code, if it named one.
        code: Option<u16>,
        /// Its reason, often empty.
        reason: String,
    },
    /// What came is not what a Chinwag server answers.
    #[error("this is not the answer of a Chinwag server: {0}")]
    Protocol(String),
}

impl ClientError {
    /// Whether the same request may succeed later.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Transport(_) => true,
            Self::Closed { code, .. } => after_close(*code).may_pass(),
            Self::Protocol(_) => false,
            Self::Problem(problem) => problem.code.retry().may_pass(),
        }
    }

    /// How long the server asks to wait before the next try.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Problem(problem) => {
                problem.retry_after_seconds.map(|seconds| Duration::from_secs(u64::from(seconds)))
            }
            Self::Transport(_) | Self::Closed { .. } | Self::Protocol(_) => None,
        }
    }

    /// The code of the refusal, if it is one.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Problem(problem) => Some(problem.code),
            Self::Transport(_) | Self::Closed { .. } | Self::Protocol(_) => None,
        }
    }

    pub(crate) fn timed_out(what: &'static str) -> Self {
        Self::Transport(io::Error::new(io::ErrorKind::TimedOut, what))
    }
}

/// What to do after a WebSocket was closed with this code, or none. A code that is not known is a failure like any other.
pub(crate) fn after_close(code: Option<u16>) -> Retry {
    code.and_then(CloseCode::new).map_or(Retry::Backoff, CloseCode::retry)
}

impl From<io::Error> for ClientError {
    fn from(error: io::Error) -> Self {
        Self::Transport(error)
    }
}

impl From<hyper::Error> for ClientError {
    fn from(error: hyper::Error) -> Self {
        if error.is_parse() {
            return Self::Protocol(error.to_string());
        }
        Self::Transport(io::Error::other(error))
    }
}
