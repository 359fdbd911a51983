//! What those who run the server have decided, and what they look at.

use chinwag_chat::{Subject, SubjectKind, Terms};
use chinwag_protocol::{AccountCard, AccountId, ApiKeyId, ConversationId, Name, Timestamp};
use tokio_postgres::Row;

use super::columns::{self, get, last_seq, pos, role, time};
use super::events;
use super::failure::{Failure, Result};
use super::members::sender;
use super::read;
use super::session::Session;
use super::statements;
use crate::codes::{subject_bytes, subject_kind_code, subject_of};
use crate::{AccountPage, AnyConversation, AnyRooms, History, HistoryRange, MemberRow};

pub(super) async fn one(session: &Session, subject: Subject) -> Result<Option<Terms>> {
    let (kind, key) = (subject_kind_code(subject.kind()) as i16, subject_bytes(&subject));
    let row = session.query_opt(statements::RULING, &[&kind, &key]).await?;
    Ok(row.as_ref().map(ruling).transpose()?.map(|(_, terms)| terms))
}

pub(super) async fn page(
    session: &Session,
    kind: SubjectKind,
    after: Option<Subject>,
    limit: usize,
) -> Result<Vec<(Subject, Terms)>> {
    let (kind, after) =
        (subject_kind_code(kind) as i16, after.as_ref().map(subject_bytes).unwrap_or_default());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    session.query(statements::RULINGS, &[&kind, &after, &limit]).await?.iter().map(ruling).collect()
}

/// A ruling, of the columns that `statements::RULING` selects.
pub(super) fn ruling(row: &Row) -> Result<(Subject, Terms)> {
    let damaged = |what: String| Failure::damaged("a row of ruling", what);
    let (kind, key) = (get::<i16>(row, 0)?, get::<&[u8]>(row, 1)?);
    let subject = subject_of(kind.into(), key);
    let subject =
        subject.ok_or_else(|| damaged(format!("{} bytes are no subject of kind {kind}", key.len())))?;
    let optional_time =
        |column| Ok::<_, Failure>(get::<Option<i64>>(row, column)?.map(Timestamp::from_millis));
    let id = |column| -> Result<Option<[u8; 16]>> {
        let bytes = get::<Option<&[u8]>>(row, column)?.map(<[u8; 16]>::try_from).transpose();
        bytes.map_err(|error| damaged(error.to_string()))
    };
    let name = get::<Option<String>>(row, 4)?.map(Name::parse).transpose();
    Ok((
        subject,
        Terms {
            since: time(row, 2)?,
            until: optional_time(3)?,
            name: name.map_err(|error| damaged(error.to_string()))?,
            key: id(5)?.map(ApiKeyId::from_bytes),
            seen: optional_time(6)?,
            account: id(7)?.map(AccountId::from_bytes),
        },
    ))
}

pub(super) async fn accounts(
    session: &Session,
    after: Option<AccountId>,
    limit: usize,
) -> Result<AccountPage<AccountCard>> {
    let after = after.as_ref().map_or(&[][..], |after| after.as_bytes());
    let rows = session.query(statements::ALL_ACCOUNTS, &[&after, &one_more(limit)]).await?;
    Ok(AccountPage::cut(rows.iter().map(columns::account).collect::<Result<_>>()?, limit))
}

pub(super) async fn usernames(
    session: &Session,
    (from, before): (String, String),
    limit: usize,
) -> Result<AccountPage<AccountCard>> {
    let rows = session.query(statements::ALL_USERNAMES, &[&from, &before, &one_more(limit)]).await?;
    Ok(AccountPage::cut(rows.iter().map(columns::account).collect::<Result<_>>()?, limit))
}

pub(super) async fn rooms(
    session: &Session,
    ranges: [(String, String); 2],
    limit: usize,
) -> Result<AnyRooms> {
    let mut found = Vec::new();
    for (from, before) in ranges {
        let wanted = one_more(limit - found.len().min(limit));
        let rows = session.query(statements::ALL_ROOMS, &[&from, &before, &wanted]).await?;
        for row in &rows {
            found.push(any(row)?);
        }
    }
    Ok(AnyRooms::cut(found, limit))
}

pub(super) async fn conversation(session: &Session, id: ConversationId) -> Result<Option<AnyConversation>> {
    let row = session.query_opt(statements::ANY_CONVERSATION, &[&id.as_bytes().as_slice()]).await?;
    row.as_ref().map(any).transpose()
}

fn any(row: &Row) -> Result<AnyConversation> {
    let (conversation, owner, members) = events::conversation(row, 0)?;
    Ok(AnyConversation { conversation, owner, members })
}

pub(super) async fn members(
    session: &Session,
    id: ConversationId,
    after: Option<AccountId>,
    limit: usize,
) -> Result<AccountPage<MemberRow>> {
    let after = after.as_ref().map_or(&[][..], |after| after.as_bytes());
    let id = id.as_bytes().as_slice();
    let rows = session.query(statements::ANY_MEMBERS, &[&id, &after, &one_more(limit)]).await?;
    let read = |row: &Row| Ok(MemberRow { account: sender(row, 0)?, role: role(row, 4)?, muted_until: None });
    Ok(AccountPage::cut(rows.iter().map(read).collect::<Result<_>>()?, limit))
}

pub(super) async fn history(
    session: &Session,
    id: ConversationId,
    range: HistoryRange,
    limit: usize,
) -> Result<History> {
    let end = session.query_one(statements::ANY_END, &[&id.as_bytes().as_slice()], "head").await?;
    let (last, head) = (last_seq(&end, 0)?.get(), pos(&end, 1)?);
    let (from, to) = range.rows(1, last, limit);
    let found = read::rows_of(session, id, (from, to)).await?;
    Ok(History::of(found, None, (from, to), head))
}

fn one_more(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1)
}
