//! Members may say how far they have read. The marker never goes back.

use chinwag_protocol::{Actor, Body, Code, ConversationId, Keyed, Marker, Problem, Seq, Timestamp};
use chinwag_sabotage::{Promise, breaks};

use crate::appends::Appends;
use crate::decide::{Decision, Reply};
use crate::marker::written;
use crate::state::{Need, State};

pub(crate) fn needs(actor: &Actor, conversation: ConversationId, seq: Seq, mut need: impl FnMut(Need)) {
    need(Need::Conversation(conversation));
    need(Need::Membership(actor.account, conversation));
    need(Need::Marker(actor.account, conversation));
    need(Need::Marking { account: actor.account, conversation, seq });
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    id: ConversationId,
    seq: Seq,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let account = actor.account;
    state.membership(account, id).ok_or_else(Problem::no_conversation)?;
    let n = state.conversation(id).ok_or_else(Problem::no_conversation)?.n;
    let so_far = state.read_so_far(account, id).ok_or_else(Problem::unavailable)?;
    let (written, version) = written(state, account, id);
    let (read_seq, counted) = if seq > so_far.seq || breaks(Promise::MarkerForward) {
        (seq, state.reading(account, id, seq).ok_or_else(no_row)?)
    } else if written.marked_unread_from.is_some() {
        (so_far.seq, so_far.reading)
    } else {
        return Ok(Decision::nothing(Reply::Done));
    };
    let marker = Marker {
        read_seq,
        read_n: counted.n,
        unread: n.saturating_sub(counted.n),
        mentions: counted.mentions,
        marked_unread_from: None,
    };
    let mut appends = Appends::new(state, now);
    appends.push(Body::Keyed(Keyed::Marker { account, conversation: id, marker, version: version + 1 }))?;
    Ok(appends.decision(Reply::Done))
}

/// What has not come yet cannot be read.
pub(crate) fn no_row() -> Problem {
    Problem::new(Code::NotFound, "There is no such message yet.")
}
