//! The text of a message.

use serde::{Deserialize, Serialize};

use crate::name::is_invisible;

/// Text that may be stored: not empty, within the limit, with something to see, without NUL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageText(String);

/// Why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing to see in it.
    #[error("A message needs at least one visible character.")]
    Empty,
    /// Over the limit.
    #[error("The text has {bytes} bytes; at most {limit} bytes of UTF-8 are allowed.")]
    TooLong {
        /// Bytes it has.
        bytes: usize,
        /// Bytes it may have.
        limit: usize,
    },
    /// U+0000, which PostgreSQL cannot store and nobody can see.
    #[error("The text holds the character U+0000, which is not allowed.")]
    Nul,
}

impl MessageText {
    /// Checks `text` against `limit` bytes.
    pub fn parse(text: String, limit: usize) -> Result<Self, TextError> {
        if text.len() > limit {
            return Err(TextError::TooLong { bytes: text.len(), limit });
        }
        if text.contains('\0') {
            return Err(TextError::Nul);
        }
        if text.chars().all(|c| c.is_whitespace() || c.is_control() || is_invisible(c)) {
            return Err(TextError::Empty);
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// Text that was begun: within the limit, without NUL, perhaps empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftText(String);

impl DraftText {
    /// Checks `text` against `limit` bytes.
    pub fn parse(text: String, limit: usize) -> Result<Self, TextError> {
        if text.len() > limit {
            return Err(TextError::TooLong { bytes: text.len(), limit });
        }
        if text.contains('\0') {
            return Err(TextError::Nul);
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_nobody_can_see() {
        for text in ["", " ", "\n\t", "\u{200b}\u{feff}", "\u{2060} \u{ad}", "\u{7}"] {
            assert_eq!(MessageText::parse(text.into(), 100), Err(TextError::Empty), "{text:?}");
        }
        assert_eq!(MessageText::parse("a\0b".into(), 100), Err(TextError::Nul));
    }

    #[test]
    fn the_limit_counts_bytes() {
        assert!(MessageText::parse("é".repeat(50), 100).is_ok());
        assert_eq!(
            MessageText::parse("é".repeat(50) + "a", 100),
            Err(TextError::TooLong { bytes: 101, limit: 100 })
        );
    }
}
