//! Whoever runs the server may delete any account that owns nothing that others are in. What follows is what follows when its
//! owner does, see [`crate::command::continue_removal`].

use chinwag_protocol::{AccountId, Problem, Removal, Timestamp};

use crate::command::delete_account::{check_owns_nothing, remove};
use crate::decide::Decision;
use crate::state::{Need, State};

pub(super) fn needs(account: AccountId, mut need: impl FnMut(Need)) {
    need(Need::Account(account));
    need(Need::Devices(account));
    need(Need::OwnsShared(account));
}

pub(super) fn decide(state: &State, id: AccountId, now: Timestamp) -> Result<Decision, Problem> {
    let account = state.account(id).filter(|_| id != AccountId::SERVER).ok_or_else(Problem::no_account)?;
    let detail = "This account owns groups or rooms that others are in. Give each another owner first: \
                  chinwag admin rooms hand-over.";
    check_owns_nothing(state, id, detail)?;
    Ok(remove(state, account, Removal::Deleted, now))
}
