//! Newtypes for everything that identifies or orders.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
        #[cfg_attr(test, derive(utoipa::ToSchema))]
        #[serde(transparent)]
        #[ts(type = "string")]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps an id that was made elsewhere.
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The 16 bytes, as the stores keep them.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// From the 16 bytes that a store kept.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

uuid_id! {
    /// An invitation into a group.
    InviteId
}
uuid_id! {
    /// A person or guest.
    AccountId
}
uuid_id! {
    /// One sign-in of an account.
    DeviceId
}
uuid_id! {
    /// A room, a group or a direct chat.
    ConversationId
}
uuid_id! {
    /// Made once by the sender of a message and kept through every retry; unique per sender.
    ClientId
}

uuid_id! {
    /// A stream, as its `hello` names it.
    StreamId
}

impl AccountId {
    /// The server itself: in its name whoever runs it acts, and what they decide of it is in its topic. It has no devices.
    pub const SERVER: Self = Self(Uuid::nil());
}

uuid_id! {
    /// A key by which another program uses the server. Not the secret.
    ApiKeyId
}

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize, TS,
        )]
        #[cfg_attr(test, derive(utoipa::ToSchema))]
        #[serde(transparent)]
        #[ts(type = "number")]
        pub struct $name(u64);

        impl $name {
            /// Before the first.
            pub const ZERO: Self = Self(0);

            /// Wraps a number.
            pub const fn new(value: u64) -> Self {
                Self(value)
            }

            /// The number.
            pub const fn get(self) -> u64 {
                self.0
            }

            /// The one after this.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }

            /// The one before this; zero stays zero.
            #[must_use]
            pub const fn previous(self) -> Self {
                Self(self.0.saturating_sub(1))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

counter! {
    /// An event's place in the log: 1, 2, 3 … without gaps, in order of commit. Never leaves the server in the clear.
    Pos
}
counter! {
    /// An event's place in its topic: 1, 2, 3 … without gaps.
    Seq
}
