//! Mentions are taken out of a text before it is taken apart, each for one character, so that nothing can cut them.

use crate::character::MENTION;
use crate::{Inline, Span};

/// The text with [`MENTION`] for each mention, and the mentions in the order of the text.
pub(crate) fn mask(text: &str, spans: &[Span]) -> (String, Vec<Inline>) {
    // No stored text has it.
    let text = text.replace(MENTION, "\u{fffd}");
    if spans.is_empty() {
        return (text, Vec::new());
    }
    let places = places(&text);
    let place = |unit: u64| usize::try_from(unit).ok().and_then(|unit| *places.get(unit)?);
    let mut masked = String::with_capacity(text.len());
    let mut mentions = Vec::new();
    let mut end = 0;
    for (index, &Span { offset, length }) in spans.iter().enumerate() {
        let until = u64::from(offset) + u64::from(length);
        let (Some(from), Some(until)) = (place(offset.into()), place(until)) else { continue };
        if from < end || length == 0 {
            continue;
        }
        masked.push_str(&text[end..from]);
        masked.push(MENTION);
        mentions.push(Inline::Mention { span: index, text: text[from..until].to_owned() });
        end = until;
    }
    masked.push_str(&text[end..]);
    (masked, mentions)
}

/// Where each UTF-16 code unit of a text begins, in bytes, and where the text ends; none for the second half of a pair.
fn places(text: &str) -> Vec<Option<usize>> {
    let mut places = Vec::with_capacity(text.len() + 1);
    for (place, c) in text.char_indices() {
        places.push(Some(place));
        places.extend((1..c.len_utf16()).map(|_| None));
    }
    places.push(Some(text.len()));
    places
}
