//! What a conversation is called, and how it may be used.

use crate::name::{NameError, check_line};

/// What a conversation is called: a line of 1 to 80 characters, of which the same are refused as in a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Title(String);

/// What a conversation is about: a line of at most 300 characters; none if nothing is said.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct TopicLine(String);

/// Why a title or a topic was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// A title without a character.
    #[error("A title needs at least one character.")]
    Empty,
    /// Too many characters or bytes.
    #[error("It has at most {characters} characters and {bytes} bytes.")]
    TooLong {
        /// Unicode scalar values.
        characters: usize,
        /// Bytes of UTF-8.
        bytes: usize,
    },
    /// White space at its edge.
    #[error("It does not begin or end with white space.")]
    Edge,
    /// A character that it must not hold.
    #[error("It must not hold the character U+{:04X}, which ends the line, cannot be seen or changes how others are read.", u32::from(*.0))]
    Character(char),
    /// More combining marks on one letter than any language needs.
    #[error("It has too many combining marks in a row.")]
    Marks,
}

fn parse_line(text: &str, characters: usize, bytes: usize) -> Result<(), LineError> {
    check_line(text, characters, bytes).map_err(|error| match error {
        NameError::Empty => LineError::Empty,
        NameError::TooLong => LineError::TooLong { characters, bytes },
        NameError::Edge => LineError::Edge,
        NameError::Character(wrong) => LineError::Character(wrong),
        NameError::Marks => LineError::Marks,
    })
}

impl Title {
    /// Unicode scalar values in a title.
    pub const CHARACTERS_MAX: usize = 80;
    /// Bytes of UTF-8 in a title.
    pub const BYTES_MAX: usize = 320;

    /// Checks a title.
    pub fn parse(text: impl Into<String>) -> Result<Self, LineError> {
        let text = text.into();
        parse_line(&text, Self::CHARACTERS_MAX, Self::BYTES_MAX)?;
        Ok(Self(text))
    }

    /// The title as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the title may be taken for another; see [`crate::Name::is_lookalike`].
    pub fn is_lookalike(&self) -> bool {
        crate::name::is_lookalike(&self.0)
    }
}

impl TopicLine {
    /// Unicode scalar values in a topic.
    pub const CHARACTERS_MAX: usize = 300;
    /// Bytes of UTF-8 in a topic.
    pub const BYTES_MAX: usize = 1200;

    /// Checks a topic.
    pub fn parse(text: impl Into<String>) -> Result<Self, LineError> {
        let text = text.into();
        if !text.is_empty() {
            parse_line(&text, Self::CHARACTERS_MAX, Self::BYTES_MAX)?;
        }
        Ok(Self(text))
    }

    /// The topic as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Seconds that must lie between two messages of one member; 0 if they may follow at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SlowMode(u16);

impl SlowMode {
    /// The longest.
    pub const SECONDS_MAX: u16 = 3600;

    /// Of so many seconds; none if that is more than [`SlowMode::SECONDS_MAX`].
    pub fn new(seconds: u64) -> Option<Self> {
        u16::try_from(seconds).ok().filter(|seconds| *seconds <= Self::SECONDS_MAX).map(Self)
    }

    /// The seconds.
    pub const fn seconds(self) -> u16 {
        self.0
    }
}

/// What those who run a conversation may change of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What it is called; a room without one is called by its slug.
    pub title: Option<Title>,
    /// What it is about.
    pub topic: TopicLine,
    /// Of a room: whether it stands in the list of rooms.
    pub listed: bool,
    /// Whether only those who run it write.
    pub locked: bool,
    /// How long a member waits between two messages.
    pub slow_mode: SlowMode,
    /// Whether new members see what was before them. Always, in a room.
    pub history_visible: bool,
    /// Counts the changes, from 1.
    pub version: u64,
}

impl Settings {
    /// Of a new conversation that is called `title`.
    pub fn new(title: Option<Title>) -> Self {
        Self {
            title,
            topic: TopicLine::default(),
            listed: false,
            locked: false,
            slow_mode: SlowMode::default(),
            history_visible: true,
            version: 1,
        }
    }
}

/// What is to change of the settings; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SettingsChange {
    /// What it is called from now on.
    pub title: Option<Title>,
    /// What it is about from now on.
    pub topic: Option<TopicLine>,
    /// Of a room: whether it stands in the list of rooms.
    pub listed: Option<bool>,
    /// Whether only those who run it write.
    pub locked: Option<bool>,
    /// How long a member waits between two messages.
    pub slow_mode: Option<SlowMode>,
    /// Of a group: whether new members see what was before them.
    pub history_visible: Option<bool>,
}

impl SettingsChange {
    /// Changes `settings`, all but their version.
    pub fn apply(&self, settings: &mut Settings) {
        let Self { title, topic, listed, locked, slow_mode, history_visible } = self;
        if title.is_some() {
            settings.title.clone_from(title);
        }
        if let Some(topic) = topic {
            settings.topic.clone_from(topic);
        }
        settings.listed = listed.unwrap_or(settings.listed);
        settings.locked = locked.unwrap_or(settings.locked);
        settings.slow_mode = slow_mode.unwrap_or(settings.slow_mode);
        settings.history_visible = history_visible.unwrap_or(settings.history_visible);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles() {
        for good in ["Tea", "Tea at five", "茶", "👩\u{200d}🚀 crew", &"x".repeat(80)] {
            assert_eq!(Title::parse(good).unwrap().as_str(), good);
        }
        let table = [
            ("", LineError::Empty),
            ("\u{301}", LineError::Empty),
            (" tea", LineError::Edge),
            ("tea ", LineError::Edge),
            ("a\nb", LineError::Character('\n')),
            ("a\u{202e}b", LineError::Character('\u{202e}')),
        ];
        for (bad, error) in table {
            assert_eq!(Title::parse(bad), Err(error), "{bad:?}");
        }
        assert_eq!(Title::parse("x".repeat(81)), Err(LineError::TooLong { characters: 80, bytes: 320 }));
    }

    #[test]
    fn topics() {
        for good in ["", "All about tea.", &"é".repeat(300)] {
            assert_eq!(TopicLine::parse(good).unwrap().as_str(), good);
        }
        assert!(matches!(TopicLine::parse("x".repeat(301)), Err(LineError::TooLong { .. })));
        assert_eq!(TopicLine::parse("a\tb"), Err(LineError::Character('\t')));
    }

    #[test]
    fn slow_modes() {
        assert_eq!(SlowMode::new(0).map(SlowMode::seconds), Some(0));
        assert_eq!(SlowMode::new(3600).map(SlowMode::seconds), Some(3600));
        assert_eq!(SlowMode::new(3601), None);
        assert_eq!(SlowMode::new(u64::MAX), None);
    }
}
