//! What is carried through a text while it is taken apart.

use std::vec::IntoIter;

use crate::Inline;
use crate::character::MENTION;

pub(crate) struct Scanner {
    /// Those that are not in the tree yet, in the order of the text.
    pub(crate) mentions: IntoIter<Inline>,
    /// Characters that were looked at.
    pub(crate) steps: usize,
}

impl Scanner {
    /// Texts and mentions, without any marks.
    pub(crate) fn unmarked(&mut self, text: &str) -> Vec<Inline> {
        self.steps += text.len();
        let mut content = Vec::new();
        for (index, piece) in text.split(MENTION).enumerate() {
            if index > 0 {
                content.extend(self.mentions.next());
            }
            push_text(&mut content, piece);
        }
        content
    }
}

/// Adds a text to what is before it, so that no text is empty, and no two are beside each other.
pub(crate) fn push_text(content: &mut Vec<Inline>, text: &str) {
    if let Some(Inline::Text(last)) = content.last_mut() {
        last.push_str(text);
    } else if !text.is_empty() {
        content.push(Inline::Text(text.to_owned()));
    }
}
