//! What people react with.

use serde::{Deserialize, Serialize};

/// One emoji that Unicode recommends, in the form that it recommends.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Emoji(String);

/// Something that is not one emoji.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("This is not one emoji. Send one as Unicode lists them, for instance \u{1f44d}.")]
pub struct EmojiError;

impl Emoji {
    /// Looks `text` up. One that lacks what Unicode wants behind it (U+FE0F) is the same emoji.
    pub fn parse(text: &str) -> Result<Self, EmojiError> {
        emojis::get(text).map(|emoji| Self(emoji.as_str().to_owned())).ok_or(EmojiError)
    }

    /// The emoji.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Emoji {
    type Error = EmojiError;

    fn try_from(text: String) -> Result<Self, EmojiError> {
        Self::parse(&text)
    }
}

impl From<Emoji> for String {
    fn from(emoji: Emoji) -> Self {
        emoji.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_emoji_in_its_recommended_form() {
        for (text, canonical) in [
            ("\u{1f44d}", "\u{1f44d}"),
            ("\u{1f44d}\u{1f3fd}", "\u{1f44d}\u{1f3fd}"),
            ("\u{2764}", "\u{2764}\u{fe0f}"),
            ("\u{2764}\u{fe0f}", "\u{2764}\u{fe0f}"),
            ("\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}", "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}"),
            ("\u{1f1e9}\u{1f1ea}", "\u{1f1e9}\u{1f1ea}"),
        ] {
            assert_eq!(Emoji::parse(text).unwrap().as_str(), canonical, "{text}");
        }
        for text in ["", "a", ":+1:", "+1", "\u{1f44d}\u{1f44d}", " \u{1f44d}", "\u{1f1e9}", "\u{fe0f}", "1"]
        {
            assert_eq!(Emoji::parse(text), Err(EmojiError), "{text:?}");
        }
    }
}
