//! A row of the log, read as an event; the same for every store.

use chinwag_protocol::{
    AccountId, Body, ClientId, Conversation, ConversationId, Event, Membership, Message, Pos, Sender, Seq,
    Timestamp,
};
use serde::de::DeserializeOwned;

use crate::detail::{BlockDetail, ConversationDetail, DeviceDetail, HIDDEN, JoinedDetail, kind};
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

/// What events name by id. A name that is not there is an error.
pub(crate) trait Names<Failure> {
    fn sender(&mut self, id: AccountId) -> Result<Sender, Failure>;
    fn conversation(&mut self, id: ConversationId) -> Result<Conversation, Failure>;
}

/// The event that is stored in `row`.
pub(crate) fn event<R: StoredEvent + ?Sized>(
    row: &R,
    names: &mut impl Names<R::Failure>,
) -> Result<Event, R::Failure> {
    Ok(Event { pos: row.pos()?, seq: row.seq()?, at: row.at()?, body: body(row, names)? })
}

fn body<R: StoredEvent + ?Sized>(row: &R, names: &mut impl Names<R::Failure>) -> Result<Body, R::Failure> {
    let account = || row.topic().map(AccountId::from_bytes);
    Ok(match row.kind()? {
        kind::MESSAGE => Body::Message(Message {
            conversation: ConversationId::from_bytes(row.topic()?),
            n: row.n()?,
            sender: names.sender(row.sender()?)?,
            client_id: row.client_id()?,
            text: row.text()?,
            deleted_by: row.deleted_by()?,
            hidden: is_hidden(row)?,
        }),
        kind::DELETE => Body::Delete {
            conversation: ConversationId::from_bytes(row.topic()?),
            target: row.target()?,
            sender: names.sender(row.sender()?)?,
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
            let detail: ConversationDetail = detail(row)?;
            Body::Left { account: account()?, conversation: names.conversation(detail.conversation)? }
        }
        kind::GUEST_CREATED => {
            let detail: DeviceDetail = detail(row)?;
            Body::GuestCreated { account: account()?, device: detail.device }
        }
        kind::DEVICE_REMOVED => {
            let detail: DeviceDetail = detail(row)?;
            Body::DeviceRemoved { account: account()?, device: detail.device }
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

/// Whether only the sender of a message or a deletion may see it.
pub(crate) fn is_hidden<R: StoredEvent + ?Sized>(row: &R) -> Result<bool, R::Failure> {
    match row.optional_detail()? {
        None => Ok(false),
        Some(HIDDEN) => Ok(true),
        Some(other) => Err(R::damaged(format!("{other:?} is no detail of a message"))),
    }
}

fn detail<R: StoredEvent + ?Sized, T: DeserializeOwned>(row: &R) -> Result<T, R::Failure> {
    serde_json::from_str(row.detail()?).map_err(|error| R::damaged(error.to_string()))
}
