//! How the words of the protocol stand in the tables, as numbers that never change.

use chinwag_chat::{ApiKeyHash, Entrance, Subject, SubjectKind};
use chinwag_protocol::{
    AccountChange, AccountId, AddressRange, ConversationId, DeviceId, Kind, Removal, Role, Timestamp,
};

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
        AccountChange::Ruled => kind::RULED,
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
        kind::RULED => Some(AccountChange::Ruled),
        _ => None,
    }
}

pub(crate) const fn subject_kind_code(kind: SubjectKind) -> i64 {
    match kind {
        SubjectKind::Entrance => 1,
        SubjectKind::Address => 2,
        SubjectKind::Account => 3,
        SubjectKind::Conversation => 4,
        SubjectKind::Key => 5,
        SubjectKind::Managed => 6,
        SubjectKind::Expiry => 7,
    }
}

/// A subject as bytes, in the order in which those of its kind are read.
pub(crate) fn subject_bytes(subject: &Subject) -> Vec<u8> {
    match subject {
        Subject::Entrance(Entrance::SignUp) => vec![1],
        Subject::Entrance(Entrance::Guests) => vec![2],
        Subject::Entrance(Entrance::RoomCreation) => vec![3],
        Subject::Address(range) => range.to_bytes().to_vec(),
        Subject::Account(id) | Subject::Managed(id) => id.as_bytes().to_vec(),
        Subject::Conversation(id) => id.as_bytes().to_vec(),
        Subject::Key(hash) => hash.0.to_vec(),
        Subject::Expiry(at, device) => {
            [at.as_millis().to_be_bytes().as_slice(), device.as_bytes().as_slice()].concat()
        }
    }
}

/// None if no version of this program writes it.
pub(crate) fn subject_of(kind: i64, bytes: &[u8]) -> Option<Subject> {
    Some(match kind {
        1 => Subject::Entrance(match bytes {
            [1] => Entrance::SignUp,
            [2] => Entrance::Guests,
            [3] => Entrance::RoomCreation,
            _ => return None,
        }),
        2 => Subject::Address(AddressRange::from_bytes(bytes.try_into().ok()?)?),
        3 => Subject::Account(AccountId::from_bytes(bytes.try_into().ok()?)),
        4 => Subject::Conversation(ConversationId::from_bytes(bytes.try_into().ok()?)),
        5 => Subject::Key(ApiKeyHash(bytes.try_into().ok()?)),
        6 => Subject::Managed(AccountId::from_bytes(bytes.try_into().ok()?)),
        7 => {
            let (at, device) = bytes.split_first_chunk()?;
            let device = DeviceId::from_bytes(device.try_into().ok()?);
            Subject::Expiry(Timestamp::from_millis(i64::from_be_bytes(*at)), device)
        }
        _ => return None,
    })
}
