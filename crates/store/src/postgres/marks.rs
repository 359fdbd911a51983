//! What others have added to messages: reactions, pins, and messages that are asked for one by one.

use std::collections::BTreeMap;

use chinwag_chat::{Marks, OwnReaction, REMOVAL_MENTIONS, REMOVAL_REACTIONS, ReactionPlace, State};
use chinwag_protocol::{AccountId, ConversationId, Emoji, Seq};
use tokio_postgres::Row;

use super::columns::{bytes, get, last_seq, number, optional_number, pos, seq, time};
use super::events;
use super::failure::{Failure, Result};
use super::members::sender;
use super::session::Session;
use super::statements;
use crate::codes::integer;
use crate::marks::{pinned_of, reactions_of};
use crate::{History, Reactor, SeenMarks};

/// Of the columns that `statements::MARKS` selects.
pub(super) fn put(state: &mut State, row: &Row) -> Result<()> {
    let (id, at) = (bytes(row, 0, ConversationId::from_bytes)?, seq(row, 1)?);
    let pinned = pinned_of(optional_number(row, 3)?, optional_number(row, 4)?, get(row, 5)?);
    state.put_marks(id, at, Marks { reactions: reactions(row, 2, at)?, pinned });
    Ok(())
}

/// Of the columns that `statements::OWN_REACTIONS` selects: where, whose, and which.
pub(super) fn own(row: &Row) -> Result<((ConversationId, Seq, AccountId), OwnReaction)> {
    let place =
        (bytes(row, 0, ConversationId::from_bytes)?, seq(row, 1)?, bytes(row, 2, AccountId::from_bytes)?);
    let own = OwnReaction {
        emoji: emoji(row, 3)?,
        seq: seq(row, 4)?,
        pos: pos(row, 5)?,
        at: time(row, 6)?,
        hidden: get(row, 7)?,
    };
    Ok((place, own))
}

fn reactions(row: &Row, column: usize, at: Seq) -> Result<Vec<(Emoji, u64)>> {
    reactions_of(get(row, column)?).map_err(|error| damaged(at, &error.to_string()))
}

fn emoji(row: &Row, column: usize) -> Result<Emoji> {
    Emoji::parse(get(row, column)?).map_err(|error| Failure::damaged("reaction", error.to_string()))
}

fn damaged(at: Seq, what: &str) -> Failure {
    Failure::damaged(format!("the reactions to row {at}"), what)
}

/// Some of the reactions of an account that was removed.
pub(super) async fn some_reactions(session: &Session, account: AccountId) -> Result<Vec<ReactionPlace>> {
    let values = [&account.as_bytes().as_slice() as _, &(REMOVAL_REACTIONS as i64) as _];
    let rows = session.query(statements::SOME_REACTIONS, &values).await?;
    let place = |row: &Row| {
        Ok(ReactionPlace {
            conversation: bytes(row, 0, ConversationId::from_bytes)?,
            seq: seq(row, 1)?,
            emoji: emoji(row, 2)?,
            hidden: get(row, 3)?,
        })
    };
    rows.iter().map(place).collect()
}

/// Whether an account is named in more messages than are forgotten at once.
pub(super) async fn has_many_mentions(session: &Session, account: AccountId) -> Result<bool> {
    let values = [&account.as_bytes().as_slice() as _, &(REMOVAL_MENTIONS as i64) as _];
    Ok(session.query_opt(statements::MANY_MENTIONS, &values).await?.is_some())
}

/// What was added to these rows, as an account sees it. One statement, so that what is counted and what is the account's own are
/// of one moment.
pub(super) async fn of_rows(
    session: &Session,
    account: AccountId,
    id: ConversationId,
    seqs: &[i64],
) -> Result<BTreeMap<Seq, SeenMarks>> {
    let mut marks: BTreeMap<Seq, SeenMarks> = BTreeMap::new();
    if seqs.is_empty() {
        return Ok(marks);
    }
    let values = [&account.as_bytes().as_slice() as _, &id.as_bytes().as_slice() as _, &seqs as _];
    for row in session.query(statements::MARKS_OF, &values).await? {
        let at = seq(&row, 0)?;
        if !marks.contains_key(&at) {
            let pinned = optional_number(&row, 2)?.is_some();
            marks.insert(at, SeenMarks::new(reactions(&row, 1, at)?, pinned, seq(&row, 3)?));
        }
        if let (Some(hidden), Some(marks)) = (get::<Option<bool>>(&row, 5)?, marks.get_mut(&at)) {
            marks.add_own(emoji(&row, 4)?, hidden);
        }
    }
    Ok(marks)
}

/// Those of the rows that are messages which the account may see, in the order of `seqs`.
pub(super) async fn messages(
    session: &Session,
    account: AccountId,
    id: ConversationId,
    seqs: Vec<Seq>,
) -> Result<Option<History>> {
    let topic = id.as_bytes().as_slice();
    let visible = session.query_opt(statements::VISIBLE, &[&account.as_bytes().as_slice(), &topic]).await?;
    let Some(visible) = visible else { return Ok(None) };
    let (visible_from, head) = (number(&visible, 0)?, pos(&visible, 2)?);
    let seqs: Vec<i64> =
        seqs.iter().filter(|seq| seq.get() >= visible_from).map(|seq| integer(seq.get())).collect();
    let mut found = Vec::new();
    if !seqs.is_empty() {
        let rows = session.query(statements::EVENTS_OF_ROWS, &[&topic, &seqs]).await?;
        found = events::events(session, &rows).await?;
    }
    let order = |seq: Seq| seqs.iter().position(|wanted| *wanted == integer(seq.get()));
    found.sort_by_key(|event| order(event.seq));
    let marks = of_rows(session, account, id, &seqs).await?;
    let history = History::of(found, Some(account), (Seq::ZERO, Seq::ZERO), head);
    Ok(Some(History { changes: Vec::new(), ..history.with_marks(marks) }))
}

/// The pinned messages that an account may see, the last pinned first.
pub(super) async fn pins(
    session: &Session,
    account: AccountId,
    id: ConversationId,
) -> Result<Option<History>> {
    let rows = session.query(statements::PINS, &[&id.as_bytes().as_slice()]).await?;
    let seqs = rows.iter().map(|row| last_seq(row, 0)).collect::<Result<_>>()?;
    messages(session, account, id, seqs).await
}

/// See [`crate::Store::reactors`].
pub(super) async fn reactors(
    session: &Session,
    account: AccountId,
    (id, at): (ConversationId, Seq),
    after: Option<(AccountId, Emoji)>,
    limit: usize,
) -> Result<Option<(Vec<Reactor>, bool)>> {
    let found = messages(session, account, id, vec![at]).await?;
    let is_there = found.is_some_and(|found| {
        found.messages.first().is_some_and(|(.., message)| message.deleted_by.is_none())
    });
    if !is_there {
        return Ok(None);
    }
    let (who, what) =
        after.as_ref().map_or((&[][..], ""), |(who, what)| (who.as_bytes().as_slice(), what.as_str()));
    let wanted = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let (topic, asker) = (id.as_bytes().as_slice(), account.as_bytes().as_slice());
    let values = [&topic as _, &integer(at.get()) as _, &who as _, &what as _, &asker as _, &wanted as _];
    let rows = session.query(statements::REACTORS, &values).await?;
    let reactor =
        |row: &Row| Ok(Reactor { account: sender(row, 0)?, emoji: emoji(row, 4)?, at: time(row, 5)? });
    let mut rows: Vec<Reactor> = rows.iter().map(reactor).collect::<Result<_>>()?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok(Some((rows, more)))
}
