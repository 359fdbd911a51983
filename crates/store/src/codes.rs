//! How the words of the protocol stand in the tables, as numbers that never change.

use chinwag_protocol::{AccountChange, Kind, Role};

use crate::detail::kind;

/// The tables' integers are signed. No position or number that exists comes near the end; one that a caller made up and
/// that lies beyond it finds nothing, as it should.
pub(crate) fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) const fn kind_code(kind: Kind) -> i64 {
    match kind {
        Kind::Room => 1,
    }
}

/// None if no version of this program writes it.
pub(crate) const fn kind_of(code: i64) -> Option<Kind> {
    match code {
        1 => Some(Kind::Room),
        _ => None,
    }
}

pub(crate) const fn role_code(role: Role) -> i64 {
    match role {
        Role::Owner => 1,
        Role::Member => 2,
    }
}

/// None if no version of this program writes it.
pub(crate) const fn role_of(code: i64) -> Option<Role> {
    match code {
        1 => Some(Role::Owner),
        2 => Some(Role::Member),
        _ => None,
    }
}

/// The event's kind.
pub(crate) const fn account_change_code(change: AccountChange) -> i64 {
    match change {
        AccountChange::Registered => kind::REGISTERED,
        AccountChange::Updated => kind::ACCOUNT_UPDATED,
        AccountChange::PasswordChanged => kind::PASSWORD_CHANGED,
        AccountChange::RecoveryCodesMade => kind::RECOVERY_CODES_MADE,
    }
}

/// None if it is the kind of another event.
pub(crate) const fn account_change_of(kind: i64) -> Option<AccountChange> {
    match kind {
        kind::REGISTERED => Some(AccountChange::Registered),
        kind::ACCOUNT_UPDATED => Some(AccountChange::Updated),
        kind::PASSWORD_CHANGED => Some(AccountChange::PasswordChanged),
        kind::RECOVERY_CODES_MADE => Some(AccountChange::RecoveryCodesMade),
        _ => None,
    }
}
