//! The rows that deciding reads, as the writer holds them in memory.

use chinwag_protocol::{
    AccountCard, AccountId, Body, ClientId, Conversation, ConversationId, DeviceId, InviteHash, InviteId,
    Kind, Membership, Pair, Pos, RecoveryCodeHash, Role, Sender, Seq, Slug, Timestamp, Username,
};
use foldhash::HashMap;

use crate::decide::{Append, Private};
use crate::request::{KeyHash, RequestHash, Salt};

/// A row that a request reads. What the writer does not hold yet it loads before deciding.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Need {
    /// An account and its topic's head.
    Account(AccountId),
    /// A device that may have been signed out.
    Device(DeviceId),
    /// A conversation and its head.
    Conversation(ConversationId),
    /// The room or direct chat of this key, if there is one, with its conversation, and the account's membership and
    /// restriction.
    Room {
        /// [`Slug::key`] or [`Pair::key`].
        key: String,
        /// Who asks.
        account: AccountId,
    },
    /// An account's place in a conversation.
    Membership(AccountId, ConversationId),
    /// What holds for an account in a conversation, whether it is in it or not.
    Restriction(ConversationId, AccountId),
    /// How many groups an account owns.
    OwnedGroups(AccountId),
    /// The links into a group.
    Invites(ConversationId),
    /// The group that a token leads into, if there is one, with all its links, and the account's membership and restriction.
    Invited {
        /// Of the token.
        token: InviteHash,
        /// Who asks.
        account: AccountId,
    },
    /// What an account stored under a client id.
    Sent(AccountId, ClientId),
    /// A row of a timeline.
    Message(ConversationId, Seq),
    /// The guest made under an idempotency key.
    Guest(KeyHash),
    /// The account that signs in with a user name.
    Username(Username),
    /// The version of an account's password.
    Credential(AccountId),
    /// An account's devices.
    Devices(AccountId),
    /// Whether a recovery code of an account is good.
    RecoveryCode(AccountId, RecoveryCodeHash),
    /// Whether an account blocks another.
    Block {
        /// Who may block.
        account: AccountId,
        /// Whom.
        blocked: AccountId,
    },
    /// How many an account blocks.
    Blocks(AccountId),
    /// What [`State::with_it`] names of a direct chat that the account is in; of anything else nothing. The conversation and
    /// the membership are named before it.
    Talk {
        /// Which.
        conversation: ConversationId,
        /// Who writes.
        account: AccountId,
    },
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// What it shows of itself.
    pub card: AccountCard,
    /// Head of the account's own topic.
    pub head: Seq,
    /// Number of conversations that it is in.
    pub conversations: u64,
}

/// A device of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnDevice {
    /// Which.
    pub id: DeviceId,
    /// When it last asked for something, to the hour.
    pub seen_at: Timestamp,
}

/// A conversation and its head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationState {
    /// What it is.
    pub conversation: Conversation,
    /// Who made it.
    pub owner: AccountId,
    /// Its last row.
    pub head: Seq,
    /// Number of its messages.
    pub n: u64,
    /// Number of its members.
    pub members: u64,
}

/// A send that is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Its row.
    pub seq: Seq,
    /// Its place in the log.
    pub pos: Pos,
    /// When.
    pub at: Timestamp,
    /// Of what was asked for.
    pub hash: RequestHash,
    /// The conversation that was made; none if a message was sent.
    pub made: Option<ConversationId>,
}

/// What holds for an account in a conversation, whether it is in it or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Restriction {
    /// It is kept out.
    pub banned: bool,
    /// It comes in to read only.
    pub read_only: bool,
    /// It writes nothing until then.
    pub muted_until: Option<Timestamp>,
    /// When it last wrote while the slow mode was on.
    pub wrote_at: Option<Timestamp>,
}

/// A link into a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invite {
    /// Which.
    pub id: InviteId,
    /// Of its token.
    pub token: InviteHash,
    /// Until when it is good.
    pub expires: Option<Timestamp>,
    /// How many more may come by it.
    pub uses: Option<u32>,
}

impl Invite {
    /// Whether one may come by it.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| expires > now) && self.uses != Some(0)
    }
}

/// What deciding needs to know of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageState {
    /// Who sent it.
    pub sender: AccountId,
    /// Row, place and time of its deletion.
    pub deleted: Option<(Seq, Pos, Timestamp)>,
    /// Whether only its sender may see it.
    pub hidden: bool,
}

/// The guest that was made under an idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstGuest {
    /// Account that was made.
    pub account: AccountId,
    /// Device that was made.
    pub device: DeviceId,
    /// Of what was asked for.
    pub hash: RequestHash,
    /// What the token was derived with.
    pub salt: Salt,
    /// The key means nothing from here on.
    pub expires: Timestamp,
}

/// Rows by their keys. A key that maps to `None` is known to be absent.
#[derive(Debug, Default)]
pub struct State {
    /// Last position of the log.
    pub head: Pos,
    accounts: HashMap<AccountId, Option<Account>>,
    devices: HashMap<DeviceId, Option<AccountId>>,
    conversations: HashMap<ConversationId, Option<ConversationState>>,
    rooms: HashMap<String, Option<ConversationId>>,
    memberships: HashMap<(AccountId, ConversationId), Option<Membership>>,
    restrictions: HashMap<(ConversationId, AccountId), Restriction>,
    owned_groups: HashMap<AccountId, u64>,
    invites: HashMap<ConversationId, Vec<Invite>>,
    tokens: HashMap<InviteHash, Option<ConversationId>>,
    sent: HashMap<(AccountId, ClientId), Option<Sent>>,
    messages: HashMap<(ConversationId, Seq), Option<MessageState>>,
    guests: HashMap<KeyHash, Option<FirstGuest>>,
    usernames: HashMap<Username, Option<AccountId>>,
    credentials: HashMap<AccountId, Option<u64>>,
    own_devices: HashMap<AccountId, Vec<OwnDevice>>,
    recovery_codes: HashMap<(AccountId, RecoveryCodeHash), bool>,
    blocks: HashMap<(AccountId, AccountId), bool>,
    numbers_of_blocks: HashMap<AccountId, u64>,
}

impl State {
    /// Nothing known but the log's head.
    pub fn at(head: Pos) -> Self {
        Self { head, ..Self::default() }
    }

    /// Whether everything that `need` names is in memory.
    pub fn holds(&self, need: &Need) -> bool {
        match need {
            Need::Account(id) => self.accounts.contains_key(id),
            Need::Device(id) => self.devices.contains_key(id),
            Need::Conversation(id) => self.conversations.contains_key(id),
            Need::Room { key, account } => match self.rooms.get(key) {
                None => false,
                Some(None) => true,
                Some(Some(id)) => {
                    self.conversations.contains_key(id)
                        && self.memberships.contains_key(&(*account, *id))
                        && self.restrictions.contains_key(&(*id, *account))
                        && self.holds_with(need)
                }
            },
            Need::Membership(account, id) => self.memberships.contains_key(&(*account, *id)),
            Need::Restriction(id, account) => self.restrictions.contains_key(&(*id, *account)),
            Need::OwnedGroups(account) => self.owned_groups.contains_key(account),
            Need::Invites(id) => self.invites.contains_key(id),
            Need::Invited { token, account } => match self.tokens.get(token) {
                None => false,
                Some(None) => true,
                Some(Some(id)) => {
                    self.invites.contains_key(id)
                        && self.conversations.contains_key(id)
                        && self.memberships.contains_key(&(*account, *id))
                        && self.restrictions.contains_key(&(*id, *account))
                }
            },
            Need::Sent(account, id) => self.sent.contains_key(&(*account, *id)),
            Need::Message(id, seq) => self.messages.contains_key(&(*id, *seq)),
            Need::Guest(key) => self.guests.contains_key(key),
            Need::Username(username) => self.usernames.contains_key(username),
            Need::Credential(id) => self.credentials.contains_key(id),
            Need::Devices(id) => self.own_devices.contains_key(id),
            Need::RecoveryCode(id, code) => self.recovery_codes.contains_key(&(*id, *code)),
            Need::Block { account, blocked } => self.blocks.contains_key(&(*account, *blocked)),
            Need::Blocks(account) => self.numbers_of_blocks.contains_key(account),
            Need::Talk { conversation, account } => {
                self.conversations.contains_key(conversation)
                    && self.memberships.contains_key(&(*account, *conversation))
                    && self.holds_with(need)
            }
        }
    }

    /// Names the rows that must be in memory with those of a need: of a direct chat, what a message in it reads of the two. Who
    /// loads the one loads these after it. Of who is in no such chat, nothing: it costs what an absent one does.
    pub fn with_it(&self, of: &Need, mut need: impl FnMut(Need)) {
        let id = match of {
            Need::Room { key, .. } => self.rooms.get(key).copied().flatten(),
            Need::Talk { conversation, account } => {
                self.membership(*account, *conversation).map(|_| *conversation)
            }
            _ => None,
        };
        let Some(row) = id.and_then(|id| self.conversation(id)) else { return };
        let Some(pair) = row.conversation.pair else { return };
        for account in pair.accounts() {
            need(Need::Account(account));
            need(Need::Membership(account, row.conversation.id));
            if let Some(blocked) = pair.other(account) {
                need(Need::Block { account, blocked });
            }
        }
    }

    fn holds_with(&self, need: &Need) -> bool {
        let mut holds = true;
        self.with_it(need, |need| holds = holds && self.holds(&need));
        holds
    }

    /// Records what the store has of an account.
    pub fn put_account(&mut self, id: AccountId, row: Option<Account>) {
        self.accounts.insert(id, row);
    }

    /// Records whose device it is, if it is signed in.
    pub fn put_device(&mut self, id: DeviceId, account: Option<AccountId>) {
        self.devices.insert(id, account);
    }

    /// Records what the store has of a conversation.
    pub fn put_conversation(&mut self, id: ConversationId, row: Option<ConversationState>) {
        self.conversations.insert(id, row);
    }

    /// Records which room a slug's key names.
    pub fn put_room(&mut self, key: String, id: Option<ConversationId>) {
        self.rooms.insert(key, id);
    }

    /// Records what the store has of a membership.
    pub fn put_membership(&mut self, account: AccountId, id: ConversationId, row: Option<Membership>) {
        self.memberships.insert((account, id), row);
    }

    /// Records what holds for an account in a conversation.
    pub fn put_restriction(&mut self, id: ConversationId, account: AccountId, row: Restriction) {
        self.restrictions.insert((id, account), row);
    }

    /// Records how many groups an account owns.
    pub fn put_owned_groups(&mut self, account: AccountId, number: u64) {
        self.owned_groups.insert(account, number);
    }

    /// Records the links into a group.
    pub fn put_invites(&mut self, id: ConversationId, rows: Vec<Invite>) {
        self.invites.insert(id, rows);
    }

    /// Records which group a token leads into.
    pub fn put_token(&mut self, token: InviteHash, id: Option<ConversationId>) {
        self.tokens.insert(token, id);
    }

    /// Records what the store has under a client id.
    pub fn put_sent(&mut self, account: AccountId, id: ClientId, row: Option<Sent>) {
        self.sent.insert((account, id), row);
    }

    /// Records what the store has of a timeline's row.
    pub fn put_message(&mut self, id: ConversationId, seq: Seq, row: Option<MessageState>) {
        self.messages.insert((id, seq), row);
    }

    /// Records what the store has under an idempotency key.
    pub fn put_guest(&mut self, key: KeyHash, row: Option<FirstGuest>) {
        self.guests.insert(key, row);
    }

    /// Records which account signs in with a user name.
    pub fn put_username(&mut self, username: Username, account: Option<AccountId>) {
        self.usernames.insert(username, account);
    }

    /// Records the version of an account's password, if it has one.
    pub fn put_credential(&mut self, id: AccountId, version: Option<u64>) {
        self.credentials.insert(id, version);
    }

    /// Records all devices of an account.
    pub fn put_own_devices(&mut self, id: AccountId, devices: Vec<OwnDevice>) {
        self.own_devices.insert(id, devices);
    }

    /// Records whether a recovery code is good.
    pub fn put_recovery_code(&mut self, id: AccountId, code: RecoveryCodeHash, good: bool) {
        self.recovery_codes.insert((id, code), good);
    }

    /// Records whether an account blocks another.
    pub fn put_block(&mut self, account: AccountId, blocked: AccountId, is_blocked: bool) {
        self.blocks.insert((account, blocked), is_blocked);
    }

    /// Records how many an account blocks.
    pub fn put_blocks(&mut self, account: AccountId, number: u64) {
        self.numbers_of_blocks.insert(account, number);
    }

    /// Rows in memory, for the writer to bound.
    pub fn len(&self) -> usize {
        self.accounts.len()
            + self.devices.len()
            + self.conversations.len()
            + self.rooms.len()
            + self.memberships.len()
            + self.restrictions.len()
            + self.owned_groups.len()
            + self.invites.len()
            + self.tokens.len()
            + self.sent.len()
            + self.messages.len()
            + self.guests.len()
            + self.usernames.len()
            + self.credentials.len()
            + self.own_devices.len()
            + self.recovery_codes.len()
            + self.blocks.len()
            + self.numbers_of_blocks.len()
    }

    /// Whether nothing is in memory.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets the rows that only one batch reads; what many batches read stays.
    pub fn end_batch(&mut self) {
        self.owned_groups.clear();
        self.invites.clear();
        self.tokens.clear();
        self.sent.clear();
        self.messages.clear();
        self.guests.clear();
        self.usernames.clear();
        self.credentials.clear();
        self.own_devices.clear();
        self.recovery_codes.clear();
        self.numbers_of_blocks.clear();
    }

    /// Number of a conversation's messages, if it is in memory.
    pub fn messages(&self, id: ConversationId) -> Option<u64> {
        self.conversation(id).map(|row| row.n)
    }

    /// Takes over that others have appended up to `head`, and no more than messages and deletions: where conversations end
    /// and when their members wrote is not known any more.
    pub fn overtaken(&mut self, head: Pos) {
        self.head = head;
        self.conversations.clear();
        self.restrictions.clear();
    }

    /// Takes over that another has appended a message of this account.
    pub fn put_written(&mut self, id: ConversationId, account: AccountId, at: Timestamp) {
        if let Some(row) = self.restrictions.get_mut(&(id, account)) {
            row.wrote_at = row.wrote_at.max(Some(at));
        }
    }

    /// Takes over that another has appended a message or a deletion to a conversation: its last row now, and the number of its
    /// messages.
    pub fn put_end(&mut self, id: ConversationId, head: Seq, n: u64) {
        if let Some(row) = self.conversation_mut(id) {
            row.head = head;
            row.n = n;
        }
    }

    /// Makes an event's effects visible to what is decided next.
    pub fn apply(&mut self, append: &Append) {
        let event = &append.event;
        self.head = event.pos;
        if let Private::Restricted { conversation, account, restriction } = append.private {
            self.put_restriction(conversation, account, restriction);
        }
        match &event.body {
            Body::Message(message) => {
                if let Some(row) = self.conversation_mut(message.conversation) {
                    row.head = event.seq;
                    row.n = message.n;
                }
                if let Private::Sent { hash, restriction } = append.private {
                    let sent = Sent { seq: event.seq, pos: event.pos, at: event.at, hash, made: None };
                    self.put_sent(message.sender.id, message.client_id, Some(sent));
                    if let Some(restriction) = restriction {
                        self.put_restriction(message.conversation, message.sender.id, restriction);
                    }
                }
                let row = MessageState { sender: message.sender.id, deleted: None, hidden: message.hidden };
                self.put_message(message.conversation, event.seq, Some(row));
            }
            Body::Delete { conversation, target, .. } => {
                if let Some(row) = self.conversation_mut(*conversation) {
                    row.head = event.seq;
                }
                if let Some(Some(row)) = self.messages.get_mut(&(*conversation, *target)) {
                    row.deleted = Some((event.seq, event.pos, event.at));
                }
            }
            Body::ConversationCreated { conversation, owner } => {
                if let Some(key) = conversation.key() {
                    self.put_room(key, Some(conversation.id));
                }
                for account in conversation.pair.iter().flat_map(Pair::accounts) {
                    self.put_membership(account, conversation.id, None);
                }
                let row = ConversationState {
                    conversation: conversation.clone(),
                    owner: *owner,
                    head: Seq::ZERO,
                    n: 0,
                    members: 0,
                };
                self.put_conversation(conversation.id, Some(row));
                self.advance_account(*owner, event.seq);
                if let Private::Group { client_id, hash } = append.private {
                    let made = Some(conversation.id);
                    let sent = Sent { seq: event.seq, pos: event.pos, at: event.at, hash, made };
                    self.put_sent(*owner, client_id, Some(sent));
                    self.count_groups(*owner, |number| number + 1);
                }
            }
            Body::Joined { account, conversation, membership, .. } => {
                self.put_membership(*account, conversation.id, Some(*membership));
                self.count_member(*account, conversation.id, |count| count + 1);
                self.advance_account(*account, event.seq);
            }
            Body::Left { account, conversation, .. } => {
                if let Some(row) = self.conversation(conversation.id)
                    && row.owner == *account
                    && row.conversation.kind == Kind::Group
                {
                    // Alone in it: else it would be handed over first.
                    self.count_groups(*account, |number| number.saturating_sub(1));
                }
                self.put_membership(*account, conversation.id, None);
                self.count_member(*account, conversation.id, |count| count.saturating_sub(1));
                self.advance_account(*account, event.seq);
            }
            Body::GuestCreated { account, device } => {
                self.put_device(*device, Some(*account));
                self.put_own_devices(*account, vec![OwnDevice { id: *device, seen_at: event.at }]);
                if let Private::Guest { name, idempotency, expires, .. } = &append.private {
                    let row = Account {
                        card: AccountCard::guest(*account, name),
                        head: event.seq,
                        conversations: 0,
                    };
                    self.put_account(*account, Some(row));
                    if let Some(idempotency) = idempotency {
                        let first = FirstGuest {
                            account: *account,
                            device: *device,
                            hash: idempotency.hash,
                            salt: idempotency.salt,
                            expires: *expires,
                        };
                        self.put_guest(idempotency.key, Some(first));
                    }
                }
            }
            Body::DeviceRemoved { account, device } => {
                self.put_device(*device, None);
                if let Some(devices) = self.own_devices.get_mut(account) {
                    devices.retain(|own| own.id != *device);
                }
                self.advance_account(*account, event.seq);
            }
            Body::DeviceAdded { account, device } => {
                self.put_device(*device, Some(*account));
                if let Some(devices) = self.own_devices.get_mut(account) {
                    devices.push(OwnDevice { id: *device, seen_at: event.at });
                }
                self.advance_account(*account, event.seq);
            }
            Body::Account { card, .. } => {
                if let Some(Some(account)) = self.accounts.get_mut(&card.id) {
                    account.card = card.clone();
                    account.head = event.seq;
                }
                if let Some(username) = &card.username {
                    self.put_username(username.clone(), Some(card.id));
                }
                self.apply_private(card.id, &append.private);
            }
            Body::Members { conversation, .. } => {
                if let Private::Invited { invite, left } = append.private
                    && let Some(invites) = self.invites.get_mut(conversation)
                {
                    invites.iter_mut().filter(|known| known.id == invite).for_each(|known| known.uses = left);
                }
                if let Some(row) = self.conversation_mut(*conversation) {
                    row.head = event.seq;
                }
            }
            Body::ConversationChanged { conversation, .. } => {
                if let Some(row) = self.conversation_mut(conversation.id) {
                    row.head = event.seq;
                    row.conversation = conversation.clone();
                }
            }
            Body::RoleChanged { account, conversation, role } => {
                if let Some(Some(membership)) = self.memberships.get_mut(&(*account, conversation.id)) {
                    membership.role = *role;
                }
                if *role == Role::Owner {
                    self.change_owner(conversation, *account);
                }
                self.advance_account(*account, event.seq);
            }
            Body::InviteCreated { account, conversation, invite, expires, uses } => {
                if let Private::Invite { token } = append.private {
                    self.put_token(token, Some(conversation.id));
                    if let Some(invites) = self.invites.get_mut(&conversation.id) {
                        invites.retain(|known| known.is_good(event.at));
                        invites.push(Invite { id: *invite, token, expires: *expires, uses: *uses });
                    }
                }
                self.advance_account(*account, event.seq);
            }
            Body::InviteRevoked { account, conversation, invite } => {
                if let Some(invites) = self.invites.get_mut(&conversation.id) {
                    invites.retain(|known| known.id != *invite);
                }
                self.advance_account(*account, event.seq);
            }
            Body::Restricted { account, .. } => self.advance_account(*account, event.seq),
            Body::Accepted { account, conversation } => {
                if let Some(Some(membership)) = self.memberships.get_mut(&(*account, conversation.id)) {
                    membership.request = false;
                }
                self.advance_account(*account, event.seq);
            }
            Body::Blocked { account, blocked } => {
                self.put_block(*account, *blocked, true);
                self.count_blocks(*account, |number| number + 1);
                self.advance_account(*account, event.seq);
            }
            Body::Unblocked { account, blocked } => {
                self.put_block(*account, *blocked, false);
                self.count_blocks(*account, |number| number.saturating_sub(1));
                self.advance_account(*account, event.seq);
            }
        }
    }

    /// What follows from what is kept beside a change of an account.
    fn apply_private(&mut self, id: AccountId, private: &Private) {
        match private {
            Private::Password { version, used, .. } => {
                self.put_credential(id, Some(*version));
                if let Some(used) = used {
                    self.put_recovery_code(id, *used, false);
                }
            }
            Private::RecoveryCodes(codes) => {
                for ((_, code), good) in self.recovery_codes.iter_mut().filter(|((owner, _), _)| *owner == id)
                {
                    *good = codes.contains(code);
                }
            }
            _ => {}
        }
    }

    pub(crate) fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id)?.as_ref()
    }

    pub(crate) fn device(&self, id: DeviceId) -> Option<AccountId> {
        *self.devices.get(&id)?
    }

    pub(crate) fn conversation(&self, id: ConversationId) -> Option<&ConversationState> {
        self.conversations.get(&id)?.as_ref()
    }

    pub(crate) fn room(&self, slug: &Slug) -> Option<&ConversationState> {
        self.conversation((*self.rooms.get(&slug.key())?)?)
    }

    pub(crate) fn direct(&self, pair: Pair) -> Option<&ConversationState> {
        self.conversation((*self.rooms.get(&pair.key())?)?)
    }

    pub(crate) fn blocks(&self, account: AccountId, blocked: AccountId) -> bool {
        self.blocks.get(&(account, blocked)).copied().unwrap_or_default()
    }

    pub(crate) fn number_of_blocks(&self, account: AccountId) -> u64 {
        self.numbers_of_blocks.get(&account).copied().unwrap_or_default()
    }

    pub(crate) fn membership(&self, account: AccountId, id: ConversationId) -> Option<&Membership> {
        self.memberships.get(&(account, id))?.as_ref()
    }

    pub(crate) fn restriction(&self, id: ConversationId, account: AccountId) -> Restriction {
        self.restrictions.get(&(id, account)).copied().unwrap_or_default()
    }

    pub(crate) fn invites(&self, id: ConversationId) -> &[Invite] {
        self.invites.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The link of this token, and what it leads into.
    pub(crate) fn invited(&self, token: InviteHash) -> Option<(ConversationId, &Invite)> {
        let id = (*self.tokens.get(&token)?)?;
        Some((id, self.invites(id).iter().find(|invite| invite.token == token)?))
    }

    pub(crate) fn owned_groups(&self, account: AccountId) -> u64 {
        self.owned_groups.get(&account).copied().unwrap_or_default()
    }

    pub(crate) fn sent(&self, account: AccountId, id: ClientId) -> Option<&Sent> {
        self.sent.get(&(account, id))?.as_ref()
    }

    pub(crate) fn message(&self, id: ConversationId, seq: Seq) -> Option<&MessageState> {
        self.messages.get(&(id, seq))?.as_ref()
    }

    pub(crate) fn guest(&self, key: KeyHash) -> Option<&FirstGuest> {
        self.guests.get(&key)?.as_ref()
    }

    pub(crate) fn username(&self, username: &Username) -> Option<AccountId> {
        *self.usernames.get(username)?
    }

    pub(crate) fn credential(&self, id: AccountId) -> Option<u64> {
        *self.credentials.get(&id)?
    }

    pub(crate) fn own_devices(&self, id: AccountId) -> &[OwnDevice] {
        self.own_devices.get(&id).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn recovery_code(&self, id: AccountId, code: RecoveryCodeHash) -> bool {
        self.recovery_codes.get(&(id, code)).is_some_and(|good| *good)
    }

    pub(crate) fn sender(&self, id: AccountId) -> Option<Sender> {
        self.account(id).map(|account| account.card.sender())
    }

    fn conversation_mut(&mut self, id: ConversationId) -> Option<&mut ConversationState> {
        self.conversations.get_mut(&id)?.as_mut()
    }

    fn count_groups(&mut self, account: AccountId, counted: fn(u64) -> u64) {
        if let Some(number) = self.owned_groups.get_mut(&account) {
            *number = counted(*number);
        }
    }

    fn change_owner(&mut self, conversation: &Conversation, account: AccountId) {
        let Some(row) = self.conversation_mut(conversation.id) else { return };
        let before = std::mem::replace(&mut row.owner, account);
        if conversation.kind == Kind::Group {
            self.count_groups(before, |number| number.saturating_sub(1));
            self.count_groups(account, |number| number + 1);
        }
    }

    fn count_member(&mut self, account: AccountId, id: ConversationId, counted: fn(u64) -> u64) {
        if let Some(row) = self.conversation_mut(id) {
            row.members = counted(row.members);
        }
        if let Some(Some(row)) = self.accounts.get_mut(&account) {
            row.conversations = counted(row.conversations);
        }
    }

    fn count_blocks(&mut self, account: AccountId, counted: fn(u64) -> u64) {
        if let Some(number) = self.numbers_of_blocks.get_mut(&account) {
            *number = counted(*number);
        }
    }

    fn advance_account(&mut self, id: AccountId, head: Seq) {
        if let Some(Some(account)) = self.accounts.get_mut(&id) {
            account.head = head;
        }
    }
}
