//! Events as the tables see them: in a topic, with a text.

use chinwag_protocol::{Body, Event, Keyed, Message, Topic as Of};

/// Id of a conversation or an account.
pub(crate) type Topic = [u8; 16];

/// The topic that an event is in, as the tables have it.
pub(crate) fn topic_of(event: &Event) -> Topic {
    match event.topic() {
        Of::Conversation(id) => *id.as_bytes(),
        Of::Account(id) => *id.as_bytes(),
    }
}

/// What a card of an account counts as text: an id and a name, as they come to readers.
pub(crate) const CARD_BYTES: usize = 128;

/// Bytes of an event's text.
pub(crate) fn text_bytes(event: &Event) -> usize {
    match &event.body {
        Body::Message(Message { text, .. }) | Body::Edit { text, .. } => text.len(),
        Body::Members { accounts, .. } => accounts.len() * CARD_BYTES,
        Body::Keyed(Keyed::Draft { text, .. }) => text.len(),
        _ => 0,
    }
}
