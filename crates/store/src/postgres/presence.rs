//! Who may see whose presence.

use chinwag_protocol::{AccountId, ConversationId, Kind, Pair, Sender};

use super::columns::{bytes, get, kind, role};
use super::failure::{Failure, Result};
use super::members::sender;
use super::session::Session;
use super::statements;
use crate::codes::optional_time_of;
use crate::{Acquaintance, Sight, Typist};

pub(super) async fn sight(
    session: &Session,
    account: AccountId,
    accounts: Vec<AccountId>,
    conversations: Vec<ConversationId>,
) -> Result<Sight> {
    let own = account.as_bytes().as_slice();
    let accounts: Vec<&[u8]> = accounts.iter().map(|id| id.as_bytes().as_slice()).collect();
    let conversations: Vec<&[u8]> = conversations.iter().map(|id| id.as_bytes().as_slice()).collect();
    let mut sight = Sight::default();
    for row in session.query(statements::ACQUAINTANCES, &[&own, &accounts]).await? {
        sight.acquaintances.push(Acquaintance {
            account: bytes(&row, 0, AccountId::from_bytes)?,
            seen_at: optional_time_of(get::<Option<i64>>(&row, 1)?.unwrap_or(0)),
        });
    }
    for row in session.query(statements::ROOMS_OF, &[&own, &conversations]).await? {
        sight.rooms.push(bytes(&row, 0, ConversationId::from_bytes)?);
    }
    Ok(sight)
}

pub(super) async fn typist(
    session: &Session,
    account: AccountId,
    id: ConversationId,
) -> Result<Option<Typist>> {
    let (own, conversation) = (account.as_bytes().as_slice(), id.as_bytes().as_slice());
    let Some(row) = session.query_opt(statements::TYPIST, &[&own, &conversation]).await? else {
        return Ok(None);
    };
    let kind = kind(&row, 2)?;
    let mutual = if kind == Kind::Direct {
        let no_pair = || Failure::damaged(format!("conversation {id}"), "nobody knows whose it is");
        let pair = get::<Option<&str>>(&row, 4)?.and_then(Pair::from_key).ok_or_else(no_pair)?;
        match pair.other(account) {
            Some(other) if !get::<bool>(&row, 1)? => {
                let other = other.as_bytes().as_slice();
                session.query_opt(statements::MUTUAL, &[&own, &other, &conversation]).await?.is_some()
            }
            _ => false,
        }
    } else {
        true
    };
    let blocked = session.query(statements::BLOCKED, &[&own]).await?;
    Ok(Some(Typist {
        kind,
        locked: get(&row, 3)?,
        role: role(&row, 0)?,
        muted_until: optional_time_of(get(&row, 5)?),
        mutual,
        blocks: blocked.iter().map(|row| bytes(row, 0, AccountId::from_bytes)).collect::<Result<_>>()?,
    }))
}

pub(super) async fn present_members(
    session: &Session,
    account: AccountId,
    id: ConversationId,
    among: Vec<AccountId>,
) -> Result<Option<(Kind, Vec<Sender>)>> {
    let (own, conversation) = (account.as_bytes().as_slice(), id.as_bytes().as_slice());
    let among: Vec<&[u8]> = among.iter().map(|id| id.as_bytes().as_slice()).collect();
    let rows = session.query(statements::PRESENT_MEMBERS, &[&own, &conversation, &among]).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let kind = kind(first, 0)?;
    let mut present = Vec::with_capacity(rows.len());
    for row in &rows {
        if get::<Option<&[u8]>>(row, 1)?.is_some() {
            present.push(sender(row, 1)?);
        }
    }
    present.sort_unstable_by_key(|account| account.id);
    Ok(Some((kind, present)))
}
