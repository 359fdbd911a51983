//! Whoever is signed in may delete their account, if they know its password and own nothing that others are in. From then on
//! it is no more; what it wrote and where it is a member goes in steps, see [`super::continue_removal`].

use chinwag_protocol::{AccountChange, AccountId, Actor, Body, Code, Problem, Removal, Timestamp};

use crate::decide::{Decision, Private, Reply};
use crate::own_topic::OwnTopic;
use crate::state::{Account, Need, State};

pub(crate) fn needs(actor: &Actor, mut need: impl FnMut(Need)) {
    need(Need::Credential(actor.account));
    need(Need::Devices(actor.account));
    need(Need::OwnsShared(actor.account));
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    verified: Option<u64>,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let account = state.account(actor.account).ok_or_else(Problem::unavailable)?;
    if state.credential(actor.account) != verified {
        return Err(Problem::wrong_credentials());
    }
    let detail = "You own groups or rooms that others are in. Hand each over to another member, then delete your account.";
    check_owns_nothing(state, actor.account, detail)?;
    Ok(remove(state, account, Removal::Deleted, now))
}

/// Refuses, with this detail, to remove who owns what others are in.
pub(crate) fn check_owns_nothing(state: &State, account: AccountId, detail: &str) -> Result<(), Problem> {
    if state.owns_shared(account) { Err(Problem::new(Code::LastOwner, detail)) } else { Ok(()) }
}

/// The account is no more, and its devices are signed out.
pub(crate) fn remove(state: &State, account: &Account, removal: Removal, now: Timestamp) -> Decision {
    let change = match removal {
        Removal::Deleted => AccountChange::Deleted,
        Removal::Expired => AccountChange::Expired,
    };
    let mut topic = OwnTopic::after(state, account, now);
    topic.push(Body::Account { card: account.card.removed(removal), change }, Private::Nothing);
    topic.remove(state.own_devices(account.card.id), |_| true);
    topic.decide(Reply::Done)
}
