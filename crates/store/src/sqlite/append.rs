//! Decided events, written as rows.

use chinwag_chat::{Append, Private, RemovalStep, Restriction, TokenHash};
use chinwag_protocol::{
    AccountCard, AccountChange, AccountId, Body, Conversation, ConversationId, DeviceId, Event, Membership,
    Message, Name, Pos, Role, Seq, Timestamp,
};
use chinwag_sabotage::{Promise, breaks};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde::Serialize;

use super::event_row::{
    CLIENT_ID, DETAIL, EventRow, HASH, N, SENDER, TARGET, TEXT, change_message, empty_message,
};
use super::failure::{Failure, Result};
use super::keyed;
use super::marks;
use super::recent::TimelineRow;
use super::rulings;
use super::snapshot::Snapshot;
use super::statements;
use crate::codes::{account_change_code, integer, kind_code, optional_time, removal_code, role_code};
use crate::detail::{
    AccountDetail, BlockDetail, ConversationDetail, DeviceDetail, EditDetail, HIDDEN, InviteDetail,
    JoinedDetail, LeftDetail, MembersDetail, MessageDetail, PinDetail, ReactionDetail, RestrictedDetail,
    RoleDetail, SettingsDetail, kind,
};
use crate::store::SEEN_EVERY_MS;
use crate::topic::Topic;

/// Writes one event and everything that follows from it. The timelines in `connection` have its row already.
pub(super) fn append(connection: &Snapshot<'_>, append: &Append) -> Result<()> {
    let event = &append.event;
    if let Private::Restricted { conversation, account, restriction } = &append.private {
        restrict(connection, *conversation, *account, restriction)?;
    }
    match &append.private {
        Private::Invited { invite, left: Some(0) } => {
            execute(connection, statements::REMOVE_INVITE, [invite.as_bytes()])?;
        }
        Private::Invited { invite, left: Some(left) } => {
            execute(connection, statements::USE_INVITE, (invite.as_bytes(), *left))?;
        }
        _ => {}
    }
    match &event.body {
        Body::Message(message) => append_message(connection, event, message, &append.private),
        Body::Delete { conversation, target, sender, hidden } => {
            let topic = *conversation.as_bytes();
            let place = |seq: Seq| {
                let missing = || Failure::damaged(format!("row {seq} of {conversation}"), "it is missing");
                let pos = connection.pos(&topic, seq)?.ok_or_else(missing)?;
                Ok::<_, Failure>(TimelineRow { topic, seq, pos })
            };
            EventRow::new(event, &topic, kind::DELETE)
                .with(SENDER, ValueRef::Blob(sender.id.as_bytes()))
                .with(N, ValueRef::Integer(counted_before(connection, &topic, event.seq)?))
                .with(TARGET, ValueRef::Integer(integer(target.get())))
                .with(DETAIL, hidden_detail(*hidden))
                .insert(connection)?;
            if breaks(Promise::EmptyDeleted) {
                return Ok(());
            }
            marks::drop_all(connection, *conversation, *target)?;
            empty_message(connection, &place(*target)?, event.seq)
        }
        Body::Reaction { conversation, target, sender, emoji, on, hidden } => {
            let Private::Marked(marks) = &append.private else {
                return Err(without(event, "a reaction came without all that are there"));
            };
            let detail = ReactionDetail { emoji: emoji.clone(), on: *on, hidden: *hidden };
            append_change(connection, event, (*conversation, *target), sender.id, kind::REACTION, &detail)?;
            marks::put(connection, (*conversation, *target), marks, event.seq)?;
            let reaction = (emoji, *on, *hidden);
            marks::react(connection, event, (*conversation, *target), sender.id, reaction)
        }
        Body::Pin { conversation, target, sender, pinned, hidden } => {
            let Private::Marked(marks) = &append.private else {
                return Err(without(event, "a pin came without all that was added to the message"));
            };
            let detail = PinDetail { pinned: *pinned, hidden: *hidden };
            append_change(connection, event, (*conversation, *target), sender.id, kind::PIN, &detail)?;
            marks::put(connection, (*conversation, *target), marks, event.seq)
        }
        Body::Edit { conversation, target, sender, text, entities, hidden, .. } => {
            let Private::Edited { pos } = append.private else {
                return Err(without(event, "an edit came without the place of its message"));
            };
            let detail = EditDetail { message: pos, hidden: *hidden };
            append_change(connection, event, (*conversation, *target), sender.id, kind::EDIT, &detail)?;
            marks::drop_mentions(connection, *conversation, *target)?;
            if !*hidden {
                marks::mention(connection, (*conversation, *target), sender.id, entities)?;
            }
            let message = TimelineRow { topic: *conversation.as_bytes(), seq: *target, pos };
            let edit = |detail: &mut MessageDetail| detail.edit(event, entities, *hidden);
            change_message(connection, &message, text, None, edit)
        }
        Body::Erased { conversation, sender } => {
            let topic = conversation.as_bytes();
            EventRow::new(event, topic, kind::ERASED)
                .with(SENDER, ValueRef::Blob(sender.id.as_bytes()))
                .with(N, ValueRef::Integer(counted_before(connection, topic, event.seq)?))
                .insert(connection)?;
            let values = (topic, sender.id.as_bytes(), integer(event.seq.get()));
            execute(connection, statements::ADD_ERASED, values)
        }
        Body::ConversationCreated { conversation, owner } => {
            let detail = ConversationDetail { conversation: conversation.id };
            let detail = json(event, &detail)?;
            let row = EventRow::new(event, owner.as_bytes(), kind::CONVERSATION_CREATED)
                .with(DETAIL, ValueRef::Text(detail.as_bytes()));
            match &append.private {
                // As beside a message, so that a retry is found like one.
                Private::Group { client_id, hash } => row
                    .with(SENDER, ValueRef::Blob(owner.as_bytes()))
                    .with(CLIENT_ID, ValueRef::Blob(client_id.as_bytes()))
                    .with(HASH, ValueRef::Blob(&hash.0))
                    .insert(connection)?,
                _ => row.insert(connection)?,
            }
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
                    integer(from_seq.get()),
                ),
            )?;
            count(connection, *account, conversation.id, 1)
        }
        Body::Left { account, conversation, change } => {
            let detail = LeftDetail { conversation: conversation.id, change: (*change).into() };
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
        Body::DeviceAdded { account, device } => {
            let detail = DeviceDetail { device: *device };
            append_account_event(connection, event, *account, kind::DEVICE_ADDED, &detail)?;
            let Private::Device { name, token } = &append.private else {
                return Err(without(event, "a device came without its token"));
            };
            add_device(connection, event, *account, *device, name.as_ref(), *token)
        }
        Body::Account { card, change } => {
            append_account_event(
                connection,
                event,
                card.id,
                account_change_code(*change),
                &AccountDetail {},
            )?;
            change_account(connection, event, card, *change, &append.private)
        }
        Body::Members { conversation, actor, accounts, change, role } => {
            let accounts = accounts.iter().map(|account| account.id).collect();
            let detail = MembersDetail { accounts, change: *change, role: *role };
            append_timeline_event(connection, event, *conversation, actor.id, kind::MEMBERS, &detail)
        }
        Body::ConversationChanged { conversation, actor } => {
            let detail = SettingsDetail::of(&conversation.settings);
            let kind = kind::CONVERSATION_CHANGED;
            append_timeline_event(connection, event, conversation.id, actor.id, kind, &detail)?;
            change_settings(connection, conversation)
        }
        Body::RoleChanged { account, conversation, role } => {
            let detail = RoleDetail { conversation: conversation.id, role: *role };
            append_account_event(connection, event, *account, kind::ROLE_CHANGED, &detail)?;
            let (account, conversation) = (account.as_bytes(), conversation.id.as_bytes());
            execute(connection, statements::CHANGE_ROLE, (account, conversation, role_code(*role)))?;
            if *role == Role::Owner {
                execute(connection, statements::CHANGE_OWNER, (conversation, account))?;
            }
            Ok(())
        }
        Body::InviteCreated { account, conversation, invite, expires, uses } => {
            let expires = expires.map(Timestamp::as_millis);
            let detail =
                InviteDetail { conversation: conversation.id, invite: *invite, expires, uses: *uses };
            append_account_event(connection, event, *account, kind::INVITE_CREATED, &detail)?;
            let Private::Invite { token } = &append.private else {
                let what = "an invitation came without its token's hash";
                return Err(Failure::damaged(format!("event {}", event.pos), what));
            };
            let conversation = conversation.id.as_bytes();
            connection
                .prepare_cached(statements::FORGET_INVITES)?
                .execute((conversation, event.at.as_millis()))?;
            execute(
                connection,
                statements::ADD_INVITE,
                (
                    invite.as_bytes(),
                    token.0,
                    conversation,
                    account.as_bytes(),
                    expires,
                    *uses,
                    event.at.as_millis(),
                ),
            )
        }
        Body::InviteRevoked { account, conversation, invite } => {
            let detail =
                InviteDetail { conversation: conversation.id, invite: *invite, expires: None, uses: None };
            append_account_event(connection, event, *account, kind::INVITE_REVOKED, &detail)?;
            execute(connection, statements::REMOVE_INVITE, [invite.as_bytes()])
        }
        Body::Restricted { account, conversation, change } => {
            let detail = RestrictedDetail::of(conversation.id, *change);
            append_account_event(connection, event, *account, kind::RESTRICTED, &detail)
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
        Body::Keyed(keyed) => keyed::append(connection, event, keyed),
    }
}

/// What a step of removing an account changes beside its events.
pub(super) fn take_step(snapshot: &Snapshot<'_>, step: &RemovalStep, at: Timestamp) -> Result<()> {
    for (message, by) in &step.emptied {
        let row = TimelineRow { topic: *message.conversation.as_bytes(), seq: message.seq, pos: message.pos };
        if !breaks(Promise::EmptyErased) {
            marks::drop_all(snapshot, message.conversation, message.seq)?;
            empty_message(snapshot, &row, *by)?;
        }
    }
    marks::forget_mentions(snapshot, step.account)?;
    keyed::drop_some(snapshot, step.account, at)?;
    let account = step.account.as_bytes();
    match &step.after {
        _ if step.done => execute(snapshot, statements::END_REMOVAL, [account]),
        Some(after) => execute(snapshot, statements::MOVE_REMOVAL, [account, after.as_bytes()]),
        None => Ok(()),
    }
}

/// Number of the messages before a row that is none: it repeats the number of the row before it.
fn counted_before(connection: &Snapshot<'_>, topic: &Topic, seq: Seq) -> Result<i64> {
    if seq == Seq::new(1) {
        return Ok(0);
    }
    let seq = seq.previous();
    let missing = || Failure::damaged(format!("row {seq} of a timeline"), "it is missing");
    let pos = connection.pos(topic, seq)?.ok_or_else(missing)?;
    let (n, _) = connection.counted(&TimelineRow { topic: *topic, seq, pos })?;
    Ok(integer(n))
}

/// A row of a timeline that is no message.
fn append_timeline_event(
    connection: &Snapshot<'_>,
    event: &Event,
    conversation: ConversationId,
    actor: AccountId,
    kind: i64,
    detail: &impl Serialize,
) -> Result<()> {
    let topic = conversation.as_bytes();
    let detail = json(event, detail)?;
    EventRow::new(event, topic, kind)
        .with(SENDER, ValueRef::Blob(actor.as_bytes()))
        .with(N, ValueRef::Integer(counted_before(connection, topic, event.seq)?))
        .with(DETAIL, ValueRef::Text(detail.as_bytes()))
        .insert(connection)
}

/// A row that changes a message, or what others have added to it.
fn append_change(
    connection: &Snapshot<'_>,
    event: &Event,
    (conversation, target): (ConversationId, Seq),
    actor: AccountId,
    kind: i64,
    detail: &impl Serialize,
) -> Result<()> {
    let topic = conversation.as_bytes();
    let detail = json(event, detail)?;
    EventRow::new(event, topic, kind)
        .with(SENDER, ValueRef::Blob(actor.as_bytes()))
        .with(N, ValueRef::Integer(counted_before(connection, topic, event.seq)?))
        .with(TARGET, ValueRef::Integer(integer(target.get())))
        .with(DETAIL, ValueRef::Text(detail.as_bytes()))
        .insert(connection)
}

fn change_settings(connection: &Connection, conversation: &Conversation) -> Result<()> {
    let settings = &conversation.settings;
    execute(
        connection,
        statements::CHANGE_SETTINGS,
        (
            conversation.id.as_bytes(),
            settings.title.as_ref().map(|title| title.as_str()),
            settings.topic.as_str(),
            settings.listed,
            settings.locked,
            settings.history_visible,
            settings.slow_mode.seconds(),
            integer(settings.version),
        ),
    )
}

fn restrict(
    connection: &Connection,
    conversation: ConversationId,
    account: AccountId,
    restriction: &Restriction,
) -> Result<()> {
    let Restriction { banned, read_only, muted_until, wrote_at } = *restriction;
    execute(
        connection,
        statements::RESTRICT,
        (
            conversation.as_bytes(),
            account.as_bytes(),
            banned,
            read_only,
            optional_time(muted_until),
            optional_time(wrote_at),
        ),
    )
}

fn json(event: &Event, detail: &impl Serialize) -> Result<String> {
    serde_json::to_string(detail)
        .map_err(|error| Failure::damaged(format!("event {}", event.pos), error.to_string()))
}

/// Moves devices' places forward, and notes that they were seen; a device that has signed out has none.
pub(super) fn move_places(connection: &Connection, places: &[(DeviceId, Pos)], now: Timestamp) -> Result<()> {
    if breaks(Promise::KeepPlaces) {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(statements::MOVE_PLACE)?;
    for (device, place) in places {
        let now = now.as_millis();
        statement.execute((device.as_bytes(), integer(place.get()), now, now - SEEN_EVERY_MS))?;
    }
    Ok(())
}

fn append_message(
    connection: &Connection,
    event: &Event,
    message: &Message,
    private: &Private,
) -> Result<()> {
    let Private::Sent { hash, restriction } = private else {
        return Err(Failure::damaged(
            format!("event {}", event.pos),
            "a message came without its request's hash",
        ));
    };
    let detail = MessageDetail::of(message)
        .to_column()
        .map_err(|error| Failure::damaged(format!("event {}", event.pos), error.to_string()))?;
    let detail = detail.as_ref().map_or(ValueRef::Null, |detail| ValueRef::Text(detail.as_bytes()));
    EventRow::new(event, message.conversation.as_bytes(), kind::MESSAGE)
        .with(SENDER, ValueRef::Blob(message.sender.id.as_bytes()))
        .with(N, ValueRef::Integer(integer(message.n)))
        .with(CLIENT_ID, ValueRef::Blob(message.client_id.as_bytes()))
        .with(HASH, ValueRef::Blob(&hash.0))
        .with(TEXT, ValueRef::Text(message.text.as_bytes()))
        .with(DETAIL, detail)
        .insert(connection)?;
    if !message.hidden && !message.attributes.entities.is_empty() {
        let place = (message.conversation, event.seq);
        marks::mention(connection, place, message.sender.id, &message.attributes.entities)?;
    }
    match restriction {
        Some(restriction) => restrict(connection, message.conversation, message.sender.id, restriction),
        None => Ok(()),
    }
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
    let detail = json(event, detail)?;
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
    let Private::Guest { name, lookalike, token, idempotency, expires, device_name } = private else {
        return Err(without(event, "a guest came without name and token"));
    };
    execute(connection, statements::ADD_ACCOUNT, (account.as_bytes(), name.as_str(), lookalike))?;
    add_device(connection, event, account, device, device_name.as_ref(), *token)?;
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

fn add_device(
    connection: &Connection,
    event: &Event,
    account: AccountId,
    device: DeviceId,
    name: Option<&Name>,
    token: TokenHash,
) -> Result<()> {
    let name = name.map(Name::as_str);
    let values = (device.as_bytes(), account.as_bytes(), token.0, name, event.at.as_millis());
    execute(connection, statements::ADD_DEVICE, values)
}

fn change_account(
    connection: &Connection,
    event: &Event,
    card: &AccountCard,
    change: AccountChange,
    private: &Private,
) -> Result<()> {
    let id = card.id.as_bytes();
    if matches!(change, AccountChange::Registered | AccountChange::Updated) {
        let username = card.username.as_ref().map(|username| username.as_str());
        let version = integer(card.version);
        let values = (id, &card.name, card.lookalike, version, username, &card.about, card.color.number());
        execute(connection, statements::CHANGE_ACCOUNT, values)?;
    }
    match (change, private) {
        (AccountChange::Updated, Private::Nothing) => Ok(()),
        (AccountChange::Deleted | AccountChange::Expired, Private::Nothing) => {
            let removed = card.removed.map(removal_code);
            let version = integer(card.version);
            let color = card.color.number();
            let values = (id, &card.name, card.lookalike, version, &card.about, color, removed);
            execute(connection, statements::REMOVE_ACCOUNT, values)?;
            connection.prepare_cached(statements::FORGET_PASSWORD)?.execute([id])?;
            connection.prepare_cached(statements::VOID_RECOVERY_CODES)?.execute([id])?;
            connection.prepare_cached(statements::FORGET_BLOCKS)?.execute([id])?;
            connection.prepare_cached(statements::FORGET_PRESENCE)?.execute([id])?;
            execute(connection, statements::BEGIN_REMOVAL, [id])
        }
        (AccountChange::Ruled, Private::Ruling { subject, terms }) => {
            rulings::put(connection, subject, terms.as_ref())
        }
        (
            AccountChange::Registered | AccountChange::PasswordChanged,
            Private::Password { hash, version, used },
        ) => {
            execute(connection, statements::SET_PASSWORD, (id, hash.as_str(), integer(*version)))?;
            match used {
                Some(code) => execute(connection, statements::USE_RECOVERY_CODE, (id, code.0)),
                None => Ok(()),
            }
        }
        (AccountChange::RecoveryCodesMade, Private::RecoveryCodes(codes)) => {
            connection.prepare_cached(statements::VOID_RECOVERY_CODES)?.execute([id])?;
            codes.iter().try_for_each(|code| execute(connection, statements::ADD_RECOVERY_CODE, (id, code.0)))
        }
        _ => Err(without(event, "an account changed without what is kept beside that")),
    }
}

fn without(event: &Event, what: &str) -> Failure {
    Failure::damaged(format!("event {}", event.pos), what)
}

/// Runs a statement that changes exactly one row.
fn execute(connection: &Connection, sql: &str, parameters: impl rusqlite::Params) -> Result<()> {
    match connection.prepare_cached(sql)?.execute(parameters)? {
        1 => Ok(()),
        rows => Err(Failure::damaged(sql, format!("changed {rows} rows instead of one"))),
    }
}
