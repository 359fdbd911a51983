//! Bodies of requests and answers of programs with keys.

use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{AccountCard, DeviceCard, Timestamp};

/// Body of `POST /v1/server/accounts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ServerAccountBody {
    /// The name to go by.
    #[cfg_attr(test, schema(min_length = 1, max_length = 40))]
    pub name: String,
    /// What its first device is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub device_name: Option<String>,
}

/// Body of `POST /v1/server/accounts/{id}/devices`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ServerDeviceBody {
    /// What the device is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub device_name: Option<String>,
    /// In how many seconds it is signed out again, to the minute; if absent, like every other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(minimum = 1, maximum = 31_536_000))]
    #[ts(optional, as = "Option<u32>")]
    pub expires_seconds: Option<u64>,
}

impl ServerDeviceBody {
    /// The longest that a device may be asked for: a year.
    pub const EXPIRES_SECONDS_MAX: u64 = 365 * 24 * 60 * 60;
}

/// Answer of `POST /v1/server/accounts/{id}/devices`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct DeviceTokenAnswer {
    /// Whose it is.
    pub account: AccountCard,
    /// The device.
    pub device: DeviceCard,
    /// Its token.
    pub token: String,
    /// When it is signed out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub expires_at: Option<Timestamp>,
}

impl fmt::Debug for DeviceTokenAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceTokenAnswer(..)")
    }
}
