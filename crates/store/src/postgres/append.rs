//! Decided events, gathered as rows of each table, and written in one flight with their commit.

use std::borrow::Cow;

use chinwag_chat::{Append, Private, State};
use chinwag_protocol::{
    AccountCard, AccountChange, AccountId, Body, ConversationId, DeviceId, Event, Membership, Name, Pos,
    RecoveryCodeHash, Seq, Timestamp,
};
use chinwag_sabotage::{Promise, breaks};
use foldhash::HashMap;
use serde::Serialize;

use super::event_row::{EventRow, Values};
use super::failure::{Failure, Result};
use super::load::Messages;
use crate::codes::{account_change_code, integer, kind_code};
use crate::detail::{AccountDetail, ConversationDetail, DeviceDetail, JoinedDetail, kind};

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
    pub(super) keys: Vec<NewKey<'b>>,
    pub(super) places: HashMap<DeviceId, Pos>,
    /// When this is written, in milliseconds since 1970.
    pub(super) now_ms: i64,
    /// What each account that changes is in the end.
    pub(super) changed_accounts: HashMap<AccountId, &'b AccountCard>,
    /// What each password that is set is in the end, and its version.
    pub(super) passwords: HashMap<AccountId, (&'b str, i64)>,
    /// Recovery codes that were stored and are used.
    pub(super) used_codes: Vec<(&'b [u8], &'b [u8])>,
    /// What is left in the end of recovery codes that are made, and void all others of their accounts.
    pub(super) made_codes: HashMap<AccountId, Vec<&'b RecoveryCodeHash>>,
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
    pub(super) name: Option<&'b str>,
    /// When it came.
    pub(super) at: i64,
}

pub(super) struct NewConversation<'b> {
    pub(super) id: &'b [u8],
    pub(super) kind: i16,
    pub(super) slug: &'b str,
    pub(super) key: String,
    pub(super) owner: &'b [u8],
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
    /// The rows of `appends`, written at `now`. A message of an earlier batch that one of them deletes is in `loaded`.
    pub(super) fn of(appends: &'b [Counted], loaded: &'b Messages, now: Timestamp) -> Result<Self> {
        let mut writes = Self { now_ms: now.as_millis(), ..Self::default() };
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
                    ..Values::new(event, message.conversation.as_bytes(), kind::MESSAGE)
                });
            }
            Body::Delete { conversation, target, sender } => {
                self.events.push(Values {
                    sender: Some(sender.id.as_bytes()),
                    n,
                    target: Some(integer(target.get())),
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
                    slug: conversation.slug.as_str(),
                    key: conversation.slug.key(),
                    owner: owner.as_bytes(),
                });
            }
            Body::Joined { account, conversation, membership, from_seq } => {
                let Membership { role, since, visible_from } = *membership;
                let (conversation, from_seq) = (conversation.id, *from_seq);
                let detail = JoinedDetail { conversation, role, since, visible_from, from_seq };
                self.add_account_event(event, account, kind::JOINED, &detail)?;
                self.members.insert((*account, conversation), Some(*membership));
            }
            Body::Left { account, conversation } => {
                let detail = ConversationDetail { conversation: conversation.id };
                self.add_account_event(event, account, kind::LEFT, &detail)?;
                self.members.insert((*account, conversation.id), None);
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
            Body::DeviceAdded { account, device } => {
                let detail = DeviceDetail { device: *device };
                self.add_account_event(event, account, kind::DEVICE_ADDED, &detail)?;
                let Private::Device { name, token } = private else {
                    return Err(without(event, "a device came without its token"));
                };
                self.devices.push(NewDevice {
                    id: device.as_bytes(),
                    account: account.as_bytes(),
                    token: &token.0,
                    name: name.as_ref().map(Name::as_str),
                    at: event.at.as_millis(),
                });
            }
            Body::Account { card, change } => {
                self.add_account_event(event, &card.id, account_change_code(*change), &AccountDetail {})?;
                self.change_account(event, card, *change, private)?;
            }
        }
        Ok(())
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
        let Private::Guest { name, lookalike, token, idempotency, expires, device_name } = private else {
            return Err(without(event, "a guest came without name and token"));
        };
        let (account, device) = (account.as_bytes().as_slice(), device.as_bytes().as_slice());
        self.accounts.push(NewAccount { id: account, name: name.as_str(), lookalike: *lookalike });
        self.devices.push(NewDevice {
            id: device,
            account,
            token: &token.0,
            name: device_name.as_ref().map(Name::as_str),
            at: event.at.as_millis(),
        });
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

/// Accounts that change.
impl<'b> Writes<'b> {
    fn change_account(
        &mut self,
        event: &Event,
        card: &'b AccountCard,
        change: AccountChange,
        private: &'b Private,
    ) -> Result<()> {
        if matches!(change, AccountChange::Registered | AccountChange::Updated) {
            self.changed_accounts.insert(card.id, card);
        }
        match (change, private) {
            (AccountChange::Updated, Private::Nothing) => {}
            (
                AccountChange::Registered | AccountChange::PasswordChanged,
                Private::Password { hash, version, used },
            ) => {
                self.passwords.insert(card.id, (hash.as_str(), integer(*version)));
                if let Some(used) = used {
                    match self.made_codes.get_mut(&card.id) {
                        Some(made) => made.retain(|code| *code != used),
                        None => self.used_codes.push((card.id.as_bytes(), &used.0)),
                    }
                }
            }
            (AccountChange::RecoveryCodesMade, Private::RecoveryCodes(codes)) => {
                self.made_codes.insert(card.id, codes.iter().collect());
            }
            _ => return Err(without(event, "an account changed without what is kept beside that")),
        }
        Ok(())
    }
}

fn without(event: &Event, what: &str) -> Failure {
    Failure::damaged(format!("event {}", event.pos), what)
}
