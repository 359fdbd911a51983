//! The rows that deciding reads, as the writer holds them in memory.

mod apply;
mod marks;
mod need;
mod removal;

use chinwag_protocol::{
    AccountCard, AccountId, ClientId, Conversation, ConversationId, DeviceId, Entities, InviteHash, InviteId,
    Key, Keyed, Membership, Pair, Pos, RecoveryCodeHash, Sender, Seq, Slug, Timestamp, Topic, Username,
};
use foldhash::HashMap;

pub use marks::{Marks, OwnReaction};
pub use need::Need;
pub use removal::{MessagePlace, ReactionPlace, RemovalState, SentRow};

use crate::request::{KeyHash, RequestHash, Salt};
use crate::ruling::{Subject, SubjectKind, Terms};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageState {
    /// Who sent it.
    pub sender: AccountId,
    /// Its place in the log.
    pub pos: Pos,
    /// When it was sent.
    pub at: Timestamp,
    /// What it says.
    pub text: String,
    /// Who is named in that.
    pub entities: Entities,
    /// Row, place and time of its last edit.
    pub edited: Option<(Seq, Pos, Timestamp)>,
    /// Row, place and time of its deletion.
    pub deleted: Option<(Seq, Pos, Timestamp)>,
    /// Whether only its sender may see it.
    pub hidden: bool,
}

impl MessageState {
    /// Whether it mentions an account, be it by name or with all: not its own sender, and nobody once it is deleted or hidden.
    fn mentions(&self, account: AccountId) -> bool {
        let names_it =
            || self.entities.mention_all() || self.entities.accounts().any(|named| named == account);
        self.deleted.is_none() && !self.hidden && self.sender != account && names_it()
    }
}

/// How much of a conversation is left after a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// Messages up to it.
    pub n: u64,
    /// Messages after it that mention the account.
    pub mentions: u64,
}

/// How far an account has read, messages of its own included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadSoFar {
    /// The last row.
    pub seq: Seq,
    /// What is left after it.
    pub reading: Reading,
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
    marks: HashMap<(ConversationId, Seq), Marks>,
    own_reactions: HashMap<(ConversationId, Seq, AccountId), Vec<OwnReaction>>,
    numbers_of_pins: HashMap<ConversationId, u64>,
    guests: HashMap<KeyHash, Option<FirstGuest>>,
    usernames: HashMap<Username, Option<AccountId>>,
    credentials: HashMap<AccountId, Option<u64>>,
    own_devices: HashMap<AccountId, Vec<OwnDevice>>,
    recovery_codes: HashMap<(AccountId, RecoveryCodeHash), bool>,
    blocks: HashMap<(AccountId, AccountId), bool>,
    numbers_of_blocks: HashMap<AccountId, u64>,
    owners_of_shared: HashMap<AccountId, bool>,
    removals: HashMap<AccountId, Option<RemovalState>>,
    rulings: HashMap<Subject, Option<Terms>>,
    numbers_of_rulings: HashMap<SubjectKind, u64>,
    /// The latest event of each key.
    keyed: HashMap<(Topic, Key), Option<Keyed>>,
    /// The first row that the stream owes, of members.
    from_seqs: HashMap<(AccountId, ConversationId), Seq>,
    read_so_far: HashMap<(AccountId, ConversationId), ReadSoFar>,
    readings: HashMap<(AccountId, ConversationId, Seq), Option<Reading>>,
    drafts: HashMap<(AccountId, ConversationId), u64>,
}

impl State {
    /// Nothing known but the log's head.
    pub fn at(head: Pos) -> Self {
        Self { head, ..Self::default() }
    }

    /// Records what the store has of an account. One that was removed is as if it had never been.
    pub fn put_account(&mut self, id: AccountId, row: Option<Account>) {
        self.accounts.insert(id, row.filter(|row| row.card.removed.is_none()));
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

    /// Records what those who run the server have decided about a subject.
    pub fn put_ruling(&mut self, subject: Subject, row: Option<Terms>) {
        self.rulings.insert(subject, row);
    }

    /// Records how many rulings of a kind there are.
    pub fn put_rulings(&mut self, kind: SubjectKind, number: u64) {
        self.numbers_of_rulings.insert(kind, number);
    }

    /// Records the latest event of a key.
    pub fn put_keyed(&mut self, topic: Topic, key: Key, latest: Option<Keyed>) {
        self.keyed.insert((topic, key), latest);
    }

    /// Records the first row that the stream owes a member.
    pub fn put_from_seq(&mut self, account: AccountId, id: ConversationId, seq: Seq) {
        self.from_seqs.insert((account, id), seq);
    }

    /// Records how far an account has read.
    pub fn put_read_so_far(&mut self, account: AccountId, id: ConversationId, so_far: ReadSoFar) {
        self.read_so_far.insert((account, id), so_far);
    }

    /// Records what is left to an account after a row of a timeline, if there is the row.
    pub fn put_reading(
        &mut self,
        account: AccountId,
        id: ConversationId,
        seq: Seq,
        reading: Option<Reading>,
    ) {
        self.readings.insert((account, id, seq), reading);
    }

    /// Records how many drafts an account has in a conversation.
    pub fn put_drafts(&mut self, account: AccountId, id: ConversationId, number: u64) {
        self.drafts.insert((account, id), number);
    }

    /// Takes over that others have appended: what the latest event of each key says is not known any more.
    pub fn forget_keyed(&mut self) {
        self.keyed.clear();
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
            + self.marks.len()
            + self.own_reactions.len()
            + self.numbers_of_pins.len()
            + self.guests.len()
            + self.usernames.len()
            + self.credentials.len()
            + self.own_devices.len()
            + self.recovery_codes.len()
            + self.blocks.len()
            + self.numbers_of_blocks.len()
            + self.owners_of_shared.len()
            + self.removals.values().map(|row| row.as_ref().map_or(1, RemovalState::rows)).sum::<usize>()
            + self.rulings.len()
            + self.numbers_of_rulings.len()
            + self.keyed.len()
            + self.from_seqs.len()
            + self.read_so_far.len()
            + self.readings.len()
            + self.drafts.len()
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
        self.marks.clear();
        self.own_reactions.clear();
        self.numbers_of_pins.clear();
        self.guests.clear();
        self.usernames.clear();
        self.credentials.clear();
        self.own_devices.clear();
        self.recovery_codes.clear();
        self.numbers_of_blocks.clear();
        self.owners_of_shared.clear();
        self.removals.clear();
        self.numbers_of_rulings.clear();
        self.read_so_far.clear();
        self.readings.clear();
        self.drafts.clear();
    }

    /// Number of a conversation's messages, if it is in memory.
    pub fn messages(&self, id: ConversationId) -> Option<u64> {
        self.conversation(id).map(|row| row.n)
    }

    /// Takes over that others have appended up to `head`, and no more than messages, what changes them, and keyed events: where
    /// conversations end, when their members wrote and what keyed events say is not known any more.
    pub fn overtaken(&mut self, head: Pos) {
        self.head = head;
        self.conversations.clear();
        self.restrictions.clear();
        self.keyed.clear();
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

    pub(crate) fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id)?.as_ref()
    }

    /// Where the topic of an account ends, be it that it was removed.
    pub(crate) fn account_head(&self, id: AccountId) -> Option<Seq> {
        let account = self.account(id).or_else(|| self.removal(id).map(|removal| &removal.account));
        account.map(|account| account.head)
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

    pub(crate) fn ruling(&self, subject: Subject) -> Option<&Terms> {
        self.rulings.get(&subject)?.as_ref()
    }

    pub(crate) fn is_ruled(&self, subject: Subject, now: Timestamp) -> bool {
        self.ruling(subject).is_some_and(|terms| terms.hold(now))
    }

    pub(crate) fn keyed(&self, topic: Topic, key: Key) -> Option<&Keyed> {
        self.keyed.get(&(topic, key))?.as_ref()
    }

    pub(crate) fn from_seq(&self, account: AccountId, id: ConversationId) -> Seq {
        self.from_seqs.get(&(account, id)).copied().unwrap_or(Seq::new(1))
    }

    pub(crate) fn read_so_far(&self, account: AccountId, id: ConversationId) -> Option<ReadSoFar> {
        self.read_so_far.get(&(account, id)).copied()
    }

    pub(crate) fn reading(&self, account: AccountId, id: ConversationId, seq: Seq) -> Option<Reading> {
        *self.readings.get(&(account, id, seq))?
    }

    pub(crate) fn drafts(&self, account: AccountId, id: ConversationId) -> u64 {
        self.drafts.get(&(account, id)).copied().unwrap_or_default()
    }

    pub(crate) fn number_of_rulings(&self, kind: SubjectKind) -> u64 {
        self.numbers_of_rulings.get(&kind).copied().unwrap_or_default()
    }

    pub(crate) fn sender(&self, id: AccountId) -> Option<Sender> {
        self.account(id).map(|account| account.card.sender())
    }

    fn conversation_mut(&mut self, id: ConversationId) -> Option<&mut ConversationState> {
        self.conversations.get_mut(&id)?.as_mut()
    }
}
