//! A command on its way: by a request, or by a frame of a WebSocket.

use chinwag_client::{ClientError, Session, WebSocket};
use chinwag_protocol::{Empty, FrameCommand, Pong, RecoveryCodesAnswer, RoomAnswer, SendAnswer};

use crate::answer::Answer;

/// By a request. There is none that a ping is.
pub(crate) async fn by_request(session: &Session, command: FrameCommand) -> Result<Answer, ClientError> {
    let opened = |answer: RoomAnswer| Answer::Opened(Box::new(answer));
    let done = |(): ()| Answer::Nothing;
    match command {
        FrameCommand::OpenRoom { slug } => session.open_room(&slug).await.map(opened),
        FrameCommand::SendMessage { conversation, message } => {
            session.send_message(conversation, &message).await.map(Answer::Stored)
        }
        FrameCommand::EditMessage { conversation, seq, edit } => {
            session.edit(conversation, seq, &edit).await.map(Answer::Stored)
        }
        FrameCommand::React { conversation, seq, emoji } => {
            session.react(conversation, seq, &emoji).await.map(Answer::Stored)
        }
        FrameCommand::Unreact { conversation, seq, emoji } => {
            session.unreact(conversation, seq, &emoji).await.map(undone)
        }
        FrameCommand::Pin { conversation, seq } => session.pin(conversation, seq).await.map(Answer::Stored),
        FrameCommand::Unpin { conversation, seq } => session.unpin(conversation, seq).await.map(undone),
        FrameCommand::DeleteMessage { conversation, seq } => {
            session.delete(conversation, seq).await.map(Answer::Stored)
        }
        FrameCommand::Leave { conversation } => session.leave(conversation).await.map(done),
        FrameCommand::SignOut => session.sign_out().await.map(done),
        FrameCommand::CreateGroup(body) => {
            session.create_group(&body).await.map(|card| Answer::Conversation(Box::new(card)))
        }
        FrameCommand::AddMembers { conversation, accounts } => {
            session.add_members(conversation, accounts.accounts).await.map(Answer::Added)
        }
        FrameCommand::RemoveMember { conversation, account } => {
            session.remove_member(conversation, account).await.map(done)
        }
        FrameCommand::SetRole { conversation, account, role } => {
            session.set_role(conversation, account, role.role).await.map(done)
        }
        FrameCommand::HandOver { conversation, owner } => {
            session.hand_over(conversation, owner.account).await.map(done)
        }
        FrameCommand::Ban { conversation, account } => session.ban(conversation, account).await.map(done),
        FrameCommand::LiftBan { conversation, account } => {
            session.lift_ban(conversation, account).await.map(done)
        }
        FrameCommand::Mute { conversation, account, mute } => {
            session.mute(conversation, account, mute.seconds).await.map(done)
        }
        FrameCommand::LiftMute { conversation, account } => {
            session.lift_mute(conversation, account).await.map(done)
        }
        FrameCommand::ChangeConversation { conversation, settings } => {
            let changed = session.change_conversation(conversation, &settings).await;
            changed.map(|card| Answer::Conversation(Box::new(card)))
        }
        FrameCommand::CreateInvite { conversation, terms } => {
            session.invite(conversation, &terms).await.map(Answer::Invite)
        }
        FrameCommand::RevokeInvite { conversation, invite } => {
            session.revoke_invite(conversation, invite).await.map(done)
        }
        FrameCommand::AcceptInvite { token } => session.accept_invite(&token).await.map(opened),
        FrameCommand::Ack(body) => session.ack(&body.cursor).await.map(done),
        FrameCommand::Ping(_) => Err(ClientError::Protocol("a ping is no request".to_owned())),
        FrameCommand::Register(body) => {
            let registered = session.register(&body.username, &body.password).await;
            registered.map(|card| Answer::Account(Box::new(card)))
        }
        FrameCommand::ChangePassword(body) => {
            session.change_password(&body.password, &body.new_password).await.map(done)
        }
        FrameCommand::NewRecoveryCodes(body) => {
            session.new_recovery_codes(&body.password).await.map(Answer::Codes)
        }
        FrameCommand::DeleteAccount(body) => session.delete_account(body.password.as_deref()).await.map(done),
        FrameCommand::UpdateAccount(body) => {
            session.update_account(&body).await.map(|card| Answer::Account(Box::new(card)))
        }
        FrameCommand::RemoveDevice { device } => session.remove_device(device).await.map(done),
        FrameCommand::RemoveOtherDevices => session.remove_other_devices().await.map(done),
        FrameCommand::OpenDirect { account } => session.open_direct(account).await.map(opened),
        FrameCommand::OpenDirectByName(body) => session.open_direct_by_name(&body.username).await.map(opened),
        FrameCommand::Accept { conversation } => session.accept(conversation).await.map(done),
        FrameCommand::Block { account } => session.block(account).await.map(done),
        FrameCommand::Unblock { account } => session.unblock(account).await.map(done),
        FrameCommand::View(_) => Err(ClientError::Protocol("a view is of a stream".to_owned())),
        FrameCommand::SetPresence(body) => session.set_presence(body.status).await.map(done),
        FrameCommand::Typing { conversation, typing } => {
            session.typing(conversation, typing.on).await.map(done)
        }
        FrameCommand::Read { conversation, mark } => session.read(conversation, mark.seq).await.map(done),
        FrameCommand::MarkUnread { conversation, mark } => {
            session.mark_unread(conversation, mark.seq).await.map(done)
        }
        FrameCommand::SetConversationSettings { conversation, settings } => {
            let changed = session.change_own_settings(conversation, &settings).await;
            changed.map(|card| Answer::OwnSettings(Box::new(card)))
        }
        FrameCommand::PutDraft { conversation, device, draft } => {
            session.put_draft(conversation, device, &draft.text).await.map(done)
        }
        FrameCommand::SetPreferences(body) => session.set_preferences(&body).await.map(Answer::Preferences),
    }
}

/// Where there may have been nothing to undo.
fn undone(stored: Option<SendAnswer>) -> Answer {
    stored.map_or(Answer::Nothing, Answer::Stored)
}

/// Whether a command that had no answer may be sent again, for it gets the answer that the first had, or would have had.
pub(crate) fn may_be_repeated(command: &FrameCommand) -> bool {
    matches!(
        command,
        FrameCommand::SendMessage { .. }
            | FrameCommand::DeleteMessage { .. }
            | FrameCommand::OpenRoom { .. }
            | FrameCommand::OpenDirect { .. }
            | FrameCommand::OpenDirectByName(_)
            | FrameCommand::CreateGroup(_)
            | FrameCommand::ChangeConversation { .. }
            | FrameCommand::SetRole { .. }
            | FrameCommand::UpdateAccount(_)
            | FrameCommand::Accept { .. }
            | FrameCommand::Block { .. }
            | FrameCommand::Unblock { .. }
            | FrameCommand::Ack(_)
            | FrameCommand::EditMessage { .. }
            | FrameCommand::React { .. }
            | FrameCommand::Read { .. }
            | FrameCommand::PutDraft { .. }
            | FrameCommand::SetPreferences(_)
            | FrameCommand::View(_)
            | FrameCommand::SetPresence(_)
    )
}

/// By a frame.
pub(crate) async fn by_frame(socket: &mut WebSocket, command: FrameCommand) -> Result<Answer, ClientError> {
    match &command {
        FrameCommand::OpenRoom { .. }
        | FrameCommand::OpenDirect { .. }
        | FrameCommand::OpenDirectByName(_)
        | FrameCommand::AcceptInvite { .. } => {
            socket.ask(command).await.map(|answer| Answer::Opened(Box::new(answer)))
        }
        FrameCommand::SendMessage { .. }
        | FrameCommand::EditMessage { .. }
        | FrameCommand::React { .. }
        | FrameCommand::Pin { .. }
        | FrameCommand::DeleteMessage { .. } => socket.ask(command).await.map(Answer::Stored),
        FrameCommand::Unreact { conversation, seq, emoji } => {
            socket.unreact(*conversation, *seq, emoji).await.map(undone)
        }
        FrameCommand::Unpin { conversation, seq } => socket.unpin(*conversation, *seq).await.map(undone),
        FrameCommand::CreateGroup(_) | FrameCommand::ChangeConversation { .. } => {
            socket.ask(command).await.map(|card| Answer::Conversation(Box::new(card)))
        }
        FrameCommand::SetConversationSettings { .. } => {
            socket.ask(command).await.map(|card| Answer::OwnSettings(Box::new(card)))
        }
        FrameCommand::SetPreferences(_) => socket.ask(command).await.map(Answer::Preferences),
        FrameCommand::AddMembers { .. } => socket.ask(command).await.map(Answer::Added),
        FrameCommand::CreateInvite { .. } => socket.ask(command).await.map(Answer::Invite),
        FrameCommand::Register(_) | FrameCommand::UpdateAccount(_) => {
            socket.ask(command).await.map(|card| Answer::Account(Box::new(card)))
        }
        FrameCommand::NewRecoveryCodes(_) => {
            let answer: RecoveryCodesAnswer = socket.ask(command).await?;
            Ok(Answer::Codes(answer.codes))
        }
        FrameCommand::Ping(_) => {
            let Pong { data } = socket.ask(command).await?;
            Ok(Answer::Pong(data))
        }
        FrameCommand::Leave { .. }
        | FrameCommand::SignOut
        | FrameCommand::RemoveMember { .. }
        | FrameCommand::SetRole { .. }
        | FrameCommand::HandOver { .. }
        | FrameCommand::Ban { .. }
        | FrameCommand::LiftBan { .. }
        | FrameCommand::Mute { .. }
        | FrameCommand::LiftMute { .. }
        | FrameCommand::RevokeInvite { .. }
        | FrameCommand::Ack(_)
        | FrameCommand::ChangePassword(_)
        | FrameCommand::DeleteAccount(_)
        | FrameCommand::RemoveDevice { .. }
        | FrameCommand::RemoveOtherDevices
        | FrameCommand::Accept { .. }
        | FrameCommand::Block { .. }
        | FrameCommand::Unblock { .. }
        | FrameCommand::View(_)
        | FrameCommand::SetPresence(_)
        | FrameCommand::Typing { .. }
        | FrameCommand::Read { .. }
        | FrameCommand::MarkUnread { .. }
        | FrameCommand::PutDraft { .. } => {
            let Empty {} = socket.ask(command).await?;
            Ok(Answer::Nothing)
        }
    }
}
