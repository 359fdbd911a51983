//! How much there may be of what people make.

/// Members of a group; one more is refused with `group_full`.
pub const GROUP_MEMBERS_MAX: u64 = 5_000;
/// Groups that an account owns; one more is refused with `too_many_groups`.
pub const OWNED_GROUPS_MAX: u64 = 200;
/// Conversations that an account is in; one more is refused with `too_many_conversations`.
pub const CONVERSATIONS_MAX: u64 = 10_000;
/// Links by which one comes into a group; one more is refused with `too_many_invites`.
pub const INVITES_MAX: usize = 100;
/// Accounts that an account blocks; one more is refused with `too_many_blocks`.
pub const BLOCKS_MAX: u64 = 1_000;
/// Drafts of an account in a conversation; one more is refused with `too_many_drafts`.
pub const DRAFTS_MAX: u64 = 10;
/// In a group of more members nobody is told how far others are.
pub const RECEIPTS_MEMBERS_MAX: u64 = 256;
/// Messages of a stranger in a direct chat before the other has opened, accepted or answered; one more is refused with
/// `request_pending`.
pub const REQUEST_MESSAGES_MAX: u64 = 5;
/// Different emojis by which a message is reacted to, and reactions of one account; one more is refused with
/// `too_many_reactions`.
pub const REACTIONS_MAX: usize = 20;
/// Messages that are pinned in a conversation; one more is refused with `too_many_pins`.
pub const PINS_MAX: u64 = 100;
/// Conversations that an account which was removed leaves in one step.
pub const REMOVAL_CONVERSATIONS: usize = 50;
/// Of what a deleted account sent: so much is looked at, and emptied, in one step.
pub const REMOVAL_MESSAGES: usize = 200;
/// Reactions that a deleted account takes back in one step.
pub const REMOVAL_REACTIONS: usize = 200;
/// Mentions of an account that was removed which are forgotten in one step.
pub const REMOVAL_MENTIONS: usize = 1_000;
/// Keyed events of an account which was removed that go in one step.
pub const REMOVAL_KEYED: usize = 200;
/// Keys of programs; one more is refused with `too_many_rulings`.
pub const KEYS_MAX: u64 = 100;
/// Banned networks; one more is refused with `too_many_rulings`.
pub const BANNED_ADDRESSES_MAX: u64 = 1_000;
