//! What in a text stands for somebody.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{AccountId, MessageText};

/// A part of a text that names somebody. Offsets and lengths are in UTF-16 code units, as JavaScript counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Entity {
    /// An account.
    Mention {
        /// Where it begins.
        offset: u32,
        /// How long it is.
        length: u32,
        /// Who is meant.
        account: AccountId,
    },
    /// Everybody who is in the conversation.
    MentionAll {
        /// Where it begins.
        offset: u32,
        /// How long it is.
        length: u32,
    },
    /// A type that this version does not know.
    #[serde(other)]
    #[ts(skip)]
    Unknown,
}

impl Entity {
    /// Where it begins and how long it is; none of a type that this version does not know.
    pub fn place(&self) -> Option<(u32, u32)> {
        match self {
            Self::Mention { offset, length, .. } | Self::MentionAll { offset, length } => {
                Some((*offset, *length))
            }
            Self::Unknown => None,
        }
    }
}

/// The entities of a text: in order, within it, and none over another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Entities(Vec<Entity>);

/// Why entities were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntitiesError {
    /// Over the limit.
    #[error("There are {number} entities; a text has at most {} of them.", Entities::MAX)]
    TooMany {
        /// How many there are.
        number: usize,
    },
    /// There is no such type.
    #[error("Entity {at} has a type that there is not. There are \"mention\" and \"mention_all\".")]
    Type {
        /// Which, from 0 on.
        at: usize,
    },
    /// It covers nothing.
    #[error("Entity {at} has no length.")]
    Empty {
        /// Which, from 0 on.
        at: usize,
    },
    /// It begins before the one before it ends.
    #[error(
        "Entity {at} begins before the end of the one before it. They stand in order, none over another."
    )]
    Order {
        /// Which, from 0 on.
        at: usize,
    },
    /// It goes on behind the text.
    #[error("Entity {at} ends behind the text. Offsets and lengths are in UTF-16 code units.")]
    Beyond {
        /// Which, from 0 on.
        at: usize,
    },
    /// It begins or ends within a character.
    #[error("Entity {at} begins or ends between the two halves of a character.")]
    Split {
        /// Which, from 0 on.
        at: usize,
    },
}

impl Entities {
    /// Entities of one text.
    pub const MAX: usize = 50;

    /// Checks `entities` against the text that they are of.
    pub fn parse(entities: Vec<Entity>, text: &MessageText) -> Result<Self, EntitiesError> {
        if entities.len() > Self::MAX {
            return Err(EntitiesError::TooMany { number: entities.len() });
        }
        let mut ends = Ends { chars: text.as_str().chars(), units: 0 };
        let mut after = 0;
        for (at, entity) in entities.iter().enumerate() {
            let (offset, length) = entity.place().ok_or(EntitiesError::Type { at })?;
            let (offset, length) = (u64::from(offset), u64::from(length));
            if length == 0 {
                return Err(EntitiesError::Empty { at });
            }
            if offset < after {
                return Err(EntitiesError::Order { at });
            }
            after = offset + length;
            for end in [offset, after] {
                match ends.advance_to(end) {
                    None => return Err(EntitiesError::Beyond { at }),
                    Some(false) => return Err(EntitiesError::Split { at }),
                    Some(true) => {}
                }
            }
        }
        Ok(Self(entities))
    }

    /// All of them, in order.
    pub fn as_slice(&self) -> &[Entity] {
        &self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Who is named, each as often as it is.
    pub fn accounts(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.0.iter().filter_map(|entity| match entity {
            Entity::Mention { account, .. } => Some(*account),
            Entity::MentionAll { .. } | Entity::Unknown => None,
        })
    }

    /// Whether everybody is.
    pub fn mention_all(&self) -> bool {
        self.0.iter().any(|entity| matches!(entity, Entity::MentionAll { .. }))
    }
}

/// The places between the characters of a text.
struct Ends<'t> {
    chars: std::str::Chars<'t>,
    units: u64,
}

impl Ends<'_> {
    /// Whether there is one after so many code units; none if the text ends before.
    fn advance_to(&mut self, units: u64) -> Option<bool> {
        while self.units < units {
            self.units += self.chars.next()?.len_utf16() as u64;
        }
        Some(self.units == units)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(offset: u32, length: u32) -> Entity {
        Entity::MentionAll { offset, length }
    }

    #[test]
    fn entities_fit_their_text() {
        // "é" is one code unit, "😀" two.
        let text = MessageText::parse("a é😀b".into(), 100).unwrap();
        let table = [
            (vec![], Ok(())),
            (vec![all(0, 1)], Ok(())),
            (vec![all(0, 6)], Ok(())),
            (vec![all(3, 2), all(5, 1)], Ok(())),
            (vec![all(0, 1), all(1, 1), all(2, 1)], Ok(())),
            (vec![all(0, 7)], Err(EntitiesError::Beyond { at: 0 })),
            (vec![all(6, 1)], Err(EntitiesError::Beyond { at: 0 })),
            (vec![all(u32::MAX, u32::MAX)], Err(EntitiesError::Beyond { at: 0 })),
            (vec![all(0, 1), all(4, 2)], Err(EntitiesError::Split { at: 1 })),
            (vec![all(2, 2)], Err(EntitiesError::Split { at: 0 })),
            (vec![all(0, 0)], Err(EntitiesError::Empty { at: 0 })),
            (vec![all(0, 2), all(1, 1)], Err(EntitiesError::Order { at: 1 })),
            (vec![all(5, 1), all(0, 1)], Err(EntitiesError::Order { at: 1 })),
            (vec![Entity::Unknown], Err(EntitiesError::Type { at: 0 })),
            (vec![all(0, 1); 51], Err(EntitiesError::TooMany { number: 51 })),
        ];
        for (entities, expected) in table {
            assert_eq!(Entities::parse(entities.clone(), &text).map(drop), expected, "{entities:?}");
        }
    }

    #[test]
    fn a_later_version_may_know_other_types() {
        let json = r#"[{"type":"mention_all","offset":0,"length":4},{"type":"poem","offset":9}]"#;
        let read: Vec<Entity> = serde_json::from_str(json).unwrap();
        assert_eq!(read, [all(0, 4), Entity::Unknown]);
    }
}
