//! Records: what a reader gets, the same JSON on every transport.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::rest::{SenderCard, SettingsCard};
use crate::{
    AccountCard, AccountChange, AccountId, Body, ClientId, Conversation, ConversationId, Cursor, DeviceId,
    DraftCard, Entity, Event, InviteId, Keyed, Kind, LeftChange, Limits, Marker, MembersChange, OwnSettings,
    Preferences, Receipt, RestrictionChange, Role, Seq, ShownStatus, StreamId, Timestamp, Topic,
};

/// One line of a stream, one `data:` of Server-Sent Events, one entry of a poll's `events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Record {
    /// First record of every stream.
    Hello {
        /// Version of the protocol.
        protocol: u32,
        /// Name and version of the server.
        server: String,
        /// Milliseconds without traffic after which a heartbeat comes.
        #[ts(type = "number")]
        heartbeat_ms: u64,
        /// What a client must keep to.
        limits: Limits,
        /// What the stream is called in `POST /v1/view`; servers of before have no names for them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        stream: Option<StreamId>,
        /// Where this stream begins.
        cursor: Cursor,
        /// Makes the first record large enough to show a proxy that holds it back.
        pad: String,
    },
    /// A message in its present state.
    Message(MessageRecord),
    /// The message at `target` was deleted.
    Delete {
        /// Where.
        conversation: ConversationId,
        /// This row.
        seq: Seq,
        /// The deleted row.
        target: Seq,
        /// Who did it.
        sender: SenderCard,
        /// When.
        sent_at: Timestamp,
        /// See [`MessageRecord::account`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        account: Option<AccountId>,
        /// Place after this record.
        cursor: Cursor,
    },
    /// The message at `target` has another text.
    Edit {
        /// Where.
        conversation: ConversationId,
        /// This row.
        seq: Seq,
        /// The message.
        target: Seq,
        /// Who did it, who is its sender.
        sender: SenderCard,
        /// What it says from then on; empty once it was edited again or deleted.
        text: String,
        /// Who is named in that, in order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[ts(optional, as = "Option<Vec<Entity>>")]
        entities: Vec<Entity>,
        /// When.
        sent_at: Timestamp,
        /// Whether another edit follows, which says what it says.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        #[ts(optional, as = "Option<bool>")]
        superseded: bool,
        /// Whether it was deleted since.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        #[ts(optional, as = "Option<bool>")]
        deleted: bool,
        /// See [`MessageRecord::account`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        account: Option<AccountId>,
        /// Place after this record.
        cursor: Cursor,
    },
    /// The sender reacts to the message at `target`, or does no more: one more or less of the emoji.
    Reaction {
        /// Where.
        conversation: ConversationId,
        /// This row.
        seq: Seq,
        /// The message.
        target: Seq,
        /// Who.
        sender: SenderCard,
        /// With what.
        emoji: String,
        /// Whether it is there now.
        on: bool,
        /// When.
        sent_at: Timestamp,
        /// See [`MessageRecord::account`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        account: Option<AccountId>,
        /// Place after this record.
        cursor: Cursor,
    },
    /// The message at `target` is pinned, or is no more.
    Pin {
        /// Where.
        conversation: ConversationId,
        /// This row.
        seq: Seq,
        /// The message.
        target: Seq,
        /// Who did it.
        sender: SenderCard,
        /// Whether it is pinned now.
        pinned: bool,
        /// When.
        sent_at: Timestamp,
        /// See [`MessageRecord::account`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        account: Option<AccountId>,
        /// Place after this record.
        cursor: Cursor,
    },
    /// All that the sender wrote before in the conversation was deleted, for their account was.
    Erased {
        /// Where.
        conversation: ConversationId,
        /// This row.
        seq: Seq,
        /// Whose messages.
        sender: SenderCard,
        /// When.
        sent_at: Timestamp,
        /// Place after this record.
        cursor: Cursor,
    },
    /// A conversation that the account owns.
    Conversation {
        /// Whose devices this is for.
        account: AccountId,
        /// Which.
        conversation: ConversationId,
        /// What sort.
        kind: Kind,
        /// Of a room: its name in the URL.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        slug: Option<String>,
        /// What it is called.
        #[serde(default)]
        title: String,
        /// Of a direct chat: the other account; one's own of notes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        peer: Option<AccountId>,
        /// What happened.
        change: ConversationChange,
        /// Place after this record.
        cursor: Cursor,
    },
    /// The account joined or left.
    Member {
        /// Whose devices this is for.
        account: AccountId,
        /// Which.
        conversation: ConversationId,
        /// What sort.
        kind: Kind,
        /// Of a room: its name in the URL.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        slug: Option<String>,
        /// What it is called.
        #[serde(default)]
        title: String,
        /// Of a direct chat: the other account; one's own of notes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        peer: Option<AccountId>,
        /// Whether a stranger began the direct chat: see `POST /v1/conversations/{id}/accept`.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        #[ts(optional, as = "Option<bool>")]
        request: bool,
        /// What happened.
        change: MemberChange,
        /// Rights, of who joined or has another role.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        role: Option<Role>,
        /// First `seq` that the stream owes, of who joined.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        from_seq: Option<Seq>,
        /// Of who was muted: until when.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        muted_until: Option<Timestamp>,
        /// Place after this record.
        cursor: Cursor,
    },
    /// Members of a group came, went or have another role.
    Members {
        /// Where.
        conversation: ConversationId,
        /// This row.
        seq: Seq,
        /// Who did it.
        actor: SenderCard,
        /// Whom it concerns.
        accounts: Vec<SenderCard>,
        /// What happened.
        change: MembersChange,
        /// Their role now, of a change of roles.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        role: Option<Role>,
        /// When.
        sent_at: Timestamp,
        /// Place after this record.
        cursor: Cursor,
    },
    /// What a conversation is called, or how it may be used, has changed.
    ConversationChanged {
        /// Which.
        conversation: ConversationId,
        /// This row.
        seq: Seq,
        /// Who did it.
        actor: SenderCard,
        /// As it is from then on.
        #[serde(flatten)]
        settings: SettingsCard,
        /// When.
        sent_at: Timestamp,
        /// Place after this record.
        cursor: Cursor,
    },
    /// A link into a group that the account has made or revoked.
    Invite {
        /// Whose devices this is for.
        account: AccountId,
        /// Into what.
        conversation: ConversationId,
        /// Which.
        invite: InviteId,
        /// What happened.
        change: InviteChange,
        /// Until when it is good, if it expires.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        expires_at: Option<Timestamp>,
        /// For how many, if they are counted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        uses: Option<u32>,
        /// Place after this record.
        cursor: Cursor,
    },
    /// A device of the account came or went.
    Device {
        /// Whose devices this is for.
        account: AccountId,
        /// Which.
        device: DeviceId,
        /// What happened.
        change: DeviceChange,
        /// Place after this record.
        cursor: Cursor,
    },
    /// The account itself changed.
    Account {
        /// Whose devices this is for.
        account: AccountId,
        /// What happened.
        change: AccountChange,
        /// The account as of encoding.
        card: AccountCard,
        /// Place after this record.
        cursor: Cursor,
    },
    /// The account blocked another, or blocks it no more.
    Block {
        /// Whose devices this is for.
        account: AccountId,
        /// Whom.
        blocked: AccountId,
        /// What happened.
        change: BlockChange,
        /// Place after this record.
        cursor: Cursor,
    },
    /// How far the account has read a conversation. Takes the place of every one of a lower version.
    Marker {
        /// Whose devices this is for.
        account: AccountId,
        /// What.
        conversation: ConversationId,
        /// How far, and what is left, as of here.
        #[serde(flatten)]
        marker: Marker,
        /// Counts the changes.
        #[ts(type = "number")]
        version: u64,
        /// Place after this record.
        cursor: Cursor,
    },
    /// How far an account is in a conversation. Takes the place of every one of a lower version.
    Receipt {
        /// Where.
        conversation: ConversationId,
        /// Who.
        account: AccountId,
        /// How far.
        #[serde(flatten)]
        receipt: Receipt,
        /// Counts the changes.
        #[ts(type = "number")]
        version: u64,
        /// Place after this record.
        cursor: Cursor,
    },
    /// What the account has chosen for all of its conversations. Takes the place of every one of a lower version.
    Preferences {
        /// Whose devices this is for.
        account: AccountId,
        /// What.
        #[serde(flatten)]
        preferences: Preferences,
        /// Counts the changes.
        #[ts(type = "number")]
        version: u64,
        /// Place after this record.
        cursor: Cursor,
    },
    /// What the account has set for itself in a conversation. Takes the place of every one of a lower version.
    ConversationSettings {
        /// Whose devices this is for.
        account: AccountId,
        /// Where.
        conversation: ConversationId,
        /// What.
        #[serde(flatten)]
        settings: OwnSettings,
        /// Counts the changes.
        #[ts(type = "number")]
        version: u64,
        /// Place after this record.
        cursor: Cursor,
    },
    /// What a device of the account has begun to write. Takes the place of every one of a lower version.
    Draft {
        /// Whose devices this is for.
        account: AccountId,
        /// Where.
        conversation: ConversationId,
        /// Which device, and what.
        #[serde(flatten)]
        draft: DraftCard,
        /// Place after this record.
        cursor: Cursor,
    },
    /// Nothing else came for a while.
    Heartbeat {
        /// Last rows of the conversations that this stream carries, at most 200.
        heads: Vec<Head>,
        /// Place of this stream.
        cursor: Cursor,
    },
    /// A row that this reader may not see.
    Hidden {
        /// Where.
        conversation: ConversationId,
        /// Which row.
        seq: Seq,
        /// A message that this reader may not see any more either.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        target: Option<Seq>,
        /// Place after this record.
        cursor: Cursor,
    },
    /// What lies before cannot be replayed.
    Gap {
        /// Why.
        reason: GapReason,
        /// Where the present state is to be had.
        sync: String,
        /// Where the stream goes on.
        cursor: Cursor,
    },
    /// Of several accounts that the stream reads for, one is read no more.
    AccountEnd {
        /// Which.
        account: AccountId,
        /// Why.
        reason: AccountEndReason,
        /// Place after this record.
        cursor: Cursor,
    },
    /// The server closes the stream.
    End {
        /// Why.
        reason: EndReason,
        /// Reconnect at a random moment within so many milliseconds; never if null.
        #[ts(type = "number | null")]
        reconnect_ms: Option<u64>,
        /// Place of this stream.
        cursor: Cursor,
    },
    /// A signal: what an account that the reader looks at shows of its presence now.
    Presence {
        /// Which.
        account: AccountId,
        /// What it shows.
        status: ShownStatus,
        /// Of one who is offline: when it was there last, if that is to be seen.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        last_seen_at: Option<Timestamp>,
    },
    /// A signal: in a conversation that the reader looks at somebody types, or no more.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Who.
        account: AccountId,
        /// Whether they do.
        on: bool,
    },
    /// A signal: how many members of a room that the reader looks at are there now.
    Present {
        /// Which.
        conversation: ConversationId,
        /// How many.
        count: u32,
    },
    /// A type that this version does not know.
    #[serde(other)]
    #[ts(skip)]
    Unknown,
}

/// Fields of a `message` record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct MessageRecord {
    /// Where.
    pub conversation: ConversationId,
    /// The message's fields as in history pages.
    pub seq: Seq,
    /// Number of messages so far.
    #[ts(type = "number")]
    pub n: u64,
    /// Who.
    pub sender: SenderCard,
    /// The sender's id for it.
    pub client_id: ClientId,
    /// What; empty once deleted.
    pub text: String,
    /// When.
    pub sent_at: Timestamp,
    /// Whether it was deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub deleted: bool,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub reply_to: Option<Seq>,
    /// Whether its text comes from another message.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub forwarded: bool,
    /// Who is named in its text, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<Entity>>")]
    pub entities: Vec<Entity>,
    /// When it was last edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub edited_at: Option<Timestamp>,
    /// Of a stream of several accounts, if the row is for one alone: which. To the others it is as if it were hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub account: Option<AccountId>,
    /// Place after this record.
    pub cursor: Cursor,
}

/// Last row of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Head {
    /// Which.
    pub conversation: ConversationId,
    /// Its last row.
    pub seq: Seq,
}

/// What happened to a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConversationChange {
    /// It was made.
    Created,
}

/// What happened to a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MemberChange {
    /// It began.
    Joined,
    /// It ended.
    Left,
    /// Somebody ended it.
    Removed,
    /// Somebody ended it, and keeps the account out.
    Banned,
    /// The account may come in again.
    Unbanned,
    /// It has another role.
    Role,
    /// The member writes nothing until `muted_until`.
    Muted,
    /// The member may write again.
    Unmuted,
    /// The direct chat is no request any more.
    Accepted,
}

/// What happened to an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum InviteChange {
    /// It was made.
    Created,
    /// It is void.
    Revoked,
}

/// What happened between two accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BlockChange {
    /// What the other writes in a direct chat is not shown any more.
    Blocked,
    /// What the other writes from now on is shown again.
    Unblocked,
}

/// What happened to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeviceChange {
    /// It signed in.
    Added,
    /// It was signed out.
    Removed,
}

/// Why a stream cannot go on where the reader left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The cursor is of an incarnation of the log that this server does not know.
    UnknownEpoch,
    /// The cursor is past what this incarnation of the log ever held.
    Ahead,
    /// Too many events were missed.
    TooMany,
    /// Too much time has gone by.
    TooOld,
}

/// Why a stream reads no more for one of its accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AccountEndReason {
    /// Its device is signed out, or there never was one.
    SignedOut,
}

/// Why the server ends a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Streams end now and then, so that load spreads evenly.
    Lifetime,
    /// The server stops or restarts.
    Restart,
    /// The device is signed out.
    SignedOut,
}

impl Record {
    /// The record of an event for those who may see what it says, `cursor` being the place right after it. For everybody
    /// else see [`Record::hidden`].
    pub fn of(event: &Event, cursor: Cursor) -> Self {
        match &event.body {
            Body::Message(message) => Self::Message(MessageRecord {
                conversation: message.conversation,
                seq: event.seq,
                n: message.n,
                sender: SenderCard::from(&message.sender),
                client_id: message.client_id,
                text: message.text.clone(),
                sent_at: event.at,
                deleted: message.deleted_by.is_some(),
                reply_to: message.attributes.reply_to,
                forwarded: message.attributes.forwarded,
                entities: message.attributes.entities.as_slice().to_vec(),
                edited_at: message.edited.map(|(_, at)| at),
                account: None,
                cursor,
            }),
            Body::Edit { conversation, target, sender, text, entities, superseded, deleted, .. } => {
                Self::Edit {
                    conversation: *conversation,
                    seq: event.seq,
                    target: *target,
                    sender: SenderCard::from(sender),
                    text: text.clone(),
                    entities: entities.as_slice().to_vec(),
                    sent_at: event.at,
                    superseded: *superseded,
                    deleted: *deleted,
                    account: None,
                    cursor,
                }
            }
            Body::Delete { conversation, target, sender, .. } => Self::Delete {
                conversation: *conversation,
                seq: event.seq,
                target: *target,
                sender: SenderCard::from(sender),
                sent_at: event.at,
                account: None,
                cursor,
            },
            Body::Reaction { conversation, target, sender, emoji, on, .. } => Self::Reaction {
                conversation: *conversation,
                seq: event.seq,
                target: *target,
                sender: SenderCard::from(sender),
                emoji: emoji.as_str().to_owned(),
                on: *on,
                sent_at: event.at,
                account: None,
                cursor,
            },
            Body::Pin { conversation, target, sender, pinned, .. } => Self::Pin {
                conversation: *conversation,
                seq: event.seq,
                target: *target,
                sender: SenderCard::from(sender),
                pinned: *pinned,
                sent_at: event.at,
                account: None,
                cursor,
            },
            Body::Erased { conversation, sender } => Self::Erased {
                conversation: *conversation,
                seq: event.seq,
                sender: SenderCard::from(sender),
                sent_at: event.at,
                cursor,
            },
            Body::ConversationCreated { conversation, owner } => Self::Conversation {
                account: *owner,
                conversation: conversation.id,
                kind: conversation.kind,
                slug: slug(conversation),
                title: conversation.title().to_owned(),
                peer: peer(conversation, *owner),
                change: ConversationChange::Created,
                cursor,
            },
            Body::Joined { account, conversation, membership, from_seq } => Self::member(
                *account,
                conversation,
                Membered {
                    role: Some(membership.role),
                    from_seq: Some(*from_seq),
                    request: membership.request,
                    ..Membered::change(MemberChange::Joined)
                },
                cursor,
            ),
            Body::Left { account, conversation, change } => {
                let change = match change {
                    LeftChange::Left => MemberChange::Left,
                    LeftChange::Removed => MemberChange::Removed,
                    LeftChange::Banned => MemberChange::Banned,
                };
                Self::member(*account, conversation, Membered::change(change), cursor)
            }
            Body::RoleChanged { account, conversation, role } => {
                let changed = Membered { role: Some(*role), ..Membered::change(MemberChange::Role) };
                Self::member(*account, conversation, changed, cursor)
            }
            Body::Restricted { account, conversation, change } => {
                let changed = match change {
                    RestrictionChange::Banned => Membered::change(MemberChange::Banned),
                    RestrictionChange::Unbanned => Membered::change(MemberChange::Unbanned),
                    RestrictionChange::Unmuted => Membered::change(MemberChange::Unmuted),
                    RestrictionChange::Muted { until } => {
                        Membered { muted_until: Some(*until), ..Membered::change(MemberChange::Muted) }
                    }
                };
                Self::member(*account, conversation, changed, cursor)
            }
            Body::Members { conversation, actor, accounts, change, role } => Self::Members {
                conversation: *conversation,
                seq: event.seq,
                actor: SenderCard::from(actor),
                accounts: accounts.iter().map(SenderCard::from).collect(),
                change: *change,
                role: *role,
                sent_at: event.at,
                cursor,
            },
            Body::ConversationChanged { conversation, actor } => Self::ConversationChanged {
                conversation: conversation.id,
                seq: event.seq,
                actor: SenderCard::from(actor),
                settings: SettingsCard::from(conversation),
                sent_at: event.at,
                cursor,
            },
            Body::InviteCreated { account, conversation, invite, expires, uses } => Self::Invite {
                account: *account,
                conversation: conversation.id,
                invite: *invite,
                change: InviteChange::Created,
                expires_at: *expires,
                uses: *uses,
                cursor,
            },
            Body::InviteRevoked { account, conversation, invite } => Self::Invite {
                account: *account,
                conversation: conversation.id,
                invite: *invite,
                change: InviteChange::Revoked,
                expires_at: None,
                uses: None,
                cursor,
            },
            Body::GuestCreated { account, device } | Body::DeviceAdded { account, device } => {
                Self::Device { account: *account, device: *device, change: DeviceChange::Added, cursor }
            }
            Body::DeviceRemoved { account, device } => {
                Self::Device { account: *account, device: *device, change: DeviceChange::Removed, cursor }
            }
            Body::Account { card, change } => {
                Self::Account { account: card.id, change: *change, card: card.clone(), cursor }
            }
            Body::Accepted { account, conversation } => {
                Self::member(*account, conversation, Membered::change(MemberChange::Accepted), cursor)
            }
            Body::Blocked { account, blocked } => {
                Self::Block { account: *account, blocked: *blocked, change: BlockChange::Blocked, cursor }
            }
            Body::Unblocked { account, blocked } => {
                Self::Block { account: *account, blocked: *blocked, change: BlockChange::Unblocked, cursor }
            }
            Body::Keyed(keyed) => Self::keyed(keyed, cursor),
        }
    }

    fn keyed(keyed: &Keyed, cursor: Cursor) -> Self {
        match keyed {
            Keyed::Marker { account, conversation, marker, version } => Self::Marker {
                account: *account,
                conversation: *conversation,
                marker: *marker,
                version: *version,
                cursor,
            },
            Keyed::Receipt { conversation, account, receipt, version } => Self::Receipt {
                conversation: *conversation,
                account: *account,
                receipt: *receipt,
                version: *version,
                cursor,
            },
            Keyed::Preferences { account, preferences, version } => {
                Self::Preferences { account: *account, preferences: *preferences, version: *version, cursor }
            }
            Keyed::Settings { account, conversation, settings, version } => Self::ConversationSettings {
                account: *account,
                conversation: *conversation,
                settings: settings.clone(),
                version: *version,
                cursor,
            },
            Keyed::Draft { account, conversation, device, text, version } => Self::Draft {
                account: *account,
                conversation: *conversation,
                draft: DraftCard { device: *device, text: text.clone(), version: *version },
                cursor,
            },
        }
    }

    fn member(account: AccountId, conversation: &Conversation, changed: Membered, cursor: Cursor) -> Self {
        let Membered { change, role, from_seq, muted_until, request } = changed;
        Self::Member {
            account,
            conversation: conversation.id,
            kind: conversation.kind,
            slug: slug(conversation),
            title: conversation.title().to_owned(),
            peer: peer(conversation, account),
            request,
            change,
            role,
            from_seq,
            muted_until,
            cursor,
        }
    }

    /// The record of a row that only [`Event::only_for`] may see, for the others; none if all may see it.
    pub fn hidden(event: &Event, cursor: Cursor) -> Option<Self> {
        event.only_for()?;
        match event.topic() {
            Topic::Conversation(conversation) => {
                let target = match &event.body {
                    // Others may have seen it before.
                    Body::Edit { target, .. } => Some(*target),
                    _ => None,
                };
                Some(Self::Hidden { conversation, seq: event.seq, target, cursor })
            }
            Topic::Account(_) => None,
        }
    }

    /// The same row, for one alone of the accounts that a stream reads for.
    #[must_use]
    pub fn only_for(mut self, only: AccountId) -> Self {
        match &mut self {
            Self::Message(MessageRecord { account, .. })
            | Self::Delete { account, .. }
            | Self::Edit { account, .. }
            | Self::Reaction { account, .. }
            | Self::Pin { account, .. } => *account = Some(only),
            _ => {}
        }
        self
    }

    /// The place that the record carries; none for a signal, and for a type that this version does not know.
    pub fn cursor(&self) -> Option<&Cursor> {
        match self {
            Self::Message(message) => Some(&message.cursor),
            Self::Hello { cursor, .. }
            | Self::Delete { cursor, .. }
            | Self::Edit { cursor, .. }
            | Self::Reaction { cursor, .. }
            | Self::Pin { cursor, .. }
            | Self::Erased { cursor, .. }
            | Self::Conversation { cursor, .. }
            | Self::Member { cursor, .. }
            | Self::Members { cursor, .. }
            | Self::Invite { cursor, .. }
            | Self::ConversationChanged { cursor, .. }
            | Self::Device { cursor, .. }
            | Self::Account { cursor, .. }
            | Self::Block { cursor, .. }
            | Self::Marker { cursor, .. }
            | Self::Receipt { cursor, .. }
            | Self::Preferences { cursor, .. }
            | Self::ConversationSettings { cursor, .. }
            | Self::Draft { cursor, .. }
            | Self::Heartbeat { cursor, .. }
            | Self::Hidden { cursor, .. }
            | Self::Gap { cursor, .. }
            | Self::AccountEnd { cursor, .. }
            | Self::End { cursor, .. } => Some(cursor),
            Self::Presence { .. } | Self::Typing { .. } | Self::Present { .. } | Self::Unknown => None,
        }
    }
}

/// What of a `member` record depends on what happened.
#[derive(Clone, Copy)]
struct Membered {
    change: MemberChange,
    role: Option<Role>,
    from_seq: Option<Seq>,
    muted_until: Option<Timestamp>,
    request: bool,
}

impl Membered {
    fn change(change: MemberChange) -> Self {
        Self { change, role: None, from_seq: None, muted_until: None, request: false }
    }
}

fn slug(conversation: &Conversation) -> Option<String> {
    conversation.slug.as_ref().map(|slug| slug.as_str().to_owned())
}

fn peer(conversation: &Conversation, account: AccountId) -> Option<AccountId> {
    conversation.pair.map(|pair| pair.peer(account))
}
