//! What an account has set for itself in a conversation, and its drafts there. Nobody else learns of either.

use serde::{Deserialize, Deserializer, Serialize};
use ts_rs::TS;

use crate::{DeviceId, Timestamp, Title};

/// Of what an account wants to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeLevel {
    /// Of everything.
    #[default]
    All,
    /// Of what mentions it.
    Mentions,
    /// Of nothing.
    None,
}

/// What an account has set for itself in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct OwnSettings {
    /// It is told of nothing until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub muted_until: Option<Timestamp>,
    /// Of what it is told otherwise.
    pub level: NoticeLevel,
    /// Whether it stands before others.
    pub pinned: bool,
    /// Whether it stands apart.
    pub archived: bool,
    /// What the account calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub name: Option<String>,
}

/// A change of [`OwnSettings`]: what is none stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnSettingsChange {
    /// See [`OwnSettings::muted_until`].
    pub muted_until: Option<Option<Timestamp>>,
    /// See [`OwnSettings::level`].
    pub level: Option<NoticeLevel>,
    /// See [`OwnSettings::pinned`].
    pub pinned: Option<bool>,
    /// See [`OwnSettings::archived`].
    pub archived: Option<bool>,
    /// See [`OwnSettings::name`].
    pub name: Option<Option<Title>>,
}

impl OwnSettingsChange {
    /// What holds after this, if `before` held.
    pub fn of(&self, before: &OwnSettings) -> OwnSettings {
        let name = |title: &Title| title.as_str().to_owned();
        OwnSettings {
            muted_until: self.muted_until.unwrap_or(before.muted_until),
            level: self.level.unwrap_or(before.level),
            pinned: self.pinned.unwrap_or(before.pinned),
            archived: self.archived.unwrap_or(before.archived),
            name: self.name.as_ref().map_or(before.name.clone(), |title| title.as_ref().map(name)),
        }
    }
}

/// Body of `PATCH /v1/conversations/{id}/settings`. What is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct OwnSettingsBody {
    /// Told of nothing until then; null: no more.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "Timestamp | null")]
    #[cfg_attr(test, schema(value_type = Option<Timestamp>, nullable))]
    pub muted_until: Option<Option<Timestamp>>,
    /// Of what to be told otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub level: Option<NoticeLevel>,
    /// Whether it stands before others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub pinned: Option<bool>,
    /// Whether it stands apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub archived: Option<bool>,
    /// What to call it; empty: as others do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    #[cfg_attr(test, schema(max_length = 80))]
    pub name: Option<String>,
}

/// What stands there, be it null.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Answer of `PATCH /v1/conversations/{id}/settings`, and what `GET /v1/sync` has of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct OwnSettingsCard {
    /// What holds.
    #[serde(flatten)]
    pub settings: OwnSettings,
    /// Counts the changes; 0 if there was none.
    #[ts(type = "number")]
    pub version: u64,
}

/// Body of `PUT /v1/conversations/{id}/drafts/{device}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct DraftBody {
    /// What was begun; empty if nothing is.
    pub text: String,
}

/// What a device has begun to write in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct DraftCard {
    /// Which device.
    pub device: DeviceId,
    /// What; empty if nothing is begun any more.
    pub text: String,
    /// Counts the changes.
    #[ts(type = "number")]
    pub version: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_stays_and_null_is_none() {
        let time = Timestamp::from_millis(1_000);
        let table = [
            ("{}", None),
            (r#"{"muted_until":null}"#, Some(None)),
            (r#"{"muted_until":"1970-01-01T00:00:01.000Z"}"#, Some(Some(time))),
        ];
        for (json, expected) in table {
            assert_eq!(
                serde_json::from_str::<OwnSettingsBody>(json).unwrap().muted_until,
                expected,
                "{json}"
            );
        }
        let before = OwnSettings { muted_until: Some(time), pinned: true, ..OwnSettings::default() };
        assert_eq!(OwnSettingsChange::default().of(&before), before);
        let change = OwnSettingsChange {
            muted_until: Some(None),
            name: Some(Some(Title::parse("Mum").unwrap())),
            ..OwnSettingsChange::default()
        };
        let named = OwnSettings { muted_until: None, name: Some("Mum".to_owned()), ..before };
        assert_eq!(change.of(&before), named);
        let nameless = OwnSettingsChange { name: Some(None), ..OwnSettingsChange::default() };
        assert_eq!(nameless.of(&named).name, None);
    }
}
