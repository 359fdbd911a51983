//! What those who run the server have decided, each about one subject; it holds until it is lifted or its time is over.

use chinwag_protocol::{
    AccountId, AddressRange, ApiKeyId, Code, ConversationId, DeviceId, Name, Problem, Timestamp,
};

use crate::quotas::{BANNED_ADDRESSES_MAX, KEYS_MAX};
use crate::state::State;

/// Something that people may do on their own, unless it is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entrance {
    /// Make an account with a user name.
    SignUp,
    /// Be a guest.
    Guests,
    /// Make rooms.
    RoomCreation,
}

impl Entrance {
    /// All of them.
    pub const ALL: &[Self] = &[Self::SignUp, Self::Guests, Self::RoomCreation];

    /// What is told to whom it is closed.
    fn closed(self) -> Problem {
        let (code, detail) = match self {
            Self::SignUp => (
                Code::SignUpClosed,
                "Nobody can make an account here for now. Ask those who run the server for one.",
            ),
            Self::Guests => (
                Code::GuestsClosed,
                "Guests are not admitted for now. Sign in with an account, or ask those who run the server.",
            ),
            Self::RoomCreation => (
                Code::RoomCreationClosed,
                "There is no such room, and nobody can make one for now. Open one that is there.",
            ),
        };
        Problem::new(code, detail)
    }
}

/// SHA-256 of a key's secret, which is kept nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ApiKeyHash(pub [u8; 32]);

impl std::fmt::Debug for ApiKeyHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKeyHash(..)")
    }
}

/// What a ruling is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// It is closed.
    Entrance(Entrance),
    /// Nobody comes from there.
    Address(AddressRange),
    /// It is signed out and cannot sign in.
    Account(AccountId),
    /// Nobody comes into it.
    Conversation(ConversationId),
    /// A program with this key may use the server.
    Key(ApiKeyHash),
    /// Programs with keys may sign it in and out.
    Managed(AccountId),
    /// The device is signed out then. The time stands first, so that the next one does.
    Expiry(Timestamp, DeviceId),
}

/// The kinds of subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubjectKind {
    /// Of [`Subject::Entrance`].
    Entrance,
    /// Of [`Subject::Address`].
    Address,
    /// Of [`Subject::Account`].
    Account,
    /// Of [`Subject::Conversation`].
    Conversation,
    /// Of [`Subject::Key`].
    Key,
    /// Of [`Subject::Managed`].
    Managed,
    /// Of [`Subject::Expiry`].
    Expiry,
}

impl Subject {
    /// Its kind.
    pub const fn kind(&self) -> SubjectKind {
        match self {
            Self::Entrance(_) => SubjectKind::Entrance,
            Self::Address(_) => SubjectKind::Address,
            Self::Account(_) => SubjectKind::Account,
            Self::Conversation(_) => SubjectKind::Conversation,
            Self::Key(_) => SubjectKind::Key,
            Self::Managed(_) => SubjectKind::Managed,
            Self::Expiry(..) => SubjectKind::Expiry,
        }
    }
}

impl SubjectKind {
    /// How many of the kind there may be; none if as many as there are accounts, conversations or devices.
    pub(crate) const fn most(self) -> Option<u64> {
        match self {
            Self::Key => Some(KEYS_MAX),
            Self::Address => Some(BANNED_ADDRESSES_MAX),
            Self::Entrance | Self::Account | Self::Conversation | Self::Managed | Self::Expiry => None,
        }
    }
}

/// What is kept of a ruling beside its subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// When it was made.
    pub since: Timestamp,
    /// Until when it holds; for ever if absent.
    pub until: Option<Timestamp>,
    /// Of a key: what it is called.
    pub name: Option<Name>,
    /// Of a key: its id. Of a managed account: the key that made it.
    pub key: Option<ApiKeyId>,
    /// Of an expiry: whose device it is.
    pub account: Option<AccountId>,
    /// Of a key: when it was last used, to the hour.
    pub seen: Option<Timestamp>,
}

impl Terms {
    /// From `since` on.
    pub fn since(since: Timestamp) -> Self {
        Self { since, until: None, name: None, key: None, account: None, seen: None }
    }

    /// Whether it still holds.
    pub fn hold(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

/// Refuses what is closed.
pub(crate) fn check_open(state: &State, entrance: Entrance, now: Timestamp) -> Result<(), Problem> {
    if state.is_ruled(Subject::Entrance(entrance), now) { Err(entrance.closed()) } else { Ok(()) }
}

/// Refuses an account that is banned from the server.
pub(crate) fn check_not_banned(state: &State, account: AccountId, now: Timestamp) -> Result<(), Problem> {
    let Some(terms) = state.ruling(Subject::Account(account)).filter(|terms| terms.hold(now)) else {
        return Ok(());
    };
    let detail = match terms.until {
        Some(until) => format!("This account is banned from the server until {until}."),
        None => "This account is banned from the server. Ask those who run it.".to_owned(),
    };
    Err(Problem::new(Code::AccountBanned, detail))
}
