//! A row of the log, read as an event; the same for every store.

use chinwag_protocol::{
    AccountCard, AccountId, Attributes, Body, ClientId, Conversation, ConversationId, Entities, Event, Key,
    Membership, Message, Pos, Removal, Seq, Timestamp,
};
use chinwag_sabotage::{Promise, breaks};
use serde::de::DeserializeOwned;

use crate::codes::account_change_of;
use crate::detail::{
    BlockDetail, ConversationDetail, DeviceDetail, EditDetail, HIDDEN, InviteDetail, JoinedDetail,
    LeftDetail, MembersDetail, MessageDetail, PinDetail, ReactionDetail, RestrictedDetail, RoleDetail,
    SettingsDetail, kind,
};
use crate::keyed::KeyDetail;
use crate::topic::Topic;

/// The columns of a row of the table `event`. One that the row's kind does not have is an error.
pub(crate) trait StoredEvent {
    type Failure;

    fn damaged(what: String) -> Self::Failure;
    fn pos(&self) -> Result<Pos, Self::Failure>;
    fn topic(&self) -> Result<Topic, Self::Failure>;
    fn seq(&self) -> Result<Seq, Self::Failure>;
    fn kind(&self) -> Result<i64, Self::Failure>;
    fn at(&self) -> Result<Timestamp, Self::Failure>;
    fn sender(&self) -> Result<AccountId, Self::Failure>;
    fn n(&self) -> Result<u64, Self::Failure>;
    fn client_id(&self) -> Result<ClientId, Self::Failure>;
    fn target(&self) -> Result<Seq, Self::Failure>;
    fn deleted_by(&self) -> Result<Option<Seq>, Self::Failure>;
    fn text(&self) -> Result<String, Self::Failure>;
    fn detail(&self) -> Result<&str, Self::Failure>;
    /// Of a row that need not have it.
    fn optional_detail(&self) -> Result<Option<&str>, Self::Failure>;
}

/// The key of a keyed event, by which [`crate::keyed`] finds what its latest event says.
pub(crate) fn key<R: StoredEvent + ?Sized>(row: &R) -> Result<Key, R::Failure> {
    detail::<R, KeyDetail>(row).map(Key::from)
}

/// What events name by id. A name that is not there is an error.
pub(crate) trait Names<Failure> {
    fn account(&mut self, id: AccountId) -> Result<&AccountCard, Failure>;
    fn conversation(&mut self, id: ConversationId) -> Result<Conversation, Failure>;
    /// The message at a place in the log, in its present state.
    fn message(&mut self, pos: Pos) -> Result<Message, Failure>;
}

/// The event that is stored in `row`, which is no keyed one.
pub(crate) fn event<R: StoredEvent + ?Sized>(
    row: &R,
    names: &mut impl Names<R::Failure>,
) -> Result<Event, R::Failure> {
    Ok(Event { pos: row.pos()?, seq: row.seq()?, at: row.at()?, body: body(row, names)? })
}

fn body<R: StoredEvent + ?Sized>(row: &R, names: &mut impl Names<R::Failure>) -> Result<Body, R::Failure> {
    let account = || row.topic().map(AccountId::from_bytes);
    Ok(match row.kind()? {
        kind::MESSAGE => Body::Message(message(row, names)?),
        kind::EDIT => {
            let detail: EditDetail = detail(row)?;
            let message = names.message(detail.message)?;
            let deleted = message.deleted_by.is_some();
            let last = message.edited.map(|(seq, _)| seq);
            let superseded = !deleted && last != Some(row.seq()?);
            let says = !deleted && !superseded;
            Body::Edit {
                conversation: ConversationId::from_bytes(row.topic()?),
                target: row.target()?,
                sender: message.sender,
                text: if says { message.text } else { String::new() },
                entities: if says { message.attributes.entities } else { Entities::default() },
                superseded,
                deleted,
                // What was hidden since is hidden in the rows before, too.
                hidden: detail.hidden || message.hidden,
            }
        }
        kind::REACTION => {
            let ReactionDetail { emoji, on, hidden } = detail(row)?;
            Body::Reaction {
                conversation: ConversationId::from_bytes(row.topic()?),
                target: row.target()?,
                sender: names.account(row.sender()?)?.sender(),
                emoji,
                on,
                hidden,
            }
        }
        kind::PIN => {
            let PinDetail { pinned, hidden } = detail(row)?;
            Body::Pin {
                conversation: ConversationId::from_bytes(row.topic()?),
                target: row.target()?,
                sender: names.account(row.sender()?)?.sender(),
                pinned,
                hidden,
            }
        }
        kind::ERASED => Body::Erased {
            conversation: ConversationId::from_bytes(row.topic()?),
            sender: names.account(row.sender()?)?.sender(),
        },
        kind::DELETE => Body::Delete {
            conversation: ConversationId::from_bytes(row.topic()?),
            target: row.target()?,
            sender: names.account(row.sender()?)?.sender(),
            hidden: is_hidden(row)?,
        },
        kind::CONVERSATION_CREATED => {
            let detail: ConversationDetail = detail(row)?;
            Body::ConversationCreated {
                conversation: names.conversation(detail.conversation)?,
                owner: account()?,
            }
        }
        kind::JOINED => {
            let detail: JoinedDetail = detail(row)?;
            Body::Joined {
                account: account()?,
                conversation: names.conversation(detail.conversation)?,
                membership: Membership {
                    role: detail.role,
                    since: detail.since,
                    visible_from: detail.visible_from,
                    request: detail.request,
                },
                from_seq: detail.from_seq,
            }
        }
        kind::LEFT => {
            let detail: LeftDetail = detail(row)?;
            Body::Left {
                account: account()?,
                conversation: names.conversation(detail.conversation)?,
                change: detail.change.into(),
            }
        }
        kind::GUEST_CREATED => {
            let detail: DeviceDetail = detail(row)?;
            Body::GuestCreated { account: account()?, device: detail.device }
        }
        kind::DEVICE_REMOVED => {
            let detail: DeviceDetail = detail(row)?;
            Body::DeviceRemoved { account: account()?, device: detail.device }
        }
        kind::DEVICE_ADDED => {
            let detail: DeviceDetail = detail(row)?;
            Body::DeviceAdded { account: account()?, device: detail.device }
        }
        kind if let Some(change) = account_change_of(kind) => {
            Body::Account { card: names.account(account()?)?.clone(), change }
        }
        kind::MEMBERS => {
            let detail: MembersDetail = detail(row)?;
            let accounts = detail.accounts.into_iter().map(|id| Ok(names.account(id)?.sender()));
            Body::Members {
                conversation: ConversationId::from_bytes(row.topic()?),
                accounts: accounts.collect::<Result<_, R::Failure>>()?,
                actor: names.account(row.sender()?)?.sender(),
                change: detail.change,
                role: detail.role,
            }
        }
        kind::CONVERSATION_CHANGED => {
            let detail: SettingsDetail = detail(row)?;
            // As it was from then on; what never changes is as it is.
            let conversation = names.conversation(ConversationId::from_bytes(row.topic()?))?;
            Body::ConversationChanged {
                conversation: Conversation {
                    settings: detail.settings().map_err(R::damaged)?,
                    ..conversation
                },
                actor: names.account(row.sender()?)?.sender(),
            }
        }
        kind::ROLE_CHANGED => {
            let detail: RoleDetail = detail(row)?;
            Body::RoleChanged {
                account: account()?,
                conversation: names.conversation(detail.conversation)?,
                role: detail.role,
            }
        }
        kind::INVITE_CREATED => {
            let detail: InviteDetail = detail(row)?;
            Body::InviteCreated {
                account: account()?,
                conversation: names.conversation(detail.conversation)?,
                invite: detail.invite,
                expires: detail.expires.map(Timestamp::from_millis),
                uses: detail.uses,
            }
        }
        kind::INVITE_REVOKED => {
            let detail: InviteDetail = detail(row)?;
            Body::InviteRevoked {
                account: account()?,
                conversation: names.conversation(detail.conversation)?,
                invite: detail.invite,
            }
        }
        kind::RESTRICTED => {
            let detail: RestrictedDetail = detail(row)?;
            Body::Restricted {
                account: account()?,
                conversation: names.conversation(detail.conversation)?,
                change: detail.restriction(),
            }
        }
        kind::ACCEPTED => {
            let detail: ConversationDetail = detail(row)?;
            Body::Accepted { account: account()?, conversation: names.conversation(detail.conversation)? }
        }
        kind::BLOCKED => {
            let detail: BlockDetail = detail(row)?;
            Body::Blocked { account: account()?, blocked: detail.blocked }
        }
        kind::UNBLOCKED => {
            let detail: BlockDetail = detail(row)?;
            Body::Unblocked { account: account()?, blocked: detail.blocked }
        }
        kind => return Err(R::damaged(format!("kind {kind} is unknown"))),
    })
}

/// The message that is stored in `row`, which is one.
pub(crate) fn message<R: StoredEvent + ?Sized>(
    row: &R,
    names: &mut impl Names<R::Failure>,
) -> Result<Message, R::Failure> {
    let card = names.account(row.sender()?)?;
    let detail = message_detail(row)?;
    // Emptying all that a deleted account wrote takes a while; nobody gets to see it meanwhile.
    let is_erased = card.removed == Some(Removal::Deleted) && !breaks(Promise::HideErased);
    let edited = detail.edited().map(|(seq, _, at)| (seq, at)).filter(|_| !is_erased);
    let attributes =
        Attributes { reply_to: detail.reply_to, forwarded: detail.forwarded, entities: detail.entities };
    Ok(Message {
        conversation: ConversationId::from_bytes(row.topic()?),
        n: row.n()?,
        sender: card.sender(),
        client_id: row.client_id()?,
        text: if is_erased { String::new() } else { row.text()? },
        deleted_by: row.deleted_by()?.or_else(|| is_erased.then_some(Seq::ZERO)),
        hidden: detail.hidden,
        attributes: if is_erased { Attributes::default() } else { attributes },
        edited,
    })
}

/// The conversation that a row with a `client_id` has made; none if it is a message.
pub(crate) fn made<R: StoredEvent + ?Sized>(row: &R) -> Result<Option<ConversationId>, R::Failure> {
    match row.kind()? {
        kind::CONVERSATION_CREATED => {
            let detail: ConversationDetail = detail(row)?;
            Ok(Some(detail.conversation))
        }
        _ => Ok(None),
    }
}

/// What a message has beside its columns.
pub(crate) fn message_detail<R: StoredEvent + ?Sized>(row: &R) -> Result<MessageDetail, R::Failure> {
    MessageDetail::parse(row.optional_detail()?).map_err(|error| R::damaged(error.to_string()))
}

/// Whether only the sender of a deleted message may see the deletion.
fn is_hidden<R: StoredEvent + ?Sized>(row: &R) -> Result<bool, R::Failure> {
    match row.optional_detail()? {
        None => Ok(false),
        Some(HIDDEN) => Ok(true),
        Some(other) => Err(R::damaged(format!("{other:?} is no detail of a deletion"))),
    }
}

fn detail<R: StoredEvent + ?Sized, T: DeserializeOwned>(row: &R) -> Result<T, R::Failure> {
    serde_json::from_str(row.detail()?).map_err(|error| R::damaged(error.to_string()))
}
