//! The name that an account signs in with.

use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use unicode_normalization::UnicodeNormalization;

/// The name that an account signs in with: unique for ever, kept in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[cfg_attr(test, schema(value_type = String))]
#[serde(try_from = "String", into = "String")]
#[ts(type = "string")]
pub struct Username(String);

/// Why a user name was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UsernameError {
    /// Too few or too many characters.
    #[error("A user name has {min} to {max} characters.", min = Username::CHARACTERS_MIN, max = Username::CHARACTERS_MAX)]
    Length,
    /// Does not begin with a letter.
    #[error("A user name begins with a letter from a to z.")]
    Start,
    /// A character other than those that are allowed.
    #[error("A user name holds the letters a to z, digits, '_', '.' and '-', but not U+{:04X}.", u32::from(*.0))]
    Character(char),
}

impl Username {
    /// Characters in a user name, at least.
    pub const CHARACTERS_MIN: usize = 3;
    /// Characters in a user name, at most.
    pub const CHARACTERS_MAX: usize = 32;

    /// Checks a user name as it was typed. Its case and its Unicode form (NFKC) make no difference.
    pub fn parse(typed: &str) -> Result<Self, UsernameError> {
        // One character may become 18, and four bytes are one: more cannot be short enough.
        if typed.len() > 4 * Self::CHARACTERS_MAX {
            return Err(UsernameError::Length);
        }
        let name: String = typed.nfkc().map(|c| c.to_ascii_lowercase()).collect();
        let is_allowed = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '_' | '.' | '-');
        if let Some(wrong) = name.chars().find(|&c| !is_allowed(c)) {
            return Err(UsernameError::Character(wrong));
        }
        if !(Self::CHARACTERS_MIN..=Self::CHARACTERS_MAX).contains(&name.len()) {
            return Err(UsernameError::Length);
        }
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
            return Err(UsernameError::Start);
        }
        Ok(Self(name))
    }

    /// The user name in the form in which it is unique.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Username {
    type Error = UsernameError;
    fn try_from(text: String) -> Result<Self, UsernameError> {
        Self::parse(&text)
    }
}

impl From<Username> for String {
    fn from(username: Username) -> Self {
        username.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_differently_is_one_name() {
        for typed in
            ["ada.lovelace", "ADA.Lovelace", "ａｄａ.ｌｏｖｅｌａｃｅ", "Ada．lovelace", "𝐀da.lovelace"]
        {
            assert_eq!(Username::parse(typed).unwrap().as_str(), "ada.lovelace", "{typed}");
        }
        // The Kelvin sign is a K.
        assert_eq!(Username::parse("\u{212a}im").unwrap().as_str(), "kim");
    }

    #[test]
    fn bad_user_names() {
        let long = "a".repeat(33);
        for (typed, error) in [
            ("", UsernameError::Length),
            ("ab", UsernameError::Length),
            (long.as_str(), UsernameError::Length),
            ("1ab", UsernameError::Start),
            ("_ab", UsernameError::Start),
            ("-ab", UsernameError::Start),
            ("a b", UsernameError::Character(' ')),
            ("ada\0", UsernameError::Character('\0')),
            ("ad\u{430}", UsernameError::Character('\u{430}')),
            ("ada\u{301}", UsernameError::Character('\u{e1}')),
            ("ada\u{200b}", UsernameError::Character('\u{200b}')),
            ("ada@home", UsernameError::Character('@')),
        ] {
            assert_eq!(Username::parse(typed), Err(error), "{typed:?}");
        }
        assert_eq!(Username::parse(&"\u{fdfa}".repeat(100)), Err(UsernameError::Length));
        assert!(Username::parse("a-1").is_ok() && Username::parse(&"a".repeat(32)).is_ok());
    }
}
