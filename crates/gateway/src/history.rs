//! Pages of a conversation's timeline.

use chinwag_protocol::{
    Actor, Body, ConversationId, HistoryChange, HistoryMessage, HistoryPage, Problem, Seq,
};
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
    /// Of what the rows take in JSON; the first is there whatever it takes.
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
    let History { messages, changes, mut from, mut to, head } = history;
    let of_messages = messages.iter().map(|(seq, _, message)| (*seq, json_bytes(&message.text)));
    let of_changes = changes.iter().map(|event| (event.seq, change_bytes(&event.body)));
    let mut rows: Vec<(Seq, usize)> = of_messages.chain(of_changes).collect();
    rows.sort_unstable();
    let whole = (from, to);
    if let HistoryRange::After(_) = range {
        if let Some((first_cut, _)) = rows.get(fitting(rows.iter(), size.bytes)) {
            to = first_cut.previous();
        }
    } else {
        let cut = rows.len().saturating_sub(fitting(rows.iter().rev(), size.bytes));
        if let Some((last_cut, _)) = cut.checked_sub(1).and_then(|last| rows.get(last)) {
            from = last_cut.next();
        }
    }
    if (from, to) != whole {
        app.metrics.hit(Limit::HistoryBytes);
    }
    let fits = |seq: Seq| from <= seq && seq <= to;
    let messages = messages.into_iter().filter(|(seq, ..)| fits(*seq));
    let changes = changes.iter().filter(|event| fits(event.seq));
    Ok(HistoryPage {
        messages: messages.map(|(seq, at, message)| HistoryMessage::of(seq, at, message)).collect(),
        changes: changes.filter_map(HistoryChange::of).collect(),
        from_seq: from,
        to_seq: to,
        cursor: app.hub.cursor(head),
    })
}

/// How many of the rows fit, at least one.
fn fitting<'a>(rows: impl Iterator<Item = &'a (Seq, usize)>, bytes_max: usize) -> usize {
    /// Of everything but texts and lists: ids, a name, a time.
    const BESIDE_TEXT: usize = 512;
    let mut bytes = 0;
    let fitting = rows.take_while(|(_, text)| {
        bytes += BESIDE_TEXT + text;
        bytes <= bytes_max
    });
    fitting.count().max(1)
}

/// Bytes of the texts and lists of a change.
fn change_bytes(body: &Body) -> usize {
    /// Of an account in a list, beside its name.
    const BESIDE_NAME: usize = 128;
    match body {
        Body::Members { accounts, .. } => {
            accounts.iter().map(|account| BESIDE_NAME + json_bytes(&account.name)).sum()
        }
        Body::ConversationChanged { conversation, .. } => {
            json_bytes(conversation.title()) + json_bytes(conversation.settings.topic.as_str())
        }
        _ => 0,
    }
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
