//! How far members have read. A message moves its sender's marker, too, without a row for each: see [`MARKER_LAG_MAX`].

use chinwag_protocol::{AccountId, Body, ConversationId, Event, Key, Keyed, Marker, Seq, Topic};

use crate::decide::{Append, Private};
use crate::state::State;

/// A message of one's own moves the marker, but that is written only if the written marker lies so many rows back. So of the
/// rows after a written marker only those that are nearer can hold messages of the account's own.
pub const MARKER_LAG_MAX: u64 = 64;

/// The marker as it is written, and its version. Without one it stands before the first row that the stream owes; so it does
/// for who has come back since.
pub(crate) fn written(state: &State, account: AccountId, id: ConversationId) -> (Marker, u64) {
    let before = state.from_seq(account, id).previous();
    let fresh = Marker { read_seq: before, ..Marker::default() };
    match state.keyed(Topic::Account(account), Key::Marker(id)) {
        Some(Keyed::Marker { marker, version, .. }) if marker.read_seq >= before => (*marker, *version),
        Some(keyed) => (fresh, keyed.version()),
        None => (fresh, 0),
    }
}

/// Adds what follows for the marker of the sender of the message that was added last.
pub(crate) fn after_message(state: &State, appends: &mut Vec<Append>) {
    let Some(Event { pos, seq, at, body: Body::Message(message) }) = appends.last().map(|last| &last.event)
    else {
        return;
    };
    let (account, conversation) = (message.sender.id, message.conversation);
    let (written, version) = written(state, account, conversation);
    let lag = seq.get().saturating_sub(written.read_seq.get());
    if lag < MARKER_LAG_MAX && written.marked_unread_from.is_none() {
        return;
    }
    let marker = Marker { read_seq: *seq, read_n: message.n, ..Marker::default() };
    let body = Body::Keyed(Keyed::Marker { account, conversation, marker, version: version + 1 });
    let event = Event { pos: pos.next(), seq: Seq::ZERO, at: *at, body };
    appends.push(Append { event, private: Private::Nothing });
}
