//! How the words of the protocol stand in the tables, as numbers that never change.

use chinwag_protocol::{AccountChange, Kind, Removal, Role, Timestamp};

use crate::detail::kind;

/// The tables' integers are signed. No position or number that exists comes near the end; one that a caller made up and
/// that lies beyond it finds nothing, as it should.
pub(crate) fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A time that may be absent, as milliseconds; zero if it is.
pub(crate) fn optional_time(time: Option<Timestamp>) -> i64 {
    time.map_or(0, Timestamp::as_millis)
}

/// What [`optional_time`] has written.
pub(crate) fn optional_time_of(millis: i64) -> Option<Timestamp> {
    (millis != 0).then(|| Timestamp::from_millis(millis))
}

pub(crate) const fn kind_code(kind: Kind) -> i64 {
    match kind {
        Kind::Room => 1,
        Kind::Group => 2,
        Kind::Direct => 3,
    }
}

/// None if no version of this program writes it.
pub(crate) const fn kind_of(code: i64) -> Option<Kind> {
    match code {
        1 => Some(Kind::Room),
        2 => Some(Kind::Group),
        3 => Some(Kind::Direct),
        _ => None,
    }
}

pub(crate) const fn role_code(role: Role) -> i64 {
    match role {
        Role::Owner => 1,
        Role::Member => 2,
        Role::Admin => 3,
        Role::Moderator => 4,
        Role::ReadOnly => 5,
    }
}

/// None if no version of this program writes it.
pub(crate) const fn role_of(code: i64) -> Option<Role> {
    match code {
        1 => Some(Role::Owner),
        2 => Some(Role::Member),
        3 => Some(Role::Admin),
        4 => Some(Role::Moderator),
        5 => Some(Role::ReadOnly),
        _ => None,
    }
}

pub(crate) const fn removal_code(removal: Removal) -> i64 {
    match removal {
        Removal::Deleted => 1,
        Removal::Expired => 2,
    }
}

/// None if no version of this program writes it.
pub(crate) const fn removal_of(code: i64) -> Option<Removal> {
    match code {
        1 => Some(Removal::Deleted),
        2 => Some(Removal::Expired),
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
        AccountChange::Deleted => kind::ACCOUNT_DELETED,
        AccountChange::Expired => kind::ACCOUNT_EXPIRED,
    }
}

/// None if it is the kind of another event.
pub(crate) const fn account_change_of(kind: i64) -> Option<AccountChange> {
    match kind {
        kind::REGISTERED => Some(AccountChange::Registered),
        kind::ACCOUNT_UPDATED => Some(AccountChange::Updated),
        kind::PASSWORD_CHANGED => Some(AccountChange::PasswordChanged),
        kind::RECOVERY_CODES_MADE => Some(AccountChange::RecoveryCodesMade),
        kind::ACCOUNT_DELETED => Some(AccountChange::Deleted),
        kind::ACCOUNT_EXPIRED => Some(AccountChange::Expired),
        _ => None,
    }
}
