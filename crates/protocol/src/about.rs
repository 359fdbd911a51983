//! What an account says of itself.

use serde::{Deserialize, Serialize};

use crate::NameError;
use crate::name::check_characters;

/// A few lines that an account says of itself; may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct About(String);

/// Why such a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AboutError {
    /// Too many characters or bytes.
    #[error("The text about an account has at most {max} characters and {bytes} bytes.", max = About::CHARACTERS_MAX, bytes = About::BYTES_MAX)]
    TooLong,
    /// A character that this text must not hold.
    #[error("The text about an account must not hold the character U+{:04X}, which cannot be seen, stands alone or changes how others are read.", u32::from(*.0))]
    Character(char),
    /// More combining marks on one letter than any language needs.
    #[error("The text about an account has too many combining marks in a row.")]
    Marks,
}

impl About {
    /// Unicode scalar values in it.
    pub const CHARACTERS_MAX: usize = 300;
    /// Bytes of UTF-8 in it.
    pub const BYTES_MAX: usize = 1_200;

    /// Checks a text. Each of its lines, which U+000A ends, holds what a [`crate::Name`] may hold.
    pub fn parse(text: impl Into<String>) -> Result<Self, AboutError> {
        let text = text.into();
        if text.len() > Self::BYTES_MAX || text.chars().count() > Self::CHARACTERS_MAX {
            return Err(AboutError::TooLong);
        }
        for line in text.split('\n') {
            check_characters(line).map_err(|error| match error {
                NameError::Character(character) => AboutError::Character(character),
                _ => AboutError::Marks,
            })?;
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for About {
    type Error = AboutError;
    fn try_from(text: String) -> Result<Self, AboutError> {
        Self::parse(text)
    }
}

impl From<About> for String {
    fn from(about: About) -> Self {
        about.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_stand_in_it() {
        let longest = "é".repeat(300);
        for good in ["", "Mathematics, and engines.\n\nLondon", "👩\u{200d}💻", longest.as_str()] {
            assert_eq!(About::parse(good).unwrap().as_str(), good);
        }
        for (bad, error) in [
            ("a".repeat(301), AboutError::TooLong),
            ("a\u{202e}b".to_owned(), AboutError::Character('\u{202e}')),
            ("a\r\nb".to_owned(), AboutError::Character('\r')),
            ("a\0b".to_owned(), AboutError::Character('\0')),
            ("a\tb".to_owned(), AboutError::Character('\t')),
            (format!("a{}", "\u{301}".repeat(5)), AboutError::Marks),
        ] {
            assert_eq!(About::parse(bad.clone()), Err(error), "{bad:?}");
        }
    }
}
