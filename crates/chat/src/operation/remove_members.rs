//! Whoever runs the server may send away members of a room or a group, its owner too.

use chinwag_protocol::{
    AccountId, Body, Code, ConversationId, Kind, LeftChange, MembersChange, Problem, Timestamp,
};

use super::server::Server;
use crate::appends::Appends;
use crate::decide::{Decision, Reply};
use crate::state::Need;

pub(super) fn needs(conversation: ConversationId, accounts: &[AccountId], mut need: impl FnMut(Need)) {
    need(Need::Conversation(conversation));
    for account in accounts {
        need(Need::Account(*account));
        need(Need::Membership(*account, conversation));
    }
}

pub(super) fn decide(
    server: &Server<'_>,
    id: ConversationId,
    accounts: &[AccountId],
    now: Timestamp,
) -> Result<Decision, Problem> {
    let state = server.state;
    let row = state.conversation(id).ok_or_else(super::rule::no_conversation)?;
    if row.conversation.kind == Kind::Direct {
        let detail = "Nobody is sent away from a direct chat. Ban one of the two instead.";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    let mut removed: Vec<AccountId> =
        accounts.iter().copied().filter(|account| state.membership(*account, id).is_some()).collect();
    removed.sort_unstable();
    removed.dedup();
    let mut appends = Appends::new(state, now);
    // Before the row of the timeline, which is for those who stay.
    for account in &removed {
        let conversation = row.conversation.clone();
        appends.push(Body::Left { account: *account, conversation, change: LeftChange::Removed })?;
    }
    if row.conversation.kind == Kind::Group && !removed.is_empty() {
        let actor = server.sender(&mut appends)?;
        let senders = removed.iter().map(|account| state.sender(*account).ok_or_else(Problem::unavailable));
        appends.push(Body::Members {
            conversation: id,
            actor,
            accounts: senders.collect::<Result<_, _>>()?,
            change: MembersChange::Removed,
            role: None,
        })?;
    }
    Ok(appends.decision(Reply::Done))
}
