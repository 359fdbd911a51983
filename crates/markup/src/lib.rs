//! The tree of a message's text: a small part of Markdown, and mentions.
//!
//! The rules are in `docs/markup.md`. The page has the same parser in TypeScript, `web/app/src/markup.ts`; `tests/markup.json`
//! says for many texts what both must make of them. Any text has a tree, and nothing here fails.

mod address;
mod blocks;
mod character;
mod inlines;
mod mask;
mod plain_text;
mod scanner;
mod tree;

pub use plain_text::plain_text;
pub use tree::{Block, Inline, Item, Style};

use scanner::Scanner;

/// A piece of a text that nothing may cut: who is mentioned there is known to whoever passes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Where it begins, in UTF-16 code units.
    pub offset: u32,
    /// How long it is, in UTF-16 code units.
    pub length: u32,
}

/// How deep quotations and lists may lie in each other; what would go deeper is text.
pub const DEPTH_MAX: usize = 4;

/// The tree of a text, in time proportional to its length. Mentions that do not fit the text, or overlap, are left out.
pub fn parse(text: &str, mentions: &[Span]) -> Vec<Block> {
    parse_counting(text, mentions).0
}

/// The same, and how many steps it took: characters that were looked at, however often.
pub fn parse_counting(text: &str, mentions: &[Span]) -> (Vec<Block>, usize) {
    let (masked, found) = mask::mask(text, mentions);
    let mut scanner = Scanner { mentions: found.into_iter(), steps: masked.len() };
    let lines: Vec<&str> = masked.split('\n').collect();
    let blocks = scanner.blocks(&lines, 0);
    (blocks, scanner.steps)
}
