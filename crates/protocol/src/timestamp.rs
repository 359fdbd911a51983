//! Wall-clock times, for people to read. Nothing is ordered by them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ts_rs::TS;

/// Milliseconds since 1970-01-01T00:00:00Z; RFC 3339 in UTC with milliseconds on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(value_type = String, format = DateTime))]
#[ts(type = "string")]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970. Values outside of 1970-01-01 to 9999-12-30 are clamped, so that a broken clock
    /// cannot make a record that nobody can print.
    pub fn from_millis(millis: i64) -> Self {
        // The last whole second that every time zone can print, as jiff draws it.
        const MAX: i64 = 253_402_207_200_000;
        Self(millis.clamp(0, MAX))
    }

    /// Milliseconds since 1970.
    pub const fn as_millis(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{time:.3}"),
            Err(_) => f.write_str("1970-01-01T00:00:00.000Z"),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let time: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
        Ok(Self::from_millis(time.as_millisecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_rfc_3339_with_milliseconds() {
        assert_eq!(Timestamp::from_millis(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Timestamp::from_millis(1_795_336_245_007).to_string(), "2026-11-22T08:30:45.007Z");
        assert_eq!(Timestamp::from_millis(i64::MAX).to_string(), "9999-12-30T22:00:00.000Z");
    }

    #[test]
    fn reads_what_it_prints() {
        let time = Timestamp::from_millis(1_795_336_245_120);
        let json = serde_json::to_string(&time).unwrap();
        assert_eq!(json, r#""2026-11-22T08:30:45.120Z""#);
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), time);
    }
}
