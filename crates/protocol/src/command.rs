//! What a signed-in device can ask the log for. Every transport turns its bytes into these.

use crate::{
    About, AccountId, ClientId, Color, ConversationId, DeviceId, MessageText, Name, PasswordHash,
    RecoveryCodeHash, Seq, Slug, Username,
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
}
