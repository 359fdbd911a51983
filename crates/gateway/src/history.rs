//! Pages of a conversation's timeline.

use chinwag_protocol::{Actor, ConversationId, HistoryMessage, HistoryPage, Problem};
use chinwag_store::{History, HistoryRange};

use crate::app::App;
use crate::metrics::Limit;
use crate::refusal::store_problem;

/// Messages in a page for whoever does not say how many.
pub(crate) const PAGE_DEFAULT: usize = 50;

/// How much of a timeline may be in a page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageSize {
    pub(crate) messages: usize,
    /// Of what the messages take in JSON; the first is there whatever it takes.
    pub(crate) bytes: usize,
}

/// What `range` has of a timeline, if the account is a member, as far as it fits.
pub(crate) async fn page(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    range: HistoryRange,
    size: PageSize,
) -> Result<HistoryPage, Problem> {
    let history = app.store.history(actor.account, conversation, range, size.messages).await;
    let history = history.map_err(|error| store_problem(&error))?.ok_or_else(Problem::no_conversation)?;
    let History { messages, mut from, mut to, head } = history;
    let messages = messages.into_iter().map(|(seq, at, message)| HistoryMessage::of(seq, at, message));
    let mut messages: Vec<HistoryMessage> = messages.collect();
    let before = messages.len();
    if let HistoryRange::After(_) = range {
        let fit = fitting(messages.iter(), size.bytes);
        if let Some(first_cut) = messages.get(fit) {
            to = first_cut.seq.previous();
            messages.truncate(fit);
        }
    } else {
        let cut = messages.len().saturating_sub(fitting(messages.iter().rev(), size.bytes));
        if let Some(last_cut) = cut.checked_sub(1).and_then(|last| messages.get(last)) {
            from = last_cut.seq.next();
            messages.drain(..cut);
        }
    }
    if messages.len() < before {
        app.metrics.hit(Limit::HistoryBytes);
    }
    Ok(HistoryPage { messages, from_seq: from, to_seq: to, cursor: app.hub.cursor(head) })
}

/// How many of the messages fit, at least one.
fn fitting<'a>(messages: impl Iterator<Item = &'a HistoryMessage>, bytes_max: usize) -> usize {
    /// Of everything but the text: ids, a name, a time.
    const BESIDE_TEXT: usize = 512;
    let mut bytes = 0;
    let fitting = messages.take_while(|message| {
        bytes += BESIDE_TEXT + json_bytes(&message.text);
        bytes <= bytes_max
    });
    fitting.count().max(1)
}

/// Bytes of a text in JSON, where control characters, quotes and backslashes are escaped.
fn json_bytes(text: &str) -> usize {
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' => 1,
        ..b' ' => 5,
        _ => 0,
    };
    text.len() + text.bytes().map(escaped).sum::<usize>()
}
