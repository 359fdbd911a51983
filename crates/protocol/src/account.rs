//! Bodies of requests and answers about accounts and their devices.

use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{AccountId, Color, DeviceId, Sender, SessionKind, Timestamp, Username};

/// An account, to itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct AccountCard {
    /// Its id.
    pub id: AccountId,
    /// Its name as typed.
    pub name: String,
    /// Whether the name may be taken for another.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub lookalike: bool,
    /// What it signs in with; a guest has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub username: Option<Username>,
    /// What it says of itself.
    #[serde(default)]
    pub about: String,
    /// The colour of its avatar.
    #[serde(default)]
    pub color: Color,
    /// Counts the changes of what stands here, from 1 on.
    #[serde(default)]
    #[ts(type = "number")]
    pub version: u64,
    /// Of an account that is no more: how that came. Nobody signs in to it, and nothing reaches it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub removed: Option<Removal>,
}

/// How an account came to be no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Removal {
    /// Whose it was deleted it, and with it the text of all that they wrote.
    Deleted,
    /// It was a guest's whom nobody has seen for long. What they wrote stays.
    Expired,
}

/// What a deleted account is called from then on.
const DELETED_NAME: &str = "Deleted account";

impl AccountCard {
    /// A new guest's.
    pub fn guest(id: AccountId, name: &crate::Name) -> Self {
        Self {
            id,
            name: name.as_str().to_owned(),
            lookalike: name.is_lookalike(),
            username: None,
            about: String::new(),
            color: Color::of(id),
            version: 1,
            removed: None,
        }
    }

    /// The same once it has its user name.
    #[must_use]
    pub fn registered(&self, username: &Username) -> Self {
        Self { username: Some(username.clone()), version: self.version + 1, ..self.clone() }
    }

    /// The same once it is no more. One that was deleted shows nothing of itself.
    #[must_use]
    pub fn removed(&self, removal: Removal) -> Self {
        let (version, removed) = (self.version + 1, Some(removal));
        match removal {
            Removal::Expired => Self { version, removed, ..self.clone() },
            Removal::Deleted => Self {
                id: self.id,
                name: DELETED_NAME.to_owned(),
                lookalike: false,
                username: None,
                about: String::new(),
                color: Color::of(self.id),
                version,
                removed,
            },
        }
    }

    /// The account as the sender of a row.
    pub fn sender(&self) -> Sender {
        Sender { id: self.id, name: self.name.clone(), version: self.version, lookalike: self.lookalike }
    }
}

/// What happened to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AccountChange {
    /// A guest took a user name and a password.
    Registered,
    /// The name, the text about it or the colour is another.
    Updated,
    /// The password is another.
    PasswordChanged,
    /// There are new recovery codes; the old ones are void.
    RecoveryCodesMade,
    /// It is no more, and what it wrote is emptied.
    Deleted,
    /// It was a guest's whom nobody has seen for long, and is no more. What it wrote stays.
    Expired,
    /// Whoever runs the server has decided something about it. Only ever of the server's own account, which has no devices.
    Ruled,
}

/// Body of `POST /v1/accounts`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct SignUpBody {
    /// What to sign in with.
    #[cfg_attr(test, schema(min_length = 3, max_length = 32))]
    pub username: String,
    /// The password.
    #[cfg_attr(test, schema(min_length = 8, max_length = 1024))]
    pub password: String,
    /// The name to go by; the user name if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub name: Option<String>,
    /// What the device is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub device_name: Option<String>,
    /// How the device wants to be known from then on; a token if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub session: Option<SessionKind>,
}

/// Body of `POST /v1/sessions`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct SignInBody {
    /// The account's user name.
    pub username: String,
    /// The account's password.
    #[cfg_attr(test, schema(min_length = 8, max_length = 1024))]
    pub password: String,
    /// What the device is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub device_name: Option<String>,
    /// How the device wants to be known from then on; a token if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub session: Option<SessionKind>,
}

/// Body of `POST /v1/account/recovery`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct RecoveryBody {
    /// The account's user name.
    pub username: String,
    /// One of its recovery codes that was not used yet.
    pub recovery_code: String,
    /// The password from now on.
    #[cfg_attr(test, schema(min_length = 8, max_length = 1024))]
    pub new_password: String,
    /// What the device is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub device_name: Option<String>,
    /// How the device wants to be known from then on; a token if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub session: Option<SessionKind>,
}

/// Body of `POST /v1/account/registration`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct RegistrationBody {
    /// What to sign in with from now on.
    #[cfg_attr(test, schema(min_length = 3, max_length = 32))]
    pub username: String,
    /// The password.
    #[cfg_attr(test, schema(min_length = 8, max_length = 1024))]
    pub password: String,
}

/// Body of `PUT /v1/account/password`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PasswordChangeBody {
    /// The present password.
    #[cfg_attr(test, schema(min_length = 8, max_length = 1024))]
    pub password: String,
    /// The password from now on.
    #[cfg_attr(test, schema(min_length = 8, max_length = 1024))]
    pub new_password: String,
}

/// Body of `POST /v1/account/recovery-codes`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct RecoveryCodesBody {
    /// The present password.
    #[cfg_attr(test, schema(min_length = 8, max_length = 1024))]
    pub password: String,
}

/// Body of `POST /v1/account/deletion`.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct DeletionBody {
    /// The present password; a guest has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    #[cfg_attr(test, schema(min_length = 8, max_length = 1024))]
    pub password: Option<String>,
}

/// Body of `PATCH /v1/account`: what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct AccountUpdateBody {
    /// The name to go by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    #[cfg_attr(test, schema(min_length = 1, max_length = 40))]
    pub name: Option<String>,
    /// What the account says of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    #[cfg_attr(test, schema(max_length = 300))]
    pub about: Option<String>,
    /// The colour of the avatar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub color: Option<Color>,
}

/// Answer of `POST /v1/account/recovery-codes`. It is shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct RecoveryCodesAnswer {
    /// Each is good once.
    pub codes: Vec<String>,
}

/// A device of the account that asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct DeviceEntry {
    /// Its id.
    pub id: DeviceId,
    /// What it was called when it signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub name: Option<String>,
    /// When it signed in.
    pub created_at: Timestamp,
    /// When it last asked for something, to the hour.
    pub last_seen_at: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Answer of `GET /v1/devices`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct DevicesAnswer {
    /// Those that are signed in, oldest first.
    pub devices: Vec<DeviceEntry>,
}

/// What these hold must not reach a log.
macro_rules! secret {
    ($($name:ident)*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        })*
    };
}

secret! {
    SignUpBody SignInBody RecoveryBody RegistrationBody PasswordChangeBody RecoveryCodesBody RecoveryCodesAnswer
    DeletionBody
}
