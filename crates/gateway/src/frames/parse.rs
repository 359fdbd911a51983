//! A text message becomes a command.

use chinwag_protocol::{AckBody, CommandFrame, FrameCommand, Problem, Seq};
use serde::Deserialize;

use crate::commands;
use crate::json::{Object, invalid_field};

/// A message that is no command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadFrame {
    /// Its `id`, if that can be read.
    pub id: Option<String>,
    /// Why it is none.
    pub problem: Problem,
}

#[derive(Deserialize)]
struct Identified {
    id: String,
}

#[derive(Deserialize)]
struct Named {
    command: String,
}

#[derive(Deserialize)]
struct InRoom {
    slug: String,
}

#[derive(Deserialize)]
struct InConversation {
    conversation: String,
}

#[derive(Deserialize)]
struct WithAccount {
    account: String,
}

#[derive(Deserialize)]
struct AtRow {
    seq: Seq,
}

/// Takes a text message apart. Fields that the command does not ask for are ignored.
///
/// The message is gone through once for each group of fields. Nothing is gathered on the way, as reading it as one type
/// would: so each refusal names its field, and a field that stands twice is found.
pub fn parse(text: &str) -> Result<CommandFrame, BadFrame> {
    let nameless = |problem| BadFrame { id: None, problem };
    let object = Object::new(text, "A message").map_err(nameless)?;
    let Identified { id } = object.fields().map_err(nameless)?;
    if id.is_empty() || id.len() > CommandFrame::ID_BYTES_MAX {
        let detail = format!("\"id\" has 1 to {} bytes.", CommandFrame::ID_BYTES_MAX);
        return Err(nameless(invalid_field(&detail)));
    }
    match command(object) {
        Ok(command) => Ok(CommandFrame { id, command }),
        Err(problem) => Err(BadFrame { id: Some(id), problem }),
    }
}

fn command(object: Object<'_>) -> Result<FrameCommand, Problem> {
    // Where a field is missing and the conversation is none as well, the field is told, as with a body of REST.
    let conversation = |InConversation { conversation }| commands::conversation(&conversation);
    let account = |WithAccount { account }| commands::account(&account);
    let Named { command } = object.fields()?;
    Ok(match command.as_str() {
        "open_room" => {
            let InRoom { slug } = object.fields()?;
            FrameCommand::OpenRoom { slug }
        }
        "send_message" => {
            let (place, message) = (object.fields()?, object.fields()?);
            FrameCommand::SendMessage { conversation: conversation(place)?, message }
        }
        "delete_message" => {
            let (place, AtRow { seq }) = (object.fields()?, object.fields()?);
            FrameCommand::DeleteMessage { conversation: conversation(place)?, seq }
        }
        "leave" => FrameCommand::Leave { conversation: conversation(object.fields()?)? },
        "sign_out" => FrameCommand::SignOut,
        "ack" => FrameCommand::Ack(object.fields::<AckBody>()?),
        "open_direct" => FrameCommand::OpenDirect { account: account(object.fields()?)? },
        "accept" => FrameCommand::Accept { conversation: conversation(object.fields()?)? },
        "block" => FrameCommand::Block { account: account(object.fields()?)? },
        "unblock" => FrameCommand::Unblock { account: account(object.fields()?)? },
        "ping" => FrameCommand::Ping(object.fields()?),
        _ => return Err(invalid_field("\"command\": there is no command of this name.")),
    })
}
