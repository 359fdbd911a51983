//! What a signed-in device can ask the log for. Every transport turns its bytes into these.

use crate::{AccountId, ClientId, ConversationId, DeviceId, MessageText, Seq, Slug};

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
}
