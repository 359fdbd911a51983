// Generated from crates/protocol; `UPDATE_GENERATED=1 cargo test -p chinwag-protocol` writes it anew.

export type AccountId = string;

export type DeviceId = string;

export type ConversationId = string;

export type ClientId = string;

export type InviteId = string;

export type Seq = number;

export type Timestamp = string;

export type Cursor = string;

export type Kind = "room" | "group" | "direct";

export type Role = "owner" | "member" | "admin" | "moderator" | "read_only";

export type Limits = { 
/**
 * Bytes of UTF-8 in a message's text.
 */
message_bytes: number, 
/**
 * Characters (Unicode scalar values) in a name.
 */
name_characters: number, 
/**
 * Characters (Unicode scalar values) in a room's slug.
 */
slug_characters: number, 
/**
 * Messages in one history page.
 */
page_messages: number, 
/**
 * Seconds that a poll is held at most.
 */
poll_seconds: number, 
/**
 * Polls of one device held at once; one more ends the oldest.
 */
polls_held: number, };

export type SessionKind = "token" | "cookie";

export type Username = string;

export type Color = number;

export type AccountCard = { 
/**
 * Its id.
 */
id: AccountId, 
/**
 * Its name as typed.
 */
name: string, 
/**
 * Whether the name may be taken for another.
 */
lookalike?: boolean, 
/**
 * What it signs in with; a guest has none.
 */
username?: Username, 
/**
 * What it says of itself.
 */
about: string, 
/**
 * The colour of its avatar.
 */
color: Color, 
/**
 * Counts the changes of what stands here, from 1 on.
 */
version: number, 
/**
 * Of an account that is no more: how that came. Nobody signs in to it, and nothing reaches it.
 */
removed?: Removal, };

export type AccountChange = "registered" | "updated" | "password_changed" | "recovery_codes_made" | "deleted" | "expired" | "ruled";

export type Removal = "deleted" | "expired";

export type SignUpBody = { 
/**
 * What to sign in with.
 */
username: string, 
/**
 * The password.
 */
password: string, 
/**
 * The name to go by; the user name if absent.
 */
name?: string, 
/**
 * What the device is called.
 */
device_name?: string, 
/**
 * How the device wants to be known from then on; a token if absent.
 */
session?: SessionKind, };

export type SignInBody = { 
/**
 * The account's user name.
 */
username: string, 
/**
 * The account's password.
 */
password: string, 
/**
 * What the device is called.
 */
device_name?: string, 
/**
 * How the device wants to be known from then on; a token if absent.
 */
session?: SessionKind, };

export type RecoveryBody = { 
/**
 * The account's user name.
 */
username: string, 
/**
 * One of its recovery codes that was not used yet.
 */
recovery_code: string, 
/**
 * The password from now on.
 */
new_password: string, 
/**
 * What the device is called.
 */
device_name?: string, 
/**
 * How the device wants to be known from then on; a token if absent.
 */
session?: SessionKind, };

export type RegistrationBody = { 
/**
 * What to sign in with from now on.
 */
username: string, 
/**
 * The password.
 */
password: string, };

export type PasswordChangeBody = { 
/**
 * The present password.
 */
password: string, 
/**
 * The password from now on.
 */
new_password: string, };

export type RecoveryCodesBody = { 
/**
 * The present password.
 */
password: string, };

export type DeletionBody = { 
/**
 * The present password; a guest has none.
 */
password?: string, };

export type AccountUpdateBody = { 
/**
 * The name to go by.
 */
name?: string, 
/**
 * What the account says of itself.
 */
about?: string, 
/**
 * The colour of the avatar.
 */
color?: Color, };

export type RecoveryCodesAnswer = { 
/**
 * Each is good once.
 */
codes: Array<string>, };

export type DeviceEntry = { 
/**
 * Its id.
 */
id: DeviceId, 
/**
 * What it was called when it signed in.
 */
name?: string, 
/**
 * When it signed in.
 */
created_at: Timestamp, 
/**
 * When it last asked for something, to the hour.
 */
last_seen_at: Timestamp, 
/**
 * Whether it is the one that asks.
 */
current: boolean, };

export type DevicesAnswer = { 
/**
 * Those that are signed in, oldest first.
 */
devices: Array<DeviceEntry>, };

export type DeviceCard = { 
/**
 * Its id.
 */
id: DeviceId, };

export type SenderCard = { 
/**
 * Account.
 */
id: AccountId, 
/**
 * Name as of encoding.
 */
name: string, 
/**
 * Counts changes of the profile; a client that meets a higher one fetches it.
 */
version: number, 
/**
 * Whether the name may be taken for another.
 */
lookalike?: boolean, };

export type SettingsCard = { 
/**
 * What it is called; its slug, where a room has no title.
 */
title: string, 
/**
 * What it is about; empty if nothing is said.
 */
topic: string, 
/**
 * Whether it stands in the list of rooms.
 */
listed: boolean, 
/**
 * Whether only owners, admins and moderators write.
 */
locked: boolean, 
/**
 * Seconds that a member waits between two messages.
 */
slow_mode_seconds: number, 
/**
 * Whether new members see what was before them.
 */
history_visible: boolean, 
/**
 * Counts the changes; apply only a higher one.
 */
version: number, };

export type ConversationCard = { 
/**
 * Its id.
 */
id: ConversationId, 
/**
 * What sort.
 */
kind: Kind, 
/**
 * Of a room: its name in the URL, as its maker typed it.
 */
slug?: string, 
/**
 * What the caller may do.
 */
role: Role, 
/**
 * Whether the slug, or the title of what has none, may be taken for another.
 */
lookalike?: boolean, 
/**
 * Of a direct chat: the other; oneself of notes.
 */
peer?: SenderCard, 
/**
 * Whether a stranger began the direct chat and the caller has not taken it up.
 */
request?: boolean, 
/**
 * Number of its members; not told of direct chats.
 */
members?: number, 
/**
 * What it is called; its slug, where a room has no title.
 */
title: string, 
/**
 * What it is about; empty if nothing is said.
 */
topic: string, 
/**
 * Whether it stands in the list of rooms.
 */
listed: boolean, 
/**
 * Whether only owners, admins and moderators write.
 */
locked: boolean, 
/**
 * Seconds that a member waits between two messages.
 */
slow_mode_seconds: number, 
/**
 * Whether new members see what was before them.
 */
history_visible: boolean, 
/**
 * Counts the changes; apply only a higher one.
 */
version: number, };

export type GuestBody = { 
/**
 * The name to go by.
 */
name: string, 
/**
 * How the device wants to be known from then on; a token if absent.
 */
session?: SessionKind, };

export type GuestAnswer = { 
/**
 * The account.
 */
account: AccountCard, 
/**
 * The new device.
 */
device: DeviceCard, 
/**
 * The device's token; absent when a cookie was asked for.
 */
token?: string, };

export type SessionAnswer = { 
/**
 * Who the token or cookie speaks for.
 */
account: AccountCard, 
/**
 * The device that it was given to.
 */
device: DeviceCard, };

export type SessionEntry = { 
/**
 * Which.
 */
account: AccountCard, 
/**
 * The device that the browser is to it.
 */
device: DeviceCard, 
/**
 * Whether it is the one that the request named, or the only one.
 */
current: boolean, };

export type SessionsAnswer = { 
/**
 * Each account that the browser is signed in as, in the order of their ids.
 */
sessions: Array<SessionEntry>, };

export type RoomAnswer = { 
/**
 * What was opened.
 */
conversation: ConversationCard, 
/**
 * Its newest page, oldest first.
 */
messages: Array<HistoryMessage>, 
/**
 * The page's rows that tell what else has changed, oldest first.
 */
changes: Array<HistoryChange>, 
/**
 * First row that the page covers.
 */
from_seq: Seq, 
/**
 * Last row that the page covers; `from_seq` - 1 if there is none.
 */
to_seq: Seq, 
/**
 * The page contains everything up to here.
 */
cursor: Cursor, };

export type Entity = { "type": "mention", 
/**
 * Where it begins.
 */
offset: number, 
/**
 * How long it is.
 */
length: number, 
/**
 * Who is meant.
 */
account: AccountId, } | { "type": "mention_all", 
/**
 * Where it begins.
 */
offset: number, 
/**
 * How long it is.
 */
length: number, };

export type SendBody = { 
/**
 * Made once by the sender, the same in every retry.
 */
client_id: ClientId, 
/**
 * What.
 */
text: string, 
/**
 * The sender's earlier message that must be stored first.
 */
follows?: ClientId, 
/**
 * The message of the same conversation that it answers.
 */
reply_to?: Seq, 
/**
 * Whether its text comes from another message.
 */
forwarded?: boolean, 
/**
 * Who is named in it, in order.
 */
entities?: Array<Entity>, };

export type EditBody = { 
/**
 * What it says from then on.
 */
text: string, 
/**
 * Who is named in it, in order.
 */
entities?: Array<Entity>, };

export type SendAnswer = { 
/**
 * The row.
 */
seq: Seq, 
/**
 * The answer contains everything up to here.
 */
cursor: Cursor, 
/**
 * When.
 */
sent_at: Timestamp, };

export type ReactionCount = { 
/**
 * The emoji.
 */
emoji: string, 
/**
 * How many.
 */
count: number, };

export type HistoryMessage = { 
/**
 * Its row.
 */
seq: Seq, 
/**
 * Number of messages so far.
 */
n: number, 
/**
 * Who.
 */
sender: SenderCard, 
/**
 * The sender's id for it.
 */
client_id: ClientId, 
/**
 * What; empty once deleted.
 */
text: string, 
/**
 * When.
 */
sent_at: Timestamp, 
/**
 * Whether it was deleted.
 */
deleted?: boolean, 
/**
 * The message that it answers.
 */
reply_to?: Seq, 
/**
 * Whether its text comes from another message.
 */
forwarded?: boolean, 
/**
 * Who is named in its text, in order.
 */
entities?: Array<Entity>, 
/**
 * When it was last edited.
 */
edited_at?: Timestamp, 
/**
 * The reactions to it, in the order in which the first of each came.
 */
reactions?: Array<ReactionCount>, 
/**
 * Those of them that are the caller's.
 */
mine?: Array<string>, 
/**
 * Whether it is pinned.
 */
pinned?: boolean, 
/**
 * The last row of a reaction or pin that is in these: only rows above change them.
 */
marked?: Seq, };

export type HistoryChange = { "type": "members", 
/**
 * Its row.
 */
seq: Seq, 
/**
 * Who did it.
 */
actor: SenderCard, 
/**
 * Whom it concerns.
 */
accounts: Array<SenderCard>, 
/**
 * What happened.
 */
change: MembersChange, 
/**
 * Their role from then on, of a change of roles.
 */
role?: Role, 
/**
 * When.
 */
sent_at: Timestamp, } | { "type": "conversation_changed", 
/**
 * Its row.
 */
seq: Seq, 
/**
 * Who did it.
 */
actor: SenderCard, 
/**
 * When.
 */
sent_at: Timestamp, 
/**
 * What it is called; its slug, where a room has no title.
 */
title: string, 
/**
 * What it is about; empty if nothing is said.
 */
topic: string, 
/**
 * Whether it stands in the list of rooms.
 */
listed: boolean, 
/**
 * Whether only owners, admins and moderators write.
 */
locked: boolean, 
/**
 * Seconds that a member waits between two messages.
 */
slow_mode_seconds: number, 
/**
 * Whether new members see what was before them.
 */
history_visible: boolean, 
/**
 * Counts the changes; apply only a higher one.
 */
version: number, };

export type HistoryPage = { 
/**
 * Oldest first, each in its state as of `cursor`.
 */
messages: Array<HistoryMessage>, 
/**
 * Rows that tell what else has changed, oldest first.
 */
changes: Array<HistoryChange>, 
/**
 * First row that the page covers.
 */
from_seq: Seq, 
/**
 * Last row that the page covers; `from_seq` - 1 if there is none.
 */
to_seq: Seq, 
/**
 * The page contains everything up to here.
 */
cursor: Cursor, };

export type MessageList = { 
/**
 * Each in its state as of `cursor`.
 */
messages: Array<HistoryMessage>, 
/**
 * Rows of more messages, which did not fit: ask for them.
 */
left_out?: Array<Seq>, 
/**
 * The list contains everything up to here.
 */
cursor: Cursor, };

export type ReactionEntry = { 
/**
 * Who.
 */
account: SenderCard, 
/**
 * With what.
 */
emoji: string, 
/**
 * Since when.
 */
sent_at: Timestamp, };

export type ReactionsPage = { 
/**
 * In the order of accounts' ids, and of the emojis of each.
 */
reactions: Array<ReactionEntry>, 
/**
 * Value of `after` for the following page.
 */
next: string | null, };

export type GroupBody = { 
/**
 * Made once by the maker, the same in every retry.
 */
client_id: ClientId, 
/**
 * What the group is called.
 */
title: string, 
/**
 * What it is about; nothing if absent.
 */
topic?: string, 
/**
 * Whether new members see what was before them; they do if absent.
 */
history_visible?: boolean, };

export type SettingsBody = { 
/**
 * What it is called.
 */
title?: string, 
/**
 * What it is about.
 */
topic?: string, 
/**
 * Of a room: whether it stands in the list of rooms.
 */
listed?: boolean, 
/**
 * Whether only owners, admins and moderators write.
 */
locked?: boolean, 
/**
 * Seconds that a member waits between two messages; 0 for none.
 */
slow_mode_seconds?: number, 
/**
 * Of a group: whether new members see what was before them.
 */
history_visible?: boolean, };

export type AddBody = { 
/**
 * Whom to bring in.
 */
accounts: Array<AccountId>, };

export type AddAnswer = { 
/**
 * In now.
 */
added: Array<AccountId>, 
/**
 * In before.
 */
already: Array<AccountId>, 
/**
 * Not in: they do not exist, are kept out, or are in too many conversations.
 */
refused: Array<AccountId>, };

export type RoleBody = { 
/**
 * What the member may do from now on.
 */
role: Role, };

export type OwnerBody = { 
/**
 * The member who owns it from now on.
 */
account: AccountId, };

export type MuteBody = { 
/**
 * For how long, from now on.
 */
seconds: number, };

export type MemberCard = { 
/**
 * Who.
 */
account: SenderCard, 
/**
 * What it may do.
 */
role: Role, 
/**
 * Until when it is muted, if it is; only those who may mute are told.
 */
muted_until?: Timestamp, };

export type MembersPage = { 
/**
 * In the order of their ids.
 */
members: Array<MemberCard>, 
/**
 * Value of `after` for the following page.
 */
next: AccountId | null, };

export type BansPage = { 
/**
 * Who is kept out, in the order of their ids.
 */
accounts: Array<SenderCard>, 
/**
 * Value of `after` for the following page.
 */
next: AccountId | null, };

export type InviteBody = { 
/**
 * For how long it is good; until it is revoked if absent.
 */
expires_seconds?: number, 
/**
 * How many may come by it; any number if absent.
 */
uses?: number, };

export type InviteAnswer = { 
/**
 * By which it is revoked.
 */
id: InviteId, 
/**
 * By which one comes in; told this once.
 */
token: string, };

export type InviteCard = { 
/**
 * By which it is revoked.
 */
id: InviteId, 
/**
 * Who made it.
 */
maker: AccountId, 
/**
 * When.
 */
made_at: Timestamp, 
/**
 * Until when it is good, if it expires.
 */
expires_at?: Timestamp, 
/**
 * How many more may come by it, if they are counted.
 */
uses?: number, };

export type InvitesAnswer = { 
/**
 * All that are good, at most 100.
 */
invites: Array<InviteCard>, };

export type InvitedAnswer = { 
/**
 * What the group is called.
 */
title: string, 
/**
 * How many are in it.
 */
members: number, };

export type Marker = { 
/**
 * The last row that was read; 0 if none was.
 */
read_seq: Seq, 
/**
 * Number of messages up to it.
 */
read_n: number, 
/**
 * Messages after it, as of here.
 */
unread: number, 
/**
 * Of these, how many mention the account.
 */
mentions: number, 
/**
 * From which row on the account wants to see it as unread, whatever it has read.
 */
marked_unread_from?: Seq, };

export type MarkerCard = { 
/**
 * Of the last `marker` record that is contained; 0 if there was none.
 */
version: number, 
/**
 * The last row that was read; 0 if none was.
 */
read_seq: Seq, 
/**
 * Number of messages up to it.
 */
read_n: number, 
/**
 * Messages after it, as of here.
 */
unread: number, 
/**
 * Of these, how many mention the account.
 */
mentions: number, 
/**
 * From which row on the account wants to see it as unread, whatever it has read.
 */
marked_unread_from?: Seq, };

export type MarkBody = { 
/**
 * Which row.
 */
seq: Seq, };

export type Receipt = { 
/**
 * One of its devices has everything up to this row.
 */
delivered_seq?: Seq, 
/**
 * It has read up to this row.
 */
read_seq?: Seq, };

export type ReceiptCard = { 
/**
 * Who.
 */
account: AccountId, 
/**
 * Of the last `receipt` record that is contained.
 */
version: number, 
/**
 * One of its devices has everything up to this row.
 */
delivered_seq?: Seq, 
/**
 * It has read up to this row.
 */
read_seq?: Seq, };

export type ReceiptsAnswer = { 
/**
 * Of members, in the order of their ids.
 */
receipts: Array<ReceiptCard>, 
/**
 * The answer contains everything up to here.
 */
cursor: Cursor, };

export type ReadersPage = { 
/**
 * Members who have read it, in the order of their ids.
 */
readers: Array<SenderCard>, 
/**
 * The `after` of the next page, if there is one.
 */
next: AccountId | null, };

export type Preferences = { 
/**
 * Whether others are told how far it is, and it how far others are.
 */
receipts: boolean, };

export type PreferencesBody = { 
/**
 * See [`Preferences::receipts`].
 */
receipts?: boolean, };

export type PreferencesCard = { 
/**
 * Counts the changes; 0 if there was none.
 */
version: number, 
/**
 * Whether others are told how far it is, and it how far others are.
 */
receipts: boolean, };

export type NoticeLevel = "all" | "mentions" | "none";

export type OwnSettings = { 
/**
 * It is told of nothing until then.
 */
muted_until?: Timestamp, 
/**
 * Of what it is told otherwise.
 */
level: NoticeLevel, 
/**
 * Whether it stands before others.
 */
pinned: boolean, 
/**
 * Whether it stands apart.
 */
archived: boolean, 
/**
 * What the account calls it.
 */
name?: string, };

export type OwnSettingsBody = { 
/**
 * Told of nothing until then; null: no more.
 */
muted_until?: Timestamp | null, 
/**
 * Of what to be told otherwise.
 */
level?: NoticeLevel, 
/**
 * Whether it stands before others.
 */
pinned?: boolean, 
/**
 * Whether it stands apart.
 */
archived?: boolean, 
/**
 * What to call it; empty: as others do.
 */
name?: string, };

export type OwnSettingsCard = { 
/**
 * Counts the changes; 0 if there was none.
 */
version: number, 
/**
 * It is told of nothing until then.
 */
muted_until?: Timestamp, 
/**
 * Of what it is told otherwise.
 */
level: NoticeLevel, 
/**
 * Whether it stands before others.
 */
pinned: boolean, 
/**
 * Whether it stands apart.
 */
archived: boolean, 
/**
 * What the account calls it.
 */
name?: string, };

export type DraftBody = { 
/**
 * What was begun; empty if nothing is.
 */
text: string, };

export type DraftCard = { 
/**
 * Which device.
 */
device: DeviceId, 
/**
 * What; empty if nothing is begun any more.
 */
text: string, 
/**
 * Counts the changes.
 */
version: number, };

export type SyncConversation = { 
/**
 * Its id.
 */
id: ConversationId, 
/**
 * What sort.
 */
kind: Kind, 
/**
 * Of a room: its name in the URL.
 */
slug?: string, 
/**
 * What the caller may do.
 */
role: Role, 
/**
 * Whether the slug, or the title of what has none, may be taken for another.
 */
lookalike?: boolean, 
/**
 * Of a direct chat: the other; oneself of notes.
 */
peer?: SenderCard, 
/**
 * Whether a stranger began the direct chat and the caller has not taken it up.
 */
request?: boolean, 
/**
 * Last row.
 */
seq: Seq, 
/**
 * Number of messages so far.
 */
n: number, 
/**
 * When the last row came; absent in a conversation without rows.
 */
active_at?: Timestamp, 
/**
 * How far the caller has read it.
 */
marker: MarkerCard, 
/**
 * What the caller has set for itself.
 */
own_settings: OwnSettingsCard, 
/**
 * What the caller's devices have begun to write.
 */
drafts?: Array<DraftCard>, 
/**
 * What it is called; its slug, where a room has no title.
 */
title: string, 
/**
 * What it is about; empty if nothing is said.
 */
topic: string, 
/**
 * Whether it stands in the list of rooms.
 */
listed: boolean, 
/**
 * Whether only owners, admins and moderators write.
 */
locked: boolean, 
/**
 * Seconds that a member waits between two messages.
 */
slow_mode_seconds: number, 
/**
 * Whether new members see what was before them.
 */
history_visible: boolean, 
/**
 * Counts the changes; apply only a higher one.
 */
version: number, };

export type SyncPage = { 
/**
 * Who asks.
 */
account: AccountCard, 
/**
 * Newest activity first.
 */
conversations: Array<SyncConversation>, 
/**
 * Stream from the first page's.
 */
cursor: Cursor, 
/**
 * Value of `next` for the following page.
 */
next: string | null, 
/**
 * Of all conversations, on the first page: messages that were not read.
 */
unread_total?: number, 
/**
 * Of all conversations, on the first page: how many of these mention the caller.
 */
mentions_total?: number, };

export type ListedRoom = { 
/**
 * Its name in the URL.
 */
slug: string, 
/**
 * Whether the slug may be taken for another.
 */
lookalike?: boolean, 
/**
 * What it is called.
 */
title: string, 
/**
 * What it is about.
 */
topic: string, 
/**
 * How many are in it.
 */
members: number, 
/**
 * Whether the caller is.
 */
joined: boolean, };

export type RoomsPage = { 
/**
 * In the order of their slugs, as these are compared.
 */
rooms: Array<ListedRoom>, 
/**
 * Value of `after` for the following page.
 */
next: string | null, };

export type DirectBody = { 
/**
 * What the other signs in with.
 */
username: string, };

export type BlocksPage = { 
/**
 * Whom the caller blocks, in order of id.
 */
blocks: Array<SenderCard>, 
/**
 * Value of `after` for the following page.
 */
next: AccountId | null, };

export type AckBody = { 
/**
 * The device has everything up to here.
 */
cursor: Cursor, };

export type StreamId = string;

export type ShownStatus = "online" | "away" | "offline";

export type OwnStatus = "online" | "away" | "invisible";

export type ViewBody = { 
/**
 * Of which it is told who types, and of rooms how many are there.
 */
conversations?: Array<ConversationId>, 
/**
 * Of which it is told whether they are there.
 */
accounts?: Array<AccountId>, };

export type StreamViewBody = { 
/**
 * Which stream looks: as its `hello` says.
 */
stream: StreamId, 
/**
 * Of which it is told who types, and of rooms how many are there.
 */
conversations?: Array<ConversationId>, 
/**
 * Of which it is told whether they are there.
 */
accounts?: Array<AccountId>, };

export type PresenceBody = { 
/**
 * What to show.
 */
status: OwnStatus, };

export type TypingBody = { 
/**
 * Whether the caller types.
 */
on: boolean, };

export type PresentPage = { 
/**
 * Members who are there, in order of id.
 */
accounts: Array<SenderCard>, 
/**
 * Value of `after` for the following page.
 */
next: AccountId | null, };

export type Head = { 
/**
 * Which.
 */
conversation: ConversationId, 
/**
 * Its last row.
 */
seq: Seq, };

export type ConversationChange = "created";

export type MemberChange = "joined" | "left" | "removed" | "banned" | "unbanned" | "role" | "muted" | "unmuted" | "accepted";

export type MembersChange = "added" | "joined" | "left" | "removed" | "banned" | "unbanned" | "role" | "owner";

export type InviteChange = "created" | "revoked";

export type BlockChange = "blocked" | "unblocked";

export type DeviceChange = "added" | "removed";

export type GapReason = "unknown_epoch" | "ahead" | "too_many" | "too_old";

export type AccountEndReason = "signed_out";

export type EndReason = "lifetime" | "restart" | "signed_out";

export type MessageRecord = { 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * The message's fields as in history pages.
 */
seq: Seq, 
/**
 * Number of messages so far.
 */
n: number, 
/**
 * Who.
 */
sender: SenderCard, 
/**
 * The sender's id for it.
 */
client_id: ClientId, 
/**
 * What; empty once deleted.
 */
text: string, 
/**
 * When.
 */
sent_at: Timestamp, 
/**
 * Whether it was deleted.
 */
deleted?: boolean, 
/**
 * The message that it answers.
 */
reply_to?: Seq, 
/**
 * Whether its text comes from another message.
 */
forwarded?: boolean, 
/**
 * Who is named in its text, in order.
 */
entities?: Array<Entity>, 
/**
 * When it was last edited.
 */
edited_at?: Timestamp, 
/**
 * Of a stream of several accounts, if the row is for one alone: which. To the others it is as if it were hidden.
 */
account?: AccountId, 
/**
 * Place after this record.
 */
cursor: Cursor, };

export type Record = { "type": "hello", 
/**
 * Version of the protocol.
 */
protocol: number, 
/**
 * Name and version of the server.
 */
server: string, 
/**
 * Milliseconds without traffic after which a heartbeat comes.
 */
heartbeat_ms: number, 
/**
 * What a client must keep to.
 */
limits: Limits, 
/**
 * What the stream is called in `POST /v1/view`; servers of before have no names for them.
 */
stream?: StreamId, 
/**
 * Where this stream begins.
 */
cursor: Cursor, 
/**
 * Makes the first record large enough to show a proxy that holds it back.
 */
pad: string, } | { "type": "message" } & MessageRecord | { "type": "delete", 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * This row.
 */
seq: Seq, 
/**
 * The deleted row.
 */
target: Seq, 
/**
 * Who did it.
 */
sender: SenderCard, 
/**
 * When.
 */
sent_at: Timestamp, 
/**
 * See [`MessageRecord::account`].
 */
account?: AccountId, 
/**
 * Place after this record.
 */
cursor: Cursor, } | { "type": "edit", 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * This row.
 */
seq: Seq, 
/**
 * The message.
 */
target: Seq, 
/**
 * Who did it, who is its sender.
 */
sender: SenderCard, 
/**
 * What it says from then on; empty once it was edited again or deleted.
 */
text: string, 
/**
 * Who is named in that, in order.
 */
entities?: Array<Entity>, 
/**
 * When.
 */
sent_at: Timestamp, 
/**
 * Whether another edit follows, which says what it says.
 */
superseded?: boolean, 
/**
 * Whether it was deleted since.
 */
deleted?: boolean, 
/**
 * See [`MessageRecord::account`].
 */
account?: AccountId, 
/**
 * Place after this record.
 */
cursor: Cursor, } | { "type": "reaction", 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * This row.
 */
seq: Seq, 
/**
 * The message.
 */
target: Seq, 
/**
 * Who.
 */
sender: SenderCard, 
/**
 * With what.
 */
emoji: string, 
/**
 * Whether it is there now.
 */
on: boolean, 
/**
 * When.
 */
sent_at: Timestamp, 
/**
 * See [`MessageRecord::account`].
 */
account?: AccountId, 
/**
 * Place after this record.
 */
cursor: Cursor, } | { "type": "pin", 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * This row.
 */
seq: Seq, 
/**
 * The message.
 */
target: Seq, 
/**
 * Who did it.
 */
sender: SenderCard, 
/**
 * Whether it is pinned now.
 */
pinned: boolean, 
/**
 * When.
 */
sent_at: Timestamp, 
/**
 * See [`MessageRecord::account`].
 */
account?: AccountId, 
/**
 * Place after this record.
 */
cursor: Cursor, } | { "type": "erased", 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * This row.
 */
seq: Seq, 
/**
 * Whose messages.
 */
sender: SenderCard, 
/**
 * When.
 */
sent_at: Timestamp, 
/**
 * Place after this record.
 */
cursor: Cursor, } | { "type": "conversation", 
/**
 * Whose devices this is for.
 */
account: AccountId, 
/**
 * Which.
 */
conversation: ConversationId, 
/**
 * What sort.
 */
kind: Kind, 
/**
 * Of a room: its name in the URL.
 */
slug?: string, 
/**
 * What it is called.
 */
title: string, 
/**
 * Of a direct chat: the other account; one's own of notes.
 */
peer?: AccountId, 
/**
 * What happened.
 */
change: ConversationChange, 
/**
 * Place after this record.
 */
cursor: Cursor, } | { "type": "member", 
/**
 * Whose devices this is for.
 */
account: AccountId, 
/**
 * Which.
 */
conversation: ConversationId, 
/**
 * What sort.
 */
kind: Kind, 
/**
 * Of a room: its name in the URL.
 */
slug?: string, 
/**
 * What it is called.
 */
title: string, 
/**
 * Of a direct chat: the other account; one's own of notes.
 */
peer?: AccountId, 
/**
 * Whether a stranger began the direct chat: see `POST /v1/conversations/{id}/accept`.
 */
request?: boolean, 
/**
 * What happened.
 */
change: MemberChange, 
/**
 * Rights, of who joined or has another role.
 */
role?: Role, 
/**
 * First `seq` that the stream owes, of who joined.
 */
from_seq?: Seq, 
/**
 * Of who was muted: until when.
 */
muted_until?: Timestamp, 
/**
 * Place after this record.
 */
cursor: Cursor, } | { "type": "members", 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * This row.
 */
seq: Seq, 
/**
 * Who did it.
 */
actor: SenderCard, 
/**
 * Whom it concerns.
 */
accounts: Array<SenderCard>, 
/**
 * What happened.
 */
change: MembersChange, 
/**
 * Their role now, of a change of roles.
 */
role?: Role, 
/**
 * When.
 */
sent_at: Timestamp, 
/**
 * Place after this record.
 */
cursor: Cursor, } | { "type": "conversation_changed", 
/**
 * Which.
 */
conversation: ConversationId, 
/**
 * This row.
 */
seq: Seq, 
/**
 * Who did it.
 */
actor: SenderCard, 
/**
 * When.
 */
sent_at: Timestamp, 
/**
 * Place after this record.
 */
cursor: Cursor, 
/**
 * What it is called; its slug, where a room has no title.
 */
title: string, 
/**
 * What it is about; empty if nothing is said.
 */
topic: string, 
/**
 * Whether it stands in the list of rooms.
 */
listed: boolean, 
/**
 * Whether only owners, admins and moderators write.
 */
locked: boolean, 
/**
 * Seconds that a member waits between two messages.
 */
slow_mode_seconds: number, 
/**
 * Whether new members see what was before them.
 */
history_visible: boolean, 
/**
 * Counts the changes; apply only a higher one.
 */
version: number, } | { "type": "invite", 
/**
 * Whose devices this is for.
 */
account: AccountId, 
/**
 * Into what.
 */
conversation: ConversationId, 
/**
 * Which.
 */
invite: InviteId, 
/**
 * What happened.
 */
change: InviteChange, 
/**
 * Until when it is good, if it expires.
 */
expires_at?: Timestamp, 
/**
 * For how many, if they are counted.
 */
uses?: number, 
/**
 * Place after this record.
 */
cursor: Cursor, } | { "type": "device", 
/**
 * Whose devices this is for.
 */
account: AccountId, 
/**
 * Which.
 */
device: DeviceId, 
/**
 * What happened.
 */
change: DeviceChange, 
/**
 * Place after this record.
 */
cursor: Cursor, } | { "type": "account", 
/**
 * Whose devices this is for.
 */
account: AccountId, 
/**
 * What happened.
 */
change: AccountChange, 
/**
 * The account as of encoding.
 */
card: AccountCard, 
/**
 * Place after this record.
 */
cursor: Cursor, } | { "type": "block", 
/**
 * Whose devices this is for.
 */
account: AccountId, 
/**
 * Whom.
 */
blocked: AccountId, 
/**
 * What happened.
 */
change: BlockChange, 
/**
 * Place after this record.
 */
cursor: Cursor, } | { "type": "marker", 
/**
 * Whose devices this is for.
 */
account: AccountId, 
/**
 * What.
 */
conversation: ConversationId, 
/**
 * Counts the changes.
 */
version: number, 
/**
 * Place after this record.
 */
cursor: Cursor, 
/**
 * The last row that was read; 0 if none was.
 */
read_seq: Seq, 
/**
 * Number of messages up to it.
 */
read_n: number, 
/**
 * Messages after it, as of here.
 */
unread: number, 
/**
 * Of these, how many mention the account.
 */
mentions: number, 
/**
 * From which row on the account wants to see it as unread, whatever it has read.
 */
marked_unread_from?: Seq, } | { "type": "receipt", 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * Who.
 */
account: AccountId, 
/**
 * Counts the changes.
 */
version: number, 
/**
 * Place after this record.
 */
cursor: Cursor, 
/**
 * One of its devices has everything up to this row.
 */
delivered_seq?: Seq, 
/**
 * It has read up to this row.
 */
read_seq?: Seq, } | { "type": "preferences", 
/**
 * Whose devices this is for.
 */
account: AccountId, 
/**
 * Counts the changes.
 */
version: number, 
/**
 * Place after this record.
 */
cursor: Cursor, 
/**
 * Whether others are told how far it is, and it how far others are.
 */
receipts: boolean, } | { "type": "conversation_settings", 
/**
 * Whose devices this is for.
 */
account: AccountId, 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * Counts the changes.
 */
version: number, 
/**
 * Place after this record.
 */
cursor: Cursor, 
/**
 * It is told of nothing until then.
 */
muted_until?: Timestamp, 
/**
 * Of what it is told otherwise.
 */
level: NoticeLevel, 
/**
 * Whether it stands before others.
 */
pinned: boolean, 
/**
 * Whether it stands apart.
 */
archived: boolean, 
/**
 * What the account calls it.
 */
name?: string, } | { "type": "draft", 
/**
 * Whose devices this is for.
 */
account: AccountId, 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * Place after this record.
 */
cursor: Cursor, 
/**
 * Which device.
 */
device: DeviceId, 
/**
 * What; empty if nothing is begun any more.
 */
text: string, 
/**
 * Counts the changes.
 */
version: number, } | { "type": "heartbeat", 
/**
 * Last rows of the conversations that this stream carries, at most 200.
 */
heads: Array<Head>, 
/**
 * Place of this stream.
 */
cursor: Cursor, } | { "type": "hidden", 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * Which row.
 */
seq: Seq, 
/**
 * A message that this reader may not see any more either.
 */
target?: Seq, 
/**
 * Place after this record.
 */
cursor: Cursor, } | { "type": "gap", 
/**
 * Why.
 */
reason: GapReason, 
/**
 * Where the present state is to be had.
 */
sync: string, 
/**
 * Where the stream goes on.
 */
cursor: Cursor, } | { "type": "account_end", 
/**
 * Which.
 */
account: AccountId, 
/**
 * Why.
 */
reason: AccountEndReason, 
/**
 * Place after this record.
 */
cursor: Cursor, } | { "type": "end", 
/**
 * Why.
 */
reason: EndReason, 
/**
 * Reconnect at a random moment within so many milliseconds; never if null.
 */
reconnect_ms: number | null, 
/**
 * Place of this stream.
 */
cursor: Cursor, } | { "type": "presence", 
/**
 * Which.
 */
account: AccountId, 
/**
 * What it shows.
 */
status: ShownStatus, 
/**
 * Of one who is offline: when it was there last, if that is to be seen.
 */
last_seen_at?: Timestamp, } | { "type": "typing", 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * Who.
 */
account: AccountId, 
/**
 * Whether they do.
 */
on: boolean, } | { "type": "present", 
/**
 * Which.
 */
conversation: ConversationId, 
/**
 * How many.
 */
count: number, };

export type Poll = { 
/**
 * What came after the place asked for.
 */
events: Array<Record>, 
/**
 * Where the next poll goes on.
 */
cursor: Cursor, 
/**
 * Whether there is more already.
 */
more: boolean, };

export type ServerAnswer = { 
/**
 * Version of the protocol.
 */
protocol: number, 
/**
 * Name and version of the server.
 */
server: string, 
/**
 * Milliseconds without traffic after which a heartbeat comes.
 */
heartbeat_ms: number, 
/**
 * What a client must keep to.
 */
limits: Limits, };

export type ServerAccountBody = { 
/**
 * The name to go by.
 */
name: string, 
/**
 * What its first device is called.
 */
device_name?: string, };

export type ServerDeviceBody = { 
/**
 * What the device is called.
 */
device_name?: string, 
/**
 * In how many seconds it is signed out again, to the minute; if absent, like every other.
 */
expires_seconds?: number, };

export type DeviceTokenAnswer = { 
/**
 * Whose it is.
 */
account: AccountCard, 
/**
 * The device.
 */
device: DeviceCard, 
/**
 * Its token.
 */
token: string, 
/**
 * When it is signed out.
 */
expires_at?: Timestamp, };

export type TicketAnswer = { 
/**
 * Good for one `GET /v1/events?ticket=…`.
 */
ticket: string, 
/**
 * Seconds that it lives.
 */
expires_in_seconds: number, };

export type Code = "malformed_json" | "invalid_field" | "invalid_query" | "invalid_header" | "invalid_name" | "invalid_username" | "invalid_password" | "invalid_slug" | "invalid_text" | "invalid_title" | "invalid_topic" | "invalid_entities" | "invalid_emoji" | "invalid_cursor" | "account_required" | "unauthenticated" | "wrong_credentials" | "origin_refused" | "forbidden" | "banned" | "locked" | "muted" | "blocked" | "account_removed" | "account_banned" | "address_banned" | "closed" | "sign_up_closed" | "guests_closed" | "room_creation_closed" | "not_found" | "method_not_allowed" | "not_acceptable" | "request_timeout" | "client_id_reused" | "idempotency_key_reused" | "too_many_accounts" | "too_many_blocks" | "predecessor_missing" | "username_taken" | "already_registered" | "last_owner" | "group_full" | "too_many_groups" | "too_many_conversations" | "too_many_invites" | "too_many_drafts" | "too_many_rulings" | "too_many_reactions" | "too_many_pins" | "body_too_large" | "uri_too_long" | "unsupported_media_type" | "upgrade_required" | "too_many_requests" | "slow_mode" | "request_pending" | "headers_too_large" | "internal" | "not_implemented" | "unavailable" | "overloaded" | "shutting_down" | "unknown";

export type Problem = { type: string, title: string, status: number, code: Code, detail: string, retry_after_seconds?: number, };

export type Retry = "never" | "new_token" | "after_mending" | "after_predecessor" | "at_once" | "window" | "backoff" | "retry_after";

export type Pong = { 
/**
 * Anything, up to [`CommandFrame::PING_BYTES_MAX`].
 */
data?: string, };

export type FrameCommand = { "command": "open_room", 
/**
 * The room's name in its URL.
 */
slug: string, } | { "command": "send_message", 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * Made once by the sender, the same in every retry.
 */
client_id: ClientId, 
/**
 * What.
 */
text: string, 
/**
 * The sender's earlier message that must be stored first.
 */
follows?: ClientId, 
/**
 * The message of the same conversation that it answers.
 */
reply_to?: Seq, 
/**
 * Whether its text comes from another message.
 */
forwarded?: boolean, 
/**
 * Who is named in it, in order.
 */
entities?: Array<Entity>, } | { "command": "edit_message", 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * Which row.
 */
seq: Seq, 
/**
 * What it says from then on.
 */
text: string, 
/**
 * Who is named in it, in order.
 */
entities?: Array<Entity>, } | { "command": "react", 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * Which row.
 */
seq: Seq, 
/**
 * With what.
 */
emoji: string, } | { "command": "unreact", 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * Which row.
 */
seq: Seq, 
/**
 * Which.
 */
emoji: string, } | { "command": "pin", 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * Which row.
 */
seq: Seq, } | { "command": "unpin", 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * Which row.
 */
seq: Seq, } | { "command": "delete_message", 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * Which row.
 */
seq: Seq, } | { "command": "leave", 
/**
 * What.
 */
conversation: ConversationId, } | { "command": "sign_out" } | { "command": "create_group" } & GroupBody | { "command": "add_members", 
/**
 * To what.
 */
conversation: ConversationId, 
/**
 * Whom to bring in.
 */
accounts: Array<AccountId>, } | { "command": "remove_member", 
/**
 * From what.
 */
conversation: ConversationId, 
/**
 * Whom.
 */
account: AccountId, } | { "command": "set_role", 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * Whom.
 */
account: AccountId, 
/**
 * What the member may do from now on.
 */
role: Role, } | { "command": "hand_over", 
/**
 * Of what.
 */
conversation: ConversationId, 
/**
 * The member who owns it from now on.
 */
account: AccountId, } | { "command": "ban", 
/**
 * From what.
 */
conversation: ConversationId, 
/**
 * Whom.
 */
account: AccountId, } | { "command": "lift_ban", 
/**
 * From what.
 */
conversation: ConversationId, 
/**
 * Whom.
 */
account: AccountId, } | { "command": "mute", 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * Whom.
 */
account: AccountId, 
/**
 * For how long, from now on.
 */
seconds: number, } | { "command": "lift_mute", 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * Whom.
 */
account: AccountId, } | { "command": "change_conversation", 
/**
 * Which.
 */
conversation: ConversationId, 
/**
 * What it is called.
 */
title?: string, 
/**
 * What it is about.
 */
topic?: string, 
/**
 * Of a room: whether it stands in the list of rooms.
 */
listed?: boolean, 
/**
 * Whether only owners, admins and moderators write.
 */
locked?: boolean, 
/**
 * Seconds that a member waits between two messages; 0 for none.
 */
slow_mode_seconds?: number, 
/**
 * Of a group: whether new members see what was before them.
 */
history_visible?: boolean, } | { "command": "create_invite", 
/**
 * Into what.
 */
conversation: ConversationId, 
/**
 * For how long it is good; until it is revoked if absent.
 */
expires_seconds?: number, 
/**
 * How many may come by it; any number if absent.
 */
uses?: number, } | { "command": "revoke_invite", 
/**
 * Of what.
 */
conversation: ConversationId, 
/**
 * Which.
 */
invite: InviteId, } | { "command": "accept_invite", 
/**
 * The link's token.
 */
token: string, } | { "command": "ack" } & AckBody | { "command": "ping" } & Pong | { "command": "register" } & RegistrationBody | { "command": "change_password" } & PasswordChangeBody | { "command": "new_recovery_codes" } & RecoveryCodesBody | { "command": "delete_account" } & DeletionBody | { "command": "update_account" } & AccountUpdateBody | { "command": "remove_device", 
/**
 * Which.
 */
device: DeviceId, } | { "command": "remove_other_devices" } | { "command": "open_direct", 
/**
 * With whom.
 */
account: AccountId, } | { "command": "open_direct_by_name" } & DirectBody | { "command": "accept", 
/**
 * Which.
 */
conversation: ConversationId, } | { "command": "block", 
/**
 * Whom.
 */
account: AccountId, } | { "command": "unblock", 
/**
 * Whom.
 */
account: AccountId, } | { "command": "view" } & ViewBody | { "command": "set_presence" } & PresenceBody | { "command": "typing", 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * Whether the caller types.
 */
on: boolean, } | { "command": "read", 
/**
 * What.
 */
conversation: ConversationId, 
/**
 * Which row.
 */
seq: Seq, } | { "command": "mark_unread", 
/**
 * What.
 */
conversation: ConversationId, 
/**
 * Which row.
 */
seq: Seq, } | { "command": "set_preferences" } & PreferencesBody | { "command": "set_conversation_settings", 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * Told of nothing until then; null: no more.
 */
muted_until?: Timestamp | null, 
/**
 * Of what to be told otherwise.
 */
level?: NoticeLevel, 
/**
 * Whether it stands before others.
 */
pinned?: boolean, 
/**
 * Whether it stands apart.
 */
archived?: boolean, 
/**
 * What to call it; empty: as others do.
 */
name?: string, } | { "command": "put_draft", 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * Which device.
 */
device: DeviceId, 
/**
 * What was begun; empty if nothing is.
 */
text: string, };

export type AnswerFrame<T> = { "type": "reply", 
/**
 * The command's.
 */
id: string, 
/**
 * As the body of REST's answer.
 */
result: T, } | { "type": "problem", 
/**
 * The command's; none if it could not be read.
 */
id: string | null, 
/**
 * The same document as in REST.
 */
problem: Problem, };

export type CommandFrame = { id: string; as?: AccountId } & FrameCommand;

export const PROBLEM_RETRY: { readonly [code: string]: Retry | undefined } = {
  malformed_json: 'after_mending',
  invalid_field: 'after_mending',
  invalid_query: 'after_mending',
  invalid_header: 'after_mending',
  invalid_name: 'after_mending',
  invalid_username: 'after_mending',
  invalid_password: 'after_mending',
  invalid_slug: 'after_mending',
  invalid_text: 'after_mending',
  invalid_title: 'after_mending',
  invalid_topic: 'after_mending',
  invalid_entities: 'after_mending',
  invalid_emoji: 'after_mending',
  invalid_cursor: 'after_mending',
  account_required: 'after_mending',
  unauthenticated: 'new_token',
  wrong_credentials: 'after_mending',
  origin_refused: 'never',
  forbidden: 'never',
  banned: 'never',
  locked: 'never',
  muted: 'never',
  blocked: 'never',
  account_removed: 'never',
  account_banned: 'never',
  address_banned: 'never',
  closed: 'never',
  sign_up_closed: 'never',
  guests_closed: 'never',
  room_creation_closed: 'never',
  not_found: 'never',
  method_not_allowed: 'after_mending',
  not_acceptable: 'after_mending',
  request_timeout: 'backoff',
  client_id_reused: 'after_mending',
  idempotency_key_reused: 'after_mending',
  too_many_accounts: 'after_mending',
  too_many_blocks: 'after_mending',
  predecessor_missing: 'after_predecessor',
  username_taken: 'after_mending',
  already_registered: 'never',
  last_owner: 'after_mending',
  group_full: 'after_mending',
  too_many_groups: 'after_mending',
  too_many_conversations: 'after_mending',
  too_many_invites: 'after_mending',
  too_many_drafts: 'after_mending',
  too_many_rulings: 'after_mending',
  too_many_reactions: 'after_mending',
  too_many_pins: 'after_mending',
  body_too_large: 'after_mending',
  uri_too_long: 'after_mending',
  unsupported_media_type: 'after_mending',
  upgrade_required: 'after_mending',
  too_many_requests: 'retry_after',
  slow_mode: 'retry_after',
  request_pending: 'never',
  headers_too_large: 'after_mending',
  internal: 'backoff',
  not_implemented: 'never',
  unavailable: 'retry_after',
  overloaded: 'retry_after',
  shutting_down: 'retry_after',
};

export const CLOSE_RETRY: { readonly [code: number]: Retry | undefined } = {
  /** The answer to a client that closes. Unasked: something in between has closed. */
  1000: 'backoff',
  /** The server stops or restarts. */
  1001: 'window',
  /** The client broke the WebSocket protocol. */
  1002: 'after_mending',
  /** A binary message; only text is spoken here. */
  1003: 'after_mending',
  /** Text that is not UTF-8, or data that cannot be inflated. */
  1007: 'after_mending',
  /** Too many frames or pings. */
  1008: 'backoff',
  /** A message over the limit. */
  1009: 'after_mending',
  /** Something went wrong in the server. */
  1011: 'backoff',
  /** This stream must be opened anew, for instance because it fell too far behind. */
  1012: 'window',
  /** The server is overloaded. */
  1013: 'backoff',
  /** The stream's time is over; load spreads evenly that way. */
  4000: 'at_once',
  /** The device was signed out. */
  4001: 'new_token',
  /** The client did not answer pings. */
  4002: 'backoff',
};
