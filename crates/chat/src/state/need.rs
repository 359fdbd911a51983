//! What a request reads, named before it is decided.

use chinwag_protocol::{
    AccountId, ClientId, ConversationId, DeviceId, InviteHash, Key, Keyed, RecoveryCodeHash, Seq, Topic,
    Username,
};

use super::State;
use crate::request::KeyHash;
use crate::ruling::{Subject, SubjectKind};

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
        /// [`chinwag_protocol::Slug::key`] or [`chinwag_protocol::Pair::key`].
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
    /// What others have added to a message.
    Marks(ConversationId, Seq),
    /// An account's reactions to a message.
    Reactions {
        /// Where.
        conversation: ConversationId,
        /// To which row.
        seq: Seq,
        /// Whose.
        account: AccountId,
    },
    /// How many messages are pinned in a conversation.
    Pins(ConversationId),
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
    /// Whether an account owns a group or room that others are in.
    OwnsShared(AccountId),
    /// What is left to do of removing an account, with the conversations that the next step changes.
    Removal(AccountId),
    /// What those who run the server have decided about a subject.
    Ruling(Subject),
    /// How many rulings of a kind there are.
    Rulings(SubjectKind),
    /// What [`State::with_it`] names of a direct chat that the account is in; of anything else nothing. The conversation and
    /// the membership are named before it.
    Talk {
        /// Which.
        conversation: ConversationId,
        /// Who writes.
        account: AccountId,
    },
    /// The latest event of a key.
    Keyed(Topic, Key),
    /// An account's read marker as it is written, and the first row that the stream owes it if it is a member.
    Marker(AccountId, ConversationId),
    /// How far a member has read.
    ReadSoFar(AccountId, ConversationId),
    /// What is left to a member after a row of a timeline, if there is the row.
    Reading(AccountId, ConversationId, Seq),
    /// What [`State::with_it`] names of a conversation that the account is in; of anything else nothing. The membership is named
    /// before it.
    Marking {
        /// Who reads.
        account: AccountId,
        /// What.
        conversation: ConversationId,
        /// Up to which row.
        seq: Seq,
    },
    /// How many drafts an account has in a conversation.
    Drafts(AccountId, ConversationId),
    /// What [`State::with_it`] names of how far an account is: the row at its read marker, which is named before it.
    Receiving {
        /// Who.
        account: AccountId,
        /// Where.
        conversation: ConversationId,
    },
}

impl State {
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
            Need::Marks(id, seq) => self.marks.contains_key(&(*id, *seq)),
            Need::Reactions { conversation, seq, account } => {
                self.own_reactions.contains_key(&(*conversation, *seq, *account))
            }
            Need::Pins(id) => self.numbers_of_pins.contains_key(id),
            Need::Guest(key) => self.guests.contains_key(key),
            Need::Username(username) => self.usernames.contains_key(username),
            Need::Ruling(subject) => self.rulings.contains_key(subject),
            Need::Rulings(kind) => self.numbers_of_rulings.contains_key(kind),
            Need::Credential(id) => self.credentials.contains_key(id),
            Need::Devices(id) => self.own_devices.contains_key(id),
            Need::RecoveryCode(id, code) => self.recovery_codes.contains_key(&(*id, *code)),
            Need::Block { account, blocked } => self.blocks.contains_key(&(*account, *blocked)),
            Need::Blocks(account) => self.numbers_of_blocks.contains_key(account),
            Need::OwnsShared(account) => self.owners_of_shared.contains_key(account),
            Need::Removal(account) => self.removals.contains_key(account) && self.holds_with(need),
            Need::Talk { conversation, account } => match self.conversations.get(conversation) {
                None => false,
                Some(Some(row)) if row.conversation.pair.is_some() => {
                    self.memberships.contains_key(&(*account, *conversation)) && self.holds_with(need)
                }
                Some(_) => true,
            },
            Need::Keyed(topic, key) => self.keyed.contains_key(&(*topic, *key)),
            Need::Marker(account, id) => {
                self.keyed.contains_key(&(Topic::Account(*account), Key::Marker(*id)))
                    && self.from_seqs.contains_key(&(*account, *id))
            }
            Need::ReadSoFar(account, id) => self.read_so_far.contains_key(&(*account, *id)),
            Need::Reading(account, id, seq) => self.readings.contains_key(&(*account, *id, *seq)),
            Need::Marking { account, conversation, .. } => {
                self.memberships.contains_key(&(*account, *conversation)) && self.holds_with(need)
            }
            Need::Drafts(account, id) => self.drafts.contains_key(&(*account, *id)),
            Need::Receiving { account, conversation } => {
                self.holds(&Need::Marker(*account, *conversation)) && self.holds_with(need)
            }
        }
    }

    /// Names the rows that must be in memory with those of a need: of a removal, the conversations that its next step changes, and
    /// what was added to messages that it changes;
    /// of a direct chat, what a message in it reads of the two; of a room that is opened, whether it is closed. Who loads the
    /// one loads these after it. Of who is in no such chat, nothing: it costs what an absent one does.
    pub fn with_it(&self, of: &Need, mut need: impl FnMut(Need)) {
        if let Need::Removal(account) = of {
            let Some(removal) = self.removal(*account) else { return };
            removal.touched().for_each(|id| need(Need::Conversation(id)));
            return removal.reactions.iter().for_each(|row| need(Need::Marks(row.conversation, row.seq)));
        }
        if let Need::Marking { account, conversation, seq } = of {
            if self.membership(*account, *conversation).is_some() {
                need(Need::ReadSoFar(*account, *conversation));
                need(Need::Reading(*account, *conversation, *seq));
            }
            return;
        }
        if let Need::Receiving { account, conversation } = of {
            let marker = self.keyed(Topic::Account(*account), Key::Marker(*conversation));
            if let Some(Keyed::Marker { marker, .. }) = marker {
                need(Need::Message(*conversation, marker.read_seq));
            }
            return;
        }
        let id = match of {
            Need::Room { key, .. } => self.rooms.get(key).copied().flatten(),
            Need::Talk { conversation, account } => {
                self.membership(*account, *conversation).map(|_| *conversation)
            }
            _ => None,
        };
        let Some(row) = id.and_then(|id| self.conversation(id)) else { return };
        if matches!(of, Need::Room { .. }) && row.conversation.pair.is_none() {
            need(Need::Ruling(Subject::Conversation(row.conversation.id)));
        }
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
}
