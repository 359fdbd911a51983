//! Events: what the log holds.

use crate::{
    AccountCard, AccountChange, AccountId, ClientId, ConversationId, DeviceId, Kind, Pos, Role, Seq, Slug,
    Timestamp,
};

/// Who may see an event: the members of a conversation, or the devices of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// Members of a conversation.
    Conversation(ConversationId),
    /// Devices of an account.
    Account(AccountId),
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Place in the log.
    pub pos: Pos,
    /// Place in the topic. A conversation's is what clients count by; an account topic's stays inside the server.
    pub seq: Seq,
    /// When it was decided, for people to read.
    pub at: Timestamp,
    /// What happened.
    pub body: Body,
}

/// The sender of a row, as of now: names are looked up when a row is read, not when it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// Account.
    pub id: AccountId,
    /// Present name.
    pub name: String,
    /// Counts the changes of the account's profile.
    pub version: u64,
    /// Whether the name may be taken for another.
    pub lookalike: bool,
}

/// A message in its present state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where.
    pub conversation: ConversationId,
    /// Number of messages in the conversation so far, this one included.
    pub n: u64,
    /// Who.
    pub sender: Sender,
    /// The sender's id for it.
    pub client_id: ClientId,
    /// What; empty once deleted.
    pub text: String,
    /// The row that deleted it.
    pub deleted_by: Option<Seq>,
}

/// A conversation's lasting properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// What sort.
    pub kind: Kind,
    /// As its maker typed it.
    pub slug: Slug,
}

/// An account's place in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// What the member may do.
    pub role: Role,
    /// The stream owes events of the conversation from here on.
    pub since: Pos,
    /// History pages show rows from here on.
    pub visible_from: Seq,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A message, in the conversation's topic.
    Message(Message),
    /// A deletion, in the conversation's topic.
    Delete {
        /// Where.
        conversation: ConversationId,
        /// The row that was emptied.
        target: Seq,
        /// Who did it.
        sender: Sender,
    },
    /// A conversation was made, in the owner's topic.
    ConversationCreated {
        /// What was made.
        conversation: Conversation,
        /// Who owns it.
        owner: AccountId,
    },
    /// The account became a member, in its own topic.
    Joined {
        /// Who.
        account: AccountId,
        /// What.
        conversation: Conversation,
        /// Rights.
        membership: Membership,
        /// First `seq` that the stream owes.
        from_seq: Seq,
    },
    /// The account is no longer a member, in its own topic.
    Left {
        /// Who.
        account: AccountId,
        /// What.
        conversation: Conversation,
    },
    /// An account with one device was made for a guest, in the account's topic.
    GuestCreated {
        /// Who.
        account: AccountId,
        /// The device that the guest came with.
        device: DeviceId,
    },
    /// A device's token is void, in the account's topic.
    DeviceRemoved {
        /// Whose.
        account: AccountId,
        /// Which.
        device: DeviceId,
    },
    /// A device has signed in, in the account's topic.
    DeviceAdded {
        /// Whose.
        account: AccountId,
        /// Which.
        device: DeviceId,
    },
    /// The account itself changed, in its own topic.
    Account {
        /// The account as of now: like names, it is looked up when the event is read.
        card: AccountCard,
        /// What happened.
        change: AccountChange,
    },
}

impl Event {
    /// Who may see it.
    pub fn topic(&self) -> Topic {
        match &self.body {
            Body::Message(Message { conversation, .. }) | Body::Delete { conversation, .. } => {
                Topic::Conversation(*conversation)
            }
            Body::ConversationCreated { owner: account, .. }
            | Body::Joined { account, .. }
            | Body::Left { account, .. }
            | Body::GuestCreated { account, .. }
            | Body::DeviceRemoved { account, .. }
            | Body::DeviceAdded { account, .. } => Topic::Account(*account),
            Body::Account { card, .. } => Topic::Account(card.id),
        }
    }
}
