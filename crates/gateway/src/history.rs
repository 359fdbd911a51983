//! Pages of a conversation's timeline.

use chinwag_protocol::{Actor, ConversationId, HistoryMessage, HistoryPage, Problem};
use chinwag_store::{History, HistoryRange};

use crate::app::App;
use crate::refusal::store_problem;

/// Messages in a page for whoever does not say how many.
pub(crate) const PAGE_DEFAULT: usize = 50;

/// At most `limit` messages of `range`, if the account is a member.
pub(crate) async fn page(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    range: HistoryRange,
    limit: usize,
) -> Result<HistoryPage, Problem> {
    let history = app.store.history(actor.account, conversation, range, limit).await;
    let history = history.map_err(|error| store_problem(&error))?.ok_or_else(Problem::no_conversation)?;
    let History { messages, from, to, head } = history;
    let messages = messages.into_iter().map(|(seq, at, message)| HistoryMessage::of(seq, at, message));
    Ok(HistoryPage { messages: messages.collect(), from_seq: from, to_seq: to, cursor: app.hub.cursor(head) })
}
