//! Passwords and recovery codes, and what is kept of them. None of these shows itself in a log.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// A password as somebody typed it, in the form in which it is hashed (NFKC).
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// Why a password was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A password has {min} to {max} bytes of UTF-8.", min = Password::BYTES_MIN, max = Password::BYTES_MAX)]
pub struct PasswordError;

impl Password {
    /// Bytes of a password as it is sent, at least.
    pub const BYTES_MIN: usize = 8;
    /// Bytes of a password as it is sent, at most.
    pub const BYTES_MAX: usize = 1_024;

    /// Checks the length of a password; any character may stand in it.
    pub fn parse(typed: &str) -> Result<Self, PasswordError> {
        if (Self::BYTES_MIN..=Self::BYTES_MAX).contains(&typed.len()) {
            Ok(Self(typed.nfkc().collect()))
        } else {
            Err(PasswordError)
        }
    }

    /// What is hashed.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// What is kept of a password: a string in the PHC format, which names the function and its parameters.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps a hash that was made elsewhere.
    pub fn new(hash: impl Into<String>) -> Self {
        Self(hash.into())
    }

    /// The string in the PHC format.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// SHA-256 of a recovery code; the code itself is kept nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecoveryCodeHash(pub [u8; 32]);

impl fmt::Debug for RecoveryCodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCodeHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_measured_and_never_shown() {
        for (length, good) in [(0, false), (7, false), (8, true), (1_024, true), (1_025, false)] {
            assert_eq!(Password::parse(&"a".repeat(length)).is_ok(), good, "{length}");
        }
        assert!(Password::parse(&"x".repeat(1 << 20)).is_err());
        assert_eq!(Password::parse("cafe\u{301} 123"), Password::parse("café 123"));
        let shown = format!(
            "{:?} {:?} {:?}",
            Password::parse("secretsecret"),
            PasswordHash::new("secret"),
            RecoveryCodeHash([7; 32])
        );
        assert_eq!(shown, "Ok(Password(..)) PasswordHash(..) RecoveryCodeHash(..)");
    }
}
