//! How the words of the protocol stand in the tables, as numbers that never change.

use chinwag_protocol::{Kind, Role};

/// The tables' integers are signed. No position or number that exists comes near the end; one that a caller made up and
/// that lies beyond it finds nothing, as it should.
pub(crate) fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
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
