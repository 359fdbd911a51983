//! A record's JSON, as it comes on a stream.

use chinwag_protocol::{Cursor, Record};
use serde::Deserialize;

use crate::ClientError;

/// Bytes of a record: a text of 1 MiB, the most that a server can be set to, with every byte escaped, and the rest.
pub(crate) const RECORD_BYTES_MAX: usize = 8 << 20;

/// The place of a record of any type.
#[derive(Deserialize)]
struct Place {
    cursor: Cursor,
}

/// The record and its place, which a record of an unknown type has too.
pub(crate) fn decode(json: &[u8]) -> Result<(Record, Cursor), ClientError> {
    let wrong = |error: serde_json::Error| ClientError::Protocol(format!("a record that is none: {error}"));
    let record: Record = serde_json::from_slice(json).map_err(wrong)?;
    let cursor = match record.cursor() {
        Some(cursor) => cursor.clone(),
        None => serde_json::from_slice::<Place>(json).map_err(wrong)?.cursor,
    };
    Ok((record, cursor))
}

/// The place of a record, if it is one.
pub(crate) fn place(json: &[u8]) -> Option<Cursor> {
    serde_json::from_slice::<Place>(json).ok().map(|place| place.cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_an_unknown_type_has_a_place_too() {
        let json = br#"{"type":"parade","floats":["a",{"b":2}],"cursor":"C"}"#;
        assert_eq!(decode(json).unwrap(), (Record::Unknown, Cursor::from_text("C")));
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let json = br#"{"type":"heartbeat","heads":[],"cursor":"C","mood":"good"}"#;
        let expected = Record::Heartbeat { heads: Vec::new(), cursor: Cursor::from_text("C") };
        assert_eq!(decode(json).unwrap().0, expected);
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for json in ["", "{}", "[]", r#"{"type":"parade"}"#, r#"{"type":"message","cursor":"C"}"#, "<html>"] {
            assert!(matches!(decode(json.as_bytes()), Err(ClientError::Protocol(_))), "{json}");
        }
    }
}
