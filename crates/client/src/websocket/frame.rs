//! Text frames: what the server sends.

use chinwag_protocol::{Cursor, Problem, Record};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::ClientError;
use crate::record::decode;

/// What came.
#[derive(Debug)]
pub enum Received {
    /// A record and its place, which a record of an unknown type has too.
    Record(Box<Record>, Cursor),
    /// The answer to a command.
    Reply {
        /// The command's.
        id: String,
        /// JSON of the same body that the answer over HTTP has.
        result: Box<RawValue>,
    },
    /// A command was refused.
    Problem {
        /// The command's; none if the server could not read it.
        id: Option<String>,
        /// Why.
        problem: Problem,
    },
    /// The answer to a Ping of the WebSocket protocol.
    Pong(Vec<u8>),
}

#[derive(Deserialize)]
struct Type<'a> {
    #[serde(rename = "type", borrow)]
    kind: std::borrow::Cow<'a, str>,
}

#[derive(Deserialize)]
struct Reply {
    id: String,
    result: Box<RawValue>,
}

#[derive(Deserialize)]
struct Refusal {
    id: Option<String>,
    problem: Problem,
}

impl Received {
    /// What a text says; `place` is that of the last record, and of this one then.
    pub(super) fn parse(json: &str, place: &mut Option<Cursor>) -> Result<Self, ClientError> {
        let wrong =
            |error: serde_json::Error| ClientError::Protocol(format!("a frame that is none: {error}"));
        let Type { kind } = serde_json::from_str(json).map_err(wrong)?;
        Ok(match &*kind {
            "reply" => {
                let Reply { id, result } = serde_json::from_str(json).map_err(wrong)?;
                Self::Reply { id, result }
            }
            "problem" => {
                let Refusal { id, problem } = serde_json::from_str(json).map_err(wrong)?;
                Self::Problem { id, problem }
            }
            _ => {
                let (record, cursor) = decode(json.as_bytes(), place)?;
                Self::Record(Box::new(record), cursor)
            }
        })
    }

    /// Whether this answers the command with this id.
    pub(super) fn answers(&self, command: &str) -> bool {
        match self {
            Self::Reply { id, .. } => id == command,
            Self::Problem { id, .. } => id.as_deref() == Some(command),
            Self::Record(..) | Self::Pong(_) => false,
        }
    }
}
