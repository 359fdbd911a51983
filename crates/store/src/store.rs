//! The trait in front of every database.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chinwag_chat::{
    RECEIPTS_MEMBERS_MAX, ReadSoFar, Reading, Reply, Request, Subject, SubjectKind, Terms, TokenHash,
};
use chinwag_protocol::{
    AccountCard, AccountId, Actor, Conversation, ConversationId, DeviceId, DraftCard, Emoji, Event,
    GapReason, InviteHash, InviteId, Kind, Marker, Membership, OwnSettings, PasswordHash, Pos, Preferences,
    Problem, Receipt, Role, Sender, Seq, Slug, Timestamp, Username,
};

use crate::history::{History, HistoryRange, Reactor};
use crate::{Epochs, StoreMetrics};

/// Bytes that the window of recent events counts for an event beside its text.
pub(crate) const RECENT_OVERHEAD: usize = 256;

/// Tells the time. Only for people to read and for ages; nothing is ordered by it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Takes every committed batch, in order of position, each position once. One that is left out was that of a keyed event which a
/// later one has replaced before anybody here could read it.
///
/// The writer calls this after the commit is durable and before it answers the batch's requests, so that whoever has an
/// answer finds its effect in the tail.
pub trait Tail: Send + Sync {
    /// The next events of the log.
    fn publish(&self, events: &[Event]);

    /// There is a new incarnation of the log: called before the first of its events is published. Only a store whose
    /// database may become another one while it is open calls this. Who makes no cursors need not know.
    fn enter(&self, epochs: &Arc<Epochs>) {
        let _ = epochs;
    }
}

/// Keys of the installation, made once and kept with the log, so that every node and every restart has the same.
#[derive(Clone)]
pub struct Secrets {
    /// Seals cursors.
    pub cursor: [u8; 16],
    /// Hashes requests and idempotency keys.
    pub hash: [u8; 32],
    /// Derives the tokens of guests that came with an idempotency key.
    pub token: [u8; 32],
}

impl Secrets {
    /// New ones.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        Ok(Self { cursor: random()?, hash: random()?, token: random()? })
    }
}

/// Bytes that nobody can guess.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(..)")
    }
}

/// Why the store could not answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The database answered with an error.
    #[error("the database failed: {0}")]
    Database(String),
    /// A row holds what no version of this program writes.
    #[error("the log is damaged at {place}: {what}")]
    Damaged {
        /// Table and key.
        place: String,
        /// What is wrong there.
        what: String,
    },
    /// The store is closing.
    #[error("the store is closed")]
    Closed,
}

/// How much one page of the log may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Events in a page.
    pub events: usize,
    /// Bytes of text in a page; a page holds at least one event.
    pub bytes: usize,
    /// More missed events than this are a gap.
    pub missed_events: u64,
    /// Events older than this (milliseconds before `now`) are a gap.
    pub missed_ms: i64,
    /// The time that `missed_ms` counts from.
    pub now: Timestamp,
}

/// A page of what accounts may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In order of position.
    pub events: Vec<Event>,
    /// Where the page ends.
    pub end: PageEnd,
}

impl Page {
    /// Of what was missed and cannot be replayed.
    pub(crate) fn gap(reason: GapReason, head: Pos) -> Self {
        Self { events: Vec::new(), end: PageEnd::Gap(reason, head) }
    }
}

/// Where a page ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageEnd {
    /// Cut by a limit: everything up to here is in the page or before it, and there is more.
    More(Pos),
    /// Everything up to here is in the page or before it, and there was no more when it was read.
    Head(Pos),
    /// What was missed cannot be replayed; the page is empty. The log's head was here.
    Gap(GapReason, Pos),
}

/// What an account reads, in one snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    /// The log's head in that snapshot.
    pub head: Pos,
    /// The account's conversations.
    pub conversations: Vec<TopicHead>,
    /// Whether the account shows nothing of its presence.
    pub invisible: bool,
    /// How far the device that is farthest has said to be.
    pub place: Pos,
    /// Whether the account is told how far others are, and they how far it is.
    pub receipts: bool,
}

/// A conversation that an account reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicHead {
    /// Which.
    pub conversation: ConversationId,
    /// From where.
    pub membership: Membership,
    /// Its last row.
    pub seq: Seq,
    /// Whether its members may be told how far others are: it is no room, and no large group.
    pub receipts: bool,
}

/// How far members of a conversation are, to one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipts {
    /// What the conversation is.
    pub kind: Kind,
    /// Number of its members.
    pub members: u64,
    /// Whether the one who asks wants to be told.
    pub wanted: bool,
    /// Of those who are members now, in the order of their ids; none if there are too many, or nobody is told.
    pub rows: Vec<ReceiptRow>,
    /// The log's head when it was read.
    pub head: Pos,
}

/// How far a member is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptRow {
    /// Who.
    pub account: Sender,
    /// How far.
    pub receipt: Receipt,
    /// Counts the changes.
    pub version: u64,
}

/// Whether members may be told how far others are.
pub(crate) fn has_receipts(kind: Kind, members: u64) -> bool {
    match kind {
        Kind::Room => false,
        Kind::Group | Kind::Direct => members <= RECEIPTS_MEMBERS_MAX,
    }
}

/// A device that was seen is noted again after so long (milliseconds), so that few rows change for it.
pub(crate) const SEEN_EVERY_MS: i64 = 60 * 60 * 1000;

/// What an account signs in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Whose.
    pub account: AccountId,
    /// What is kept of the password.
    pub password: PasswordHash,
    /// Counts the account's passwords, from 1 on.
    pub version: u64,
}

/// A signed-in device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Which.
    pub id: DeviceId,
    /// What it was called when it signed in.
    pub name: Option<String>,
    /// When it signed in.
    pub created_at: Timestamp,
    /// When it last asked for something, to the hour.
    pub seen_at: Timestamp,
}

/// Where a page of `sync` begins: after this conversation in the order of (last activity, id), both descending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncPlace {
    /// Position of its last activity.
    pub pos: Pos,
    /// Which.
    pub conversation: ConversationId,
}

/// A conversation in a page of `sync`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncRow {
    /// What it is.
    pub conversation: Conversation,
    /// What the account may do.
    pub role: Role,
    /// Whether it is a direct chat that a stranger began and that the account has not taken up.
    pub request: bool,
    /// Of a direct chat: the other, or oneself.
    pub peer: Option<Sender>,
    /// Last row.
    pub seq: Seq,
    /// Number of messages, those included that the account may not see.
    pub n: u64,
    /// When the last row came.
    pub active_at: Option<Timestamp>,
    /// How far the account has read, and the version of its last marker.
    pub marker: (Marker, u64),
    /// What the account has set for itself, and the version of that.
    pub settings: (OwnSettings, u64),
    /// What the account's devices have begun to write.
    pub drafts: Vec<DraftCard>,
}

/// Bytes of drafts in a page of `sync`, which ends before there are more; but for those of its first conversation.
const SYNC_DRAFT_BYTES_MAX: usize = 1 << 20;

/// How many of the rows a page has, for their drafts not to become too many.
pub(crate) fn fitting(rows: &[SyncRow]) -> usize {
    let mut bytes = 0;
    let fits = |row: &&SyncRow| {
        bytes += row.drafts.iter().map(|draft| draft.text.len()).sum::<usize>();
        bytes <= SYNC_DRAFT_BYTES_MAX
    };
    rows.iter().take_while(fits).count().max(1)
}

/// A page of `sync`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synced {
    /// Newest activity first.
    pub conversations: Vec<SyncRow>,
    /// Where the next page begins, if there is one.
    pub next: Option<SyncPlace>,
    /// The log's head when it was read.
    pub head: Pos,
    /// What is unread in all of the account's conversations; only of the first page.
    pub unread: Option<Unread>,
}

/// What an account has not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unread {
    /// Messages.
    pub messages: u64,
    /// Of these, how many mention the account.
    pub mentions: u64,
}

/// A marker as it is at a moment: what is written, moved by the messages of the account's own, in a conversation of `n` messages.
pub(crate) fn marker_now(written: Option<&(Marker, u64)>, so_far: ReadSoFar, n: u64) -> (Marker, u64) {
    let ReadSoFar { seq: read_seq, reading: Reading { n: read_n, mentions } } = so_far;
    let marked_unread_from = written
        .filter(|(marker, _)| marker.read_seq == read_seq)
        .and_then(|(marker, _)| marker.marked_unread_from);
    let unread = n.saturating_sub(read_n);
    let marker = Marker { read_seq, read_n, unread, mentions, marked_unread_from };
    (marker, written.map_or(0, |(_, version)| *version))
}

/// Something to note of an account's presence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Whether it shows nothing of it from now on.
    Invisible {
        /// Which.
        account: AccountId,
        /// Whether it does.
        invisible: bool,
    },
    /// It was there for others to see.
    Seen {
        /// Which.
        account: AccountId,
        /// When.
        at: Timestamp,
    },
}

/// An account whose presence another may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acquaintance {
    /// Which.
    pub account: AccountId,
    /// When it was last there for others to see, if that is known.
    pub seen_at: Option<Timestamp>,
}

/// What an account may see of what it looks at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sight {
    /// Those whose presence it may see: they are with it in a group, or in a direct chat that is no request, and neither blocks
    /// the other. Itself, too.
    pub acquaintances: Vec<Acquaintance>,
    /// The rooms that it is in.
    pub rooms: Vec<ConversationId>,
}

/// A member who types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typist {
    /// What the conversation is.
    pub kind: Kind,
    /// Whether only those who run it write.
    pub locked: bool,
    /// What the member may do.
    pub role: Role,
    /// Until when the member was last muted; may be over.
    pub muted_until: Option<Timestamp>,
    /// Of a direct chat: whether both are in it, neither as a request, and neither blocks the other. True of all else.
    pub mutual: bool,
    /// Whom the member blocks.
    pub blocks: Vec<AccountId>,
}

/// A conversation, to a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationRow {
    /// What it is.
    pub conversation: Conversation,
    /// What the member may do.
    pub role: Role,
    /// Whether it is a direct chat that a stranger began and that the member has not taken up.
    pub request: bool,
    /// Of a direct chat: the other, or oneself.
    pub peer: Option<Sender>,
    /// Number of its members.
    pub members: u64,
}

/// Guests whom nobody has seen for long.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnseenGuests {
    /// Their accounts, in the order of ids.
    pub accounts: Vec<AccountId>,
    /// The last guest that was looked at; none if there are no more.
    pub last: Option<AccountId>,
}

impl UnseenGuests {
    /// Of guests that were looked at, each with whether nobody has seen it.
    pub(crate) fn of(looked_at: Vec<(AccountId, bool)>, limit: usize) -> Self {
        let last = looked_at.last().filter(|_| looked_at.len() >= limit).map(|(id, _)| *id);
        Self {
            accounts: looked_at.into_iter().filter_map(|(id, unseen)| unseen.then_some(id)).collect(),
            last,
        }
    }
}

/// A page of a list of accounts, in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPage<T> {
    /// At most as many as were asked for.
    pub rows: Vec<T>,
    /// Whether there are more after these.
    pub more: bool,
}

impl<T> AccountPage<T> {
    /// Of rows of which one more than `limit` was asked for.
    pub(crate) fn cut(mut rows: Vec<T>, limit: usize) -> Self {
        let more = rows.len() > limit;
        rows.truncate(limit);
        Self { rows, more }
    }
}

/// A member of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// Who.
    pub account: Sender,
    /// As what.
    pub role: Role,
    /// Until when it was last muted, if it was and nobody has lifted that; may be over.
    pub muted_until: Option<Timestamp>,
}

/// Who is in a conversation, to a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    /// What the conversation is.
    pub kind: Kind,
    /// What the member who asks may do.
    pub role: Role,
    /// Who is in it.
    pub page: AccountPage<MemberRow>,
}

/// Who is kept out of a conversation, to a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bans {
    /// What the conversation is.
    pub kind: Kind,
    /// What the member who asks may do.
    pub role: Role,
    /// Who is kept out.
    pub page: AccountPage<Sender>,
}

/// A link into a group, to those who run it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteRow {
    /// Which.
    pub id: InviteId,
    /// Who made it.
    pub maker: AccountId,
    /// When.
    pub made: Timestamp,
    /// Until when it is good.
    pub expires: Option<Timestamp>,
    /// How many more may come by it.
    pub uses: Option<u32>,
}

/// The links into a conversation, to a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invites {
    /// What the conversation is.
    pub kind: Kind,
    /// What the member who asks may do.
    pub role: Role,
    /// All that were neither revoked nor used up; some may have expired.
    pub rows: Vec<InviteRow>,
}

/// What a token leads into, to somebody who has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitedRow {
    /// What it is.
    pub conversation: Conversation,
    /// Number of its members.
    pub members: u64,
    /// Until when the link is good.
    pub expires: Option<Timestamp>,
    /// Whether who asks is kept out.
    pub banned: bool,
}

/// A room in the list of rooms, to somebody who may open it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRoom {
    /// What it is.
    pub conversation: Conversation,
    /// Number of its members.
    pub members: u64,
    /// Whether who asks is one of them.
    pub joined: bool,
}

/// A page of the list of rooms, in the order of [`Slug::key`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRooms {
    /// At most as many as were asked for.
    pub rows: Vec<ListedRoom>,
    /// Whether there are more after these.
    pub more: bool,
}

impl ListedRooms {
    /// Of rows of which one more than `limit` was asked for.
    pub(crate) fn cut(mut rows: Vec<ListedRoom>, limit: usize) -> Self {
        let more = rows.len() > limit;
        rows.truncate(limit);
        Self { rows, more }
    }
}

/// A conversation, to those who run the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnyConversation {
    /// What it is.
    pub conversation: Conversation,
    /// Who owns it.
    pub owner: AccountId,
    /// Number of its members.
    pub members: u64,
}

/// A page of all rooms, in the order of [`Slug::key`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnyRooms {
    /// At most as many as were asked for.
    pub rows: Vec<AnyConversation>,
    /// Whether there are more after these.
    pub more: bool,
}

impl AnyRooms {
    /// Of rows of which one more than `limit` was asked for.
    pub(crate) fn cut(mut rows: Vec<AnyConversation>, limit: usize) -> Self {
        let more = rows.len() > limit;
        rows.truncate(limit);
        Self { rows, more }
    }
}

/// From where to before where those texts lie that begin with `prefix` and come after `after`, in the order of bytes. No text that
/// is looked for holds the two characters that this needs.
pub(crate) fn beginning_with(prefix: &str, after: Option<&str>) -> (String, String) {
    let after = after.map(|after| format!("{after}\u{1}")).unwrap_or_default();
    (after.max(prefix.to_owned()), format!("{prefix}\u{10ffff}"))
}

/// The same of the keys of rooms, around those of direct chats, of which there may be many.
pub(crate) fn rooms_beginning_with(prefix: &str, after: Option<&str>) -> [(String, String); 2] {
    let (from, before) = beginning_with(prefix, after);
    let direct = || "direct:".to_owned();
    [(from.clone(), before.clone().min(direct())), (from.max("direct;".to_owned()), before)]
}

/// The log and its tables.
///
/// Reads never wait for the writer, and each is of one moment of the log; a text that is deleted meanwhile may be empty in it
/// already.
#[async_trait]
pub trait Store: Send + Sync + fmt::Debug {
    /// Has a request decided, stored and published. Returns once its effects are durable, or with the refusal; a request
    /// that is refused or fails has changed nothing, or (`unavailable`) may be sent again and then gets the first answer.
    async fn submit(&self, request: Request) -> Result<Reply, Problem>;

    /// Keys of the installation.
    fn secrets(&self) -> &Secrets;

    /// Incarnations of the log.
    fn epochs(&self) -> Arc<Epochs>;

    /// The log's head.
    async fn head(&self) -> Result<Pos, StoreError>;

    /// The log's last events in order of position, as many as fit into `bytes` of text (at 256 bytes more for each), to
    /// fill the window of recent events before the node is ready. Keyed events that were replaced are left out.
    async fn recent(&self, bytes: usize) -> Result<Vec<Event>, StoreError>;

    /// The events of these accounts' topics after `after`, each once: of their own, and of each conversation that one of them is
    /// a member of now, from its `since` on. Of keyed events only the latest of each key. Texts are as of now. What an event says may be only for another to see: see
    /// [`Event::only_for`].
    async fn page(&self, accounts: &[AccountId], after: Pos, limits: Limits) -> Result<Page, StoreError>;

    /// What an account reads.
    async fn topics(&self, account: AccountId) -> Result<Topics, StoreError>;

    /// A page of a timeline, as `account` may see it; `None` if it is not a member. It covers at most `limit` rows, of
    /// which those that are no messages, or may be seen by another only, are not listed.
    async fn history(
        &self,
        account: AccountId,
        conversation: ConversationId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<Option<History>, StoreError>;

    /// Those of the rows `seqs` of a timeline that are messages which `account` may see, in the order of their rows; `None` if
    /// it is not a member. The page covers no rows.
    async fn messages(
        &self,
        account: AccountId,
        conversation: ConversationId,
        seqs: &[Seq],
    ) -> Result<Option<History>, StoreError>;

    /// The pinned messages that `account` may see, the last pinned first; `None` if it is not a member. The page covers no rows.
    async fn pins(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<History>, StoreError>;

    /// Who reacts to a message, in the order of accounts' ids and emojis, after `after`, at most `limit`, and whether there are
    /// more; `None` if `account` may not see the message, or it is deleted.
    async fn reactors(
        &self,
        account: AccountId,
        conversation: ConversationId,
        seq: Seq,
        after: Option<&(AccountId, Emoji)>,
        limit: usize,
    ) -> Result<Option<(Vec<Reactor>, bool)>, StoreError>;

    /// The account's conversations, newest activity first.
    async fn sync(
        &self,
        account: AccountId,
        after: Option<SyncPlace>,
        limit: usize,
    ) -> Result<Synced, StoreError>;

    /// A conversation, as `account` may see it; `None` if it is not a member.
    async fn conversation(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<ConversationRow>, StoreError>;

    /// The members of a conversation whose ids come after `after`; `None` if `account` is not one of them.
    async fn members(
        &self,
        account: AccountId,
        conversation: ConversationId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<Option<Members>, StoreError>;

    /// Who is kept out of a conversation, of those whose ids come after `after`; `None` if `account` is not a member.
    async fn bans(
        &self,
        account: AccountId,
        conversation: ConversationId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<Option<Bans>, StoreError>;

    /// The links into a conversation; `None` if `account` is not a member.
    async fn invites(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<Invites>, StoreError>;

    /// What a link leads into.
    async fn invited(&self, account: AccountId, token: InviteHash) -> Result<Option<InvitedRow>, StoreError>;

    /// How far the members of a conversation are; `None` if `account` is not one of them.
    async fn receipts(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<Receipts>, StoreError>;

    /// The conversations of an account whose members may be told how far others are and whose last row stands after `after` and
    /// not after `until`, with the number of that row.
    async fn received(
        &self,
        account: AccountId,
        after: Pos,
        until: Pos,
    ) -> Result<Vec<(ConversationId, Seq)>, StoreError>;

    /// What an account has chosen for all of its conversations, and the version of that.
    async fn preferences(&self, account: AccountId) -> Result<(Preferences, u64), StoreError>;

    /// Whom an account blocks, in order of id, after one of them.
    async fn blocks(
        &self,
        account: AccountId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<AccountPage<Sender>, StoreError>;

    /// The rooms that are listed, of those that come after `after`, whether there is one of that name or not.
    async fn listed_rooms(
        &self,
        account: AccountId,
        after: Option<&Slug>,
        limit: usize,
    ) -> Result<ListedRooms, StoreError>;

    /// Whose token it is.
    async fn session(&self, token: TokenHash) -> Result<Option<Actor>, StoreError>;

    /// What an account shows of itself; `None` if there is none.
    async fn account(&self, id: AccountId) -> Result<Option<AccountCard>, StoreError>;

    /// What an account signs in with; `None` if it has no password.
    async fn credential(&self, account: AccountId) -> Result<Option<Credential>, StoreError>;

    /// What the account of this user name signs in with; `None` if there is no such account.
    async fn credential_of(&self, username: &Username) -> Result<Option<Credential>, StoreError>;

    /// The account's devices, oldest first.
    async fn devices(&self, account: AccountId) -> Result<Vec<Device>, StoreError>;

    /// Devices that were not seen at `since` or later, at most `limit` of them, those unseen for longest first.
    async fn unseen_devices(&self, since: Timestamp, limit: usize) -> Result<Vec<Actor>, StoreError>;

    /// The next `limit` guests after an account in the order of ids, or the first: those of them of whose devices none was seen
    /// at `since` or later, and how far that looked.
    async fn unseen_guests(
        &self,
        since: Timestamp,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<UnseenGuests, StoreError>;

    /// Accounts that were removed and of which something is left, at most `limit` of them.
    async fn removals(&self, limit: usize) -> Result<Vec<AccountId>, StoreError>;

    /// The place that was last recorded for a device; zero if none was, `None` if there is no such device.
    async fn place(&self, device: DeviceId) -> Result<Option<Pos>, StoreError>;

    /// Moves devices' places forward, never back, and notes that they are seen now, at most once an hour. A device that is
    /// not there, or no longer, is passed over.
    async fn record_places(&self, places: &[(DeviceId, Pos)]) -> Result<(), StoreError>;

    /// Notes what accounts do with their presence. A time never goes back. An account that is not there, or no longer, is passed
    /// over.
    async fn record_presences(&self, presences: &[Presence]) -> Result<(), StoreError>;

    /// What an account may see of the presence of `accounts`, and which of `conversations` are rooms that it is in. Costs the same
    /// whether there are such accounts and conversations or not.
    async fn sight(
        &self,
        account: AccountId,
        accounts: &[AccountId],
        conversations: &[ConversationId],
    ) -> Result<Sight, StoreError>;

    /// What counts for a member who types; `None` if `account` is not one.
    async fn typist(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<Typist>, StoreError>;

    /// What a conversation is, and those of `among` that are members, in their order, and block `account` as little as it them;
    /// `None` if `account` is not a member.
    async fn present_members(
        &self,
        account: AccountId,
        conversation: ConversationId,
        among: &[AccountId],
    ) -> Result<Option<(Kind, Vec<Sender>)>, StoreError>;

    /// Takes away the log's rows of keyed events that were replaced at `until` or earlier and lie before `below`, at most `limit`.
    /// Gives how many that were.
    async fn forget_replaced(&self, below: Pos, until: Timestamp, limit: usize) -> Result<u64, StoreError>;

    /// What those who run the server have decided about a subject, whether it still holds or not.
    async fn ruling(&self, subject: Subject) -> Result<Option<Terms>, StoreError>;

    /// All that they have decided about a kind of subject, after one of them, in the order of the subjects' bytes.
    async fn rulings(
        &self,
        kind: SubjectKind,
        after: Option<Subject>,
        limit: usize,
    ) -> Result<Vec<(Subject, Terms)>, StoreError>;

    /// All accounts, in order of id, after one of them: for those who run the server.
    async fn any_accounts(
        &self,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<AccountPage<AccountCard>, StoreError>;

    /// The accounts whose user names begin with `prefix`, in that order, after `after`.
    async fn any_usernames(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<AccountPage<AccountCard>, StoreError>;

    /// The rooms whose keys begin with `prefix`, listed or not, after `after`: for those who run the server.
    async fn any_rooms(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<AnyRooms, StoreError>;

    /// Any conversation, to those who run the server.
    async fn any_conversation(&self, id: ConversationId) -> Result<Option<AnyConversation>, StoreError>;

    /// The members of any conversation, in order of id, after one of them: for those who run the server.
    async fn any_members(
        &self,
        id: ConversationId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<AccountPage<MemberRow>, StoreError>;

    /// A page of any timeline, what only some may see included: for those who run the server. Of a conversation that there is
    /// not, an empty one.
    async fn any_history(
        &self,
        id: ConversationId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<History, StoreError>;

    /// Why nothing can be stored at the moment, for the one who runs the server; none if all is well. The store tries
    /// again by itself. Reads go on meanwhile.
    fn trouble(&self) -> Option<String>;

    /// What the store counts.
    fn metrics(&self) -> &StoreMetrics;

    /// Finishes what was accepted and closes. Later requests get `shutting_down`.
    async fn close(&self);
}
