//! A command is done and answered.

use std::net::IpAddr;

use async_trait::async_trait;
use chinwag_hub::{Actors, CommandAnswer, Commands, ShownMessages};
use chinwag_protocol::{
    Actor, AnswerFrame, Code, CommandFrame, Empty, FrameCommand, Pong, Problem, RoomAnswer,
};
use serde::Serialize;

use super::parse::{BadFrame, parse};
use crate::app::App;
use crate::caller::nobody;
use crate::groups;
use crate::json::invalid_field;
use crate::{account_commands, commands, presence};

#[async_trait]
impl Commands for App {
    /// Does what the text message `text` of one of the `actors` asks for, and gives the text message that answers it.
    ///
    /// Any text has an answer: one that is no command gets a problem. `network` is whom the device counts for by address.
    async fn answer(&self, actors: Actors, network: Option<IpAddr>, text: String) -> CommandAnswer {
        let asked = parse(&text).and_then(|frame| match asker(&actors, &frame) {
            Ok(actor) => Ok((actor, frame)),
            Err(problem) => Err(BadFrame { id: Some(frame.id), problem }),
        });
        let (actor, CommandFrame { id, account, command }) = match asked {
            Ok(asked) => asked,
            Err(BadFrame { id, problem }) => {
                // Not free of charge either.
                let problem = self.limits.note(actors.first().device).err().unwrap_or(problem);
                return CommandAnswer { text: refusal(id, problem), shows: None, view: None };
            }
        };
        // A large one is not kept while its command waits to be stored.
        drop(text);
        let text = match command {
            FrameCommand::OpenRoom { slug } => {
                let opened = commands::open_room(self, actor, slug).await.map(|(room, _)| room);
                let shows = opened.as_ref().ok().map(|room| shown(actor, room));
                return CommandAnswer { text: answer(id, opened), shows, view: None };
            }
            FrameCommand::OpenDirect { account } => {
                let opened = commands::open_direct(self, actor, account).await.map(|(chat, _)| chat);
                let shows = opened.as_ref().ok().map(|room| shown(actor, room));
                return CommandAnswer { text: answer(id, opened), shows, view: None };
            }
            FrameCommand::OpenDirectByName(body) => {
                let opened = commands::open_direct_by_name(self, actor, body).await.map(|(chat, _)| chat);
                let shows = opened.as_ref().ok().map(|room| shown(actor, room));
                return CommandAnswer { text: answer(id, opened), shows, view: None };
            }
            FrameCommand::SendMessage { conversation, message } => {
                answer(id, commands::send_message(self, actor, conversation, message).await)
            }
            FrameCommand::EditMessage { conversation, seq, edit } => {
                answer(id, commands::edit_message(self, actor, conversation, seq, edit).await)
            }
            FrameCommand::React { conversation, seq, emoji } => {
                answer(id, commands::react(self, actor, conversation, seq, &emoji).await)
            }
            FrameCommand::Unreact { conversation, seq, emoji } => {
                undone(id, commands::unreact(self, actor, conversation, seq, &emoji).await)
            }
            FrameCommand::Pin { conversation, seq } => {
                answer(id, commands::pin(self, actor, conversation, seq).await)
            }
            FrameCommand::Unpin { conversation, seq } => {
                undone(id, commands::unpin(self, actor, conversation, seq).await)
            }
            FrameCommand::DeleteMessage { conversation, seq } => {
                answer(id, commands::delete_message(self, actor, conversation, seq).await)
            }
            FrameCommand::Leave { conversation } => {
                done(id, commands::leave(self, actor, conversation).await)
            }
            FrameCommand::CreateGroup(body) => answer(id, groups::create(self, actor, body).await),
            FrameCommand::AddMembers { conversation, accounts } => {
                answer(id, groups::add(self, actor, conversation, accounts).await)
            }
            FrameCommand::RemoveMember { conversation, account } => {
                done(id, groups::remove(self, actor, conversation, account).await)
            }
            FrameCommand::SetRole { conversation, account, role } => {
                done(id, groups::set_role(self, actor, conversation, account, role).await)
            }
            FrameCommand::HandOver { conversation, owner } => {
                done(id, groups::hand_over(self, actor, conversation, owner).await)
            }
            FrameCommand::Ban { conversation, account } => {
                done(id, groups::ban(self, actor, conversation, account).await)
            }
            FrameCommand::LiftBan { conversation, account } => {
                done(id, groups::lift_ban(self, actor, conversation, account).await)
            }
            FrameCommand::Mute { conversation, account, mute } => {
                done(id, groups::mute(self, actor, conversation, account, mute).await)
            }
            FrameCommand::LiftMute { conversation, account } => {
                done(id, groups::lift_mute(self, actor, conversation, account).await)
            }
            FrameCommand::ChangeConversation { conversation, settings } => {
                answer(id, groups::change(self, actor, conversation, settings).await)
            }
            FrameCommand::CreateInvite { conversation, terms } => {
                answer(id, groups::invite(self, actor, conversation, terms).await)
            }
            FrameCommand::RevokeInvite { conversation, invite } => {
                done(id, groups::revoke_invite(self, actor, conversation, invite).await)
            }
            FrameCommand::AcceptInvite { token } => {
                let opened = groups::accept_invite(self, actor, network, &token).await;
                let shows = opened.as_ref().ok().map(|room| shown(actor, room));
                return CommandAnswer { text: answer(id, opened), shows, view: None };
            }
            FrameCommand::SignOut => done(id, commands::sign_out(self, actor).await),
            FrameCommand::Ack(body) => {
                let acknowledging =
                    if account.is_some() { std::slice::from_ref(&actor) } else { actors.as_slice() };
                done(id, commands::acknowledge(self, acknowledging, &body).await)
            }
            FrameCommand::Ping(pong) => answer(id, self.echo(actor, pong)),
            FrameCommand::Register(body) => answer(id, account_commands::register(self, actor, &body).await),
            FrameCommand::ChangePassword(body) => {
                done(id, account_commands::change_password(self, actor, &body).await)
            }
            FrameCommand::NewRecoveryCodes(body) => {
                answer(id, account_commands::new_recovery_codes(self, actor, &body).await)
            }
            FrameCommand::DeleteAccount(body) => {
                done(id, account_commands::delete_account(self, actor, &body).await)
            }
            FrameCommand::UpdateAccount(body) => {
                answer(id, account_commands::update_account(self, actor, body).await)
            }
            FrameCommand::RemoveDevice { device } => {
                done(id, account_commands::remove_device(self, actor, device).await)
            }
            FrameCommand::RemoveOtherDevices => {
                done(id, account_commands::remove_other_devices(self, actor).await)
            }
            FrameCommand::Accept { conversation } => {
                done(id, commands::accept(self, actor, conversation).await)
            }
            FrameCommand::Block { account } => done(id, commands::block(self, actor, account).await),
            FrameCommand::Unblock { account } => done(id, commands::unblock(self, actor, account).await),
            FrameCommand::View(body) => {
                let looks = presence::view(self, actor, body);
                let view = looks.as_ref().ok().map(|view| (actor.account, view.clone()));
                return CommandAnswer { text: done(id, looks.map(drop)), shows: None, view };
            }
            FrameCommand::SetPresence(body) => done(id, presence::set(self, actor, body).await),
            FrameCommand::Typing { conversation, typing } => {
                done(id, presence::typing(self, actor, conversation, typing).await)
            }
            FrameCommand::Read { conversation, mark } => {
                done(id, commands::read(self, actor, conversation, mark).await)
            }
            FrameCommand::MarkUnread { conversation, mark } => {
                done(id, commands::mark_unread(self, actor, conversation, mark).await)
            }
            FrameCommand::SetPreferences(body) => {
                answer(id, commands::set_preferences(self, actor, body).await)
            }
            FrameCommand::SetConversationSettings { conversation, settings } => {
                answer(id, commands::change_own_settings(self, actor, conversation, settings).await)
            }
            FrameCommand::PutDraft { conversation, device, draft } => {
                done(id, commands::put_draft(self, actor, conversation, device, draft).await)
            }
        };
        CommandAnswer { text, shows: None, view: None }
    }
}

/// Which of those who read by a stream asks: the one that is named, or the only one.
fn asker(actors: &Actors, frame: &CommandFrame) -> Result<Actor, Problem> {
    match (frame.account, &frame.command) {
        (Some(account), _) => actors.of(account).ok_or_else(nobody),
        // What one of them does as well as another.
        (None, FrameCommand::Ping(_) | FrameCommand::Ack(_)) => Ok(actors.first()),
        (None, _) => actors.only().ok_or_else(|| {
            let detail = "This stream reads for several accounts. Name the one that asks in \"as\".";
            Problem::new(Code::AccountRequired, detail)
        }),
    }
}

fn shown(actor: Actor, room: &RoomAnswer) -> ShownMessages {
    let RoomAnswer { conversation, from_seq, to_seq, cursor, .. } = room;
    ShownMessages {
        account: actor.account,
        conversation: conversation.id,
        from: *from_seq,
        to: *to_seq,
        cursor: cursor.clone(),
    }
}

impl App {
    fn echo(&self, actor: Actor, pong: Pong) -> Result<Pong, Problem> {
        self.limits.note(actor.device)?;
        let bytes = pong.data.as_ref().map_or(0, String::len);
        if bytes > CommandFrame::PING_BYTES_MAX {
            let max = CommandFrame::PING_BYTES_MAX;
            return Err(invalid_field(&format!("\"data\" has {bytes} bytes; at most {max} are echoed.")));
        }
        Ok(pong)
    }
}

/// Where REST answers without a body.
fn done(id: String, result: Result<(), Problem>) -> String {
    answer(id, result.map(|()| Empty {}))
}

/// Where REST answers without a body if there was nothing to undo.
fn undone<T: Serialize>(id: String, result: Result<Option<T>, Problem>) -> String {
    match result {
        Ok(Some(result)) => answer(id, Ok(result)),
        Ok(None) => answer(id, Ok(Empty {})),
        Err(problem) => refusal(Some(id), problem),
    }
}

fn answer<T: Serialize>(id: String, result: Result<T, Problem>) -> String {
    match result {
        Ok(result) => text(&AnswerFrame::Reply { id, result }),
        Err(problem) => refusal(Some(id), problem),
    }
}

fn refusal(id: Option<String>, problem: Problem) -> String {
    text(&AnswerFrame::<Empty>::Problem { id, problem })
}

fn text<T: Serialize>(answer: &AnswerFrame<T>) -> String {
    // Only maps whose keys are no strings fail, and no answer holds one.
    serde_json::to_string(answer).unwrap_or_else(|error| {
        tracing::error!(%error, "an answer is not JSON");
        String::new()
    })
}
