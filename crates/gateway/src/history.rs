//! Pages of a conversation's timeline.

use std::collections::BTreeMap;

use chinwag_protocol::{
    AccountId, Actor, Body, ConversationId, Emoji, HistoryChange, HistoryMessage, HistoryPage, Message,
    MessageList, Problem, ReactionCount, ReactionEntry, ReactionsPage, SenderCard, Seq, Timestamp,
};
use chinwag_store::{History, HistoryRange, Reactor, SeenMarks, StoreError};

use crate::app::App;
use crate::commands::no_message;
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
    let History { messages, mut marks, changes, mut from, mut to, head } = history;
    let of_messages =
        messages.iter().map(|(seq, _, message)| (*seq, message_bytes(message) + marks_bytes(marks.get(seq))));
    let of_changes = changes.iter().map(|event| (event.seq, change_bytes(&event.body)));
    let mut rows: Vec<(Seq, usize)> = of_messages.chain(of_changes).collect();
    rows.sort_unstable();
    let whole = (from, to);
    if let HistoryRange::Around(around) = range {
        // Outwards, so that what is in the middle stays.
        let mut outwards = rows.clone();
        outwards.sort_by_key(|(seq, _)| seq.get().abs_diff(around.get()));
        for (cut, _) in outwards.iter().skip(fitting(outwards.iter(), size.bytes)) {
            if *cut < around {
                from = from.max(cut.next());
            } else {
                to = to.min(cut.previous());
            }
        }
    } else if let HistoryRange::After(_) = range {
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
        messages: messages.map(|row| with_marks(row, &mut marks)).collect(),
        changes: changes.filter_map(HistoryChange::of).collect(),
        from_seq: from,
        to_seq: to,
        cursor: app.hub.cursor(head),
    })
}

/// Those of the rows that are messages which the account may see, as far as they fit.
pub(crate) async fn some(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    seqs: &[Seq],
) -> Result<MessageList, Problem> {
    list(app, app.store.messages(actor.account, conversation, seqs).await)
}

/// The pinned messages, the last pinned first, as far as they fit.
pub(crate) async fn pins(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
) -> Result<MessageList, Problem> {
    list(app, app.store.pins(actor.account, conversation).await)
}

fn list(app: &App, read: Result<Option<History>, StoreError>) -> Result<MessageList, Problem> {
    let history = read.map_err(|error| store_problem(&error))?.ok_or_else(Problem::no_conversation)?;
    let History { mut messages, mut marks, head, .. } = history;
    let bytes: Vec<(Seq, usize)> = messages
        .iter()
        .map(|(seq, _, message)| (*seq, message_bytes(message) + marks_bytes(marks.get(seq))))
        .collect();
    let fitting = fitting(bytes.iter(), app.options.history_bytes_max).min(messages.len());
    let left_out: Vec<Seq> = messages.drain(fitting..).map(|(seq, ..)| seq).collect();
    if !left_out.is_empty() {
        app.metrics.hit(Limit::HistoryBytes);
    }
    let messages = messages.into_iter().map(|row| with_marks(row, &mut marks)).collect();
    Ok(MessageList { messages, left_out, cursor: app.hub.cursor(head) })
}

/// Who reacts to a message.
pub(crate) async fn reactions(
    app: &App,
    actor: Actor,
    (conversation, seq): (ConversationId, Seq),
    after: Option<&(AccountId, Emoji)>,
    limit: usize,
) -> Result<ReactionsPage, Problem> {
    if i64::try_from(seq.get()).is_err() {
        return Err(no_message());
    }
    let found = app.store.reactors(actor.account, conversation, seq, after, limit).await;
    let found = found.map_err(|error| store_problem(&error))?;
    let Some((rows, more)) = found else {
        // To who is not in it, there is no such conversation.
        let is_member = app.store.conversation(actor.account, conversation).await;
        let is_member = is_member.map_err(|error| store_problem(&error))?.is_some();
        return Err(if is_member { no_message() } else { Problem::no_conversation() });
    };
    let next = rows.last().filter(|_| more);
    let next = next.map(|last| format!("{} {}", last.account.id, last.emoji.as_str()));
    let entry = |row: &Reactor| ReactionEntry {
        account: SenderCard::from(&row.account),
        emoji: row.emoji.as_str().to_owned(),
        sent_at: row.at,
    };
    Ok(ReactionsPage { reactions: rows.iter().map(entry).collect(), next })
}

fn with_marks(
    (seq, at, message): (Seq, Timestamp, Message),
    marks: &mut BTreeMap<Seq, SeenMarks>,
) -> HistoryMessage {
    let mut row = HistoryMessage::of(seq, at, message);
    if let Some(marks) = marks.remove(&seq).filter(|_| !row.deleted) {
        let count =
            |(emoji, count): &(Emoji, u64)| ReactionCount { emoji: emoji.as_str().to_owned(), count: *count };
        row.reactions = marks.reactions.iter().map(count).collect();
        row.mine = marks.mine.iter().map(|emoji| emoji.as_str().to_owned()).collect();
        row.pinned = marks.pinned;
        row.marked = Some(marks.changed);
    }
    row
}

/// Bytes of the text of a message and of who is named in it.
fn message_bytes(message: &Message) -> usize {
    /// Of an entity.
    const ENTITY: usize = 112;
    json_bytes(&message.text) + ENTITY * message.attributes.entities.as_slice().len()
}

/// Bytes of what others have added to a message.
fn marks_bytes(marks: Option<&SeenMarks>) -> usize {
    /// Of an emoji and a number.
    const REACTION: usize = 80;
    marks.map_or(0, |marks| REACTION * (marks.reactions.len() + marks.mine.len()))
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
