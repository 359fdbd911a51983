//! Who runs a group may make its links void.

use chinwag_protocol::{Actor, Body, ConversationId, InviteId, Problem, Timestamp};

use crate::appends::Appends;
use crate::decide::{Decision, Reply};
use crate::permission::Action;
use crate::standing::{self, Standing};
use crate::state::{Need, State};

pub(crate) fn needs(actor: &Actor, id: ConversationId, mut need: impl FnMut(Need)) {
    standing::needs(actor, id, &mut need);
    need(Need::Invites(id));
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    id: ConversationId,
    invite: InviteId,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let standing = Standing::of(state, actor, id, Action::Invite)?;
    if !state.invites(id).iter().any(|known| known.id == invite) {
        return Ok(Decision::nothing(Reply::Done));
    }
    let mut appends = Appends::new(state, now);
    let conversation = standing.conversation.conversation.clone();
    appends.push(Body::InviteRevoked { account: actor.account, conversation, invite })?;
    Ok(appends.decision(Reply::Done))
}
