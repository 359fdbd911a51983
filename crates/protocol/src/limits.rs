//! What a client must keep to, as told in `hello`.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Limits that a client can run into. Units stand in the names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Limits {
    /// Bytes of UTF-8 in a message's text.
    pub message_bytes: u32,
    /// Characters (Unicode scalar values) in a name.
    pub name_characters: u32,
    /// Characters (Unicode scalar values) in a room's slug.
    pub slug_characters: u32,
    /// Messages in one history page.
    pub page_messages: u32,
    /// Seconds that a poll is held at most.
    pub poll_seconds: u32,
    /// Polls of one device held at once; one more ends the oldest.
    pub polls_held: u32,
}

impl Limits {
    /// Bytes that a request's body and a message of a WebSocket may have where a text may have `message_bytes`: the longest
    /// text fits with every byte escaped in JSON.
    pub const fn request_bytes_max(message_bytes: usize) -> usize {
        const LEAST: usize = 256 << 10;
        let longest_text = 6 * message_bytes + 4096;
        if longest_text > LEAST { longest_text } else { LEAST }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 32_768,
            name_characters: crate::Name::CHARACTERS_MAX as u32,
            slug_characters: crate::Slug::CHARACTERS_MAX as u32,
            page_messages: 200,
            poll_seconds: 30,
            polls_held: 4,
        }
    }
}
