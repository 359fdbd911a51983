//! What reaches the log's writer: a command, who asks, and everything random that deciding it may need.

use std::fmt;

use chinwag_protocol::{
    AccountId, Actor, Command, ConversationId, DeviceId, Name, PasswordHash, RecoveryCodeHash, Seq,
    Timestamp, Username,
};

use crate::operation::Operate;

macro_rules! digest {
    ($(#[$doc:meta])* $name:ident $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(pub [u8; $len]);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // Digests of secrets have no place in a log.
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

digest! {
    /// SHA-256 of a device's token; the token itself is kept nowhere.
    TokenHash 32
}
digest! {
    /// Keyed hash of what a request asks for, so that a retry is told from another request under the same id, even after
    /// the text is gone. 128 bits.
    RequestHash 16
}
digest! {
    /// Keyed hash of an `Idempotency-Key`.
    KeyHash 16
}
digest! {
    /// What a token was derived with, so that a retry can be given the same one.
    Salt 16
}

/// A request to the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Nobody yet: make a guest.
    CreateGuest(CreateGuest),
    /// A signed-in device.
    Command {
        /// Who asks.
        actor: Actor,
        /// What for.
        command: Command,
        /// Of what it asks for; compared where the command has a `client_id`.
        hash: RequestHash,
        /// The id of the conversation or the invitation, if one is made.
        fresh: ConversationId,
    },
    /// Nobody yet: sign in with a password that was verified.
    SignIn(SignIn),
    /// Nobody yet: sign in with a recovery code.
    Recover(Recover),
    /// The server itself: sign out a device that nobody has seen for long.
    ExpireDevice(ExpireDevice),
    /// The server itself: remove a guest whom nobody has seen for long.
    ExpireGuest(ExpireGuest),
    /// The server itself: the next step of removing an account that was deleted or has expired.
    ContinueRemoval(AccountId),
    /// The server itself: sign out a device whose time is over.
    EndDevice(EndDevice),
    /// The server itself: accounts have come further in conversations, each named once.
    Receive(Vec<Received>),
    /// Whoever runs the server, or a program with a key.
    Operate(Box<Operate>),
}

/// How far an account has come in a conversation. What it has read is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Received {
    /// Who.
    pub account: AccountId,
    /// Where.
    pub conversation: ConversationId,
    /// The last message that one of its devices has, if that is new.
    pub delivered: Option<Seq>,
}

/// A guest to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateGuest {
    /// The account's id, if it is made.
    pub account: AccountId,
    /// The device's id, if it is made.
    pub device: DeviceId,
    /// The name to go by.
    pub name: Name,
    /// Of the token that the device gets.
    pub token: TokenHash,
    /// Makes a retry within 24 hours get the first answer.
    pub idempotency: Option<Idempotency>,
    /// What the device is called.
    pub device_name: Option<Name>,
    /// Makes the guest an account at once.
    pub registration: Option<Registration>,
}

/// What makes a guest an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// What to sign in with.
    pub username: Username,
    /// What is kept of the password.
    pub password: PasswordHash,
}

/// A device that signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDevice {
    /// Its id.
    pub id: DeviceId,
    /// What it is called.
    pub name: Option<Name>,
    /// Of its token.
    pub token: TokenHash,
}

/// A sign-in whose password was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Whose password it was.
    pub account: AccountId,
    /// Version of the password that was verified. It may have been changed since.
    pub verified: u64,
    /// The device that signs in.
    pub device: NewDevice,
}

/// A sign-in with a recovery code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recover {
    /// Whose code it is said to be; an id that is nobody's where the user name is.
    pub account: AccountId,
    /// Of the code.
    pub code: RecoveryCodeHash,
    /// What is kept of the password from now on.
    pub password: PasswordHash,
    /// The device that signs in.
    pub device: NewDevice,
}

/// A device that was not seen for long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpireDevice {
    /// Account and device.
    pub actor: Actor,
    /// It stays if it was seen at this time or later.
    pub unseen_since: Timestamp,
}

/// A guest who was not seen for long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpireGuest {
    /// Whose account.
    pub account: AccountId,
    /// It stays if one of its devices was seen at this time or later.
    pub unseen_since: Timestamp,
}

/// A device whose time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndDevice {
    /// Account and device.
    pub actor: Actor,
    /// When it was to end.
    pub at: Timestamp,
}

/// How a retry of a guest's making is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Idempotency {
    /// Of the `Idempotency-Key`.
    pub key: KeyHash,
    /// Of what the request asks for.
    pub hash: RequestHash,
    /// What the token was derived with.
    pub salt: Salt,
}
