//! The rows that a batch's requests read, brought into the writer's memory before any of them is decided.

use chinwag_chat::{
    Account, ConversationState, FirstGuest, Invite, KeyHash, MessagePlace, MessageState, Need, OwnDevice,
    REMOVAL_CONVERSATIONS, REMOVAL_KEYED, REMOVAL_MESSAGES, RemovalState, Request, RequestHash, Restriction,
    Salt, Sent, SentRow, State, needs,
};
use chinwag_protocol::{
    AccountId, ClientId, ConversationId, DeviceId, Entities, InviteHash, InviteId, Key, Keyed, Membership,
    Seq, Timestamp, Topic,
};
use foldhash::{HashMap, HashSet};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};

use super::columns::{bytes, number, optional_number, pos, role, seq, time};
use super::event_row::{
    AT, CLIENT_ID, DELETED_BY, DETAIL, HASH, KIND, POS, SENDER, SEQ, TEXT, TOPIC, checked,
};
use super::events;
use super::failure::{Failure, Result};
use super::keyed;
use super::marks;
use super::read;
use super::recent::TimelineRow;
use super::rulings;
use super::snapshot::Snapshot;
use super::statements;
use crate::codes::optional_time_of;
use crate::detail::{MessageDetail, kind};
use crate::stored_event::made;

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
        // In the order in which they were named.
        missing.reverse();
        while let Some(need) = missing.pop() {
            load_one(snapshot, state, &need)?;
            state.with_it(&need, |need| missing.push(need));
            missing.retain(|need| !state.holds(need));
        }
    }
    Ok(())
}

fn load_one(snapshot: &Snapshot<'_>, state: &mut State, need: &Need) -> Result<()> {
    match need.clone() {
        Need::Account(id) => state.put_account(id, account(snapshot, id)?),
        Need::Device(id) => state.put_device(id, device(snapshot, id)?),
        Need::Conversation(id) => state.put_conversation(id, conversation(snapshot, id)?),
        Need::Room { key, account } => {
            let id =
                one(snapshot, statements::ROOM, [&key], |row| bytes(row, 0, ConversationId::from_bytes))?;
            state.put_room(key, id);
            if let Some(id) = id {
                state.put_conversation(id, conversation(snapshot, id)?);
                state.put_membership(account, id, membership(snapshot, account, id)?);
                state.put_restriction(id, account, restriction(snapshot, id, account)?);
            }
        }
        Need::Membership(account, id) => {
            state.put_membership(account, id, membership(snapshot, account, id)?)
        }
        Need::Restriction(id, account) => {
            state.put_restriction(id, account, restriction(snapshot, id, account)?);
        }
        Need::OwnedGroups(account) => {
            let number = one(snapshot, statements::OWNED_GROUPS, [account.as_bytes()], |row| number(row, 0))?;
            state.put_owned_groups(account, number.unwrap_or_default());
        }
        Need::Invites(id) => state.put_invites(id, invites(snapshot, id)?),
        Need::Invited { token, account } => {
            let id = one(snapshot, statements::INVITED, [token.0], |row| {
                bytes(row, 0, ConversationId::from_bytes)
            })?;
            state.put_token(token, id);
            if let Some(id) = id {
                state.put_invites(id, invites(snapshot, id)?);
                state.put_conversation(id, conversation(snapshot, id)?);
                state.put_membership(account, id, membership(snapshot, account, id)?);
                state.put_restriction(id, account, restriction(snapshot, id, account)?);
            }
        }
        Need::Sent(account, id) => {
            state.put_sent(account, id, sent(snapshot, account, id)?);
        }
        Need::Message(id, seq) => state.put_message(id, seq, message(snapshot, id, seq)?),
        Need::Marks(id, seq) => state.put_marks(id, seq, marks::one(snapshot, id, seq)?),
        Need::Reactions { conversation, seq, account } => {
            let own = marks::own_reactions(snapshot, (conversation, seq), account)?;
            state.put_own_reactions(conversation, seq, account, own);
        }
        Need::Pins(id) => state.put_pins(id, marks::count_pins(snapshot, id)?),
        Need::Guest(key) => state.put_guest(key, first_guest(snapshot, key)?),
        Need::Username(username) => {
            let id = one(snapshot, statements::USERNAME, [username.as_str()], |row| {
                bytes(row, 0, AccountId::from_bytes)
            })?;
            state.put_username(username, id);
        }
        Need::Credential(id) => {
            let version =
                one(snapshot, statements::CREDENTIAL_VERSION, [id.as_bytes()], |row| number(row, 0))?;
            state.put_credential(id, version);
        }
        Need::Devices(id) => {
            let devices = read::devices(snapshot, id)?;
            let own = devices.into_iter().map(|device| OwnDevice { id: device.id, seen_at: device.seen_at });
            state.put_own_devices(id, own.collect());
        }
        Need::RecoveryCode(id, code) => {
            let found = one(snapshot, statements::RECOVERY_CODE, (id.as_bytes(), code.0), |row| {
                row.get::<_, i64>(0)
            })?;
            state.put_recovery_code(id, code, found.is_some());
        }
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
        Need::OwnsShared(account) => {
            let found = one(snapshot, statements::OWNS_SHARED, [account.as_bytes()], |_| Ok(()))?;
            state.put_owner_of_shared(account, found.is_some());
        }
        Need::Removal(account) => state.put_removal(account, removal(snapshot, account)?),
        Need::Ruling(subject) => state.put_ruling(subject, rulings::one(snapshot, &subject)?),
        Need::Rulings(kind) => state.put_rulings(kind, rulings::count(snapshot, kind)?),
        // Only what comes with it, which is named after it.
        Need::Talk { .. } | Need::Marking { .. } | Need::Receiving { .. } => {}
        Need::Keyed(topic, key) => state.put_keyed(topic, key, keyed::keyed(snapshot, topic, &key)?),
        Need::Marker(account, id) => {
            let (topic, key) = (Topic::Account(account), Key::Marker(id));
            state.put_keyed(topic, key, keyed::keyed(snapshot, topic, &key)?);
            state.put_from_seq(account, id, keyed::from_seq(snapshot, account, id)?);
        }
        Need::ReadSoFar(account, id) => {
            let keyed = keyed::keyed(snapshot, Topic::Account(account), &Key::Marker(id))?;
            let marker = match &keyed {
                Some(Keyed::Marker { marker, .. }) => Some(marker),
                _ => None,
            };
            let from_seq = keyed::from_seq(snapshot, account, id)?;
            let so_far = keyed::read_so_far(snapshot, account, id, from_seq, marker)?;
            state.put_read_so_far(account, id, so_far);
        }
        Need::Drafts(account, id) => {
            state.put_drafts(account, id, keyed::number_of_drafts(snapshot, account, id)?);
        }
        Need::Reading(account, id, seq) => {
            state.put_reading(account, id, seq, keyed::reading(snapshot, account, id, seq)?);
        }
    }
    Ok(())
}

/// As much of it as one step does.
fn removal(snapshot: &Snapshot<'_>, id: AccountId) -> Result<Option<RemovalState>> {
    let after = |row: &Row<'_>| row.get::<_, Vec<u8>>(0);
    let Some(after) = one(snapshot, statements::REMOVAL, [id.as_bytes()], after)? else { return Ok(None) };
    let account = account(snapshot, id)?
        .ok_or_else(|| Failure::damaged(format!("account {id}"), "it is to be removed and is missing"))?;
    let mut statement = snapshot.prepare_cached(statements::SOME_CONVERSATIONS)?;
    let limit = REMOVAL_CONVERSATIONS as i64;
    let conversations =
        statement.query_map((id.as_bytes(), limit), |row| bytes(row, 0, ConversationId::from_bytes))?;
    let conversations = conversations.collect::<rusqlite::Result<_>>()?;
    let (reactions, sent, erased) = (Vec::new(), Vec::new(), HashMap::default());
    let many_mentions = marks::has_many_mentions(snapshot, id)?;
    let more_keyed = keyed::some(snapshot, id, REMOVAL_KEYED + 1)?.len() > REMOVAL_KEYED;
    let mut removal =
        RemovalState { account, conversations, reactions, many_mentions, sent, erased, more_keyed };
    if !removal.erases() {
        return Ok(Some(removal));
    }
    removal.reactions = marks::some_reactions(snapshot, id)?;
    let mut statement = snapshot.prepare_cached(statements::SENT_BY)?;
    let mut rows = statement.query((id.as_bytes(), after, REMOVAL_MESSAGES as i64))?;
    while let Some(row) = rows.next()? {
        checked(row)?;
        let is_message =
            row.get::<_, i64>(KIND)? == kind::MESSAGE && row.get_ref(DELETED_BY)? == ValueRef::Null;
        let place = MessagePlace {
            conversation: bytes(row, TOPIC, ConversationId::from_bytes)?,
            seq: seq(row, SEQ)?,
            pos: pos(row, POS)?,
        };
        let client_id = bytes(row, CLIENT_ID, ClientId::from_bytes)?;
        removal.sent.push(SentRow { client_id, message: is_message.then_some(place) });
    }
    let conversations: HashSet<_> =
        removal.sent.iter().filter_map(|row| row.message).map(|message| message.conversation).collect();
    for conversation in conversations {
        let key = [conversation.as_bytes(), id.as_bytes()];
        if let Some(by) = one(snapshot, statements::ERASED, key, |row| seq(row, 0))? {
            removal.erased.insert(conversation, by);
        }
    }
    Ok(Some(removal))
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
        made: made(row)?,
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
    let Some(card) = events::account_of(snapshot, id)? else { return Ok(None) };
    let conversations = one(snapshot, statements::CONVERSATIONS_OF, [id.as_bytes()], |row| number(row, 0))?;
    let conversations = conversations.unwrap_or(0);
    let head = snapshot.ends()?.last(id.as_bytes())?;
    let (head, _) = head.ok_or_else(|| Failure::damaged(format!("account {id}"), "its topic is empty"))?;
    Ok(Some(Account { card, head, conversations }))
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

fn invites(connection: &Connection, id: ConversationId) -> Result<Vec<Invite>> {
    let mut statement = connection.prepare_cached(statements::INVITES)?;
    let rows = statement.query_map([id.as_bytes()], |row| {
        Ok(Invite {
            id: bytes(row, 0, InviteId::from_bytes)?,
            token: bytes(row, 1, InviteHash)?,
            expires: row.get::<_, Option<i64>>(2)?.map(Timestamp::from_millis),
            uses: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn restriction(connection: &Connection, id: ConversationId, account: AccountId) -> Result<Restriction> {
    let restriction = one(connection, statements::RESTRICTION, [id.as_bytes(), account.as_bytes()], |row| {
        Ok(Restriction {
            banned: row.get(0)?,
            read_only: row.get(1)?,
            muted_until: optional_time_of(row.get(2)?),
            wrote_at: optional_time_of(row.get(3)?),
        })
    })?;
    Ok(restriction.unwrap_or_default())
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
            let message = MessageState {
                sender: bytes(row, SENDER, AccountId::from_bytes)?,
                pos,
                at: time(row, AT)?,
                text: row.get(TEXT)?,
                entities: Entities::default(),
                edited: None,
                deleted: None,
                hidden: false,
            };
            let detail = row.get_ref(DETAIL)?.as_str_or_null()?;
            Ok(Some((message, MessageDetail::parse(detail), optional_number(row, DELETED_BY)?)))
        }
        _ => Ok(None),
    })?;
    let Some((mut message, detail, deleted_by)) = row else { return Ok(None) };
    let detail = detail.map_err(|error| Failure::damaged(format!("row {at} of {id}"), error.to_string()))?;
    message.edited = detail.edited();
    message.hidden = detail.hidden;
    message.entities = detail.entities;
    let Some(seq) = deleted_by.map(Seq::new) else { return Ok(Some(message)) };
    let missing = || Failure::damaged(format!("row {at} of {id}"), format!("its deletion {seq} is missing"));
    let pos = snapshot.pos(&topic, seq)?.ok_or_else(missing)?;
    let (_, time) = snapshot.counted(&TimelineRow { topic, seq, pos })?;
    message.deleted = Some((seq, pos, time));
    Ok(Some(message))
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
