//! Anyone signed in may make a group, and owns it then.

use chinwag_protocol::{
    AccountId, Actor, Body, ClientId, Code, Conversation, ConversationId, Membership, Problem, Role, Seq,
    Settings, Timestamp,
};

use super::join;
use crate::appends::Appends;
use crate::decide::{Decision, Private, Reply};
use crate::quotas::OWNED_GROUPS_MAX;
use crate::request::RequestHash;
use crate::state::{Need, State};

pub(crate) fn needs(actor: &Actor, client_id: ClientId, mut need: impl FnMut(Need)) {
    need(Need::Sent(actor.account, client_id));
    need(Need::OwnedGroups(actor.account));
}

pub(crate) struct Group<'a> {
    pub(crate) id: ConversationId,
    pub(crate) client_id: ClientId,
    pub(crate) settings: &'a Settings,
    pub(crate) hash: RequestHash,
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    group: &Group<'_>,
    now: Timestamp,
) -> Result<Decision, Problem> {
    if let Some(first) = state.sent(actor.account, group.client_id) {
        return match first.made {
            Some(conversation) if first.hash == group.hash => {
                Ok(Decision::nothing(Reply::Group { conversation }))
            }
            _ => Err(Problem::new(
                Code::ClientIdReused,
                "You asked for something else under this client_id. Make a new one for each group.",
            )),
        };
    }
    join::check_room_for_one_more(state, actor.account)?;
    check_owns_few(state, actor.account)?;
    let conversation = Conversation::group(group.id, group.settings.clone());
    let mut appends = Appends::new(state, now);
    appends.push_with(
        Body::ConversationCreated { conversation: conversation.clone(), owner: actor.account },
        Private::Group { client_id: group.client_id, hash: group.hash },
    )?;
    let membership = Membership {
        role: Role::Owner,
        since: appends.next_pos(),
        visible_from: Seq::new(1),
        request: false,
    };
    let from_seq = Seq::new(1);
    appends.push(Body::Joined { account: actor.account, conversation, membership, from_seq })?;
    Ok(appends.decision(Reply::Group { conversation: group.id }))
}

/// Refuses one group more to who owns enough.
pub(crate) fn check_owns_few(state: &State, account: AccountId) -> Result<(), Problem> {
    if state.owned_groups(account) < OWNED_GROUPS_MAX {
        return Ok(());
    }
    let detail =
        format!("An account owns at most {OWNED_GROUPS_MAX} groups. Hand one over or leave one first.");
    Err(Problem::new(Code::TooManyGroups, detail))
}
