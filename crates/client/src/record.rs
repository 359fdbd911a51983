//! A record's JSON, as it comes on a stream.

use std::borrow::Cow;
use std::sync::LazyLock;

use chinwag_protocol::{Cursor, Record};
use memchr::memmem::FinderRev;
use serde::Deserialize;

use crate::ClientError;

/// Bytes of a record: a text of 1 MiB, the most that a server can be set to, with every byte escaped, and the rest.
pub(crate) const RECORD_BYTES_MAX: usize = 8 << 20;

/// The place of a record of any type.
#[derive(Deserialize)]
struct Place {
    cursor: Cursor,
}

/// The record and the reader's place after it, which a record of an unknown type names too. A signal names none, and leaves the
/// reader at `before`.
pub(crate) fn decode(json: &[u8], before: &mut Option<Cursor>) -> Result<(Record, Cursor), ClientError> {
    let wrong = |error: serde_json::Error| ClientError::Protocol(format!("a record that is none: {error}"));
    let record: Record = serde_json::from_slice(json).map_err(wrong)?;
    let is_signal =
        matches!(record, Record::Presence { .. } | Record::Typing { .. } | Record::Present { .. });
    let cursor = match (record.cursor(), &before) {
        (Some(cursor), _) => cursor.clone(),
        (None, Some(before)) if is_signal => before.clone(),
        (None, _) => serde_json::from_slice::<Place>(json).map_err(wrong)?.cursor,
    };
    *before = Some(cursor.clone());
    Ok((record, cursor))
}

/// The text of the cursor of what came on a stream; none if it is the answer to a command, which has no place.
///
/// Nothing is parsed where the type stands first, as our server writes it: the cursor's key is not found within a string,
/// where a quotation mark has a backslash before it.
pub(crate) fn place(json: &[u8]) -> Option<Cow<'_, [u8]>> {
    const TYPE: &[u8] = br#"{"type":""#;
    static KEY: LazyLock<FinderRev<'static>> = LazyLock::new(|| FinderRev::new(br#""cursor":""#));
    let Some(rest) = json.strip_prefix(TYPE) else {
        let typed: Typed =
            serde_json::from_slice(json).ok().filter(|typed: &Typed| !is_answer(typed.kind.as_bytes()))?;
        return Some(typed.cursor?.into_bytes().into());
    };
    if is_answer(rest.split(|&byte| byte == b'"').next()?) {
        return None;
    }
    let text = &json[KEY.rfind(json)? + KEY.needle().len()..];
    text.split(|&byte| byte == b'"').next().map(Cow::Borrowed)
}

#[derive(Deserialize)]
struct Typed {
    #[serde(rename = "type")]
    kind: String,
    cursor: Option<String>,
}

fn is_answer(kind: &[u8]) -> bool {
    kind == b"reply" || kind == b"problem"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_an_unknown_type_has_a_place_too() {
        let json = br#"{"type":"parade","floats":["a",{"b":2}],"cursor":"C"}"#;
        assert_eq!(decode(json, &mut None).unwrap(), (Record::Unknown, Cursor::from_text("C")));
    }

    #[test]
    fn a_signal_leaves_the_reader_where_it_is() {
        let json = br#"{"type":"typing","conversation":"01010101-0101-0101-0101-010101010101","account":"02020202-0202-0202-0202-020202020202","on":true}"#;
        let mut place = Some(Cursor::from_text("C"));
        assert_eq!(decode(json, &mut place).unwrap().1, Cursor::from_text("C"));
        assert!(decode(json, &mut None).is_err(), "before `hello`");
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let json = br#"{"type":"heartbeat","heads":[],"cursor":"C","mood":"good"}"#;
        let expected = Record::Heartbeat { heads: Vec::new(), cursor: Cursor::from_text("C") };
        assert_eq!(decode(json, &mut None).unwrap().0, expected);
    }

    #[test]
    fn the_place_is_found_without_parsing() {
        for (json, expected) in [
            (r#"{"type":"message","text":"\"cursor\":\"X\"","cursor":"C"}"#, Some("C")),
            (r#"{"type":"hello","cursor":"C","pad":"   "}"#, Some("C")),
            (r#"{"type":"reply","id":"1","result":{"seq":1,"cursor":"C"}}"#, None),
            (r#"{"type":"problem","id":null,"problem":{}}"#, None),
            (r#"{"cursor":"C","type":"parade"}"#, Some("C")),
            (r#"{"id":"1","result":{"cursor":"C"},"type":"reply"}"#, None),
            (r#"{"id":"1","problem":{"type":"x","cursor":"C"},"type":"problem"}"#, None),
            ("{}", None),
            ("", None),
        ] {
            assert_eq!(place(json.as_bytes()).as_deref(), expected.map(str::as_bytes), "{json}");
        }
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for json in ["", "{}", "[]", r#"{"type":"parade"}"#, r#"{"type":"message","cursor":"C"}"#, "<html>"] {
            assert!(matches!(decode(json.as_bytes(), &mut None), Err(ClientError::Protocol(_))), "{json}");
        }
    }
}
