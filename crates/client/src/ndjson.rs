//! Newline-delimited JSON, without I/O.

use std::collections::VecDeque;

/// A line grew past the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a line is longer than {limit} bytes")]
pub struct LineTooLong {
    /// Bytes that a line may have.
    pub limit: usize,
}

/// Puts lines together from the pieces that a connection brings, cut anywhere.
///
/// A line counts once its end has come; what is left at the end of the connection is the torn rest of one.
#[derive(Debug)]
pub struct NdjsonParser {
    line_bytes_max: usize,
    rest: Vec<u8>,
    lines: VecDeque<Vec<u8>>,
}

impl NdjsonParser {
    /// With a limit to the bytes of a line.
    pub fn new(line_bytes_max: usize) -> Self {
        Self { line_bytes_max, rest: Vec::new(), lines: VecDeque::new() }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), LineTooLong> {
        let mut lines = std::mem::take(&mut self.lines);
        let pushed = self.push_each(bytes, |line| lines.push_back(line.to_vec()));
        self.lines = lines;
        pushed
    }

    /// Takes the next bytes, and hands out each line that is complete with them and not empty, without its end.
    pub fn push_each(&mut self, mut bytes: &[u8], mut each: impl FnMut(&[u8])) -> Result<(), LineTooLong> {
        let mut emit = |line: &[u8]| {
            if !line.trim_ascii().is_empty() {
                each(line);
            }
        };
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let line = &bytes[..end];
            bytes = &bytes[end + 1..];
            if self.rest.is_empty() {
                self.check(line)?;
                emit(line);
            } else {
                self.extend(line)?;
                emit(&std::mem::take(&mut self.rest));
            }
        }
        self.extend(bytes)
    }

    /// The next complete line that [`NdjsonParser::push`] has brought.
    pub fn next_line(&mut self) -> Option<Vec<u8>> {
        self.lines.pop_front()
    }

    fn extend(&mut self, bytes: &[u8]) -> Result<(), LineTooLong> {
        self.check(bytes)?;
        self.rest.extend_from_slice(bytes);
        Ok(())
    }

    /// Whether the line at hand may have these bytes too.
    fn check(&self, bytes: &[u8]) -> Result<(), LineTooLong> {
        if self.rest.len() + bytes.len() > self.line_bytes_max {
            return Err(LineTooLong { limit: self.line_bytes_max });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(parser: &mut NdjsonParser) -> Vec<String> {
        std::iter::from_fn(|| parser.next_line()).map(|line| String::from_utf8(line).unwrap()).collect()
    }

    const INPUT: &str = "{\"a\":1}\n\n{\"b\":\"käse 茶 👩‍👩‍👧\"}\r\n   \n{\"c\":3}\n{\"torn\":";
    const LINES: [&str; 3] = ["{\"a\":1}", "{\"b\":\"käse 茶 👩‍👩‍👧\"}\r", "{\"c\":3}"];

    #[test]
    fn lines_survive_a_cut_at_every_byte() {
        let bytes = INPUT.as_bytes();
        for cut in 0..=bytes.len() {
            let mut parser = NdjsonParser::new(100);
            parser.push(&bytes[..cut]).unwrap();
            parser.push(&bytes[cut..]).unwrap();
            assert_eq!(lines(&mut parser), LINES, "cut at {cut}");
        }
    }

    #[test]
    fn lines_survive_pieces_of_every_size() {
        for size in 1..INPUT.len() {
            let mut parser = NdjsonParser::new(100);
            for piece in INPUT.as_bytes().chunks(size) {
                parser.push(piece).unwrap();
            }
            assert_eq!(lines(&mut parser), LINES, "pieces of {size}");
        }
    }

    #[test]
    fn a_line_is_given_out_as_soon_as_its_end_has_come() {
        let mut parser = NdjsonParser::new(100);
        parser.push(b"{\"a\":1}").unwrap();
        assert_eq!(parser.next_line(), None);
        parser.push(b"\n").unwrap();
        assert_eq!(parser.next_line(), Some(b"{\"a\":1}".to_vec()));
    }

    #[test]
    fn a_line_is_bounded_in_one_piece_and_in_many() {
        let mut parser = NdjsonParser::new(8);
        assert_eq!(parser.push(b"12345678\n12345678\n"), Ok(()));
        assert_eq!(parser.push(b"123456789\n"), Err(LineTooLong { limit: 8 }));
        let mut parser = NdjsonParser::new(8);
        assert!((0..8).all(|_| parser.push(b"1").is_ok()));
        assert_eq!(parser.push(b"1"), Err(LineTooLong { limit: 8 }));
    }
}
