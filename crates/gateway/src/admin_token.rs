//! The token of whoever runs the server.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// What is kept of it in memory.
#[derive(Clone)]
pub struct AdminToken([u8; 32]);

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(..)")
    }
}

impl AdminToken {
    /// Of the token as it is written.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// The text of a new one: 256 random bits in base64url.
    pub fn random_text() -> std::io::Result<String> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Whether this is it. How long that takes does not depend on how much of it is right.
    pub(crate) fn is(&self, text: &str) -> bool {
        let other = Self::of(text);
        self.0.iter().zip(other.0).fold(0, |differing, (one, other)| differing | (one ^ other)) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_is_it() {
        let token = AdminToken::of("secret");
        assert!(token.is("secret"));
        for wrong in ["", "secre", "secret ", "Secret"] {
            assert!(!token.is(wrong), "{wrong:?}");
        }
        assert_eq!(format!("{token:?}"), "AdminToken(..)");
    }
}
