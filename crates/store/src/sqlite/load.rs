//! The rows that a batch's requests read, brought into the writer's memory before any of them is decided.

use chinwag_chat::{
    Account, ConversationState, FirstGuest, KeyHash, MessageState, Need, Request, RequestHash, Salt, Sent,
    State, needs,
};
use chinwag_protocol::{AccountId, ClientId, ConversationId, DeviceId, Membership, Seq};
use rusqlite::{Connection, OptionalExtension, Row};

use super::columns::{bytes, number, optional_number, pos, role, seq, time};
use super::event_row::{AT, DELETED_BY, DETAIL, HASH, KIND, POS, SENDER, SEQ, checked};
use super::events;
use super::failure::{Failure, Result};
use super::recent::TimelineRow;
use super::snapshot::Snapshot;
use super::statements;
use crate::detail::kind;

/// Loads what `requests` read and `state` does not hold. `state` must say what the database says, so nothing that was only
/// decided may be in it.
pub(super) fn load<'r>(
    snapshot: &Snapshot<'_>,
    state: &mut State,
    requests: impl Iterator<Item = &'r Request>,
) -> Result<()> {
    let mut missing = Vec::new();
    for request in requests {
        needs(request, |need| {
            if !state.holds(&need) {
                missing.push(need);
            }
        });
        while let Some(need) = missing.pop() {
            if let Some(id) = load_one(snapshot, state, need)? {
                state.with_it(id, |need| missing.push(need));
                missing.retain(|need| !state.holds(need));
            }
        }
    }
    Ok(())
}

/// Loads a row. If it is a conversation, or was found by its key, gives which.
fn load_one(snapshot: &Snapshot<'_>, state: &mut State, need: Need) -> Result<Option<ConversationId>> {
    match need {
        Need::Account(id) => state.put_account(id, account(snapshot, id)?),
        Need::Device(id) => state.put_device(id, device(snapshot, id)?),
        Need::Conversation(id) => {
            state.put_conversation(id, conversation(snapshot, id)?);
            return Ok(Some(id));
        }
        Need::Room { key, account } => {
            let id =
                one(snapshot, statements::ROOM, [&key], |row| bytes(row, 0, ConversationId::from_bytes))?;
            state.put_room(key, id);
            if let Some(id) = id {
                state.put_conversation(id, conversation(snapshot, id)?);
                state.put_membership(account, id, membership(snapshot, account, id)?);
            }
            return Ok(id);
        }
        Need::Membership(account, id) => {
            state.put_membership(account, id, membership(snapshot, account, id)?)
        }
        Need::Sent(account, id) => {
            state.put_sent(account, id, sent(snapshot, account, id)?);
        }
        Need::Message(id, seq) => state.put_message(id, seq, message(snapshot, id, seq)?),
        Need::Guest(key) => state.put_guest(key, first_guest(snapshot, key)?),
        Need::Block { account, blocked } => {
            let pair = [account.as_bytes(), blocked.as_bytes()];
            let found = one(snapshot, statements::IS_BLOCKED, pair, |_| Ok(()))?;
            state.put_block(account, blocked, found.is_some());
        }
        Need::Blocks(account) => {
            let count = |row: &Row<'_>| number(row, 0);
            let number = one(snapshot, statements::COUNT_BLOCKS, [account.as_bytes()], count)?;
            state.put_blocks(account, number.unwrap_or_default());
        }
    }
    Ok(None)
}

fn sent(connection: &Connection, account: AccountId, id: ClientId) -> Result<Option<Sent>> {
    let mut statement = connection.prepare_cached(statements::SENT)?;
    let mut rows = statement.query([id.as_bytes(), account.as_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    checked(row)?;
    Ok(Some(Sent {
        seq: seq(row, SEQ)?,
        pos: pos(row, POS)?,
        at: time(row, AT)?,
        hash: bytes(row, HASH, RequestHash)?,
    }))
}

fn one<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>> {
    Ok(connection.prepare_cached(sql)?.query_row(parameters, read).optional()?)
}

fn account(snapshot: &Snapshot<'_>, id: AccountId) -> Result<Option<Account>> {
    let row = one(snapshot, statements::ACCOUNT, [id.as_bytes()], |row| {
        Ok((row.get(0)?, row.get(1)?, number(row, 2)?, number(row, 3)?))
    })?;
    let Some((name, lookalike, version, conversations)) = row else { return Ok(None) };
    let head = snapshot.ends()?.last(id.as_bytes())?;
    let (head, _) = head.ok_or_else(|| Failure::damaged(format!("account {id}"), "its topic is empty"))?;
    Ok(Some(Account { name, lookalike, version, head, conversations }))
}

fn device(connection: &Connection, id: DeviceId) -> Result<Option<AccountId>> {
    one(connection, statements::DEVICE, [id.as_bytes()], |row| bytes(row, 0, AccountId::from_bytes))
}

fn conversation(snapshot: &Snapshot<'_>, id: ConversationId) -> Result<Option<ConversationState>> {
    let Some((conversation, owner, members)) = events::conversation(snapshot, id)? else { return Ok(None) };
    let (head, n) = match snapshot.ends()?.last(id.as_bytes())? {
        Some((seq, pos)) => (seq, snapshot.counted(&TimelineRow { topic: *id.as_bytes(), seq, pos })?.0),
        None => (Seq::ZERO, 0),
    };
    Ok(Some(ConversationState { conversation, owner, head, n, members }))
}

fn membership(connection: &Connection, account: AccountId, id: ConversationId) -> Result<Option<Membership>> {
    one(connection, statements::MEMBERSHIP, [account.as_bytes(), id.as_bytes()], |row| {
        Ok(Membership {
            role: role(row, 0)?,
            since: pos(row, 1)?,
            visible_from: seq(row, 2)?,
            request: row.get(3)?,
        })
    })
}

fn message(snapshot: &Snapshot<'_>, id: ConversationId, at: Seq) -> Result<Option<MessageState>> {
    let topic = *id.as_bytes();
    let Some(pos) = snapshot.pos(&topic, at)? else { return Ok(None) };
    let row = snapshot.event(&TimelineRow { topic, seq: at, pos }, |row| match row.get(KIND)? {
        kind::MESSAGE => {
            let sender = bytes(row, SENDER, AccountId::from_bytes)?;
            Ok(Some((sender, optional_number(row, DELETED_BY)?, row.get::<_, Option<String>>(DETAIL)?)))
        }
        _ => Ok(None),
    })?;
    let Some((sender, deleted_by, detail)) = row else { return Ok(None) };
    // Nothing else is a detail of a message: who reads it as an event says so otherwise.
    let hidden = detail.is_some();
    let Some(seq) = deleted_by.map(Seq::new) else {
        return Ok(Some(MessageState { sender, deleted: None, hidden }));
    };
    let missing = || Failure::damaged(format!("row {at} of {id}"), format!("its deletion {seq} is missing"));
    let pos = snapshot.pos(&topic, seq)?.ok_or_else(missing)?;
    let (_, time) = snapshot.counted(&TimelineRow { topic, seq, pos })?;
    Ok(Some(MessageState { sender, deleted: Some((seq, pos, time)), hidden }))
}

fn first_guest(connection: &Connection, key: KeyHash) -> Result<Option<FirstGuest>> {
    one(connection, statements::FIRST_GUEST, [key.0], |row| {
        Ok(FirstGuest {
            account: bytes(row, 0, AccountId::from_bytes)?,
            device: bytes(row, 1, DeviceId::from_bytes)?,
            hash: bytes(row, 2, RequestHash)?,
            salt: bytes(row, 3, Salt)?,
            expires: time(row, 4)?,
        })
    })
}
