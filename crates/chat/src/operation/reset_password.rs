//! Whoever runs the server may give an account another password; then it is signed out everywhere.

use chinwag_protocol::{AccountChange, AccountId, Body, Code, PasswordHash, Problem, Timestamp};

use super::rule::push_removed;
use crate::appends::Appends;
use crate::decide::{Decision, Private, Reply};
use crate::state::{Need, State};

pub(super) fn needs(account: AccountId, mut need: impl FnMut(Need)) {
    need(Need::Account(account));
    need(Need::Credential(account));
    need(Need::Devices(account));
}

pub(super) fn decide(
    state: &State,
    account: AccountId,
    password: &PasswordHash,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let row = state.account(account).ok_or_else(Problem::no_account)?;
    let version = state.credential(account).ok_or_else(|| {
        Problem::new(Code::Forbidden, "This account is a guest and has no password. It cannot be reset.")
    })?;
    let mut appends = Appends::new(state, now);
    appends.push_with(
        Body::Account { card: row.card.clone(), change: AccountChange::PasswordChanged },
        Private::Password { hash: password.clone(), version: version + 1, used: None },
    )?;
    push_removed(&mut appends, state, account)?;
    Ok(appends.decision(Reply::Done))
}
