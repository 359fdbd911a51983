//! Commands over a WebSocket, answered as they are over HTTP.

use chinwag_protocol::{
    AccountCard, AccountId, AccountUpdateBody, AckBody, ClientId, CommandFrame, ConversationId, Cursor,
    DeletionBody, DeviceId, DirectBody, DraftBody, EditBody, Empty, FrameCommand, MarkBody, OwnSettingsBody,
    OwnSettingsCard, OwnStatus, PasswordChangeBody, PreferencesBody, PreferencesCard, PresenceBody,
    RecoveryCodesAnswer, RecoveryCodesBody, RegistrationBody, RoomAnswer, SendAnswer, SendBody, Seq,
    TypingBody, ViewBody,
};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::time::timeout;

use super::{Received, WebSocket};
use crate::ClientError;
use crate::client::ANSWER_TIMEOUT;

/// The result of what there may have been nothing to undo of.
#[derive(Deserialize)]
#[serde(untagged)]
enum Undone {
    Stored(SendAnswer),
    Nothing(Empty),
}

impl WebSocket {
    /// Sends a command and gives its id; its answer comes from [`WebSocket::next`] like everything else.
    pub async fn begin(&mut self, command: FrameCommand) -> Result<String, ClientError> {
        let frame = CommandFrame { id: self.next_id(), account: None, command };
        let json = serde_json::to_string(&frame).map_err(|error| ClientError::Protocol(error.to_string()))?;
        self.send_text(&json).await?;
        Ok(frame.id)
    }

    /// Sends a command and waits for its answer. What else comes meanwhile waits for [`WebSocket::next`], up to 4,096
    /// records and answers; then this fails until they are taken.
    pub async fn ask<T: DeserializeOwned>(&mut self, command: FrameCommand) -> Result<T, ClientError> {
        let id = self.begin(command).await?;
        let answer = timeout(ANSWER_TIMEOUT, self.answer(&id)).await;
        match answer.map_err(|_| ClientError::timed_out("the server did not answer in time"))?? {
            Received::Reply { result, .. } => serde_json::from_str(result.get())
                .map_err(|error| ClientError::Protocol(format!("a reply with {error}"))),
            Received::Problem { problem, .. } => Err(problem.into()),
            Received::Record(..) | Received::Pong(_) => {
                Err(ClientError::Protocol("an answer that is none".to_owned()))
            }
        }
    }

    /// Opens a room, makes it if it is new, and joins it.
    pub async fn open_room(&mut self, slug: &str) -> Result<RoomAnswer, ClientError> {
        self.ask(FrameCommand::OpenRoom { slug: slug.to_owned() }).await
    }

    /// Posts a message. After a failure that may pass, send the same again, here or over HTTP: it is stored once.
    pub async fn send_message(
        &mut self,
        conversation: ConversationId,
        client_id: ClientId,
        text: &str,
        follows: Option<ClientId>,
    ) -> Result<SendAnswer, ClientError> {
        let message = SendBody { follows, ..SendBody::new(client_id, text) };
        self.ask(FrameCommand::SendMessage { conversation, message }).await
    }

    /// Deletes a message.
    pub async fn delete(
        &mut self,
        conversation: ConversationId,
        seq: Seq,
    ) -> Result<SendAnswer, ClientError> {
        self.ask(FrameCommand::DeleteMessage { conversation, seq }).await
    }

    /// Gives a message of one's own another text.
    pub async fn edit(
        &mut self,
        conversation: ConversationId,
        seq: Seq,
        edit: EditBody,
    ) -> Result<SendAnswer, ClientError> {
        self.ask(FrameCommand::EditMessage { conversation, seq, edit }).await
    }

    /// Reacts to a message.
    pub async fn react(
        &mut self,
        conversation: ConversationId,
        seq: Seq,
        emoji: &str,
    ) -> Result<SendAnswer, ClientError> {
        self.ask(FrameCommand::React { conversation, seq, emoji: emoji.to_owned() }).await
    }

    /// Takes a reaction back; none if there was none.
    pub async fn unreact(
        &mut self,
        conversation: ConversationId,
        seq: Seq,
        emoji: &str,
    ) -> Result<Option<SendAnswer>, ClientError> {
        self.undo(FrameCommand::Unreact { conversation, seq, emoji: emoji.to_owned() }).await
    }

    /// Pins a message for everybody.
    pub async fn pin(&mut self, conversation: ConversationId, seq: Seq) -> Result<SendAnswer, ClientError> {
        self.ask(FrameCommand::Pin { conversation, seq }).await
    }

    /// Pins a message no more; none if it was not pinned.
    pub async fn unpin(
        &mut self,
        conversation: ConversationId,
        seq: Seq,
    ) -> Result<Option<SendAnswer>, ClientError> {
        self.undo(FrameCommand::Unpin { conversation, seq }).await
    }

    async fn undo(&mut self, command: FrameCommand) -> Result<Option<SendAnswer>, ClientError> {
        Ok(match self.ask(command).await? {
            Undone::Stored(stored) => Some(stored),
            Undone::Nothing(Empty {}) => None,
        })
    }

    /// Stops being a member.
    pub async fn leave(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        self.ask::<IgnoredAny>(FrameCommand::Leave { conversation }).await.map(drop)
    }

    /// Opens the direct chat with an account, and makes it if it is new.
    pub async fn open_direct(&mut self, account: AccountId) -> Result<RoomAnswer, ClientError> {
        self.ask(FrameCommand::OpenDirect { account }).await
    }

    /// The same with the account that signs in with a user name.
    pub async fn open_direct_by_name(&mut self, username: &str) -> Result<RoomAnswer, ClientError> {
        self.ask(FrameCommand::OpenDirectByName(DirectBody { username: username.to_owned() })).await
    }

    /// Takes up a direct chat that a stranger began.
    pub async fn accept(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        self.ask::<IgnoredAny>(FrameCommand::Accept { conversation }).await.map(drop)
    }

    /// Shows nothing of what an account writes in a direct chat from now on.
    pub async fn block(&mut self, account: AccountId) -> Result<(), ClientError> {
        self.ask::<IgnoredAny>(FrameCommand::Block { account }).await.map(drop)
    }

    /// Shows again what an account writes from now on.
    pub async fn unblock(&mut self, account: AccountId) -> Result<(), ClientError> {
        self.ask::<IgnoredAny>(FrameCommand::Unblock { account }).await.map(drop)
    }

    /// Says what this stream looks at from now on.
    pub async fn view(&mut self, view: ViewBody) -> Result<(), ClientError> {
        self.ask::<IgnoredAny>(FrameCommand::View(view)).await.map(drop)
    }

    /// Says whether this device is in use, or that the account is to be invisible.
    pub async fn set_presence(&mut self, status: OwnStatus) -> Result<(), ClientError> {
        self.ask::<IgnoredAny>(FrameCommand::SetPresence(PresenceBody { status })).await.map(drop)
    }

    /// Tells members who look that the account types, or no more.
    pub async fn typing(&mut self, conversation: ConversationId, on: bool) -> Result<(), ClientError> {
        let typing = TypingBody { on };
        self.ask::<IgnoredAny>(FrameCommand::Typing { conversation, typing }).await.map(drop)
    }

    /// Says up to which row the account has read.
    pub async fn read(&mut self, conversation: ConversationId, seq: Seq) -> Result<(), ClientError> {
        let mark = MarkBody { seq };
        self.ask::<IgnoredAny>(FrameCommand::Read { conversation, mark }).await.map(drop)
    }

    /// Marks a conversation as unread from a row on, until it is read.
    pub async fn mark_unread(&mut self, conversation: ConversationId, seq: Seq) -> Result<(), ClientError> {
        let mark = MarkBody { seq };
        self.ask::<IgnoredAny>(FrameCommand::MarkUnread { conversation, mark }).await.map(drop)
    }

    /// Sets something for oneself in a conversation.
    pub async fn change_own_settings(
        &mut self,
        conversation: ConversationId,
        settings: OwnSettingsBody,
    ) -> Result<OwnSettingsCard, ClientError> {
        self.ask(FrameCommand::SetConversationSettings { conversation, settings }).await
    }

    /// Keeps what a device of the account has begun to write; nothing if the text is empty.
    pub async fn put_draft(
        &mut self,
        conversation: ConversationId,
        device: DeviceId,
        text: &str,
    ) -> Result<(), ClientError> {
        let draft = DraftBody { text: text.to_owned() };
        self.ask::<IgnoredAny>(FrameCommand::PutDraft { conversation, device, draft }).await.map(drop)
    }

    /// Chooses something for all of the account's conversations.
    pub async fn set_preferences(&mut self, body: PreferencesBody) -> Result<PreferencesCard, ClientError> {
        self.ask(FrameCommand::SetPreferences(body)).await
    }

    /// Tells that this device has everything up to `cursor`.
    pub async fn ack(&mut self, cursor: &Cursor) -> Result<(), ClientError> {
        self.ask::<IgnoredAny>(FrameCommand::Ack(AckBody { cursor: cursor.clone() })).await.map(drop)
    }

    /// Makes the guest an account that can be signed in to.
    pub async fn register(&mut self, username: &str, password: &str) -> Result<AccountCard, ClientError> {
        let body = RegistrationBody { username: username.to_owned(), password: password.to_owned() };
        self.ask(FrameCommand::Register(body)).await
    }

    /// Sets another password, and signs out all other devices.
    pub async fn change_password(&mut self, password: &str, new_password: &str) -> Result<(), ClientError> {
        let body =
            PasswordChangeBody { password: password.to_owned(), new_password: new_password.to_owned() };
        self.ask::<IgnoredAny>(FrameCommand::ChangePassword(body)).await.map(drop)
    }

    /// Makes new recovery codes, and voids those before.
    pub async fn new_recovery_codes(&mut self, password: &str) -> Result<Vec<String>, ClientError> {
        let body = RecoveryCodesBody { password: password.to_owned() };
        let answer: RecoveryCodesAnswer = self.ask(FrameCommand::NewRecoveryCodes(body)).await?;
        Ok(answer.codes)
    }

    /// Deletes the account; a guest has no password. The server then ends this stream.
    pub async fn delete_account(&mut self, password: Option<&str>) -> Result<(), ClientError> {
        let body = DeletionBody { password: password.map(str::to_owned) };
        self.ask::<IgnoredAny>(FrameCommand::DeleteAccount(body)).await.map(drop)
    }

    /// Changes what the account shows of itself; what is none stays.
    pub async fn update_account(&mut self, update: AccountUpdateBody) -> Result<AccountCard, ClientError> {
        self.ask(FrameCommand::UpdateAccount(update)).await
    }

    /// Signs one of the account's devices out; if it is this one, the server then ends this stream.
    pub async fn remove_device(&mut self, device: DeviceId) -> Result<(), ClientError> {
        self.ask::<IgnoredAny>(FrameCommand::RemoveDevice { device }).await.map(drop)
    }

    /// Signs all of the account's devices out but this one.
    pub async fn remove_other_devices(&mut self) -> Result<(), ClientError> {
        self.ask::<IgnoredAny>(FrameCommand::RemoveOtherDevices).await.map(drop)
    }

    /// Makes the token void; the server then ends this stream.
    pub async fn sign_out(&mut self) -> Result<(), ClientError> {
        self.ask::<IgnoredAny>(FrameCommand::SignOut).await.map(drop)
    }
}
