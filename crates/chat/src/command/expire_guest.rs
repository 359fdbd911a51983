//! A guest whom nobody has seen for long, and who owns nothing that others are in, is removed. What they wrote stays. Accounts
//! that programs with keys have made are no guests, nor is the server's own.

use chinwag_protocol::{AccountId, Removal, Timestamp};

use super::delete_account::remove;
use crate::decide::{Decision, Reply};
use crate::request::ExpireGuest;
use crate::ruling::Subject;
use crate::state::{Need, State};

pub(crate) fn needs(expire: &ExpireGuest, mut need: impl FnMut(Need)) {
    need(Need::Account(expire.account));
    need(Need::Devices(expire.account));
    need(Need::OwnsShared(expire.account));
    need(Need::Ruling(Subject::Managed(expire.account)));
}

pub(crate) fn decide(state: &State, expire: &ExpireGuest, now: Timestamp) -> Decision {
    let is_guest =
        expire.account != AccountId::SERVER && state.ruling(Subject::Managed(expire.account)).is_none();
    let account = state.account(expire.account).filter(|account| is_guest && account.card.username.is_none());
    // They may have been seen, have signed up or been given something since they were found.
    let seen = state.own_devices(expire.account).iter().any(|own| own.seen_at >= expire.unseen_since);
    match account {
        Some(account) if !seen && !state.owns_shared(expire.account) => {
            remove(state, account, Removal::Expired, now)
        }
        _ => Decision::nothing(Reply::Done),
    }
}
