#![expect(clippy::unwrap_used, reason = "these are tests")]

use serde_json::{Value, json};

use crate::{Block, Inline, Item, Span, Style, parse, parse_counting, plain_text};

const CASES: &str = include_str!("../../../tests/markup.json");
const LONG: usize = 20_000;
/// Each paragraph, quotation and list looks at its characters again, four deep at most.
const STEPS_PER_BYTE_MAX: usize = 25;

fn cases() -> Vec<Value> {
    serde_json::from_str(CASES).unwrap()
}

fn entities(case: &Value) -> Vec<Value> {
    case["entities"].as_array().cloned().unwrap_or_default()
}

fn spans(entities: &[Value]) -> Vec<Span> {
    let number = |entity: &Value, field| u32::try_from(entity[field].as_u64().unwrap()).unwrap();
    entities.iter().map(|entity| Span { offset: number(entity, "offset"), length: number(entity, "length") }).collect()
}

#[test]
fn each_text_of_the_fixture_has_its_tree() {
    let cases = cases();
    assert!(cases.len() >= 150);
    for case in cases {
        let (name, entities) = (&case["name"], entities(&case));
        let tree = parse(case["text"].as_str().unwrap(), &spans(&entities));
        assert_eq!(blocks(&tree, &entities), case["tree"], "{name}");
        if let Some(plain) = case["plain"].as_str() {
            assert_eq!(plain_text(&tree), plain, "{name}");
        }
    }
}

/// As `docs/markup.md` writes it.
fn blocks(blocks: &[Block], entities: &[Value]) -> Value {
    blocks.iter().map(|each| block(each, entities)).collect()
}

fn block(block: &Block, entities: &[Value]) -> Value {
    match block {
        Block::Paragraph(content) => json!({ "paragraph": inlines(content, entities) }),
        Block::Quote(content) => json!({ "quote": blocks(content, entities) }),
        Block::List(items) => {
            json!({ "list": items.iter().map(|each| item(each, entities)).collect::<Value>() })
        }
        Block::CodeBlock { language, content } if language.is_empty() => {
            json!({ "code_block": inlines(content, entities) })
        }
        Block::CodeBlock { language, content } => {
            json!({ "code_block": inlines(content, entities), "language": language })
        }
    }
}

fn item(Item { number, content }: &Item, entities: &[Value]) -> Value {
    match number {
        Some(number) => json!({ "item": blocks(content, entities), "number": number }),
        None => json!({ "item": blocks(content, entities) }),
    }
}

fn inlines(inlines: &[Inline], entities: &[Value]) -> Value {
    inlines.iter().map(|each| inline(each, entities)).collect()
}

fn inline(inline: &Inline, entities: &[Value]) -> Value {
    match inline {
        Inline::Text(text) => json!(text),
        Inline::Styled(Style::Bold, content) => json!({ "bold": inlines(content, entities) }),
        Inline::Styled(Style::Italic, content) => json!({ "italic": inlines(content, entities) }),
        Inline::Styled(Style::Strike, content) => json!({ "strike": inlines(content, entities) }),
        Inline::Styled(Style::Spoiler, content) => json!({ "spoiler": inlines(content, entities) }),
        Inline::Code(content) => json!({ "code": inlines(content, entities) }),
        Inline::Link { href, label: None } => json!({ "link": href }),
        Inline::Link { href, label: Some(label) } => json!({ "link": href, "label": inlines(label, entities) }),
        Inline::Mention { span, text } => match &entities[*span]["account"] {
            Value::Null => json!({ "mention_all": text }),
            account => json!({ "mention": account, "text": text }),
        },
    }
}

#[test]
fn no_text_takes_more_than_a_few_steps_for_each_of_its_bytes() {
    let check = |name: &str, text: &str, spans: &[Span]| {
        let (_, steps) = parse_counting(text, spans);
        let max = STEPS_PER_BYTE_MAX * text.len();
        assert!((text.len()..=max).contains(&steps), "{name}: {steps} steps for {} bytes", text.len());
    };
    let pieces = [
        "*", "***", "_", "~~", "||", "`", "``", "```", "[", "](", "](https://a", " https://a", "(", ").", "\\", "\n", " ", "a",
        "> ", "- ",
    ];
    let filled = |piece: &str, length: usize| piece.repeat(length / piece.len());
    for piece in pieces {
        for other in pieces {
            let both = format!("{piece}{other}");
            check(&format!("{piece} and {other} in turn"), &filled(&both, LONG), &[]);
            let halves = filled(piece, LONG / 2) + &filled(other, LONG / 2);
            check(&format!("{piece} before {other}"), &halves, &[]);
        }
    }
    for case in cases() {
        let text = case["text"].as_str().unwrap();
        if !text.is_empty() {
            check(&case["name"].to_string(), &filled(text, LONG), &[]);
        }
    }
    let runs: Vec<String> = (0..200).map(|length| "`".repeat(length)).collect();
    check("runs of every length", &runs.join(" "), &[]);
    check("code between runs of every length", &runs.join("\n"), &[]);
    let lists: Vec<String> = (0..200).map(|depth| "  ".repeat(depth) + "- a").collect();
    check("lists deeper and deeper", &lists.join("\n"), &[]);
    let mentions: Vec<Span> = (0..).map(|offset| Span { offset, length: 1 }).take(LONG).collect();
    check("mentions", &filled("@", LONG), &mentions);
}

#[test]
fn every_byte_that_is_no_mark_is_in_the_tree() {
    let text = "a\u{301} \u{1f9a6} \u{202e}x <b>&amp;</b> \\ ^ % $ # \u{fffd}";
    assert_eq!(plain_text(&parse(text, &[])), text);
}
