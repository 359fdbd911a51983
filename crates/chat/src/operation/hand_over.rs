//! Whoever runs the server may make anybody the owner of a room or a group, whether they are in it or not.

use chinwag_protocol::{
    AccountId, Body, Code, ConversationId, Kind, MembersChange, Problem, Role, Timestamp,
};

use super::server::Server;
use crate::appends::Appends;
use crate::command::create_group::check_owns_few;
use crate::command::join;
use crate::command::set_role::push_role;
use crate::decide::{Decision, Private, Reply};
use crate::ruling::{Subject, check_not_banned};
use crate::state::{ConversationState, Need, Restriction};

pub(super) fn needs(id: ConversationId, from: AccountId, account: AccountId, mut need: impl FnMut(Need)) {
    need(Need::Conversation(id));
    for account in [from, account] {
        need(Need::Account(account));
        need(Need::Membership(account, id));
        need(Need::Restriction(id, account));
    }
    need(Need::OwnedGroups(account));
    need(Need::Ruling(Subject::Account(account)));
}

pub(super) fn decide(
    server: &Server<'_>,
    id: ConversationId,
    from: AccountId,
    account: AccountId,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let state = server.state;
    let row = state.conversation(id).ok_or_else(super::rule::no_conversation)?;
    let is_group = match row.conversation.kind {
        Kind::Room => false,
        Kind::Group => true,
        Kind::Direct => {
            return Err(Problem::new(Code::Forbidden, "A direct chat has no owner."));
        }
    };
    if account == AccountId::SERVER || state.account(account).is_none() {
        return Err(Problem::no_account());
    }
    check_not_banned(state, account, now)?;
    let member = state.membership(account, id);
    if member.is_some_and(|member| member.role == Role::Owner) {
        return Ok(Decision::nothing(Reply::Done));
    }
    if row.owner != from {
        let detail = "The owner has changed just now. Look at it again.";
        return Err(Problem::new(Code::Unavailable, detail).retry_after(1));
    }
    if is_group && row.owner != account {
        check_owns_few(state, account)?;
    }
    let mut appends = Appends::new(state, now);
    // Before anything else has a row of the timeline: the new member's begin right after its end.
    let actor = if is_group { Some(server.sender(&mut appends)?) } else { None };
    if member.is_none() {
        join::check_room_for_one_more(state, account)?;
        join::check_not_full(row, 1)?;
        join::push_joined(&mut appends, state, account, row)?;
        push_told(&mut appends, state, row, actor.clone(), account, MembersChange::Added)?;
    }
    if from != account && state.membership(from, id).is_some_and(|from| from.role == Role::Owner) {
        push_role(&mut appends, state, id, from, Role::Admin)?;
    }
    // Nothing that kept the new owner out or silent holds any more.
    let before = state.restriction(id, account);
    let restriction = Restriction { wrote_at: before.wrote_at, ..Restriction::default() };
    let private = if restriction == before {
        Private::Nothing
    } else {
        Private::Restricted { conversation: id, account, restriction }
    };
    let conversation = row.conversation.clone();
    appends.push_with(Body::RoleChanged { account, conversation, role: Role::Owner }, private)?;
    push_told(&mut appends, state, row, actor, account, MembersChange::Owner)?;
    Ok(appends.decision(Reply::Done))
}

/// Tells the members of a group; `actor` is none in a room, whose members are not told.
fn push_told(
    appends: &mut Appends<'_>,
    state: &crate::state::State,
    row: &ConversationState,
    actor: Option<chinwag_protocol::Sender>,
    account: AccountId,
    change: MembersChange,
) -> Result<(), Problem> {
    let Some(actor) = actor else { return Ok(()) };
    appends.push(Body::Members {
        conversation: row.conversation.id,
        actor,
        accounts: vec![state.sender(account).ok_or_else(Problem::unavailable)?],
        change,
        role: (change == MembersChange::Owner).then_some(Role::Owner),
    })?;
    Ok(())
}
