//! Who runs a group may make links by which others come in.

use chinwag_protocol::{
    Actor, Body, Code, ConversationId, InviteHash, InviteId, InviteTerms, Problem, Timestamp,
};

use crate::appends::Appends;
use crate::decide::{Decision, Private, Reply};
use crate::permission::Action;
use crate::quotas::INVITES_MAX;
use crate::standing::{self, Standing};
use crate::state::{Need, State};

pub(crate) fn needs(actor: &Actor, id: ConversationId, mut need: impl FnMut(Need)) {
    standing::needs(actor, id, &mut need);
    need(Need::Invites(id));
}

pub(crate) struct Link {
    pub(crate) id: InviteId,
    pub(crate) token: InviteHash,
    pub(crate) terms: InviteTerms,
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    id: ConversationId,
    link: &Link,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let standing = Standing::of(state, actor, id, Action::Invite)?;
    if state.invites(id).iter().filter(|invite| invite.is_good(now)).count() >= INVITES_MAX {
        let detail = format!("A group has at most {INVITES_MAX} invitations. Revoke one first.");
        return Err(Problem::new(Code::TooManyInvites, detail));
    }
    let later = |seconds: u32| Timestamp::from_millis(now.as_millis() + 1000 * i64::from(seconds));
    let mut appends = Appends::new(state, now);
    let body = Body::InviteCreated {
        account: actor.account,
        conversation: standing.conversation.conversation.clone(),
        invite: link.id,
        expires: link.terms.seconds().map(later),
        uses: link.terms.uses(),
    };
    appends.push_with(body, Private::Invite { token: link.token })?;
    Ok(appends.decision(Reply::Invite { invite: link.id }))
}
