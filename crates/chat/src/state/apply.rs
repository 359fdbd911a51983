//! What an event changes of the rows in memory.

use chinwag_protocol::{
    AccountCard, AccountChange, AccountId, Body, Conversation, ConversationId, Keyed, Kind, Pair, Role, Seq,
};

use super::{
    Account, ConversationState, FirstGuest, Invite, MessageState, OwnDevice, OwnReaction, ReactionPlace,
    ReadSoFar, Reading, Sent, State,
};
use crate::decide::{Append, Private};

impl State {
    /// Makes an event's effects visible to what is decided next.
    pub fn apply(&mut self, append: &Append) {
        let event = &append.event;
        self.head = event.pos;
        if let Private::Restricted { conversation, account, restriction } = append.private {
            self.put_restriction(conversation, account, restriction);
        }
        match &event.body {
            Body::Message(message) => {
                if let Some(row) = self.conversation_mut(message.conversation) {
                    row.head = event.seq;
                    row.n = message.n;
                }
                if let Private::Sent { hash, restriction } = append.private {
                    let sent = Sent { seq: event.seq, pos: event.pos, at: event.at, hash, made: None };
                    self.put_sent(message.sender.id, message.client_id, Some(sent));
                    if let Some(restriction) = restriction {
                        self.put_restriction(message.conversation, message.sender.id, restriction);
                    }
                }
                let row = MessageState {
                    sender: message.sender.id,
                    pos: event.pos,
                    at: event.at,
                    text: message.text.clone(),
                    entities: message.attributes.entities.clone(),
                    edited: None,
                    deleted: None,
                    hidden: message.hidden,
                };
                self.put_message(message.conversation, event.seq, Some(row));
                self.count_mentions(message.conversation, event.seq, |number| number + 1);
                if let Some(so_far) = self.read_so_far.get_mut(&(message.sender.id, message.conversation)) {
                    *so_far = ReadSoFar { seq: event.seq, reading: Reading { n: message.n, mentions: 0 } };
                }
            }
            Body::Delete { conversation, target, .. } => {
                if let Some(row) = self.conversation_mut(*conversation) {
                    row.head = event.seq;
                }
                self.count_mentions(*conversation, *target, |number| number.saturating_sub(1));
                if let Some(Some(row)) = self.messages.get_mut(&(*conversation, *target)) {
                    row.deleted = Some((event.seq, event.pos, event.at));
                }
                self.drop_marks(*conversation, *target);
            }
            Body::Reaction { conversation, target, sender, emoji, on, hidden } => {
                if let Some(row) = self.conversation_mut(*conversation) {
                    row.head = event.seq;
                }
                if let Some(own) = self.own_reactions.get_mut(&(*conversation, *target, sender.id)) {
                    own.retain(|known| known.emoji != *emoji);
                    if *on {
                        let (emoji, hidden) = (emoji.clone(), *hidden);
                        own.push(OwnReaction { emoji, seq: event.seq, pos: event.pos, at: event.at, hidden });
                    }
                }
                if let Some(Some(removal)) = self.removals.get_mut(&sender.id) {
                    let is_it = |row: &ReactionPlace| {
                        (row.conversation, row.seq, &row.emoji) == (*conversation, *target, emoji)
                    };
                    removal.reactions.retain(|row| !is_it(row));
                }
                self.apply_marks(*conversation, *target, &append.private);
            }
            Body::Pin { conversation, target, pinned, .. } => {
                if let Some(row) = self.conversation_mut(*conversation) {
                    row.head = event.seq;
                }
                let counted: fn(u64) -> u64 =
                    if *pinned { |number| number + 1 } else { |number| number.saturating_sub(1) };
                self.count_pins(*conversation, counted);
                self.apply_marks(*conversation, *target, &append.private);
            }
            Body::Edit { conversation, target, text, entities, hidden, .. } => {
                if let Some(row) = self.conversation_mut(*conversation) {
                    row.head = event.seq;
                }
                self.count_mentions(*conversation, *target, |number| number.saturating_sub(1));
                if let Some(Some(row)) = self.messages.get_mut(&(*conversation, *target)) {
                    row.text.clone_from(text);
                    row.entities.clone_from(entities);
                    row.edited = Some((event.seq, event.pos, event.at));
                    row.hidden = *hidden;
                }
                self.count_mentions(*conversation, *target, |number| number + 1);
            }
            Body::Erased { conversation, sender } => {
                if let Some(row) = self.conversation_mut(*conversation) {
                    row.head = event.seq;
                }
                if let Some(Some(removal)) = self.removals.get_mut(&sender.id) {
                    removal.erased.insert(*conversation, event.seq);
                }
            }
            Body::ConversationCreated { conversation, owner } => {
                if let Some(key) = conversation.key() {
                    self.put_room(key, Some(conversation.id));
                }
                for account in conversation.pair.iter().flat_map(Pair::accounts) {
                    self.put_membership(account, conversation.id, None);
                }
                let row = ConversationState {
                    conversation: conversation.clone(),
                    owner: *owner,
                    head: Seq::ZERO,
                    n: 0,
                    members: 0,
                };
                self.put_conversation(conversation.id, Some(row));
                self.advance_account(*owner, event.seq);
                if let Private::Group { client_id, hash } = append.private {
                    let made = Some(conversation.id);
                    let sent = Sent { seq: event.seq, pos: event.pos, at: event.at, hash, made };
                    self.put_sent(*owner, client_id, Some(sent));
                    self.count_groups(*owner, |number| number + 1);
                }
            }
            Body::Joined { account, conversation, membership, from_seq } => {
                self.put_from_seq(*account, conversation.id, *from_seq);
                self.put_membership(*account, conversation.id, Some(*membership));
                self.count_member(*account, conversation.id, |count| count + 1);
                self.advance_account(*account, event.seq);
            }
            Body::Left { account, conversation, .. } => {
                if let Some(row) = self.conversation(conversation.id)
                    && row.owner == *account
                    && row.conversation.kind == Kind::Group
                {
                    // Alone in it: else it would be handed over first.
                    self.count_groups(*account, |number| number.saturating_sub(1));
                }
                self.put_membership(*account, conversation.id, None);
                self.count_member(*account, conversation.id, |count| count.saturating_sub(1));
                if let Some(Some(removal)) = self.removals.get_mut(account) {
                    removal.conversations.retain(|id| *id != conversation.id);
                }
                self.advance_account(*account, event.seq);
            }
            Body::GuestCreated { account, device } => {
                self.put_device(*device, Some(*account));
                self.put_own_devices(*account, vec![OwnDevice { id: *device, seen_at: event.at }]);
                if let Private::Guest { name, idempotency, expires, .. } = &append.private {
                    let row = Account {
                        card: AccountCard::guest(*account, name),
                        head: event.seq,
                        conversations: 0,
                    };
                    self.put_account(*account, Some(row));
                    if let Some(idempotency) = idempotency {
                        let first = FirstGuest {
                            account: *account,
                            device: *device,
                            hash: idempotency.hash,
                            salt: idempotency.salt,
                            expires: *expires,
                        };
                        self.put_guest(idempotency.key, Some(first));
                    }
                }
            }
            Body::DeviceRemoved { account, device } => {
                self.put_device(*device, None);
                if let Some(devices) = self.own_devices.get_mut(account) {
                    devices.retain(|own| own.id != *device);
                }
                self.advance_account(*account, event.seq);
            }
            Body::DeviceAdded { account, device } => {
                self.put_device(*device, Some(*account));
                if let Some(devices) = self.own_devices.get_mut(account) {
                    devices.push(OwnDevice { id: *device, seen_at: event.at });
                }
                self.advance_account(*account, event.seq);
            }
            Body::Account { card, change: AccountChange::Deleted | AccountChange::Expired } => {
                self.put_account(card.id, None);
                self.put_credential(card.id, None);
            }
            Body::Account { card, .. } => {
                if let Some(Some(account)) = self.accounts.get_mut(&card.id) {
                    account.card = card.clone();
                    account.head = event.seq;
                }
                if let Some(username) = &card.username {
                    self.put_username(username.clone(), Some(card.id));
                }
                self.apply_private(card.id, &append.private);
            }
            Body::Members { conversation, .. } => {
                if let Private::Invited { invite, left } = append.private
                    && let Some(invites) = self.invites.get_mut(conversation)
                {
                    invites.iter_mut().filter(|known| known.id == invite).for_each(|known| known.uses = left);
                }
                if let Some(row) = self.conversation_mut(*conversation) {
                    row.head = event.seq;
                }
            }
            Body::ConversationChanged { conversation, .. } => {
                if let Some(row) = self.conversation_mut(conversation.id) {
                    row.head = event.seq;
                    row.conversation = conversation.clone();
                }
            }
            Body::RoleChanged { account, conversation, role } => {
                if let Some(Some(membership)) = self.memberships.get_mut(&(*account, conversation.id)) {
                    membership.role = *role;
                }
                if *role == Role::Owner {
                    self.change_owner(conversation, *account);
                }
                self.advance_account(*account, event.seq);
            }
            Body::InviteCreated { account, conversation, invite, expires, uses } => {
                if let Private::Invite { token } = append.private {
                    self.put_token(token, Some(conversation.id));
                    if let Some(invites) = self.invites.get_mut(&conversation.id) {
                        invites.retain(|known| known.is_good(event.at));
                        invites.push(Invite { id: *invite, token, expires: *expires, uses: *uses });
                    }
                }
                self.advance_account(*account, event.seq);
            }
            Body::InviteRevoked { account, conversation, invite } => {
                if let Some(invites) = self.invites.get_mut(&conversation.id) {
                    invites.retain(|known| known.id != *invite);
                }
                self.advance_account(*account, event.seq);
            }
            Body::Restricted { account, .. } => self.advance_account(*account, event.seq),
            Body::Accepted { account, conversation } => {
                if let Some(Some(membership)) = self.memberships.get_mut(&(*account, conversation.id)) {
                    membership.request = false;
                }
                self.advance_account(*account, event.seq);
            }
            Body::Blocked { account, blocked } => {
                self.put_block(*account, *blocked, true);
                self.count_blocks(*account, |number| number + 1);
                self.advance_account(*account, event.seq);
            }
            Body::Unblocked { account, blocked } => {
                self.put_block(*account, *blocked, false);
                self.count_blocks(*account, |number| number.saturating_sub(1));
                self.advance_account(*account, event.seq);
            }
            Body::Keyed(keyed) => {
                if let Keyed::Marker { account, conversation, marker, .. } = keyed
                    && let Some(so_far) = self.read_so_far.get_mut(&(*account, *conversation))
                {
                    let reading = Reading { n: marker.read_n, mentions: marker.mentions };
                    *so_far = ReadSoFar { seq: marker.read_seq, reading };
                }
                if let Keyed::Draft { account, conversation, text, .. } = keyed {
                    let before = self.keyed(keyed.topic(), keyed.key());
                    let was = matches!(before, Some(Keyed::Draft { text, .. }) if !text.is_empty());
                    if let Some(number) = self.drafts.get_mut(&(*account, *conversation)) {
                        *number = (*number + u64::from(!text.is_empty())).saturating_sub(u64::from(was));
                    }
                }
                self.put_keyed(keyed.topic(), keyed.key(), Some(keyed.clone()));
            }
        }
    }

    /// Counts a message in or out for those of whom it is in memory what is left to them, and whom it mentions.
    fn count_mentions(&mut self, id: ConversationId, seq: Seq, counted: fn(u64) -> u64) {
        let Some(Some(message)) = self.messages.get(&(id, seq)) else { return };
        if message.entities.is_empty() {
            return;
        }
        for ((account, of), so_far) in &mut self.read_so_far {
            if *of == id && so_far.seq < seq && message.mentions(*account) {
                so_far.reading.mentions = counted(so_far.reading.mentions);
            }
        }
        for ((account, of, at), reading) in &mut self.readings {
            if let Some(reading) = reading
                && *of == id
                && *at < seq
                && message.mentions(*account)
            {
                reading.mentions = counted(reading.mentions);
            }
        }
    }

    fn apply_marks(&mut self, id: ConversationId, seq: Seq, private: &Private) {
        if let Private::Marked(marks) = private {
            self.put_marks(id, seq, marks.clone());
        }
    }

    /// What follows from what is kept beside a change of an account.
    fn apply_private(&mut self, id: AccountId, private: &Private) {
        match private {
            Private::Password { version, used, .. } => {
                self.put_credential(id, Some(*version));
                if let Some(used) = used {
                    self.put_recovery_code(id, *used, false);
                }
            }
            Private::Ruling { subject, terms } => {
                let before = self.rulings.insert(*subject, terms.clone()).flatten();
                if let Some(number) = self.numbers_of_rulings.get_mut(&subject.kind()) {
                    *number = match (before, terms) {
                        (None, Some(_)) => *number + 1,
                        (Some(_), None) => number.saturating_sub(1),
                        _ => *number,
                    };
                }
            }
            Private::RecoveryCodes(codes) => {
                for ((_, code), good) in self.recovery_codes.iter_mut().filter(|((owner, _), _)| *owner == id)
                {
                    *good = codes.contains(code);
                }
            }
            _ => {}
        }
    }

    fn count_groups(&mut self, account: AccountId, counted: fn(u64) -> u64) {
        if let Some(number) = self.owned_groups.get_mut(&account) {
            *number = counted(*number);
        }
    }

    fn change_owner(&mut self, conversation: &Conversation, account: AccountId) {
        let Some(row) = self.conversation_mut(conversation.id) else { return };
        let before = std::mem::replace(&mut row.owner, account);
        // Whoever hands it over is another member.
        if let Some(owns) = self.owners_of_shared.get_mut(&account) {
            *owns = true;
        }
        if conversation.kind == Kind::Group {
            self.count_groups(before, |number| number.saturating_sub(1));
            self.count_groups(account, |number| number + 1);
        }
    }

    fn count_member(&mut self, account: AccountId, id: ConversationId, counted: fn(u64) -> u64) {
        if let Some(row) = self.conversation_mut(id) {
            row.members = counted(row.members);
        }
        if let Some(Some(row)) = self.accounts.get_mut(&account) {
            row.conversations = counted(row.conversations);
        }
    }

    fn count_blocks(&mut self, account: AccountId, counted: fn(u64) -> u64) {
        if let Some(number) = self.numbers_of_blocks.get_mut(&account) {
            *number = counted(*number);
        }
    }

    fn advance_account(&mut self, id: AccountId, head: Seq) {
        if let Some(Some(account)) = self.accounts.get_mut(&id) {
            account.head = head;
        }
        if let Some(Some(removal)) = self.removals.get_mut(&id) {
            removal.account.head = head;
        }
    }
}
