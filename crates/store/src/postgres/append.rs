//! Decided events, gathered as rows of each table, and written in one flight with their commit.

use std::borrow::Cow;

use chinwag_chat::{Append, Private, State};
use chinwag_protocol::{AccountId, Body, ConversationId, DeviceId, Event, Membership, Pos, Seq, Settings};
use chinwag_sabotage::{Promise, breaks};
use foldhash::HashMap;
use serde::Serialize;

use super::event_row::{EventRow, Values};
use super::failure::{Failure, Result};
use super::load::Messages;
use crate::codes::{integer, kind_code};
use crate::detail::{BlockDetail, ConversationDetail, DeviceDetail, HIDDEN, JoinedDetail, kind};

/// Rows of a batch, in the order in which they came. What a later event of the batch undoes is not in them.
#[derive(Default)]
pub(super) struct Writes<'b> {
    pub(super) events: Vec<Values<'b>>,
    /// Stored messages that become empty.
    pub(super) emptied: Vec<Values<'b>>,
    pub(super) accounts: Vec<NewAccount<'b>>,
    pub(super) devices: Vec<NewDevice<'b>>,
    pub(super) removed_devices: Vec<&'b [u8]>,
    pub(super) conversations: Vec<NewConversation<'b>>,
    pub(super) left: Vec<(&'b [u8], &'b [u8])>,
    /// What each membership that changes is in the end.
    pub(super) members: HashMap<(AccountId, ConversationId), Option<Membership>>,
    /// How many more members each conversation has, and conversations each account is in.
    pub(super) more_members: HashMap<ConversationId, i64>,
    pub(super) more_conversations: HashMap<AccountId, i64>,
    /// Memberships from before the batch that are no requests any more.
    pub(super) accepted: Vec<(&'b [u8], &'b [u8])>,
    /// Who blocks whom in the end, of those between whom that changes.
    pub(super) blocks: HashMap<(AccountId, AccountId), bool>,
    pub(super) keys: Vec<NewKey<'b>>,
    pub(super) places: HashMap<DeviceId, Pos>,
    /// Position of the last event that is neither a message nor a deletion; zero if there is none.
    pub(super) changed: Pos,
    own: HashMap<(ConversationId, Seq), usize>,
}

pub(super) struct NewAccount<'b> {
    pub(super) id: &'b [u8],
    pub(super) name: &'b str,
    pub(super) lookalike: bool,
}

pub(super) struct NewDevice<'b> {
    pub(super) id: &'b [u8],
    pub(super) account: &'b [u8],
    pub(super) token: &'b [u8],
}

pub(super) struct NewConversation<'b> {
    pub(super) id: &'b [u8],
    pub(super) kind: i16,
    pub(super) slug: Option<&'b str>,
    pub(super) key: Option<String>,
    pub(super) owner: &'b [u8],
    pub(super) settings: &'b Settings,
}

pub(super) struct NewKey<'b> {
    pub(super) key: &'b [u8],
    pub(super) hash: &'b [u8],
    pub(super) account: &'b [u8],
    pub(super) device: &'b [u8],
    pub(super) salt: &'b [u8],
    pub(super) expires: i64,
    /// When it came.
    pub(super) at: i64,
}

/// An event with what its row has beside it.
pub(super) struct Counted {
    pub(super) append: Append,
    /// Messages in its conversation up to and including it.
    pub(super) n: Option<u64>,
}

impl Counted {
    /// Of an event that `state` has been told of just now.
    pub(super) fn new(append: Append, state: &State) -> Self {
        let n = match &append.event.body {
            Body::Message(message) => Some(message.n),
            Body::Delete { conversation, .. } => state.messages(*conversation),
            _ => None,
        };
        Self { append, n }
    }
}

impl<'b> Writes<'b> {
    /// The rows of `appends`. A message of an earlier batch that one of them deletes is in `loaded`.
    pub(super) fn of(appends: &'b [Counted], loaded: &'b Messages) -> Result<Self> {
        let mut writes = Self::default();
        for counted in appends {
            writes.add(counted, loaded)?;
        }
        Ok(writes)
    }

    /// Moves a device's place forward.
    pub(super) fn move_place(&mut self, device: DeviceId, place: Pos) {
        if !breaks(Promise::KeepPlaces) {
            let known = self.places.entry(device).or_default();
            *known = place.max(*known);
        }
    }

    fn add(&mut self, counted: &'b Counted, loaded: &'b Messages) -> Result<()> {
        let Append { event, private } = &counted.append;
        let n = counted.n.map(integer);
        match &event.body {
            Body::Message(message) => {
                let Private::Sent { hash } = private else {
                    return Err(without(event, "a message came without its request's hash"));
                };
                self.own.insert((message.conversation, event.seq), self.events.len());
                self.events.push(Values {
                    sender: Some(message.sender.id.as_bytes()),
                    n,
                    client_id: Some(message.client_id.as_bytes()),
                    hash: Some(&hash.0),
                    text: Some(&message.text),
                    detail: hidden_detail(message.hidden),
                    ..Values::new(event, message.conversation.as_bytes(), kind::MESSAGE)
                });
            }
            Body::Delete { conversation, target, sender, hidden } => {
                self.events.push(Values {
                    sender: Some(sender.id.as_bytes()),
                    n,
                    target: Some(integer(target.get())),
                    detail: hidden_detail(*hidden),
                    ..Values::new(event, conversation.as_bytes(), kind::DELETE)
                });
                self.empty(*conversation, *target, event.seq, loaded)?;
            }
            Body::ConversationCreated { conversation, owner } => {
                let detail = ConversationDetail { conversation: conversation.id };
                self.add_account_event(event, owner, kind::CONVERSATION_CREATED, &detail)?;
                self.conversations.push(NewConversation {
                    id: conversation.id.as_bytes(),
                    kind: kind_code(conversation.kind) as i16,
                    slug: conversation.slug.as_ref().map(|slug| slug.as_str()),
                    key: conversation.key(),
                    owner: owner.as_bytes(),
                    settings: &conversation.settings,
                });
            }
            Body::Joined { account, conversation, membership, from_seq } => {
                let Membership { role, since, visible_from, request } = *membership;
                let (conversation, from_seq) = (conversation.id, *from_seq);
                let detail = JoinedDetail { conversation, role, since, visible_from, from_seq, request };
                self.add_account_event(event, account, kind::JOINED, &detail)?;
                self.members.insert((*account, conversation), Some(*membership));
                self.count(*account, conversation, 1);
            }
            Body::Left { account, conversation } => {
                let detail = ConversationDetail { conversation: conversation.id };
                self.add_account_event(event, account, kind::LEFT, &detail)?;
                self.members.insert((*account, conversation.id), None);
                self.count(*account, conversation.id, -1);
                self.left.push((account.as_bytes(), conversation.id.as_bytes()));
            }
            Body::GuestCreated { account, device } => {
                let detail = DeviceDetail { device: *device };
                self.add_account_event(event, account, kind::GUEST_CREATED, &detail)?;
                self.add_guest(event, account, device, private)?;
            }
            Body::DeviceRemoved { account, device } => {
                let detail = DeviceDetail { device: *device };
                self.add_account_event(event, account, kind::DEVICE_REMOVED, &detail)?;
                self.removed_devices.push(device.as_bytes());
            }
            Body::Accepted { account, conversation } => {
                let detail = ConversationDetail { conversation: conversation.id };
                self.add_account_event(event, account, kind::ACCEPTED, &detail)?;
                match self.members.get_mut(&(*account, conversation.id)) {
                    // It came in the same batch.
                    Some(membership) => {
                        *membership = membership.map(|row| Membership { request: false, ..row });
                    }
                    None => self.accepted.push((account.as_bytes(), conversation.id.as_bytes())),
                }
            }
            Body::Blocked { account, blocked } => {
                let detail = BlockDetail { blocked: *blocked };
                self.add_account_event(event, account, kind::BLOCKED, &detail)?;
                self.blocks.insert((*account, *blocked), true);
            }
            Body::Unblocked { account, blocked } => {
                let detail = BlockDetail { blocked: *blocked };
                self.add_account_event(event, account, kind::UNBLOCKED, &detail)?;
                self.blocks.insert((*account, *blocked), false);
            }
        }
        Ok(())
    }

    fn count(&mut self, account: AccountId, conversation: ConversationId, by: i64) {
        *self.more_members.entry(conversation).or_default() += by;
        *self.more_conversations.entry(account).or_default() += by;
    }

    fn empty(
        &mut self,
        conversation: ConversationId,
        target: Seq,
        by: Seq,
        loaded: &'b Messages,
    ) -> Result<()> {
        if breaks(Promise::EmptyDeleted) {
            return Ok(());
        }
        if let Some(own) = self.own.get(&(conversation, target)).and_then(|at| self.events.get_mut(*at)) {
            own.empty(by);
            return Ok(());
        }
        let row = loaded
            .get(&(conversation, target))
            .ok_or_else(|| Failure::damaged(format!("row {target} of {conversation}"), "it is missing"))?;
        let mut values = EventRow::checked(row, 0)?.values()?;
        values.empty(by);
        self.emptied.push(values);
        Ok(())
    }

    fn add_account_event(
        &mut self,
        event: &Event,
        account: &'b AccountId,
        kind: i64,
        detail: &impl Serialize,
    ) -> Result<()> {
        let detail = serde_json::to_string(detail).map_err(|error| without(event, &error.to_string()))?;
        let values = Values::new(event, account.as_bytes(), kind);
        self.events.push(Values { detail: Some(Cow::Owned(detail)), ..values });
        self.changed = event.pos;
        Ok(())
    }

    fn add_guest(
        &mut self,
        event: &Event,
        account: &'b AccountId,
        device: &'b DeviceId,
        private: &'b Private,
    ) -> Result<()> {
        let Private::Guest { name, lookalike, token, idempotency, expires } = private else {
            return Err(without(event, "a guest came without name and token"));
        };
        let (account, device) = (account.as_bytes().as_slice(), device.as_bytes().as_slice());
        self.accounts.push(NewAccount { id: account, name: name.as_str(), lookalike: *lookalike });
        self.devices.push(NewDevice { id: device, account, token: &token.0 });
        if let Some(idempotency) = idempotency {
            self.keys.push(NewKey {
                key: &idempotency.key.0,
                hash: &idempotency.hash.0,
                account,
                device,
                salt: &idempotency.salt.0,
                expires: expires.as_millis(),
                at: event.at.as_millis(),
            });
        }
        Ok(())
    }
}

fn hidden_detail(hidden: bool) -> Option<Cow<'static, str>> {
    hidden.then_some(Cow::Borrowed(HIDDEN))
}

fn without(event: &Event, what: &str) -> Failure {
    Failure::damaged(format!("event {}", event.pos), what)
}
