//! Who is told how far somebody is.

use chinwag_protocol::{AccountId, ConversationId, Key, Keyed, Kind, Preferences, Topic};
use chinwag_sabotage::{Promise, breaks};

use crate::quotas::RECEIPTS_MEMBERS_MAX;
use crate::state::{ConversationState, State};

/// What an account has chosen.
pub(crate) fn preferences(state: &State, account: AccountId) -> (Preferences, u64) {
    match state.keyed(Topic::Account(account), Key::Preferences) {
        Some(Keyed::Preferences { preferences, version, .. }) => (*preferences, *version),
        _ => (Preferences::default(), 0),
    }
}

/// Whether the others of a conversation are told how far a member is: not by who does not want it, not in large groups and
/// rooms, and in direct chats neither before both have taken it up nor while one blocks the other.
pub(crate) fn are_told(state: &State, account: AccountId, id: ConversationId) -> bool {
    let (Some(membership), Some(chat)) = (state.membership(account, id), state.conversation(id)) else {
        return false;
    };
    if breaks(Promise::TellNoReceipts) {
        return true;
    }
    !membership.request && preferences(state, account).0.receipts && may_be_told(state, account, chat)
}

fn may_be_told(state: &State, account: AccountId, chat: &ConversationState) -> bool {
    match chat.conversation.kind {
        Kind::Room => false,
        Kind::Group => chat.members <= RECEIPTS_MEMBERS_MAX,
        Kind::Direct => {
            // Notes are for nobody else.
            let Some(peer) = chat.conversation.pair.and_then(|pair| pair.other(account)) else {
                return false;
            };
            let knows = state.membership(peer, chat.conversation.id).is_some_and(|other| !other.request);
            knows && !state.blocks(account, peer) && !state.blocks(peer, account)
        }
    }
}
