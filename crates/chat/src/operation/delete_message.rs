//! Whoever runs the server may delete any message.

use chinwag_protocol::{Body, Code, ConversationId, Problem, Seq, Timestamp};

use super::server::Server;
use crate::appends::Appends;
use crate::decide::{Decision, Reply};
use crate::state::Need;

pub(super) fn needs(conversation: ConversationId, seq: Seq, mut need: impl FnMut(Need)) {
    need(Need::Conversation(conversation));
    need(Need::Message(conversation, seq));
    need(Need::Marks(conversation, seq));
}

pub(super) fn decide(
    server: &Server<'_>,
    conversation: ConversationId,
    target: Seq,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let row = server.state.conversation(conversation).ok_or_else(super::rule::no_conversation)?;
    let message = server
        .state
        .message(conversation, target)
        .ok_or_else(|| Problem::new(Code::NotFound, "There is no such message."))?;
    if let Some((seq, pos, at)) = message.deleted {
        return Ok(Decision::nothing(Reply::Stored { seq, pos, at }));
    }
    let mut appends = Appends::new(server.state, now);
    let sender = server.sender(&mut appends)?;
    let (pos, seq) = (appends.next_pos(), row.head.next());
    appends.push(Body::Delete { conversation, target, sender, hidden: message.hidden })?;
    Ok(appends.decision(Reply::Stored { seq, pos, at: now }))
}
