//! What members see of a conversation: what it is, who is in it, who is kept out, and by which links one comes in. Each answer is
//! one statement; that of a direct chat names the other in a second.

use chinwag_chat::RECEIPTS_MEMBERS_MAX;
use chinwag_protocol::{AccountId, ConversationId, InviteHash, InviteId, Keyed, Sender, Timestamp};
use tokio_postgres::Row;

use super::columns::{bytes, get, kind, number, optional_number, pos, role, time};
use super::events;
use super::failure::{Failure, Result};
use super::keyed;
use super::read;
use super::session::Session;
use super::statements;
use crate::codes::{integer, optional_time_of};
use crate::{
    AccountPage, Bans, ConversationRow, InviteRow, InvitedRow, Invites, ListedRoom, ListedRooms, MemberRow,
    Members, ReceiptRow, Receipts,
};

pub(super) async fn conversation(
    session: &Session,
    account: AccountId,
    id: ConversationId,
) -> Result<Option<ConversationRow>> {
    let (reader, id) = (account.as_bytes().as_slice(), id.as_bytes().as_slice());
    let Some(row) = session.query_opt(statements::CONVERSATION, &[&reader, &id]).await? else {
        return Ok(None);
    };
    let (conversation, _, members) = events::conversation(&row, 1)?;
    let peer = match conversation.pair {
        None => None,
        Some(pair) => {
            let peer = pair.peer(account);
            let card = read::account(session, peer).await?;
            let missing = || Failure::damaged("", format!("there is no account {peer}"));
            Some(card.ok_or_else(missing)?.sender())
        }
    };
    let request = get(&row, 2 + events::CONVERSATION_COLUMNS)?;
    Ok(Some(ConversationRow { conversation, role: role(&row, 0)?, request, peer, members }))
}

pub(super) async fn receipts(
    session: &Session,
    account: AccountId,
    id: ConversationId,
) -> Result<Option<Receipts>> {
    let (reader, id) = (account.as_bytes().as_slice(), id.as_bytes().as_slice());
    let most = integer(RECEIPTS_MEMBERS_MAX);
    let found = session.query(statements::RECEIPTS, &[&reader, &id, &most]).await?;
    let Some(first) = found.first() else { return Ok(None) };
    let (kind, members, head) = (kind(first, 0)?, number(first, 1)?, pos(first, 2)?);
    let wanted = get(first, 3)?;
    let mut rows = Vec::new();
    for row in &found {
        if wanted
            && get::<Option<&[u8]>>(row, 11)?.is_some()
            && let Keyed::Receipt { receipt, version, .. } = keyed::keyed(row, 4)?
        {
            rows.push(ReceiptRow { account: sender(row, 11)?, receipt, version });
        }
    }
    rows.sort_unstable_by_key(|row| row.account.id);
    Ok(Some(Receipts { kind, members, wanted, rows, head }))
}

pub(super) async fn members(
    session: &Session,
    account: AccountId,
    id: ConversationId,
    after: Option<AccountId>,
    limit: usize,
) -> Result<Option<Members>> {
    let rows = page(session, statements::MEMBERS, (account, id), after, limit).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let (asker, kind) = (role(first, 0)?, kind(first, 1)?);
    let read = |row: &Row| {
        let muted_until = optional_time_of(get(row, 7)?);
        Ok(MemberRow { account: sender(row, 2)?, role: role(row, 6)?, muted_until })
    };
    let mut found: Vec<MemberRow> = named(&rows, 2)?.into_iter().map(read).collect::<Result<_>>()?;
    found.sort_unstable_by_key(|row| row.account.id);
    Ok(Some(Members { kind, role: asker, page: AccountPage::cut(found, limit) }))
}

pub(super) async fn bans(
    session: &Session,
    account: AccountId,
    id: ConversationId,
    after: Option<AccountId>,
    limit: usize,
) -> Result<Option<Bans>> {
    let rows = page(session, statements::BANS, (account, id), after, limit).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let (role, kind) = (role(first, 0)?, kind(first, 1)?);
    let found = named(&rows, 2)?.into_iter().map(|row| sender(row, 2));
    let mut found: Vec<Sender> = found.collect::<Result<_>>()?;
    found.sort_unstable_by_key(|account| account.id);
    Ok(Some(Bans { kind, role, page: AccountPage::cut(found, limit) }))
}

pub(super) async fn invites(
    session: &Session,
    account: AccountId,
    id: ConversationId,
) -> Result<Option<Invites>> {
    let (account, id) = (account.as_bytes().as_slice(), id.as_bytes().as_slice());
    let rows = session.query(statements::INVITES_OF, &[&account, &id]).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let (role, kind) = (role(first, 0)?, kind(first, 1)?);
    let mut found = Vec::with_capacity(rows.len());
    for row in named(&rows, 2)? {
        found.push(InviteRow {
            id: bytes(row, 2, InviteId::from_bytes)?,
            maker: bytes(row, 3, AccountId::from_bytes)?,
            made: time(row, 4)?,
            expires: get::<Option<i64>>(row, 5)?.map(Timestamp::from_millis),
            uses: uses(row, 6)?,
        });
    }
    found.sort_unstable_by_key(|row| row.id);
    Ok(Some(Invites { kind, role, rows: found }))
}

pub(super) async fn invited(
    session: &Session,
    account: AccountId,
    token: InviteHash,
) -> Result<Option<InvitedRow>> {
    let (account, token) = (account.as_bytes().as_slice(), token.0.as_slice());
    let Some(row) = session.query_opt(statements::INVITATION, &[&account, &token]).await? else {
        return Ok(None);
    };
    let (conversation, _, members) = events::conversation(&row, 2)?;
    let expires = get::<Option<i64>>(&row, 0)?.map(Timestamp::from_millis);
    Ok(Some(InvitedRow { conversation, members, expires, banned: get(&row, 1)? }))
}

/// The listed rooms whose keys come after `after`.
pub(super) async fn listed_rooms(
    session: &Session,
    account: AccountId,
    after: String,
    limit: usize,
) -> Result<ListedRooms> {
    let most = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let account = account.as_bytes().as_slice();
    let rows = session.query(statements::LISTED_ROOMS, &[&account, &after, &most]).await?;
    let found = rows.iter().map(|row| {
        let (conversation, _, members) = events::conversation(row, 0)?;
        Ok(ListedRoom { conversation, members, joined: get(row, 1 + events::CONVERSATION_COLUMNS)? })
    });
    Ok(ListedRooms::cut(found.collect::<Result<_>>()?, limit))
}

/// How many more may come by a link.
pub(super) fn uses(row: &Row, column: usize) -> Result<Option<u32>> {
    Ok(optional_number(row, column)?.map(|uses| u32::try_from(uses).unwrap_or(u32::MAX)))
}

async fn page(
    session: &Session,
    sql: &'static str,
    (account, id): (AccountId, ConversationId),
    after: Option<AccountId>,
    limit: usize,
) -> Result<Vec<Row>> {
    let (account, id) = (account.as_bytes().as_slice(), id.as_bytes().as_slice());
    let after = after.as_ref().map_or(&[][..], |account| account.as_bytes());
    let most = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    session.query(sql, &[&account, &id, &after, &most]).await
}

/// The rows that name an account in the column; where there is none, one row stands for the asker alone.
fn named(rows: &[Row], column: usize) -> Result<Vec<&Row>> {
    let mut named = Vec::with_capacity(rows.len());
    for row in rows {
        if get::<Option<&[u8]>>(row, column)?.is_some() {
            named.push(row);
        }
    }
    Ok(named)
}

pub(super) fn sender(row: &Row, first: usize) -> Result<Sender> {
    Ok(Sender {
        id: bytes(row, first, AccountId::from_bytes)?,
        name: get(row, first + 1)?,
        lookalike: get(row, first + 2)?,
        version: number(row, first + 3)?,
    })
}
