//! Events: what the log holds.

use crate::{
    AccountCard, AccountChange, AccountId, ClientId, ConversationId, DeviceId, Emoji, Entities, InviteId,
    Keyed, Kind, Pair, Pos, Role, Seq, Settings, Slug, Timestamp,
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
    /// Place in the topic. A conversation's is what clients count by; an account topic's stays inside the server. 0 of a
    /// keyed event, which takes none.
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
    /// Whether only its sender may see it: the other of a direct chat had blocked the sender when it was stored, or edited.
    pub hidden: bool,
    /// What it has beside its text; nothing once deleted.
    pub attributes: Attributes,
    /// Row and time of its last edit.
    pub edited: Option<(Seq, Timestamp)>,
}

/// What a message may have beside its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// The message of the same conversation that it answers.
    pub reply_to: Option<Seq>,
    /// Whether its text comes from another message.
    pub forwarded: bool,
    /// Who is named in its text.
    pub entities: Entities,
}

/// A conversation's lasting properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// What sort.
    pub kind: Kind,
    /// Of a room: its name in the URL, as its maker typed it. Nothing else has one.
    pub slug: Option<Slug>,
    /// Of a direct chat: who talks.
    pub pair: Option<Pair>,
    /// What it is called, and how it may be used.
    pub settings: Settings,
}

impl Conversation {
    /// A new room.
    pub fn room(id: ConversationId, slug: Slug) -> Self {
        Self { id, kind: Kind::Room, slug: Some(slug), pair: None, settings: Settings::new(None) }
    }

    /// A new group.
    pub fn group(id: ConversationId, settings: Settings) -> Self {
        Self { id, kind: Kind::Group, slug: None, pair: None, settings }
    }

    /// A new direct chat.
    pub fn direct(id: ConversationId, pair: Pair) -> Self {
        Self { id, kind: Kind::Direct, slug: None, pair: Some(pair), settings: Settings::new(None) }
    }

    /// What it is found by beside its id: a room by its slug, a direct chat by the two. Unique.
    pub fn key(&self) -> Option<String> {
        self.slug.as_ref().map(Slug::key).or_else(|| self.pair.as_ref().map(Pair::key))
    }

    /// What people call it: its title, or the slug of a room that has none.
    pub fn title(&self) -> &str {
        match (&self.settings.title, &self.slug) {
            (Some(title), _) => title.as_str(),
            (None, Some(slug)) => slug.as_str(),
            (None, None) => "",
        }
    }

    /// Whether the slug, or the title of what has none, may be taken for another.
    pub fn is_lookalike(&self) -> bool {
        match (&self.slug, &self.settings.title) {
            (Some(slug), _) => slug.is_lookalike(),
            (None, Some(title)) => title.is_lookalike(),
            (None, None) => false,
        }
    }
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
    /// Whether a stranger began the direct chat, and the member has neither opened nor accepted it nor written in it.
    pub request: bool,
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
        /// Whether the row that was emptied is one that only its sender may see; then this is another.
        hidden: bool,
    },
    /// A message has another text, in the conversation's topic.
    Edit {
        /// Where.
        conversation: ConversationId,
        /// The message.
        target: Seq,
        /// Who did it, who is its sender.
        sender: Sender,
        /// What it says from then on: like names, that is looked up when the event is read. Empty once it was edited again or
        /// deleted.
        text: String,
        /// Who is named in that.
        entities: Entities,
        /// Whether the message was edited again.
        superseded: bool,
        /// Whether it was deleted since.
        deleted: bool,
        /// Whether only the sender may see the message, from here on or before.
        hidden: bool,
    },
    /// A member reacts to a message, or does no more; in the conversation's topic.
    Reaction {
        /// Where.
        conversation: ConversationId,
        /// The message.
        target: Seq,
        /// Who.
        sender: Sender,
        /// With what.
        emoji: Emoji,
        /// Whether it is there now.
        on: bool,
        /// Whether only the sender may see it.
        hidden: bool,
    },
    /// A message is pinned, or is no more; in the conversation's topic.
    Pin {
        /// Where.
        conversation: ConversationId,
        /// The message.
        target: Seq,
        /// Who did it.
        sender: Sender,
        /// Whether it is pinned now.
        pinned: bool,
        /// Whether the message is one that only its sender may see; then this is another.
        hidden: bool,
    },
    /// All that an account wrote before in the conversation is emptied, for the account was deleted; in the conversation's topic.
    Erased {
        /// Where.
        conversation: ConversationId,
        /// Whose.
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
        /// How that came.
        change: LeftChange,
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
    /// Members of a group came, went or have another role, in the group's topic.
    Members {
        /// Where.
        conversation: ConversationId,
        /// Who did it.
        actor: Sender,
        /// Whom it concerns.
        accounts: Vec<Sender>,
        /// What.
        change: MembersChange,
        /// Their role now, of a change of roles.
        role: Option<Role>,
    },
    /// What a conversation is called or how it may be used has changed, in its topic.
    ConversationChanged {
        /// As it is from then on.
        conversation: Conversation,
        /// Who did it.
        actor: Sender,
    },
    /// A member has another role, in its own topic.
    RoleChanged {
        /// Who.
        account: AccountId,
        /// Where.
        conversation: Conversation,
        /// As what.
        role: Role,
    },
    /// A link into a group was made, in its maker's topic.
    InviteCreated {
        /// Who made it.
        account: AccountId,
        /// Into what.
        conversation: Conversation,
        /// Which.
        invite: InviteId,
        /// Until when it is good.
        expires: Option<Timestamp>,
        /// For how many.
        uses: Option<u32>,
    },
    /// A link into a group is void, in the topic of who said so.
    InviteRevoked {
        /// Who said so.
        account: AccountId,
        /// Of what.
        conversation: Conversation,
        /// Which.
        invite: InviteId,
    },
    /// Something else holds for the account in a conversation, in its own topic.
    Restricted {
        /// For whom.
        account: AccountId,
        /// Where.
        conversation: Conversation,
        /// What.
        change: RestrictionChange,
    },
    /// The account took up a direct chat that a stranger began, in its own topic.
    Accepted {
        /// Who.
        account: AccountId,
        /// Which.
        conversation: Conversation,
    },
    /// The account blocked another, in its own topic.
    Blocked {
        /// Who.
        account: AccountId,
        /// Whom.
        blocked: AccountId,
    },
    /// The account blocks another no more, in its own topic.
    Unblocked {
        /// Who.
        account: AccountId,
        /// Whom.
        blocked: AccountId,
    },
    /// Something of which only the latest counts.
    Keyed(Keyed),
}

/// How a membership ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftChange {
    /// The member left.
    Left,
    /// Somebody sent it away.
    Removed,
    /// Somebody sent it away and keeps it out.
    Banned,
}

/// What happened to members of a group, for those who are in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, ts_rs::TS)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MembersChange {
    /// Somebody brought them in.
    Added,
    /// They came by an invitation.
    Joined,
    /// They left.
    Left,
    /// Somebody sent them away.
    Removed,
    /// Somebody keeps them out.
    Banned,
    /// Nobody keeps them out any more.
    Unbanned,
    /// They have another role.
    Role,
    /// The group is theirs now.
    Owner,
}

/// What holds for an account in a conversation from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestrictionChange {
    /// It is kept out.
    Banned,
    /// It may come in again.
    Unbanned,
    /// It writes nothing for a while.
    Muted {
        /// Until then.
        until: Timestamp,
    },
    /// It may write again.
    Unmuted,
}

impl Event {
    /// Who may see it.
    pub fn topic(&self) -> Topic {
        match &self.body {
            Body::Message(Message { conversation, .. })
            | Body::Delete { conversation, .. }
            | Body::Edit { conversation, .. }
            | Body::Reaction { conversation, .. }
            | Body::Pin { conversation, .. } => Topic::Conversation(*conversation),
            Body::ConversationCreated { owner: account, .. }
            | Body::Joined { account, .. }
            | Body::Left { account, .. }
            | Body::GuestCreated { account, .. }
            | Body::DeviceRemoved { account, .. }
            | Body::DeviceAdded { account, .. }
            | Body::RoleChanged { account, .. }
            | Body::InviteCreated { account, .. }
            | Body::InviteRevoked { account, .. }
            | Body::Restricted { account, .. }
            | Body::Accepted { account, .. }
            | Body::Blocked { account, .. }
            | Body::Unblocked { account, .. } => Topic::Account(*account),
            Body::Members { conversation, .. } | Body::Erased { conversation, .. } => {
                Topic::Conversation(*conversation)
            }
            Body::ConversationChanged { conversation, .. } => Topic::Conversation(conversation.id),
            Body::Account { card, .. } => Topic::Account(card.id),
            Body::Keyed(keyed) => keyed.topic(),
        }
    }

    /// What it says, if only the latest of its key counts.
    pub fn keyed(&self) -> Option<&Keyed> {
        match &self.body {
            Body::Keyed(keyed) => Some(keyed),
            _ => None,
        }
    }

    /// The only account that may see what a row of a timeline says, if not all members may. Others learn that it exists.
    pub fn only_for(&self) -> Option<AccountId> {
        match &self.body {
            Body::Message(Message { sender, hidden: true, .. })
            | Body::Delete { sender, hidden: true, .. }
            | Body::Edit { sender, hidden: true, .. }
            | Body::Reaction { sender, hidden: true, .. }
            | Body::Pin { sender, hidden: true, .. } => Some(sender.id),
            _ => None,
        }
    }
}
