//! Decided events, written as rows.

use chinwag_chat::{Append, Private};
use chinwag_protocol::{
    AccountId, Body, Conversation, ConversationId, DeviceId, Event, Membership, Message, Pos, Seq,
};
use chinwag_sabotage::{Promise, breaks};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde::Serialize;

use super::event_row::{CLIENT_ID, DETAIL, EventRow, HASH, N, SENDER, TARGET, TEXT, empty_message};
use super::failure::{Failure, Result};
use super::recent::TimelineRow;
use super::snapshot::Snapshot;
use super::statements;
use crate::codes::{integer, kind_code, role_code};
use crate::detail::{BlockDetail, ConversationDetail, DeviceDetail, HIDDEN, JoinedDetail, kind};

/// Writes one event and everything that follows from it. The timelines in `connection` have its row already.
pub(super) fn append(connection: &Snapshot<'_>, append: &Append) -> Result<()> {
    let event = &append.event;
    match &event.body {
        Body::Message(message) => append_message(connection, event, message, &append.private),
        Body::Delete { conversation, target, sender, hidden } => {
            let topic = *conversation.as_bytes();
            let place = |seq: Seq| {
                let missing = || Failure::damaged(format!("row {seq} of {conversation}"), "it is missing");
                let pos = connection.pos(&topic, seq)?.ok_or_else(missing)?;
                Ok::<_, Failure>(TimelineRow { topic, seq, pos })
            };
            // It counts no message, so it repeats the number of the row before it.
            let (n, _) = connection.counted(&place(event.seq.previous())?)?;
            EventRow::new(event, &topic, kind::DELETE)
                .with(SENDER, ValueRef::Blob(sender.id.as_bytes()))
                .with(N, ValueRef::Integer(integer(n)))
                .with(TARGET, ValueRef::Integer(integer(target.get())))
                .with(DETAIL, hidden_detail(*hidden))
                .insert(connection)?;
            if breaks(Promise::EmptyDeleted) {
                return Ok(());
            }
            empty_message(connection, &place(*target)?, event.seq)
        }
        Body::ConversationCreated { conversation, owner } => {
            let detail = ConversationDetail { conversation: conversation.id };
            append_account_event(connection, event, *owner, kind::CONVERSATION_CREATED, &detail)?;
            add_conversation(connection, conversation, *owner)
        }
        Body::Joined { account, conversation, membership, from_seq } => {
            let Membership { role, since, visible_from, request } = *membership;
            let detail = JoinedDetail {
                conversation: conversation.id,
                role,
                since,
                visible_from,
                from_seq: *from_seq,
                request,
            };
            append_account_event(connection, event, *account, kind::JOINED, &detail)?;
            execute(
                connection,
                statements::ADD_MEMBER,
                (
                    account.as_bytes(),
                    conversation.id.as_bytes(),
                    role_code(role),
                    integer(since.get()),
                    integer(visible_from.get()),
                    request,
                ),
            )?;
            count(connection, *account, conversation.id, 1)
        }
        Body::Left { account, conversation } => {
            let detail = ConversationDetail { conversation: conversation.id };
            append_account_event(connection, event, *account, kind::LEFT, &detail)?;
            execute(connection, statements::REMOVE_MEMBER, [account.as_bytes(), conversation.id.as_bytes()])?;
            count(connection, *account, conversation.id, -1)
        }
        Body::GuestCreated { account, device } => {
            let detail = DeviceDetail { device: *device };
            append_account_event(connection, event, *account, kind::GUEST_CREATED, &detail)?;
            add_guest(connection, event, *account, *device, &append.private)
        }
        Body::DeviceRemoved { account, device } => {
            let detail = DeviceDetail { device: *device };
            append_account_event(connection, event, *account, kind::DEVICE_REMOVED, &detail)?;
            execute(connection, statements::REMOVE_DEVICE, [device.as_bytes()])
        }
        Body::Accepted { account, conversation } => {
            let detail = ConversationDetail { conversation: conversation.id };
            append_account_event(connection, event, *account, kind::ACCEPTED, &detail)?;
            execute(connection, statements::ACCEPT, [account.as_bytes(), conversation.id.as_bytes()])
        }
        Body::Blocked { account, blocked } => {
            let detail = BlockDetail { blocked: *blocked };
            append_account_event(connection, event, *account, kind::BLOCKED, &detail)?;
            execute(connection, statements::ADD_BLOCK, [account.as_bytes(), blocked.as_bytes()])
        }
        Body::Unblocked { account, blocked } => {
            let detail = BlockDetail { blocked: *blocked };
            append_account_event(connection, event, *account, kind::UNBLOCKED, &detail)?;
            execute(connection, statements::REMOVE_BLOCK, [account.as_bytes(), blocked.as_bytes()])
        }
    }
}

/// Moves devices' places forward; a device that has signed out has none.
pub(super) fn move_places(connection: &Connection, places: &[(DeviceId, Pos)]) -> Result<()> {
    if breaks(Promise::KeepPlaces) {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(statements::MOVE_PLACE)?;
    for (device, place) in places {
        statement.execute((device.as_bytes(), integer(place.get())))?;
    }
    Ok(())
}

fn append_message(
    connection: &Connection,
    event: &Event,
    message: &Message,
    private: &Private,
) -> Result<()> {
    let Private::Sent { hash } = private else {
        return Err(Failure::damaged(
            format!("event {}", event.pos),
            "a message came without its request's hash",
        ));
    };
    EventRow::new(event, message.conversation.as_bytes(), kind::MESSAGE)
        .with(SENDER, ValueRef::Blob(message.sender.id.as_bytes()))
        .with(N, ValueRef::Integer(integer(message.n)))
        .with(CLIENT_ID, ValueRef::Blob(message.client_id.as_bytes()))
        .with(HASH, ValueRef::Blob(&hash.0))
        .with(TEXT, ValueRef::Text(message.text.as_bytes()))
        .with(DETAIL, hidden_detail(message.hidden))
        .insert(connection)
}

fn hidden_detail(hidden: bool) -> ValueRef<'static> {
    if hidden { ValueRef::Text(HIDDEN.as_bytes()) } else { ValueRef::Null }
}

fn append_account_event(
    connection: &Connection,
    event: &Event,
    account: AccountId,
    kind: i64,
    detail: &impl Serialize,
) -> Result<()> {
    let detail = serde_json::to_string(detail)
        .map_err(|error| Failure::damaged(format!("event {}", event.pos), error.to_string()))?;
    EventRow::new(event, account.as_bytes(), kind)
        .with(DETAIL, ValueRef::Text(detail.as_bytes()))
        .insert(connection)
}

/// Counts a member that came, or (-1) went.
fn count(connection: &Connection, account: AccountId, conversation: ConversationId, by: i64) -> Result<()> {
    execute(connection, statements::COUNT_MEMBER, (conversation.as_bytes(), by))?;
    execute(connection, statements::COUNT_CONVERSATION, (account.as_bytes(), by))
}

fn add_conversation(connection: &Connection, conversation: &Conversation, owner: AccountId) -> Result<()> {
    execute(
        connection,
        statements::ADD_CONVERSATION,
        (
            conversation.id.as_bytes(),
            kind_code(conversation.kind),
            conversation.slug.as_ref().map(|slug| slug.as_str()),
            conversation.key(),
            owner.as_bytes(),
            conversation.settings.title.as_ref().map(|title| title.as_str()),
            conversation.settings.topic.as_str(),
            conversation.settings.listed,
            conversation.settings.locked,
            conversation.settings.history_visible,
            conversation.settings.slow_mode.seconds(),
            integer(conversation.settings.version),
        ),
    )
}

fn add_guest(
    connection: &Connection,
    event: &Event,
    account: AccountId,
    device: DeviceId,
    private: &Private,
) -> Result<()> {
    let Private::Guest { name, lookalike, token, idempotency, expires } = private else {
        return Err(Failure::damaged(format!("event {}", event.pos), "a guest came without name and token"));
    };
    execute(connection, statements::ADD_ACCOUNT, (account.as_bytes(), name.as_str(), lookalike))?;
    execute(connection, statements::ADD_DEVICE, (device.as_bytes(), account.as_bytes(), token.0))?;
    if let Some(idempotency) = idempotency {
        execute(
            connection,
            statements::KEEP_KEY,
            (
                idempotency.key.0,
                idempotency.hash.0,
                account.as_bytes(),
                device.as_bytes(),
                idempotency.salt.0,
                expires.as_millis(),
            ),
        )?;
        connection.prepare_cached(statements::FORGET_KEYS)?.execute([event.at.as_millis()])?;
    }
    Ok(())
}

/// Runs a statement that changes exactly one row.
fn execute(connection: &Connection, sql: &str, parameters: impl rusqlite::Params) -> Result<()> {
    match connection.prepare_cached(sql)?.execute(parameters)? {
        1 => Ok(()),
        rows => Err(Failure::damaged(sql, format!("changed {rows} rows instead of one"))),
    }
}
