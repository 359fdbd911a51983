//! Names of people and rooms: kept as typed, compared in normalised form, look-alikes marked.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_security::restriction_level::{RestrictionLevel, RestrictionLevelDetection};
use unicode_security::skeleton;

/// The name that a person goes by. Not unique.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// No character.
    #[error("A name needs at least one character.")]
    Empty,
    /// Too many characters or bytes.
    #[error("A name has at most {max} characters and {bytes} bytes.", max = Name::CHARACTERS_MAX, bytes = Name::BYTES_MAX)]
    TooLong,
    /// White space at its edge.
    #[error("A name does not begin or end with white space.")]
    Edge,
    /// A character that names must not hold.
    #[error("A name must not hold the character U+{:04X}, which cannot be seen or changes how others are read.", u32::from(*.0))]
    Character(char),
    /// More combining marks on one letter than any language needs.
    #[error("A name has at most {max} combining marks in a row.", max = COMBINING_MARKS_MAX)]
    Marks,
}

/// Combining marks in a row; Vietnamese and Biblical Hebrew need no more.
const COMBINING_MARKS_MAX: usize = 4;

impl Name {
    /// Unicode scalar values in a name.
    pub const CHARACTERS_MAX: usize = 40;
    /// Bytes of UTF-8 in a name.
    pub const BYTES_MAX: usize = 160;

    /// Checks a name.
    pub fn parse(text: impl Into<String>) -> Result<Self, NameError> {
        let text = text.into();
        check_line(&text, Self::CHARACTERS_MAX, Self::BYTES_MAX)?;
        Ok(Self(text))
    }

    /// The name as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the name mixes scripts, or is written wholly in letters that pass for others, so that it may be taken for
    /// another name (UTS #39, restriction levels and skeletons).
    pub fn is_lookalike(&self) -> bool {
        is_lookalike(&self.0)
    }
}

impl TryFrom<String> for Name {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

/// The part of a room's URL that names it: `/r/{slug}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

/// Why a slug was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlugError {
    /// No character.
    #[error("A room's name needs at least one character.")]
    Empty,
    /// Too many characters or bytes.
    #[error("A room's name has at most {max} characters and {bytes} bytes.", max = Slug::CHARACTERS_MAX, bytes = Slug::BYTES_MAX)]
    TooLong,
    /// Begins with neither letter nor digit.
    #[error("A room's name begins with a letter or a digit.")]
    Start,
    /// A character other than letters, digits and `-_.~`.
    #[error("A room's name holds letters, digits, '-', '_', '.' and '~', but not U+{:04X}.", u32::from(*.0))]
    Character(char),
    /// More combining marks on one letter than any language needs.
    #[error("A room's name has at most {max} combining marks in a row.", max = COMBINING_MARKS_MAX)]
    Marks,
}

impl Slug {
    /// Unicode scalar values in a slug.
    pub const CHARACTERS_MAX: usize = 64;
    /// Bytes of UTF-8 in a slug.
    pub const BYTES_MAX: usize = 256;

    /// Checks a slug.
    pub fn parse(text: impl Into<String>) -> Result<Self, SlugError> {
        let text = text.into();
        if text.len() > Self::BYTES_MAX || text.chars().count() > Self::CHARACTERS_MAX {
            return Err(SlugError::TooLong);
        }
        let first = text.chars().next().ok_or(SlugError::Empty)?;
        if !first.is_alphanumeric() {
            return Err(SlugError::Start);
        }
        if let Some(wrong) = text.chars().find(|&c| {
            is_invisible(c) || !(c.is_alphanumeric() || is_combining_mark(c) || "-_.~".contains(c))
        }) {
            return Err(SlugError::Character(wrong));
        }
        if marks_in_a_row(&text) > COMBINING_MARKS_MAX {
            return Err(SlugError::Marks);
        }
        Ok(Self(text))
    }

    /// The slug as its maker typed it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two slugs are compared by: NFKC, lower case, NFKC again (lower-casing can leave the form).
    pub fn key(&self) -> String {
        let folded: String = self.0.nfkc().flat_map(char::to_lowercase).collect();
        folded.nfkc().collect()
    }

    /// Whether the slug may be taken for another; see [`Name::is_lookalike`].
    pub fn is_lookalike(&self) -> bool {
        is_lookalike(&self.0)
    }
}

impl TryFrom<String> for Slug {
    type Error = SlugError;
    fn try_from(text: String) -> Result<Self, SlugError> {
        Self::parse(text)
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

/// Characters that take no room on the screen, so that a text of only these looks empty.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// What a name must be, and every other line that people are shown beside names.
pub(crate) fn check_line(text: &str, characters_max: usize, bytes_max: usize) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > bytes_max || text.chars().count() > characters_max {
        return Err(NameError::TooLong);
    }
    if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        return Err(NameError::Edge);
    }
    check_characters(text)?;
    if text.chars().all(|c| c.is_whitespace() || is_combining_mark(c)) {
        return Err(NameError::Empty);
    }
    Ok(())
}

/// Checks what stands in a name, or in a line of a longer text.
pub(crate) fn check_characters(text: &str) -> Result<(), NameError> {
    let mut previous = None;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let next = characters.peek().copied();
        let refused = match c {
            // Joiners and the emoji selector belong to Indic and Arabic spelling and to emoji, and are tricks elsewhere.
            '\u{200c}' | '\u{200d}' => !(previous.is_some_and(joins) && next.is_some_and(joins)),
            '\u{fe0f}' => !previous.is_some_and(|p| joins(p) || "#*0123456789".contains(p)),
            ' ' => previous == Some(' '),
            c => c.is_control() || c.is_whitespace() || is_invisible(c) || is_private(c),
        };
        if refused {
            return Err(NameError::Character(c));
        }
        previous = Some(c);
    }
    if marks_in_a_row(text) > COMBINING_MARKS_MAX {
        return Err(NameError::Marks);
    }
    Ok(())
}

fn joins(c: char) -> bool {
    c >= '\u{600}'
}

fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' | '\u{fdd0}'..='\u{fdef}')
        || u32::from(c) & 0xfffe == 0xfffe
}

fn marks_in_a_row(text: &str) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for c in text.nfd() {
        run = if is_combining_mark(c) { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

pub(crate) fn is_lookalike(text: &str) -> bool {
    let letters: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    if letters.is_ascii() {
        return false;
    }
    letters.detect_restriction_level() > RestrictionLevel::HighlyRestrictive
        || skeleton(&letters).all(|c| c.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_names() {
        for name in [
            "Ada",
            "O'Brien",
            "José",
            "李小龍",
            "Łukasz Żak",
            "👩\u{200d}💻 Kim",
            "می\u{200c}خواهم",
            "❤\u{fe0f}",
            "x",
        ] {
            assert_eq!(Name::parse(name).map(|n| n.as_str().to_owned()), Ok(name.to_owned()));
        }
    }

    #[test]
    fn bad_names() {
        let cases: &[(&str, NameError)] = &[
            ("", NameError::Empty),
            (" Ada", NameError::Edge),
            ("Ada\n", NameError::Edge),
            ("A\tB", NameError::Character('\t')),
            ("A  B", NameError::Character(' ')),
            ("A\u{202e}B", NameError::Character('\u{202e}')),
            ("A\u{2066}B", NameError::Character('\u{2066}')),
            ("A\u{200b}B", NameError::Character('\u{200b}')),
            ("A\u{200d}B", NameError::Character('\u{200d}')),
            ("\u{3164}", NameError::Character('\u{3164}')),
            ("a\u{e000}", NameError::Character('\u{e000}')),
            ("\u{301}", NameError::Empty),
            ("a\u{301}\u{301}\u{301}\u{301}\u{301}", NameError::Marks),
            ("\u{1b}[31mred", NameError::Character('\u{1b}')),
        ];
        for (name, error) in cases {
            assert_eq!(Name::parse(*name).as_ref(), Err(error), "{name:?}");
        }
        assert_eq!(Name::parse("a".repeat(41)), Err(NameError::TooLong));
        assert_eq!(Name::parse("😀".repeat(40)).map(|_| ()), Ok(()));
        assert_eq!(Name::parse("a".repeat(40)).map(|_| ()), Ok(()));
    }

    #[test]
    fn lookalikes_are_marked() {
        for (name, marked) in [
            ("Ada", false),
            ("José", false),
            ("Анна", false),
            ("李 Bruce", false),
            ("山田たろう", false),
            ("Аda", true),    // Cyrillic А before Latin da
            ("раураl", true), // five Cyrillic letters and a Latin l
            ("сосо", true),   // wholly Cyrillic, reads as Latin
            ("👩\u{200d}💻 Kim", false),
        ] {
            assert_eq!(Name::parse(name).unwrap().is_lookalike(), marked, "{name}");
        }
    }

    #[test]
    fn slugs_compare_in_normal_form() {
        for (one, other) in [("Tea", "tea"), ("ＴＥＡ", "tea"), ("Cafe\u{301}", "CAFÉ"), ("ﬁsh", "FISH")]
        {
            assert_eq!(Slug::parse(one).unwrap().key(), Slug::parse(other).unwrap().key());
        }
        assert_ne!(Slug::parse("tea").unwrap().key(), Slug::parse("tea-2").unwrap().key());
    }

    #[test]
    fn bad_slugs() {
        let cases: &[(&str, SlugError)] = &[
            ("", SlugError::Empty),
            ("-a", SlugError::Start),
            ("..", SlugError::Start),
            ("a b", SlugError::Character(' ')),
            ("a/b", SlugError::Character('/')),
            ("a\u{202e}b", SlugError::Character('\u{202e}')),
            ("a\u{200d}b", SlugError::Character('\u{200d}')),
            ("a%", SlugError::Character('%')),
        ];
        for (slug, error) in cases {
            assert_eq!(Slug::parse(*slug).as_ref(), Err(error), "{slug:?}");
        }
        assert_eq!(Slug::parse("a".repeat(65)), Err(SlugError::TooLong));
    }
}
