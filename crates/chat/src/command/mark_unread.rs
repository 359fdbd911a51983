//! Members may mark a conversation as unread, for themselves. What they have read stays read.

use chinwag_protocol::{Actor, Body, ConversationId, Keyed, Marker, Problem, Seq, Timestamp};

use super::read::no_row;
use crate::appends::Appends;
use crate::decide::{Decision, Reply};
use crate::marker::written;
use crate::state::State;

pub(crate) use super::read::needs;

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    id: ConversationId,
    seq: Seq,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let account = actor.account;
    let membership = state.membership(account, id).ok_or_else(Problem::no_conversation)?;
    let n = state.conversation(id).ok_or_else(Problem::no_conversation)?.n;
    let so_far = state.read_so_far(account, id).ok_or_else(Problem::unavailable)?;
    if seq < membership.visible_from || state.reading(account, id, seq).is_none() {
        return Err(no_row());
    }
    let (written, version) = written(state, account, id);
    if written.marked_unread_from == Some(seq) {
        return Ok(Decision::nothing(Reply::Done));
    }
    let marker = Marker {
        read_seq: so_far.seq,
        read_n: so_far.reading.n,
        unread: n.saturating_sub(so_far.reading.n),
        mentions: so_far.reading.mentions,
        marked_unread_from: Some(seq),
    };
    let mut appends = Appends::new(state, now);
    appends.push(Body::Keyed(Keyed::Marker { account, conversation: id, marker, version: version + 1 }))?;
    Ok(appends.decision(Reply::Done))
}
