//! Lines become blocks.

use crate::character::{MENTION, is_blank};
use crate::scanner::Scanner;
use crate::{Block, DEPTH_MAX, Item};

const FENCE: &str = "```";
const NUMBER_DIGITS_MAX: usize = 9;
const MARKER_INDENT_MAX: usize = 3;
/// What a line of an item begins with.
const INDENT: &str = "  ";

impl Scanner {
    pub(crate) fn blocks(&mut self, lines: &[&str], depth: usize) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut paragraph = Vec::new();
        let mut at = 0;
        while let Some(&line) = lines.get(at) {
            self.steps += line.len() + 1;
            let rest = &lines[at..];
            let deeper = depth < DEPTH_MAX;
            let found = if let Some(language) = fence(line).filter(|_| rest.len() > 1) {
                self.end_paragraph(&mut paragraph, &mut blocks);
                Some(self.code_block(language, &rest[1..]))
            } else if deeper && begins_quote(line) {
                self.end_paragraph(&mut paragraph, &mut blocks);
                Some(self.quote(rest, depth))
            } else if deeper && marker(line).is_some() {
                self.end_paragraph(&mut paragraph, &mut blocks);
                Some(self.list(rest, depth))
            } else {
                None
            };
            if let Some((block, taken)) = found {
                blocks.push(block);
                at += taken;
                continue;
            }
            if line.chars().all(is_blank) {
                self.end_paragraph(&mut paragraph, &mut blocks);
            } else {
                paragraph.push(line);
            }
            at += 1;
        }
        self.end_paragraph(&mut paragraph, &mut blocks);
        blocks
    }

    fn end_paragraph(&mut self, lines: &mut Vec<&str>, blocks: &mut Vec<Block>) {
        if !lines.is_empty() {
            let text = lines.join("\n");
            lines.clear();
            blocks.push(Block::Paragraph(self.inlines(&text)));
        }
    }

    /// The block, and how many lines it has taken, the one that began it included.
    fn code_block(&mut self, language: &str, lines: &[&str]) -> (Block, usize) {
        let mut code = String::new();
        let mut taken = 1;
        for line in lines {
            self.steps += line.len() + 1;
            taken += 1;
            let line = line.trim_end_matches(is_blank);
            let last = line.strip_suffix(FENCE);
            code.push_str(last.unwrap_or(line));
            if last.is_some() {
                break;
            }
            code.push('\n');
        }
        let content = self.unmarked(code.trim_end_matches(is_blank));
        (Block::CodeBlock { language: language.to_owned(), content }, taken)
    }

    fn quote(&mut self, lines: &[&str], depth: usize) -> (Block, usize) {
        let inner: Vec<&str> = lines.iter().map_while(|line| quoted(line)).collect();
        (Block::Quote(self.blocks(&inner, depth + 1)), inner.len())
    }

    fn list(&mut self, lines: &[&str], depth: usize) -> (Block, usize) {
        let mut items = Vec::new();
        let mut taken = 0;
        while let Some((number, first)) = lines.get(taken).and_then(|line| marker(line)) {
            let mut inner = vec![first];
            inner.extend(lines[taken + 1..].iter().map_while(|line| line.strip_prefix(INDENT)));
            taken += inner.len();
            self.steps += first.len();
            items.push(Item { number: number.map(str::to_owned), content: self.blocks(&inner, depth + 1) });
        }
        (Block::List(items), taken)
    }
}

/// The language of the code that begins with this line.
fn fence(line: &str) -> Option<&str> {
    let info = line.strip_prefix(FENCE)?;
    (!info.contains(['`', MENTION])).then(|| info.trim_matches(is_blank))
}

fn begins_quote(line: &str) -> bool {
    line.strip_prefix('>').and_then(behind_spaces).is_some()
}

/// A line of a quotation, without what makes it one.
fn quoted(line: &str) -> Option<&str> {
    if line == ">" { Some("") } else { line.strip_prefix("> ") }
}

/// The number of the item that begins with this line, if it has one, and what is behind it.
fn marker(line: &str) -> Option<(Option<&str>, &str)> {
    let marker = line.trim_start_matches(' ');
    if line.len() - marker.len() > MARKER_INDENT_MAX {
        return None;
    }
    if let Some(rest) = marker.strip_prefix('-') {
        return Some((None, behind_spaces(rest)?));
    }
    let digits = marker.bytes().take(NUMBER_DIGITS_MAX).take_while(u8::is_ascii_digit).count();
    let (number, rest) = marker.split_at(digits);
    let rest = behind_spaces(rest.strip_prefix('.')?)?;
    (digits > 0).then_some((Some(number), rest))
}

/// What is behind one or more spaces, if it begins with something that is not blank.
fn behind_spaces(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(' ')?.trim_start_matches(' ');
    rest.starts_with(|c: char| !is_blank(c)).then_some(rest)
}
