//! Text frames: what the server sends, and commands.

use chinwag_protocol::{ClientId, ConversationId, Cursor, Problem, Record, Seq};
use serde::{Deserialize, Serialize};
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

/// A command, without its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum CommandFrame {
    /// Opens a room, makes it if it is new, and joins it.
    OpenRoom {
        /// Its name in the URL.
        slug: String,
    },
    /// Posts a message.
    SendMessage {
        /// Where.
        conversation: ConversationId,
        /// The sender's id for it, the same in every retry.
        client_id: ClientId,
        /// What.
        text: String,
        /// The sender's earlier message that must be stored first.
        #[serde(skip_serializing_if = "Option::is_none")]
        follows: Option<ClientId>,
    },
    /// Deletes a message.
    DeleteMessage {
        /// Where.
        conversation: ConversationId,
        /// Which row.
        seq: Seq,
    },
    /// Stops being a member.
    Leave {
        /// Of what.
        conversation: ConversationId,
    },
    /// Makes the token void.
    SignOut,
    /// Tells that this device has everything up to a cursor.
    Ack {
        /// Which.
        cursor: Cursor,
    },
    /// Asks whether the server is there.
    Ping {
        /// Comes back.
        #[serde(skip_serializing_if = "Option::is_none")]
        data: Option<String>,
    },
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

impl CommandFrame {
    pub(super) fn to_json(&self, id: &str) -> Result<String, ClientError> {
        #[derive(Serialize)]
        struct Frame<'a> {
            id: &'a str,
            #[serde(flatten)]
            command: &'a CommandFrame,
        }
        serde_json::to_string(&Frame { id, command: self })
            .map_err(|error| ClientError::Protocol(error.to_string()))
    }
}

impl Received {
    pub(super) fn parse(json: &str) -> Result<Self, ClientError> {
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
                let (record, cursor) = decode(json.as_bytes())?;
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
