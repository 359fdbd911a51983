//! What a signed-in device can ask the log for. Every transport turns its bytes into these.

use crate::{
    About, AccountId, AccountList, Attributes, ClientId, Color, ConversationId, DeviceId, DraftText, Emoji,
    Entities, InviteHash, InviteId, InviteTerms, MessageText, MuteSeconds, Name, OwnSettingsChange,
    PasswordHash, RecoveryCodeHash, Role, Seq, Settings, SettingsChange, Slug, Username,
};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Actor {
    /// The account in whose name.
    pub account: AccountId,
    /// The device that signed in.
    pub device: DeviceId,
}

/// A change that a signed-in device asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Join a room, and make it if it is new. Idempotent by nature.
    OpenRoom {
        /// Its name in the URL.
        slug: Slug,
    },
    /// Post a message. Idempotent by `client_id`.
    SendMessage {
        /// Where.
        conversation: ConversationId,
        /// The sender's id for it, the same in every retry.
        client_id: ClientId,
        /// What.
        text: MessageText,
        /// The sender's earlier message that must be stored first.
        follows: Option<ClientId>,
        /// What it has beside its text.
        attributes: Attributes,
    },
    /// Give a message of one's own another text. Idempotent by nature.
    EditMessage {
        /// Where.
        conversation: ConversationId,
        /// Which row.
        seq: Seq,
        /// What it says from then on.
        text: MessageText,
        /// Who is named in that.
        entities: Entities,
    },
    /// React to a message. Idempotent by nature.
    React {
        /// Where.
        conversation: ConversationId,
        /// Which row.
        seq: Seq,
        /// With what.
        emoji: Emoji,
    },
    /// Take a reaction back. Idempotent by nature.
    Unreact {
        /// Where.
        conversation: ConversationId,
        /// Which row.
        seq: Seq,
        /// Which.
        emoji: Emoji,
    },
    /// Pin a message for everybody in the conversation. Idempotent by nature.
    Pin {
        /// Where.
        conversation: ConversationId,
        /// Which row.
        seq: Seq,
    },
    /// Pin a message no more. Idempotent by nature.
    Unpin {
        /// Where.
        conversation: ConversationId,
        /// Which row.
        seq: Seq,
    },
    /// Empty a message. Idempotent by nature.
    DeleteMessage {
        /// Where.
        conversation: ConversationId,
        /// Which row.
        seq: Seq,
    },
    /// Stop being a member. Idempotent by nature.
    Leave {
        /// What.
        conversation: ConversationId,
    },
    /// Void the asking device's token. Idempotent by nature.
    SignOut,
    /// Make a guest an account. Repeating it under the same user name changes nothing.
    Register {
        /// What to sign in with.
        username: Username,
        /// What is kept of the password.
        password: PasswordHash,
    },
    /// Take another password, and sign out all other devices.
    ChangePassword {
        /// Version of the password that the asking device has proved to know.
        verified: u64,
        /// What is kept of the new one.
        password: PasswordHash,
    },
    /// Void the account's recovery codes and keep others.
    NewRecoveryCodes {
        /// Version of the password that the asking device has proved to know.
        verified: u64,
        /// What is kept of them.
        codes: Vec<RecoveryCodeHash>,
    },
    /// Change what the account shows of itself; what is none stays. Idempotent by nature.
    UpdateAccount {
        /// The name to go by.
        name: Option<Name>,
        /// What the account says of itself.
        about: Option<About>,
        /// The colour of its avatar.
        color: Option<Color>,
    },
    /// Void the token of one of the account's devices.
    RemoveDevice {
        /// Which.
        device: DeviceId,
    },
    /// Void the tokens of all of the account's devices but the asking one's. Idempotent by nature.
    RemoveOtherDevices,
    /// Delete the asking account: sign out all its devices, leave all its conversations and empty all that it wrote.
    DeleteAccount {
        /// Version of the password that the asking device has proved to know; none of a guest, who has no password.
        verified: Option<u64>,
    },
    /// Make a group. Idempotent by `client_id`.
    CreateGroup {
        /// The maker's id for it, the same in every retry.
        client_id: ClientId,
        /// What it is called, and how it may be used.
        settings: Settings,
    },
    /// Bring others into a group. Idempotent by nature.
    AddMembers {
        /// What.
        conversation: ConversationId,
        /// Whom.
        accounts: AccountList,
    },
    /// Send a member away. Idempotent by nature.
    RemoveMember {
        /// From what.
        conversation: ConversationId,
        /// Whom.
        account: AccountId,
    },
    /// Give a member another role. Idempotent by nature.
    SetRole {
        /// Where.
        conversation: ConversationId,
        /// Whom.
        account: AccountId,
        /// Which.
        role: Role,
    },
    /// Make another member the owner. Idempotent by nature.
    HandOver {
        /// Of what.
        conversation: ConversationId,
        /// Whom.
        account: AccountId,
    },
    /// Send an account away and keep it out. Idempotent by nature.
    Ban {
        /// Of what.
        conversation: ConversationId,
        /// Whom.
        account: AccountId,
    },
    /// Keep an account out no more. Idempotent by nature.
    LiftBan {
        /// Of what.
        conversation: ConversationId,
        /// Whom.
        account: AccountId,
    },
    /// Let a member write nothing for a while, from now on.
    Mute {
        /// Where.
        conversation: ConversationId,
        /// Whom.
        account: AccountId,
        /// For how long.
        seconds: MuteSeconds,
    },
    /// Let a member write again. Idempotent by nature.
    LiftMute {
        /// Where.
        conversation: ConversationId,
        /// Whom.
        account: AccountId,
    },
    /// Make a link by which others come into a group.
    CreateInvite {
        /// Into what.
        conversation: ConversationId,
        /// Of its token.
        token: InviteHash,
        /// How long it is good, and how often.
        terms: InviteTerms,
    },
    /// Make a link void. Idempotent by nature.
    RevokeInvite {
        /// Of what.
        conversation: ConversationId,
        /// Which.
        invite: InviteId,
    },
    /// Come into a group by a link. Idempotent by nature, as long as the link is good.
    AcceptInvite {
        /// Of its token.
        token: InviteHash,
    },
    /// Change what a conversation is called and how it may be used. Idempotent by nature.
    ChangeSettings {
        /// Of what.
        conversation: ConversationId,
        /// To what.
        change: SettingsChange,
    },
    /// Open the direct chat with an account, and make it if it is new. Idempotent by nature.
    OpenDirect {
        /// With whom; oneself for notes.
        account: AccountId,
    },
    /// Accept a direct chat that a stranger began. Idempotent by nature.
    Accept {
        /// Which.
        conversation: ConversationId,
    },
    /// See nothing of what an account writes in a direct chat from now on. Idempotent by nature.
    Block {
        /// Whom.
        account: AccountId,
    },
    /// See again what an account writes from now on. Idempotent by nature.
    Unblock {
        /// Whom.
        account: AccountId,
    },
    /// Move the account's read marker forward, and end that it is marked as unread. Idempotent by nature.
    Read {
        /// What.
        conversation: ConversationId,
        /// Up to which row.
        seq: Seq,
    },
    /// Mark a conversation as unread, until it is read. Idempotent by nature.
    MarkUnread {
        /// What.
        conversation: ConversationId,
        /// From which row on.
        seq: Seq,
    },
    /// Choose something for all of the account's conversations; what is none stays. Idempotent by nature.
    SetPreferences {
        /// Whether others are told how far it is, and it how far others are.
        receipts: Option<bool>,
    },
    /// Set something for oneself in a conversation. Idempotent by nature.
    ChangeOwnSettings {
        /// Where.
        conversation: ConversationId,
        /// What.
        change: OwnSettingsChange,
    },
    /// Keep what a device has begun to write. Idempotent by nature.
    PutDraft {
        /// Where.
        conversation: ConversationId,
        /// Which device.
        device: DeviceId,
        /// What; empty if nothing is begun any more.
        text: DraftText,
    },
}
