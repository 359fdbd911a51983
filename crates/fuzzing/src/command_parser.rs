//! Any text message of a WebSocket, taken apart as a command.

use chinwag_gateway::{BadFrame, parse_command};
use chinwag_protocol::{Code, CommandFrame, ConversationId};
use serde::de::IgnoredAny;
use serde_json::Value;

/// Brackets within brackets, as deep as a command may have them.
const NESTING_MAX: usize = 32;
const DETAIL_CHARACTERS_MAX: usize = 500;

/// See the module.
pub fn command_parser(input: &[u8]) {
    // What is not UTF-8 never comes so far (RFC 6455 §8.1).
    let Ok(text) = std::str::from_utf8(input) else { return };
    let is_object =
        serde_json::from_str::<IgnoredAny>(text).is_ok() && text.trim_ascii_start().starts_with('{');
    // Fails on a few texts that are JSON: with half a character, a number that is too large, or nested too deep for it.
    let value = serde_json::from_str::<Value>(text).ok();
    let is_deep = match &value {
        Some(value) => depth(value) > NESTING_MAX,
        None => text.matches(['[', '{']).count() > NESTING_MAX,
    };
    match parse_command(text) {
        Ok(frame) => {
            assert!(is_object);
            assert!((1..=CommandFrame::ID_BYTES_MAX).contains(&frame.id.len()));
            let written = serde_json::to_string(&frame).unwrap();
            if let Some(value) = value {
                assert!(!is_deep);
                is_within(&serde_json::from_str(&written).unwrap(), &value);
            }
            assert_eq!(parse_command(&written), Ok(frame));
        }
        Err(BadFrame { id, problem }) => {
            assert!(problem.detail.chars().count() <= DETAIL_CHARACTERS_MAX, "{}", problem.detail);
            match problem.code {
                Code::MalformedJson => {
                    assert!(!is_object || is_deep);
                    assert_eq!(id, None);
                }
                Code::InvalidField | Code::NotFound => assert!(is_object),
                other => panic!("{other:?}"),
            }
        }
    }
}

/// Nothing was made up: each field that was read is in the text. Ids may be written there in other ways.
fn is_within(written: &Value, text: &Value) {
    for (name, field) in written.as_object().unwrap() {
        let of_text = &text[name];
        let id = of_text.as_str().and_then(|id| id.parse::<ConversationId>().ok());
        assert!(
            field == of_text || field.as_str() == id.map(|id| id.to_string()).as_deref(),
            "{name}: {field}"
        );
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
