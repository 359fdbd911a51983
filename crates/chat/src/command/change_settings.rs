//! Owners and admins change what a conversation is called and how it may be used.

use chinwag_protocol::{
    Actor, Body, Code, Conversation, ConversationId, Kind, Problem, SettingsChange, Timestamp,
};

use crate::appends::Appends;
use crate::decide::{Decision, Reply};
use crate::permission::Action;
use crate::standing::{self, Standing};
use crate::state::{Need, State};

pub(crate) fn needs(actor: &Actor, id: ConversationId, mut need: impl FnMut(Need)) {
    standing::needs(actor, id, &mut need);
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    id: ConversationId,
    change: &SettingsChange,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let standing = Standing::of(state, actor, id, Action::ChangeSettings)?;
    let conversation = &standing.conversation.conversation;
    check_kind(conversation.kind, change)?;
    let mut settings = conversation.settings.clone();
    change.apply(&mut settings);
    if settings == conversation.settings {
        return Ok(Decision::nothing(Reply::Done));
    }
    settings.version += 1;
    let conversation = Conversation { settings, ..conversation.clone() };
    let mut appends = Appends::new(state, now);
    let actor = state.sender(actor.account).ok_or_else(Problem::unavailable)?;
    appends.push(Body::ConversationChanged { conversation, actor })?;
    Ok(appends.decision(Reply::Done))
}

fn check_kind(kind: Kind, change: &SettingsChange) -> Result<(), Problem> {
    let wrong = match kind {
        Kind::Room if change.history_visible.is_some() => {
            "\"history_visible\" is for groups: what was said in a room is open to everyone."
        }
        Kind::Group if change.listed.is_some() => {
            "\"listed\" is for rooms: no group stands in the list of rooms."
        }
        // Nobody may change those of a direct chat.
        Kind::Room | Kind::Group | Kind::Direct => return Ok(()),
    };
    Err(Problem::new(Code::InvalidField, wrong))
}
