//! The colour of an account's avatar.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::AccountId;

/// One of twelve colours, as a number; what they look like is the client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[cfg_attr(test, schema(value_type = u8, minimum = 0, maximum = 11))]
#[serde(try_from = "u8", into = "u8")]
#[ts(type = "number")]
pub struct Color(u8);

/// A number that is no colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a colour is a number from 0 to {max}", max = Color::COUNT - 1)]
pub struct ColorError;

impl Color {
    /// Colours that there are.
    pub const COUNT: u8 = 12;

    /// The colour of an account that has chosen none.
    pub fn of(account: AccountId) -> Self {
        let sum: u32 = account.as_bytes().iter().map(|byte| u32::from(*byte)).sum();
        Self((sum % u32::from(Self::COUNT)) as u8)
    }

    /// Its number, below [`Color::COUNT`].
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Color {
    type Error = ColorError;
    fn try_from(number: u8) -> Result<Self, ColorError> {
        if number < Self::COUNT { Ok(Self(number)) } else { Err(ColorError) }
    }
}

impl From<Color> for u8 {
    fn from(color: Color) -> Self {
        color.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_colours() {
        assert_eq!(Color::try_from(11).map(Color::number), Ok(11));
        assert_eq!(Color::try_from(12), Err(ColorError));
        // Shown to people: it must stay the same for an account.
        assert_eq!(Color::of(AccountId::from_bytes([1; 16])).number(), 4);
        assert_eq!(Color::of(AccountId::from_bytes([0xff; 16])).number(), 0);
    }
}
