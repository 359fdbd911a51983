//! Any text of a message, with any mentions, taken apart.
//!
//! The first byte says how many mentions there are, four bytes each say where; the rest is the text.

use chinwag_markup::{Block, DEPTH_MAX, Inline, Item, Span, Style, parse_counting, plain_text};

const MENTIONS_MAX: usize = 8;
const STEPS_PER_BYTE_MAX: usize = 25;
/// Styles in each other, around a label or code and what is in it.
const INLINE_DEPTH_MAX: usize = 14;

/// See the module.
pub fn markup(input: &[u8]) {
    let Some((&count, mut rest)) = input.split_first() else { return };
    let mut spans = Vec::new();
    while let Some((&[a, b, c, d], behind)) =
        rest.split_first_chunk::<4>().filter(|_| spans.len() < usize::from(count) % MENTIONS_MAX)
    {
        spans.push(Span {
            offset: u16::from_be_bytes([a, b]).into(),
            length: u16::from_be_bytes([c, d]).into(),
        });
        rest = behind;
    }
    let text = String::from_utf8_lossy(rest);

    let (blocks, steps) = parse_counting(&text, &spans);
    // U+0000 is one byte, and what it becomes has three.
    assert!(steps <= STEPS_PER_BYTE_MAX * 3 * (text.len() + 1), "{steps} steps");
    let mut leaves = Leaves::default();
    leaves.blocks(&blocks, 0);
    assert_eq!(leaves.mentions, fitting(&text, &spans));
    // Nothing was made up, doubled or moved.
    let text = text.replace('\0', "\u{fffd}");
    let mut left = text.chars();
    for c in leaves.text.chars() {
        assert!(left.any(|other| other == c), "{c:?} is not there");
    }
    plain_text(&blocks);
}

/// The mentions that a text has room for, and what they say.
fn fitting(text: &str, spans: &[Span]) -> Vec<(usize, String)> {
    let units: Vec<u16> = text.replace('\0', "\u{fffd}").encode_utf16().collect();
    let mut end = 0;
    let mut fitting = Vec::new();
    for (index, span) in spans.iter().enumerate() {
        let (from, until) = (span.offset as usize, (span.offset + span.length) as usize);
        if from < end || from == until || until > units.len() {
            continue;
        }
        // Half a pair is no text, neither here nor on its other side.
        let pieces = [&units[..from], &units[from..until], &units[until..]];
        let [Ok(_), Ok(piece), Ok(_)] = pieces.map(String::from_utf16) else { continue };
        fitting.push((index, piece));
        end = until;
    }
    fitting
}

/// What is at the ends of a tree, in its order.
#[derive(Default)]
struct Leaves {
    text: String,
    mentions: Vec<(usize, String)>,
}

impl Leaves {
    fn blocks(&mut self, blocks: &[Block], depth: usize) {
        assert!(depth <= DEPTH_MAX);
        for block in blocks {
            match block {
                Block::Paragraph(content) => {
                    assert!(!content.is_empty());
                    self.inlines(content, 0);
                }
                Block::Quote(content) => self.blocks(content, depth + 1),
                Block::List(items) => {
                    assert!(!items.is_empty());
                    for Item { number, content } in items {
                        self.text.push_str(number.as_deref().unwrap_or("-"));
                        self.blocks(content, depth + 1);
                    }
                }
                Block::CodeBlock { language, content } => {
                    self.text.push_str(language);
                    self.unmarked(content);
                }
            }
        }
    }

    fn inlines(&mut self, inlines: &[Inline], depth: usize) {
        assert!(depth <= INLINE_DEPTH_MAX);
        for pair in inlines.windows(2) {
            assert!(!matches!(pair, [Inline::Text(_), Inline::Text(_)]), "{pair:?}");
        }
        for inline in inlines {
            match inline {
                Inline::Text(text) => {
                    assert!(!text.is_empty());
                    self.text.push_str(text);
                }
                Inline::Styled(style, content) => {
                    assert!(!content.is_empty());
                    if *style != Style::Italic {
                        assert!(!has(
                            content,
                            &|inline| matches!(inline, Inline::Styled(other, _) if other == style)
                        ));
                    }
                    self.inlines(content, depth + 1);
                }
                Inline::Code(content) => self.unmarked(content),
                Inline::Link { href, label } => {
                    let scheme = href.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
                    assert!(matches!(scheme.as_deref(), Some("http" | "https")), "{href}");
                    assert!(!href.contains(|c: char| c <= ' ' || "<>\"\u{7f}".contains(c)), "{href}");
                    if let Some(label) = label {
                        assert!(!label.is_empty());
                        assert!(!has(label, &|inline| matches!(
                            inline,
                            Inline::Link { .. } | Inline::Mention { .. }
                        )));
                        self.inlines(label, depth + 1);
                    }
                    self.text.push_str(href);
                }
                Inline::Mention { span, text } => {
                    self.mentions.push((*span, text.clone()));
                    self.text.push_str(text);
                }
            }
        }
    }

    fn unmarked(&mut self, content: &[Inline]) {
        assert!(content.iter().all(|inline| matches!(inline, Inline::Text(_) | Inline::Mention { .. })));
        self.inlines(content, 0);
    }
}

fn has(inlines: &[Inline], what: &dyn Fn(&Inline) -> bool) -> bool {
    inlines.iter().any(|inline| {
        what(inline)
            || match inline {
                Inline::Styled(_, content) | Inline::Code(content) => has(content, what),
                Inline::Link { label: Some(label), .. } => has(label, what),
                Inline::Link { label: None, .. } | Inline::Text(_) | Inline::Mention { .. } => false,
            }
    })
}
