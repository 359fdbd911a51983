//! A text message becomes a command.

use chinwag_protocol::{AckBody, CommandFrame, FrameCommand, Problem, Seq};
use serde::Deserialize;

use crate::caller::nobody;
use crate::groups;
use crate::json::{Object, invalid_field};
use crate::{account_commands, commands};

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
    #[serde(rename = "as")]
    account: Option<String>,
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
struct DoneTo {
    account: String,
}

#[derive(Deserialize)]
struct NamedInvite {
    invite: String,
}

#[derive(Deserialize)]
struct ByToken {
    token: String,
}

#[derive(Deserialize)]
struct AtRow {
    seq: Seq,
}

#[derive(Deserialize)]
struct WithEmoji {
    emoji: String,
}

#[derive(Deserialize)]
struct OfDevice {
    device: String,
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
    let asked = object.fields().and_then(|Named { account, command: name }| {
        // An id that cannot be one is answered like one that is nobody's.
        let account = account.map(|account| account.parse().map_err(|_| nobody())).transpose()?;
        Ok((account, command(object, &name)?))
    });
    match asked {
        Ok((account, command)) => Ok(CommandFrame { id, account, command }),
        Err(problem) => Err(BadFrame { id: Some(id), problem }),
    }
}

fn command(object: Object<'_>, name: &str) -> Result<FrameCommand, Problem> {
    // Where a field is missing and the conversation is none as well, the field is told, as with a body of REST.
    let conversation = |InConversation { conversation }| commands::conversation(&conversation);
    let account = |DoneTo { account }| groups::account(&account);
    let anybody = |DoneTo { account }| commands::account(&account);
    Ok(match name {
        "open_room" => {
            let InRoom { slug } = object.fields()?;
            FrameCommand::OpenRoom { slug }
        }
        "send_message" => {
            let (place, message) = (object.fields()?, object.fields()?);
            FrameCommand::SendMessage { conversation: conversation(place)?, message }
        }
        "edit_message" => {
            let (place, AtRow { seq }, edit) = (object.fields()?, object.fields()?, object.fields()?);
            FrameCommand::EditMessage { conversation: conversation(place)?, seq, edit }
        }
        "react" => {
            let (place, AtRow { seq }, WithEmoji { emoji }) =
                (object.fields()?, object.fields()?, object.fields()?);
            FrameCommand::React { conversation: conversation(place)?, seq, emoji }
        }
        "unreact" => {
            let (place, AtRow { seq }, WithEmoji { emoji }) =
                (object.fields()?, object.fields()?, object.fields()?);
            FrameCommand::Unreact { conversation: conversation(place)?, seq, emoji }
        }
        "pin" => {
            let (place, AtRow { seq }) = (object.fields()?, object.fields()?);
            FrameCommand::Pin { conversation: conversation(place)?, seq }
        }
        "unpin" => {
            let (place, AtRow { seq }) = (object.fields()?, object.fields()?);
            FrameCommand::Unpin { conversation: conversation(place)?, seq }
        }
        "delete_message" => {
            let (place, AtRow { seq }) = (object.fields()?, object.fields()?);
            FrameCommand::DeleteMessage { conversation: conversation(place)?, seq }
        }
        "leave" => FrameCommand::Leave { conversation: conversation(object.fields()?)? },
        "create_group" => FrameCommand::CreateGroup(object.fields()?),
        "add_members" => {
            let (place, accounts) = (object.fields()?, object.fields()?);
            FrameCommand::AddMembers { conversation: conversation(place)?, accounts }
        }
        "remove_member" => {
            let (place, other) = (object.fields()?, object.fields()?);
            FrameCommand::RemoveMember { conversation: conversation(place)?, account: account(other)? }
        }
        "set_role" => {
            let (place, other, role) = (object.fields()?, object.fields()?, object.fields()?);
            FrameCommand::SetRole { conversation: conversation(place)?, account: account(other)?, role }
        }
        "hand_over" => {
            let (place, owner) = (object.fields()?, object.fields()?);
            FrameCommand::HandOver { conversation: conversation(place)?, owner }
        }
        "ban" => {
            let (place, other) = (object.fields()?, object.fields()?);
            FrameCommand::Ban { conversation: conversation(place)?, account: account(other)? }
        }
        "lift_ban" => {
            let (place, other) = (object.fields()?, object.fields()?);
            FrameCommand::LiftBan { conversation: conversation(place)?, account: account(other)? }
        }
        "mute" => {
            let (place, other, mute) = (object.fields()?, object.fields()?, object.fields()?);
            FrameCommand::Mute { conversation: conversation(place)?, account: account(other)?, mute }
        }
        "lift_mute" => {
            let (place, other) = (object.fields()?, object.fields()?);
            FrameCommand::LiftMute { conversation: conversation(place)?, account: account(other)? }
        }
        "change_conversation" => {
            let (place, settings) = (object.fields()?, object.fields()?);
            FrameCommand::ChangeConversation { conversation: conversation(place)?, settings }
        }
        "create_invite" => {
            let (place, terms) = (object.fields()?, object.fields()?);
            FrameCommand::CreateInvite { conversation: conversation(place)?, terms }
        }
        "revoke_invite" => {
            let (place, NamedInvite { invite }) = (object.fields()?, object.fields()?);
            let conversation = conversation(place)?;
            FrameCommand::RevokeInvite { conversation, invite: groups::invite_id(&invite)? }
        }
        "accept_invite" => {
            let ByToken { token } = object.fields()?;
            FrameCommand::AcceptInvite { token }
        }
        "sign_out" => FrameCommand::SignOut,
        "ack" => FrameCommand::Ack(object.fields::<AckBody>()?),
        "open_direct" => FrameCommand::OpenDirect { account: anybody(object.fields()?)? },
        "open_direct_by_name" => FrameCommand::OpenDirectByName(object.fields()?),
        "accept" => FrameCommand::Accept { conversation: conversation(object.fields()?)? },
        "block" => FrameCommand::Block { account: anybody(object.fields()?)? },
        "unblock" => FrameCommand::Unblock { account: anybody(object.fields()?)? },
        "read" => {
            let (place, mark) = (object.fields()?, object.fields()?);
            FrameCommand::Read { conversation: conversation(place)?, mark }
        }
        "mark_unread" => {
            let (place, mark) = (object.fields()?, object.fields()?);
            FrameCommand::MarkUnread { conversation: conversation(place)?, mark }
        }
        "set_preferences" => FrameCommand::SetPreferences(object.fields()?),
        "set_conversation_settings" => {
            let (place, settings) = (object.fields()?, object.fields()?);
            FrameCommand::SetConversationSettings { conversation: conversation(place)?, settings }
        }
        "put_draft" => {
            let (place, OfDevice { device }, draft) = (object.fields()?, object.fields()?, object.fields()?);
            let conversation = conversation(place)?;
            FrameCommand::PutDraft { conversation, device: account_commands::device(&device)?, draft }
        }
        "ping" => FrameCommand::Ping(object.fields()?),
        "register" => FrameCommand::Register(object.fields()?),
        "change_password" => FrameCommand::ChangePassword(object.fields()?),
        "new_recovery_codes" => FrameCommand::NewRecoveryCodes(object.fields()?),
        "delete_account" => FrameCommand::DeleteAccount(object.fields()?),
        "update_account" => FrameCommand::UpdateAccount(object.fields()?),
        "remove_device" => {
            let OfDevice { device } = object.fields()?;
            FrameCommand::RemoveDevice { device: account_commands::device(&device)? }
        }
        "view" => FrameCommand::View(object.fields()?),
        "set_presence" => FrameCommand::SetPresence(object.fields()?),
        "typing" => {
            let (place, typing) = (object.fields()?, object.fields()?);
            FrameCommand::Typing { conversation: conversation(place)?, typing }
        }
        "remove_other_devices" => FrameCommand::RemoveOtherDevices,
        _ => return Err(invalid_field("\"command\": there is no command of this name.")),
    })
}
