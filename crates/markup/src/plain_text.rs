//! What a message says where nothing can be shown but letters.

use crate::{Block, Inline, Item, Style};

const SPOILER: &str = "[spoiler]";

/// The texts of all nodes: blocks and items are lines of their own, items with their number or `-`. Spoilers remain hidden.
pub fn plain_text(blocks: &[Block]) -> String {
    let mut text = String::new();
    push_blocks(&mut text, blocks);
    text
}

fn push_blocks(text: &mut String, blocks: &[Block]) {
    for (index, block) in blocks.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        match block {
            Block::Paragraph(content) | Block::CodeBlock { content, .. } => push_inlines(text, content),
            Block::Quote(content) => push_blocks(text, content),
            Block::List(items) => push_items(text, items),
        }
    }
}

fn push_items(text: &mut String, items: &[Item]) {
    for (index, Item { number, content }) in items.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        match number {
            Some(number) => text.extend([number.as_str(), ". "]),
            None => text.push_str("- "),
        }
        push_blocks(text, content);
    }
}

fn push_inlines(text: &mut String, inlines: &[Inline]) {
    for inline in inlines {
        match inline {
            Inline::Text(piece) | Inline::Mention { text: piece, .. } => text.push_str(piece),
            Inline::Styled(Style::Spoiler, _) => text.push_str(SPOILER),
            Inline::Styled(_, content) | Inline::Code(content) => push_inlines(text, content),
            Inline::Link { href, label: None } => text.push_str(href),
            Inline::Link { label: Some(label), .. } => push_inlines(text, label),
        }
    }
}
