//! An account that was removed leaves its conversations, and what it wrote is emptied if it was deleted: some at a time, so
//! that nobody waits for it.

use chinwag_protocol::{AccountId, Body, Kind, LeftChange, MembersChange, Problem, Timestamp};

use crate::appends::Appends;
use crate::decide::{Decision, RemovalStep, Reply};
use crate::quotas::REMOVAL_MESSAGES;
use crate::state::{RemovalState, State};

pub(crate) fn decide(state: &State, id: AccountId, now: Timestamp) -> Result<Decision, Problem> {
    match state.removal(id) {
        None => Ok(Decision::nothing(Reply::Removing { more: false })),
        Some(removal) if removal.conversations.is_empty() => empty(state, removal, now),
        Some(removal) => leave(state, removal, now),
    }
}

/// Leaves some conversations.
fn leave(state: &State, removal: &RemovalState, now: Timestamp) -> Result<Decision, Problem> {
    let mut appends = Appends::new(state, now);
    let sender = removal.account.card.sender();
    for id in &removal.conversations {
        let conversation = &state.conversation(*id).ok_or_else(Problem::unavailable)?.conversation;
        appends.push(Body::Left {
            account: sender.id,
            conversation: conversation.clone(),
            change: LeftChange::Left,
        })?;
        if conversation.kind == Kind::Group {
            appends.push(Body::Members {
                conversation: *id,
                actor: sender.clone(),
                accounts: vec![sender.clone()],
                change: MembersChange::Left,
                role: None,
            })?;
        }
    }
    Ok(appends.decision(Reply::Removing { more: true }))
}

/// Empties some messages. Each conversation is told once, before its first.
fn empty(state: &State, removal: &RemovalState, now: Timestamp) -> Result<Decision, Problem> {
    let mut appends = Appends::new(state, now);
    let mut erased = removal.erased.clone();
    let mut emptied = Vec::new();
    for message in removal.sent.iter().filter_map(|row| row.message) {
        let by = match erased.get(&message.conversation) {
            Some(by) => *by,
            None => {
                let sender = removal.account.card.sender();
                let by = appends.push(Body::Erased { conversation: message.conversation, sender })?;
                erased.insert(message.conversation, by);
                by
            }
        };
        emptied.push((message, by));
    }
    let after = removal.sent.last().map(|row| row.client_id);
    let done = removal.sent.len() < REMOVAL_MESSAGES && !removal.more_keyed;
    let step = RemovalStep { account: removal.account.card.id, emptied, after, done };
    let decision = appends.decision(Reply::Removing { more: !done });
    Ok(Decision { step: Some(step), ..decision })
}
