//! An account that was removed leaves its conversations, and its reactions are taken back and what it wrote is emptied if it was
//! deleted: some at a time, so that nobody waits for it.

use chinwag_protocol::{
    AccountId, Body, ConversationId, Kind, LeftChange, MembersChange, Problem, Seq, Timestamp,
};
use foldhash::HashMap;

use crate::appends::Appends;
use crate::decide::{Decision, Private, RemovalStep, Reply};
use crate::quotas::REMOVAL_MESSAGES;
use crate::state::{Marks, RemovalState, State};

pub(crate) fn decide(state: &State, id: AccountId, now: Timestamp) -> Result<Decision, Problem> {
    match state.removal(id) {
        None => Ok(Decision::nothing(Reply::Removing { more: false })),
        Some(removal) if !removal.conversations.is_empty() => leave(state, removal, now),
        Some(removal) if !removal.reactions.is_empty() => take_back(state, removal, now),
        Some(removal) => empty(state, removal, now),
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

/// Takes some reactions back: whoever counts them is told of each.
fn take_back(state: &State, removal: &RemovalState, now: Timestamp) -> Result<Decision, Problem> {
    let mut appends = Appends::new(state, now);
    let mut changed: HashMap<(ConversationId, Seq), Marks> = HashMap::default();
    for row in &removal.reactions {
        let key = (row.conversation, row.seq);
        let before = || state.marks(row.conversation, row.seq).cloned().unwrap_or_default();
        let marks = changed.entry(key).or_insert_with(before);
        if !row.hidden {
            marks.take(&row.emoji);
        }
        let body = Body::Reaction {
            conversation: row.conversation,
            target: row.seq,
            sender: removal.account.card.sender(),
            emoji: row.emoji.clone(),
            on: false,
            hidden: row.hidden,
        };
        appends.push_with(body, Private::Marked(marks.clone()))?;
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
    let is_last = removal.sent.len() < REMOVAL_MESSAGES;
    let done = is_last && !removal.many_mentions && !removal.more_keyed;
    let step = RemovalStep { account: removal.account.card.id, emptied, after, done };
    let decision = appends.decision(Reply::Removing { more: !done });
    Ok(Decision { step: Some(step), ..decision })
}
