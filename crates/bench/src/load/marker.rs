//! What a message of this tool says first, so that it is found in a record without parsing it.

use memchr::memmem::Finder;

/// Hexadecimal digits of each number.
const DIGITS: usize = 8;
/// What follows the marker, over and over.
const FILLING: &[u8] = b" the quick brown fox jumps over the lazy dog and";

/// Which message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark {
    /// Index of its conversation in this run.
    pub conversation: u32,
    /// Its number in the conversation, from 0, in the order of sending.
    pub number: u32,
}

/// Makes and finds the marks of one run: `cw` and run, conversation and number in hexadecimal digits of fixed width.
#[derive(Debug, Clone)]
pub struct Marker {
    prefix: String,
    finder: Finder<'static>,
}

impl Marker {
    /// Bytes of a mark, and so of the shortest text.
    pub const BYTES: usize = 2 + 3 * DIGITS;

    /// For the run of this number, which tells its messages from those of others.
    pub fn new(run: u32) -> Self {
        let prefix = format!("cw{run:08x}");
        Self { finder: Finder::new(prefix.as_bytes()).into_owned(), prefix }
    }

    /// A text of so many bytes that carries a mark; at least [`Marker::BYTES`].
    pub fn text(&self, mark: Mark, bytes: usize) -> String {
        let mut text = format!("{}{:08x}{:08x}", self.prefix, mark.conversation, mark.number);
        let filling = FILLING.iter().cycle().take(bytes.saturating_sub(text.len()));
        text.extend(filling.map(|&byte| char::from(byte)));
        // A text does not end in white space, which somebody might trim.
        if text.ends_with(' ') {
            text.pop();
            text.push('.');
        }
        text
    }

    /// The mark in a record, if it is a message of this run.
    pub fn find(&self, record: &[u8]) -> Option<Mark> {
        let digits = self.finder.find(record)? + self.prefix.len();
        Mark::from_digits(record.get(digits..digits + 2 * DIGITS)?)
    }
}

impl Mark {
    /// As the id of a command.
    pub fn digits(self) -> String {
        format!("{:08x}{:08x}", self.conversation, self.number)
    }

    /// From the id of a command.
    pub fn from_digits(digits: &[u8]) -> Option<Self> {
        let (conversation, number) = digits.split_at_checked(DIGITS)?;
        Some(Self { conversation: hexadecimal(conversation)?, number: hexadecimal(number)? })
    }
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    if digits.len() != DIGITS {
        return None;
    }
    digits.iter().try_fold(0, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u32::from(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_begins_with_its_mark_and_has_its_size() {
        let marker = Marker::new(0xbeef);
        let mark = Mark { conversation: 3, number: 0x1_0000 };
        assert_eq!(marker.text(mark, 40), "cw0000beef0000000300010000 the quick bro");
        for bytes in Marker::BYTES..200 {
            let text = marker.text(mark, bytes);
            assert_eq!((text.len(), text.trim_end().len()), (bytes, bytes));
        }
    }

    #[test]
    fn a_mark_is_found_wherever_the_text_stands() {
        let marker = Marker::new(7);
        let found = |record: &str| marker.find(record.as_bytes());
        let mark = Mark { conversation: 0xffff_ffff, number: 9 };
        assert_eq!(found(r#"{"type":"message","text":"cw00000007ffffffff00000009 the"}"#), Some(mark));
        assert_eq!(found("cw00000007ffffffff00000009"), Some(mark));
        for other in
            ["", "cw00000008ffffffff00000009", "cw00000007ffffffff0000000", "cw00000007ffffffff0000000G"]
        {
            assert_eq!(found(other), None, "{other}");
        }
    }

    #[test]
    fn an_id_is_a_mark() {
        let mark = Mark { conversation: 1, number: 0xabc };
        assert_eq!(mark.digits(), "0000000100000abc");
        assert_eq!(Mark::from_digits(b"0000000100000abc"), Some(mark));
        for digits in ["", "1", "0000000100000abcd", "000000010000-abc"] {
            assert_eq!(Mark::from_digits(digits.as_bytes()), None, "{digits}");
        }
    }
}
