//! What a message in a direct chat brings with it: the other's membership, the end of a request, and whom it is hidden from.

use chinwag_protocol::{AccountId, Body, Code, Membership, Pair, Problem, Role, Seq};

use crate::appends::Appends;
use crate::quotas::{CONVERSATIONS_MAX, REQUEST_MESSAGES_MAX};
use crate::state::{ConversationState, State};

/// Adds what comes before a message of `sender`'s in a direct chat of which they are a member. Whether the message is hidden from
/// the other.
pub(crate) fn before_message(
    appends: &mut Appends<'_>,
    state: &State,
    chat: &ConversationState,
    pair: Pair,
    sender: AccountId,
) -> Result<bool, Problem> {
    let hidden = is_hidden(state, pair, sender)?;
    // Notes have no other.
    let Some(peer) = pair.other(sender) else { return Ok(false) };
    let id = chat.conversation.id;
    let other = state.membership(peer, id);
    // As long as nobody has answered, every message is the stranger's. One that is hidden counts like any other: nothing
    // that the stranger sees may tell that it is.
    if other.is_none_or(|other| other.request) && chat.n >= REQUEST_MESSAGES_MAX {
        let detail = format!(
            "You have sent {REQUEST_MESSAGES_MAX} messages and got no answer yet. Wait until they accept or answer."
        );
        return Err(Problem::new(Code::RequestPending, detail));
    }
    if other.is_none() && (chat.n == 0 || !hidden) {
        // Of who is blocked the first message, too, as if it brought the other in: the answers must not differ.
        check_peer_for_one_more(state, peer)?;
    }
    if state.membership(sender, id).is_some_and(|own| own.request) {
        appends.push(Body::Accepted { account: sender, conversation: chat.conversation.clone() })?;
    }
    if other.is_none() && !hidden {
        let membership = Membership {
            role: Role::Member,
            since: appends.next_pos(),
            visible_from: Seq::new(1),
            request: true,
        };
        appends.push(Body::Joined {
            account: peer,
            conversation: chat.conversation.clone(),
            membership,
            from_seq: chat.head.next(),
        })?;
    }
    Ok(hidden)
}

/// Whether what `sender` writes now is hidden from the other. Refuses who may not write to the other.
pub(crate) fn is_hidden(state: &State, pair: Pair, sender: AccountId) -> Result<bool, Problem> {
    let Some(peer) = pair.other(sender) else { return Ok(false) };
    if state.blocks(sender, peer) {
        let detail = "You block this account. Unblock it to write to it.";
        return Err(Problem::new(Code::Blocked, detail));
    }
    if state.account(peer).is_none() {
        let detail = "The other account was removed. Nobody would read this any more.";
        return Err(Problem::new(Code::AccountRemoved, detail));
    }
    Ok(state.blocks(peer, sender))
}

/// Refuses a first message to who is in enough conversations.
fn check_peer_for_one_more(state: &State, peer: AccountId) -> Result<(), Problem> {
    let row = state.account(peer).ok_or_else(Problem::unavailable)?;
    if row.conversations < CONVERSATIONS_MAX {
        return Ok(());
    }
    let detail = format!(
        "The other account is in {CONVERSATIONS_MAX} conversations, and no more are possible. Write to them in one of those."
    );
    Err(Problem::new(Code::TooManyConversations, detail))
}
