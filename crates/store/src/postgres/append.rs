//! Decided events, gathered as rows of each table, and written in one flight with their commit.

use std::borrow::Cow;
use std::collections::hash_map::Entry;

use chinwag_chat::{Append, Marks, Private, RemovalStep, Restriction, State, Subject, Terms};
use chinwag_protocol::{
    AccountCard, AccountChange, AccountId, Body, ConversationId, DeviceId, Emoji, Event, InviteId, Key,
    Keyed, Membership, Name, Pos, RecoveryCodeHash, Role, Seq, Settings, Timestamp,
};
use chinwag_sabotage::{Promise, breaks};
use foldhash::HashMap;
use serde::Serialize;

use super::event_row::{EventRow, Values};
use super::failure::{Failure, Result};
use super::load::Loaded;
use super::new_rows::{
    Mentions, NewAccount, NewConversation, NewDevice, NewInvite, NewKey, NewKeyed, NewReaction,
};
use crate::Presence;
use crate::codes::{account_change_code, integer, kind_code};
use crate::detail::{
    AccountDetail, BlockDetail, ConversationDetail, DeviceDetail, EditDetail, HIDDEN, InviteDetail,
    JoinedDetail, LeftDetail, MembersDetail, MessageDetail, PinDetail, ReactionDetail, RestrictedDetail,
    RoleDetail, SettingsDetail, kind,
};
use crate::keyed::{KeyDetail, key_bytes, kind_of_key, value};
use crate::topic::Topic;

/// Rows of a batch, in the order in which they came. What a later event of the batch undoes is not in them.
#[derive(Default)]
pub(super) struct Writes<'b> {
    pub(super) events: Vec<Values<'b>>,
    /// Stored messages that change, as they are in the end.
    pub(super) changed_messages: HashMap<(ConversationId, Seq), Values<'b>>,
    pub(super) accounts: Vec<NewAccount<'b>>,
    pub(super) devices: Vec<NewDevice<'b>>,
    pub(super) removed_devices: Vec<&'b [u8]>,
    pub(super) conversations: Vec<NewConversation<'b>>,
    pub(super) left: Vec<(&'b [u8], &'b [u8])>,
    /// What each membership that changes is in the end, and the first row that the stream owes it.
    pub(super) members: HashMap<(AccountId, ConversationId), Option<(Membership, Seq)>>,
    /// Roles that change of those who stay members.
    pub(super) roles: HashMap<(AccountId, ConversationId), Role>,
    pub(super) owners: HashMap<ConversationId, AccountId>,
    pub(super) settings: HashMap<ConversationId, &'b Settings>,
    pub(super) invites: Vec<NewInvite<'b>>,
    /// How many more may come by each that was used.
    pub(super) uses: HashMap<InviteId, i64>,
    pub(super) removed_invites: Vec<InviteId>,
    pub(super) restrictions: HashMap<(ConversationId, AccountId), Restriction>,
    /// How many more members each conversation has, and conversations each account is in.
    pub(super) more_members: HashMap<ConversationId, i64>,
    pub(super) more_conversations: HashMap<AccountId, i64>,
    /// Memberships from before the batch that are no requests any more.
    pub(super) accepted: Vec<(&'b [u8], &'b [u8])>,
    /// Who blocks whom in the end, of those between whom that changes.
    pub(super) blocks: HashMap<(AccountId, AccountId), bool>,
    /// What each ruling that changes is in the end.
    pub(super) rulings: HashMap<Subject, Option<&'b Terms>>,
    pub(super) keys: Vec<NewKey<'b>>,
    pub(super) places: HashMap<DeviceId, Pos>,
    /// What is noted of each account's presence.
    pub(super) presences: HashMap<AccountId, NotedPresence>,
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
    /// What each account that was removed is from then on.
    pub(super) removed_accounts: Vec<&'b AccountCard>,
    /// Rows that say that messages are emptied, each with conversation and account.
    pub(super) erased: Vec<(&'b [u8], &'b [u8], i64)>,
    /// Of each removal that goes on: up to which client id all is empty; none if it is done.
    pub(super) removals: Vec<(&'b [u8], Option<&'b [u8]>)>,
    /// What was added to each message to which something is added, as of which row.
    pub(super) marks: HashMap<(ConversationId, Seq), (&'b Marks, Seq)>,
    /// What each reaction that changes is in the end.
    pub(super) reactions: HashMap<(AccountId, ConversationId, Seq, &'b Emoji), Option<NewReaction>>,
    /// Messages to which nothing is added any more.
    pub(super) unmarked: Vec<(ConversationId, Seq)>,
    /// Who is named in each message of which that changes, in the end.
    pub(super) mentions: HashMap<(ConversationId, Seq), Mentions>,
    /// Accounts whose mentions are forgotten, in some messages.
    pub(super) forgotten: Vec<&'b [u8]>,
    /// Position of the last event that is no message and changes none; zero if there is none.
    pub(super) changed: Pos,
    /// The latest event of each key that there is a new one of.
    pub(super) keyed: HashMap<(Topic, Key), NewKeyed<'b>>,
    /// Places of those that a later one of the batch replaces.
    pub(super) passed: Vec<i64>,
    /// Topics and places of keyed events that go with their accounts, and the sum of their versions.
    pub(super) dropped: Vec<(&'b [u8], i64)>,
    pub(super) dropped_versions: i64,
    /// Rows of replaced events that go, each with when that was.
    pub(super) forgotten_events: Vec<(i64, i64)>,
    own: HashMap<(ConversationId, Seq), usize>,
}

/// What is noted of an account's presence in the end.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct NotedPresence {
    pub(super) invisible: Option<bool>,
    /// 0 if nothing is noted of that.
    pub(super) seen_ms: i64,
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
            Body::Delete { conversation, .. }
            | Body::Edit { conversation, .. }
            | Body::Reaction { conversation, .. }
            | Body::Pin { conversation, .. }
            | Body::Erased { conversation, .. }
            | Body::Members { conversation, .. } => state.messages(*conversation),
            Body::ConversationChanged { conversation, .. } => state.messages(conversation.id),
            _ => None,
        };
        Self { append, n }
    }
}

impl<'b> Writes<'b> {
    /// The rows of `appends`, written at `now`. A message of an earlier batch that one of them deletes is in `loaded`.
    pub(super) fn of(appends: &'b [Counted], loaded: &'b Loaded, now: Timestamp) -> Result<Self> {
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

    /// Notes something of an account's presence.
    pub(super) fn note_presence(&mut self, presence: &Presence) {
        match *presence {
            Presence::Invisible { account, invisible } => {
                self.presences.entry(account).or_default().invisible = Some(invisible);
            }
            Presence::Seen { account, at } => {
                let noted = self.presences.entry(account).or_default();
                noted.seen_ms = noted.seen_ms.max(at.as_millis());
            }
        }
    }

    fn add(&mut self, counted: &'b Counted, loaded: &'b Loaded) -> Result<()> {
        let Append { event, private } = &counted.append;
        let n = counted.n.map(integer);
        match private {
            Private::Invited { invite, left: Some(0) } => self.remove_invite(*invite),
            Private::Invited { invite, left: Some(left) } => {
                self.uses.insert(*invite, i64::from(*left));
            }
            _ => {}
        }
        if let Private::Restricted { conversation, account, restriction } = private {
            self.restrictions.insert((*conversation, *account), *restriction);
        }
        match &event.body {
            Body::Message(message) => {
                let Private::Sent { hash, restriction } = private else {
                    return Err(without(event, "a message came without its request's hash"));
                };
                if let Some(restriction) = restriction {
                    self.restrictions.insert((message.conversation, message.sender.id), *restriction);
                }
                let detail = MessageDetail::of(message).to_column();
                let detail = detail.map_err(|error| without(event, &error.to_string()))?;
                self.own.insert((message.conversation, event.seq), self.events.len());
                self.events.push(Values {
                    sender: Some(message.sender.id.as_bytes()),
                    n,
                    client_id: Some(message.client_id.as_bytes()),
                    hash: Some(&hash.0),
                    text: Some(&message.text),
                    detail: detail.map(Cow::Owned),
                    ..Values::new(event, message.conversation.as_bytes(), kind::MESSAGE)
                });
                if !message.hidden && !message.attributes.entities.is_empty() {
                    let mentions = Mentions::of(&message.attributes.entities, message.sender.id);
                    self.mentions.insert((message.conversation, event.seq), mentions);
                }
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
            Body::Edit { conversation, target, sender, text, entities, hidden, .. } => {
                let Private::Edited { pos } = *private else {
                    return Err(without(event, "an edit came without the place of its message"));
                };
                let detail = EditDetail { message: pos, hidden: *hidden };
                self.add_change((event, n), (conversation, *target), &sender.id, kind::EDIT, &detail)?;
                let mentions = if *hidden { Mentions::default() } else { Mentions::of(entities, sender.id) };
                self.mentions.insert((*conversation, *target), mentions);
                let message = self.message(*conversation, *target, loaded)?;
                message.text = Some(text);
                message.change_detail(|detail| detail.edit(event, entities, *hidden))?;
            }
            Body::Reaction { conversation, target, sender, emoji, on, hidden } => {
                let Private::Marked(marks) = private else {
                    return Err(without(event, "a reaction came without all that are there"));
                };
                let detail = ReactionDetail { emoji: emoji.clone(), on: *on, hidden: *hidden };
                self.add_change((event, n), (conversation, *target), &sender.id, kind::REACTION, &detail)?;
                self.marks.insert((*conversation, *target), (marks, event.seq));
                let reaction = on.then(|| NewReaction {
                    seq: integer(event.seq.get()),
                    pos: integer(event.pos.get()),
                    at: event.at.as_millis(),
                    hidden: *hidden,
                });
                self.reactions.insert((sender.id, *conversation, *target, emoji), reaction);
            }
            Body::Pin { conversation, target, sender, pinned, hidden } => {
                let Private::Marked(marks) = private else {
                    return Err(without(event, "a pin came without all that was added to the message"));
                };
                let detail = PinDetail { pinned: *pinned, hidden: *hidden };
                self.add_change((event, n), (conversation, *target), &sender.id, kind::PIN, &detail)?;
                self.marks.insert((*conversation, *target), (marks, event.seq));
            }
            Body::Erased { conversation, sender } => {
                self.events.push(Values {
                    sender: Some(sender.id.as_bytes()),
                    n,
                    ..Values::new(event, conversation.as_bytes(), kind::ERASED)
                });
                self.changed = event.pos;
                self.erased.push((conversation.as_bytes(), sender.id.as_bytes(), integer(event.seq.get())));
            }
            Body::ConversationCreated { conversation, owner } => {
                let detail = ConversationDetail { conversation: conversation.id };
                self.add_account_event(event, owner, kind::CONVERSATION_CREATED, &detail)?;
                if let (Private::Group { client_id, hash }, Some(row)) = (private, self.events.last_mut()) {
                    // As beside a message, so that a retry is found like one.
                    row.sender = Some(owner.as_bytes());
                    row.client_id = Some(client_id.as_bytes());
                    row.hash = Some(&hash.0);
                }
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
                self.members.insert((*account, conversation), Some((*membership, from_seq)));
                self.roles.remove(&(*account, conversation));
                self.count(*account, conversation, 1);
            }
            Body::Left { account, conversation, change } => {
                let detail = LeftDetail { conversation: conversation.id, change: (*change).into() };
                self.add_account_event(event, account, kind::LEFT, &detail)?;
                self.members.insert((*account, conversation.id), None);
                self.roles.remove(&(*account, conversation.id));
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
            Body::Members { conversation, actor, accounts, change, role } => {
                let accounts = accounts.iter().map(|account| account.id).collect();
                let detail = MembersDetail { accounts, change: *change, role: *role };
                self.add_timeline_event((event, n), conversation, &actor.id, kind::MEMBERS, &detail)?;
            }
            Body::ConversationChanged { conversation, actor } => {
                let (id, detail) = (&conversation.id, SettingsDetail::of(&conversation.settings));
                self.add_timeline_event((event, n), id, &actor.id, kind::CONVERSATION_CHANGED, &detail)?;
                self.settings.insert(*id, &conversation.settings);
            }
            Body::RoleChanged { account, conversation, role } => {
                let detail = RoleDetail { conversation: conversation.id, role: *role };
                self.add_account_event(event, account, kind::ROLE_CHANGED, &detail)?;
                self.roles.insert((*account, conversation.id), *role);
                if *role == Role::Owner {
                    self.owners.insert(conversation.id, *account);
                }
            }
            Body::InviteCreated { account, conversation, invite, expires, uses } => {
                let expires = expires.map(Timestamp::as_millis);
                let detail =
                    InviteDetail { conversation: conversation.id, invite: *invite, expires, uses: *uses };
                self.add_account_event(event, account, kind::INVITE_CREATED, &detail)?;
                let Private::Invite { token } = private else {
                    return Err(without(event, "an invitation came without its token's hash"));
                };
                self.invites.push(NewInvite {
                    id: *invite,
                    token: &token.0,
                    conversation: conversation.id.as_bytes(),
                    maker: account.as_bytes(),
                    expires,
                    uses: uses.map(i64::from),
                    made: event.at.as_millis(),
                });
            }
            Body::InviteRevoked { account, conversation, invite } => {
                let detail = InviteDetail {
                    conversation: conversation.id,
                    invite: *invite,
                    expires: None,
                    uses: None,
                };
                self.add_account_event(event, account, kind::INVITE_REVOKED, &detail)?;
                self.remove_invite(*invite);
            }
            Body::Restricted { account, conversation, change } => {
                let detail = RestrictedDetail::of(conversation.id, *change);
                self.add_account_event(event, account, kind::RESTRICTED, &detail)?;
            }
            Body::Accepted { account, conversation } => {
                let detail = ConversationDetail { conversation: conversation.id };
                self.add_account_event(event, account, kind::ACCEPTED, &detail)?;
                match self.members.get_mut(&(*account, conversation.id)) {
                    // It came in the same batch.
                    Some(membership) => {
                        *membership =
                            membership.map(|(row, from)| (Membership { request: false, ..row }, from));
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
            Body::Keyed(keyed) => self.put_keyed(event, keyed)?,
        }
        Ok(())
    }

    /// A keyed event changes nothing that writers remember for long, so it is none of those after which they forget.
    fn put_keyed(&mut self, event: &'b Event, keyed: &'b Keyed) -> Result<()> {
        let broken = |error: serde_json::Error| without(event, &error.to_string());
        let key = keyed.key();
        let detail = serde_json::to_string(&KeyDetail::from(key)).map_err(broken)?;
        let topic = match keyed {
            Keyed::Marker { account, .. }
            | Keyed::Preferences { account, .. }
            | Keyed::Settings { account, .. }
            | Keyed::Draft { account, .. } => account.as_bytes(),
            Keyed::Receipt { conversation, .. } => conversation.as_bytes(),
        };
        let row = Values::new(event, topic, kind_of_key(&key));
        self.events.push(Values { detail: Some(Cow::Owned(detail)), ..row });
        let row = NewKeyed {
            topic,
            key: key_bytes(&key),
            pos: integer(event.pos.get()),
            version: integer(keyed.version()),
            at: event.at.as_millis(),
            value: value(keyed).map_err(broken)?,
        };
        if let Some(before) = self.keyed.insert((*topic, key), row) {
            self.passed.push(before.pos);
        }
        Ok(())
    }

    /// Adds what a step of removing an account changes beside its events.
    pub(super) fn take_step(&mut self, step: &'b RemovalStep, loaded: &'b Loaded) -> Result<()> {
        for (message, by) in &step.emptied {
            if !breaks(Promise::EmptyErased) {
                self.empty(message.conversation, message.seq, *by, loaded)?;
            }
        }
        let account = step.account.as_bytes().as_slice();
        self.forgotten.push(account);
        for (pos, version) in loaded.keyed.get(&step.account).into_iter().flatten() {
            self.dropped.push((account, *pos));
            self.dropped_versions += *version;
        }
        match &step.after {
            _ if step.done => self.removals.push((account, None)),
            Some(after) => self.removals.push((account, Some(after.as_bytes()))),
            None => {}
        }
        Ok(())
    }

    fn remove_invite(&mut self, invite: InviteId) {
        self.invites.retain(|new| new.id != invite);
        self.uses.remove(&invite);
        self.removed_invites.push(invite);
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
        loaded: &'b Loaded,
    ) -> Result<()> {
        if breaks(Promise::EmptyDeleted) {
            return Ok(());
        }
        self.marks.remove(&(conversation, target));
        self.reactions.retain(|(_, id, seq, _), _| (*id, *seq) != (conversation, target));
        self.unmarked.push((conversation, target));
        self.mentions.insert((conversation, target), Mentions::default());
        self.message(conversation, target, loaded)?.empty(by)
    }

    /// The row of a message that changes: one of the batch, or one that was stored before.
    fn message(
        &mut self,
        conversation: ConversationId,
        target: Seq,
        loaded: &'b Loaded,
    ) -> Result<&mut Values<'b>> {
        let missing = || Failure::damaged(format!("row {target} of {conversation}"), "it is missing");
        if let Some(own) = self.own.get(&(conversation, target)) {
            return self.events.get_mut(*own).ok_or_else(missing);
        }
        match self.changed_messages.entry((conversation, target)) {
            Entry::Occupied(changed) => Ok(changed.into_mut()),
            Entry::Vacant(place) => {
                let row = loaded.messages.get(&(conversation, target)).ok_or_else(missing)?;
                Ok(place.insert(EventRow::checked(row, 0)?.values()?))
            }
        }
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

    /// A row of a timeline that is no message.
    fn add_timeline_event(
        &mut self,
        (event, n): (&Event, Option<i64>),
        conversation: &'b ConversationId,
        actor: &'b AccountId,
        kind: i64,
        detail: &impl Serialize,
    ) -> Result<()> {
        let detail = serde_json::to_string(detail).map_err(|error| without(event, &error.to_string()))?;
        self.events.push(Values {
            sender: Some(actor.as_bytes()),
            n,
            detail: Some(Cow::Owned(detail)),
            ..Values::new(event, conversation.as_bytes(), kind)
        });
        self.changed = event.pos;
        Ok(())
    }

    /// A row that changes a message, or what others have added to it.
    fn add_change(
        &mut self,
        (event, n): (&Event, Option<i64>),
        (conversation, target): (&'b ConversationId, Seq),
        actor: &'b AccountId,
        kind: i64,
        detail: &impl Serialize,
    ) -> Result<()> {
        let detail = serde_json::to_string(detail).map_err(|error| without(event, &error.to_string()))?;
        self.events.push(Values {
            sender: Some(actor.as_bytes()),
            n,
            target: Some(integer(target.get())),
            detail: Some(Cow::Owned(detail)),
            ..Values::new(event, conversation.as_bytes(), kind)
        });
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
            (AccountChange::Deleted | AccountChange::Expired, Private::Nothing) => {
                self.removed_accounts.push(card);
            }
            (AccountChange::Ruled, Private::Ruling { subject, terms }) => {
                self.rulings.insert(*subject, terms.as_ref());
            }
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

fn hidden_detail(hidden: bool) -> Option<Cow<'static, str>> {
    hidden.then_some(Cow::Borrowed(HIDDEN))
}

fn without(event: &Event, what: &str) -> Failure {
    Failure::damaged(format!("event {}", event.pos), what)
}
