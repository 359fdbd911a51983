//! Text messages of a WebSocket other than records: commands of the client, and their answers.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    AccountId, AccountUpdateBody, AckBody, AddBody, ConversationId, DeletionBody, DeviceId, DirectBody,
    DraftBody, EditBody, GroupBody, InviteBody, InviteId, MarkBody, MuteBody, OwnSettingsBody, OwnerBody,
    PasswordChangeBody, PreferencesBody, PresenceBody, Problem, RecoveryCodesBody, RegistrationBody,
    RoleBody, SendBody, Seq, SettingsBody, TypingBody, ViewBody,
};

/// A client's text message: one command.
///
/// Only ever written from this type. Who reads one takes it apart field by field, so that a refusal can name the field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CommandFrame {
    /// The client's own name for it, which the answer carries: 1 to 64 bytes.
    pub id: String,
    /// Which of the accounts that the stream reads for asks; needless if it is one.
    #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// What is asked for.
    #[serde(flatten)]
    pub command: FrameCommand,
}

impl CommandFrame {
    /// Bytes in `id`.
    pub const ID_BYTES_MAX: usize = 64;
    /// Bytes of UTF-8 in the `data` of a ping.
    pub const PING_BYTES_MAX: usize = 8 << 10;
}

/// What a [`CommandFrame`] can ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum FrameCommand {
    /// As `PUT /v1/rooms/{slug}`; the result is a [`crate::RoomAnswer`].
    OpenRoom {
        /// The room's name in its URL.
        slug: String,
    },
    /// As `POST /v1/conversations/{id}/messages`; the result is a [`crate::SendAnswer`].
    SendMessage {
        /// Where.
        conversation: ConversationId,
        /// What.
        #[serde(flatten)]
        message: SendBody,
    },
    /// As `PATCH /v1/conversations/{id}/messages/{seq}`; the result is a [`crate::SendAnswer`].
    EditMessage {
        /// Where.
        conversation: ConversationId,
        /// Which row.
        seq: Seq,
        /// To what.
        #[serde(flatten)]
        edit: EditBody,
    },
    /// As `PUT /v1/conversations/{id}/messages/{seq}/reactions/{emoji}`; the result is a [`crate::SendAnswer`].
    React {
        /// Where.
        conversation: ConversationId,
        /// Which row.
        seq: Seq,
        /// With what.
        emoji: String,
    },
    /// As `DELETE /v1/conversations/{id}/messages/{seq}/reactions/{emoji}`; the result is a [`crate::SendAnswer`], or empty if
    /// there was nothing to take back.
    Unreact {
        /// Where.
        conversation: ConversationId,
        /// Which row.
        seq: Seq,
        /// Which.
        emoji: String,
    },
    /// As `PUT /v1/conversations/{id}/pins/{seq}`; the result is a [`crate::SendAnswer`].
    Pin {
        /// Where.
        conversation: ConversationId,
        /// Which row.
        seq: Seq,
    },
    /// As `DELETE /v1/conversations/{id}/pins/{seq}`; the result is a [`crate::SendAnswer`], or empty if it was not pinned.
    Unpin {
        /// Where.
        conversation: ConversationId,
        /// Which row.
        seq: Seq,
    },
    /// As `DELETE /v1/conversations/{id}/messages/{seq}`; the result is a [`crate::SendAnswer`].
    DeleteMessage {
        /// Where.
        conversation: ConversationId,
        /// Which row.
        seq: Seq,
    },
    /// As `DELETE /v1/conversations/{id}/membership`; the result is empty.
    Leave {
        /// What.
        conversation: ConversationId,
    },
    /// As `DELETE /v1/session`; the result is empty, and the stream ends.
    SignOut,
    /// As `POST /v1/groups`; the result is a [`crate::ConversationCard`].
    CreateGroup(GroupBody),
    /// As `POST /v1/conversations/{id}/members`; the result is a [`crate::AddAnswer`].
    AddMembers {
        /// To what.
        conversation: ConversationId,
        /// Whom.
        #[serde(flatten)]
        accounts: AddBody,
    },
    /// As `DELETE /v1/conversations/{id}/members/{account}`; the result is empty.
    RemoveMember {
        /// From what.
        conversation: ConversationId,
        /// Whom.
        account: AccountId,
    },
    /// As `PUT /v1/conversations/{id}/members/{account}/role`; the result is empty.
    SetRole {
        /// Where.
        conversation: ConversationId,
        /// Whom.
        account: AccountId,
        /// Which.
        #[serde(flatten)]
        role: RoleBody,
    },
    /// As `POST /v1/conversations/{id}/owner`; the result is empty.
    HandOver {
        /// Of what.
        conversation: ConversationId,
        /// Whom.
        #[serde(flatten)]
        owner: OwnerBody,
    },
    /// As `PUT /v1/conversations/{id}/bans/{account}`; the result is empty.
    Ban {
        /// From what.
        conversation: ConversationId,
        /// Whom.
        account: AccountId,
    },
    /// As `DELETE /v1/conversations/{id}/bans/{account}`; the result is empty.
    LiftBan {
        /// From what.
        conversation: ConversationId,
        /// Whom.
        account: AccountId,
    },
    /// As `PUT /v1/conversations/{id}/mutes/{account}`; the result is empty.
    Mute {
        /// Where.
        conversation: ConversationId,
        /// Whom.
        account: AccountId,
        /// For how long.
        #[serde(flatten)]
        mute: MuteBody,
    },
    /// As `DELETE /v1/conversations/{id}/mutes/{account}`; the result is empty.
    LiftMute {
        /// Where.
        conversation: ConversationId,
        /// Whom.
        account: AccountId,
    },
    /// As `PATCH /v1/conversations/{id}`; the result is a [`crate::ConversationCard`].
    ChangeConversation {
        /// Which.
        conversation: ConversationId,
        /// To what.
        #[serde(flatten)]
        settings: SettingsBody,
    },
    /// As `POST /v1/conversations/{id}/invites`; the result is a [`crate::InviteAnswer`].
    CreateInvite {
        /// Into what.
        conversation: ConversationId,
        /// For how long and how many.
        #[serde(flatten)]
        terms: InviteBody,
    },
    /// As `DELETE /v1/conversations/{id}/invites/{invite}`; the result is empty.
    RevokeInvite {
        /// Of what.
        conversation: ConversationId,
        /// Which.
        invite: InviteId,
    },
    /// As `POST /v1/invites/{token}`; the result is a [`crate::RoomAnswer`].
    AcceptInvite {
        /// The link's token.
        token: String,
    },
    /// As `POST /v1/ack`; the result is empty.
    Ack(AckBody),
    /// Nothing but an answer; the result is a [`Pong`].
    Ping(Pong),
    /// As `POST /v1/account/registration`; the result is a [`crate::AccountCard`].
    Register(RegistrationBody),
    /// As `PUT /v1/account/password`; the result is empty.
    ChangePassword(PasswordChangeBody),
    /// As `POST /v1/account/recovery-codes`; the result is a [`crate::RecoveryCodesAnswer`].
    NewRecoveryCodes(RecoveryCodesBody),
    /// As `POST /v1/account/deletion`; the result is empty.
    DeleteAccount(DeletionBody),
    /// As `PATCH /v1/account`; the result is a [`crate::AccountCard`].
    UpdateAccount(AccountUpdateBody),
    /// As `DELETE /v1/devices/{id}`; the result is empty.
    RemoveDevice {
        /// Which.
        device: DeviceId,
    },
    /// As `DELETE /v1/devices`; the result is empty.
    RemoveOtherDevices,
    /// As `PUT /v1/direct/{account}`; the result is a [`crate::RoomAnswer`].
    OpenDirect {
        /// With whom.
        account: AccountId,
    },
    /// As `PUT /v1/direct`; the result is a [`crate::RoomAnswer`].
    OpenDirectByName(DirectBody),
    /// As `POST /v1/conversations/{id}/accept`; the result is empty.
    Accept {
        /// Which.
        conversation: ConversationId,
    },
    /// As `PUT /v1/blocks/{account}`; the result is empty.
    Block {
        /// Whom.
        account: AccountId,
    },
    /// As `DELETE /v1/blocks/{account}`; the result is empty.
    Unblock {
        /// Whom.
        account: AccountId,
    },
    /// As `POST /v1/view` for this stream; the result is empty.
    View(ViewBody),
    /// As `PUT /v1/presence`; the result is empty.
    SetPresence(PresenceBody),
    /// As `POST /v1/conversations/{id}/typing`; the result is empty.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Whether.
        #[serde(flatten)]
        typing: TypingBody,
    },
    /// As `PUT /v1/conversations/{id}/read`; the result is empty.
    Read {
        /// What.
        conversation: ConversationId,
        /// Up to which row.
        #[serde(flatten)]
        mark: MarkBody,
    },
    /// As `PUT /v1/conversations/{id}/unread`; the result is empty.
    MarkUnread {
        /// What.
        conversation: ConversationId,
        /// From which row on.
        #[serde(flatten)]
        mark: MarkBody,
    },
    /// As `PATCH /v1/account/preferences`; the result is a [`crate::PreferencesCard`].
    SetPreferences(PreferencesBody),
    /// As `PATCH /v1/conversations/{id}/settings`; the result is a [`crate::OwnSettingsCard`].
    SetConversationSettings {
        /// Where.
        conversation: ConversationId,
        /// What.
        #[serde(flatten)]
        settings: OwnSettingsBody,
    },
    /// As `PUT /v1/conversations/{id}/drafts/{device}`; the result is empty.
    PutDraft {
        /// Where.
        conversation: ConversationId,
        /// Which device.
        device: DeviceId,
        /// What.
        #[serde(flatten)]
        draft: DraftBody,
    },
}

/// What a ping carries there and back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Pong {
    /// Anything, up to [`CommandFrame::PING_BYTES_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub data: Option<String>,
}

/// The server's text message that answers a [`CommandFrame`]; `T` is what REST answers with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AnswerFrame<T> {
    /// It is done.
    Reply {
        /// The command's.
        id: String,
        /// As the body of REST's answer.
        result: T,
    },
    /// It is refused.
    Problem {
        /// The command's; none if it could not be read.
        id: Option<String>,
        /// The same document as in REST.
        #[ts(as = "crate::problem::ProblemDocument")]
        problem: Problem,
    },
}

/// The result of a command that has nothing to tell, where REST answers 204.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Empty {}

#[cfg(test)]
mod tests {
    use crate::{Code, Cursor};

    use super::*;

    fn command(command: FrameCommand) -> String {
        serde_json::to_string(&CommandFrame { id: "1".into(), account: None, command }).unwrap()
    }

    #[test]
    fn commands_as_they_travel() {
        let conversation = ConversationId::from_bytes([1; 16]);
        let place = "01010101-0101-0101-0101-010101010101";
        let account = AccountId::from_bytes([3; 16]);
        let who = "03030303-0303-0303-0303-030303030303";
        let message = SendBody::new(crate::ClientId::from_bytes([2; 16]), "hi");
        let edit = EditBody {
            text: "@all hi".into(),
            entities: vec![crate::Entity::MentionAll { offset: 0, length: 4 }],
        };
        let table = [
            (
                FrameCommand::OpenRoom { slug: "tea".into() },
                r#"{"id":"1","command":"open_room","slug":"tea"}"#.to_owned(),
            ),
            (
                FrameCommand::SendMessage { conversation, message },
                format!(
                    r#"{{"id":"1","command":"send_message","conversation":"{place}","client_id":"02020202-0202-0202-0202-020202020202","text":"hi"}}"#
                ),
            ),
            (
                FrameCommand::EditMessage { conversation, seq: Seq::new(17), edit },
                format!(
                    r#"{{"id":"1","command":"edit_message","conversation":"{place}","seq":17,"text":"@all hi","entities":[{{"type":"mention_all","offset":0,"length":4}}]}}"#
                ),
            ),
            (
                FrameCommand::React { conversation, seq: Seq::new(17), emoji: "👍".into() },
                format!(r#"{{"id":"1","command":"react","conversation":"{place}","seq":17,"emoji":"👍"}}"#),
            ),
            (
                FrameCommand::Unpin { conversation, seq: Seq::new(17) },
                format!(r#"{{"id":"1","command":"unpin","conversation":"{place}","seq":17}}"#),
            ),
            (
                FrameCommand::DeleteMessage { conversation, seq: Seq::new(17) },
                format!(r#"{{"id":"1","command":"delete_message","conversation":"{place}","seq":17}}"#),
            ),
            (
                FrameCommand::Leave { conversation },
                format!(r#"{{"id":"1","command":"leave","conversation":"{place}"}}"#),
            ),
            (
                FrameCommand::AddMembers { conversation, accounts: AddBody { accounts: vec![account] } },
                format!(
                    r#"{{"id":"1","command":"add_members","conversation":"{place}","accounts":["{who}"]}}"#
                ),
            ),
            (
                FrameCommand::SetRole {
                    conversation,
                    account,
                    role: RoleBody { role: crate::Role::ReadOnly },
                },
                format!(
                    r#"{{"id":"1","command":"set_role","conversation":"{place}","account":"{who}","role":"read_only"}}"#
                ),
            ),
            (
                FrameCommand::HandOver { conversation, owner: OwnerBody { account } },
                format!(r#"{{"id":"1","command":"hand_over","conversation":"{place}","account":"{who}"}}"#),
            ),
            (
                FrameCommand::Mute { conversation, account, mute: MuteBody { seconds: 5 } },
                format!(
                    r#"{{"id":"1","command":"mute","conversation":"{place}","account":"{who}","seconds":5}}"#
                ),
            ),
            (
                FrameCommand::ChangeConversation {
                    conversation,
                    settings: SettingsBody { locked: Some(true), ..SettingsBody::default() },
                },
                format!(
                    r#"{{"id":"1","command":"change_conversation","conversation":"{place}","locked":true}}"#
                ),
            ),
            (FrameCommand::SignOut, r#"{"id":"1","command":"sign_out"}"#.to_owned()),
            (
                FrameCommand::Ack(AckBody { cursor: Cursor::from_text("c") }),
                r#"{"id":"1","command":"ack","cursor":"c"}"#.to_owned(),
            ),
            (FrameCommand::Ping(Pong { data: None }), r#"{"id":"1","command":"ping"}"#.to_owned()),
            (
                FrameCommand::Register(RegistrationBody {
                    username: "ada".into(),
                    password: "12345678".into(),
                }),
                r#"{"id":"1","command":"register","username":"ada","password":"12345678"}"#.to_owned(),
            ),
            (
                FrameCommand::UpdateAccount(AccountUpdateBody {
                    about: Some(String::new()),
                    ..Default::default()
                }),
                r#"{"id":"1","command":"update_account","about":""}"#.to_owned(),
            ),
            (
                FrameCommand::RemoveDevice { device: DeviceId::from_bytes([1; 16]) },
                format!(r#"{{"id":"1","command":"remove_device","device":"{place}"}}"#),
            ),
            (FrameCommand::RemoveOtherDevices, r#"{"id":"1","command":"remove_other_devices"}"#.to_owned()),
            (
                FrameCommand::OpenDirect { account },
                format!(r#"{{"id":"1","command":"open_direct","account":"{who}"}}"#),
            ),
            (
                FrameCommand::OpenDirectByName(DirectBody { username: "ada".into() }),
                r#"{"id":"1","command":"open_direct_by_name","username":"ada"}"#.to_owned(),
            ),
            (
                FrameCommand::Accept { conversation },
                format!(r#"{{"id":"1","command":"accept","conversation":"{place}"}}"#),
            ),
            (FrameCommand::Block { account }, format!(r#"{{"id":"1","command":"block","account":"{who}"}}"#)),
            (
                FrameCommand::Unblock { account },
                format!(r#"{{"id":"1","command":"unblock","account":"{who}"}}"#),
            ),
            (
                FrameCommand::View(ViewBody { conversations: vec![conversation], accounts: vec![account] }),
                format!(r#"{{"id":"1","command":"view","conversations":["{place}"],"accounts":["{who}"]}}"#),
            ),
            (
                FrameCommand::SetPresence(PresenceBody { status: crate::OwnStatus::Away }),
                r#"{"id":"1","command":"set_presence","status":"away"}"#.to_owned(),
            ),
            (
                FrameCommand::Typing { conversation, typing: TypingBody { on: true } },
                format!(r#"{{"id":"1","command":"typing","conversation":"{place}","on":true}}"#),
            ),
            (
                FrameCommand::Read { conversation, mark: MarkBody { seq: Seq::new(5) } },
                format!(r#"{{"id":"1","command":"read","conversation":"{place}","seq":5}}"#),
            ),
            (
                FrameCommand::SetConversationSettings {
                    conversation,
                    settings: OwnSettingsBody { muted_until: Some(None), ..OwnSettingsBody::default() },
                },
                format!(
                    r#"{{"id":"1","command":"set_conversation_settings","conversation":"{place}","muted_until":null}}"#
                ),
            ),
            (
                FrameCommand::PutDraft {
                    conversation,
                    device: DeviceId::from_bytes([3; 16]),
                    draft: DraftBody { text: "a".into() },
                },
                format!(
                    r#"{{"id":"1","command":"put_draft","conversation":"{place}","device":"{who}","text":"a"}}"#
                ),
            ),
            (
                FrameCommand::SetPreferences(PreferencesBody { receipts: Some(false) }),
                r#"{"id":"1","command":"set_preferences","receipts":false}"#.to_owned(),
            ),
            (
                FrameCommand::MarkUnread { conversation, mark: MarkBody { seq: Seq::new(5) } },
                format!(r#"{{"id":"1","command":"mark_unread","conversation":"{place}","seq":5}}"#),
            ),
        ];
        for (asked, expected) in table {
            assert_eq!(command(asked), expected);
        }
        let frame = CommandFrame { id: "1".into(), account: Some(account), command: FrameCommand::SignOut };
        let expected = format!(r#"{{"id":"1","as":"{who}","command":"sign_out"}}"#);
        assert_eq!(serde_json::to_string(&frame).unwrap(), expected);
    }

    #[test]
    fn answers_as_they_travel() {
        let reply = AnswerFrame::Reply { id: "1".into(), result: Empty {} };
        assert_eq!(serde_json::to_string(&reply).unwrap(), r#"{"type":"reply","id":"1","result":{}}"#);
        let problem =
            AnswerFrame::<Empty>::Problem { id: None, problem: Problem::new(Code::Forbidden, "No.") };
        let json = r#"{"type":"problem","id":null,"problem":{"type":"urn:chinwag:problem:forbidden","title":"Forbidden","status":403,"code":"forbidden","detail":"No."}}"#;
        assert_eq!(serde_json::to_string(&problem).unwrap(), json);
        assert_eq!(serde_json::from_str::<AnswerFrame<Empty>>(json).unwrap(), problem);
    }
}
