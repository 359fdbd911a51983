//! Direct chats, requests and blocks in the model.

use chinwag_chat::{Entry, Reply};
use chinwag_protocol::{
    AccountId, Body, Code, Command, Conversation, ConversationId, Membership, Pair, Role, Sender, Seq,
    Timestamp, Topic,
};

use super::model::{Answer, Model, is_message};

impl Model {
    pub(super) fn direct_command(
        &mut self,
        by: AccountId,
        command: &Command,
        fresh: ConversationId,
        now: Timestamp,
    ) -> Answer {
        match command {
            Command::OpenDirect { account } => return self.open_direct(by, *account, fresh, now),
            Command::Accept { conversation } => {
                if self.membership(by, *conversation).ok_or(Code::NotFound)?.request {
                    self.accept(by, *conversation, now);
                }
            }
            Command::Block { account } => {
                self.card(*account).ok_or(Code::NotFound)?;
                if by == *account {
                    return Err(Code::Forbidden);
                }
                if !self.blocks.contains(&(by, *account)) {
                    self.blocks.push((by, *account));
                    self.append(Topic::Account(by), now, Body::Blocked { account: by, blocked: *account });
                }
            }
            Command::Unblock { account } => {
                if self.blocks.contains(&(by, *account)) {
                    self.blocks.retain(|other| *other != (by, *account));
                    self.append(Topic::Account(by), now, Body::Unblocked { account: by, blocked: *account });
                }
            }
            other => panic!("{other:?} is no command of these"),
        }
        Ok(Reply::Done)
    }

    fn join_direct(&mut self, account: AccountId, id: ConversationId, request: bool, now: Timestamp) {
        let from_seq = Seq::new(self.timeline(Topic::Conversation(id)).len() as u64 + 1);
        let since = self.head().next();
        let membership = Membership { role: Role::Member, since, visible_from: Seq::new(1), request };
        self.members.push((account, id, membership));
        let conversation = self.place(id).unwrap().0;
        let body = Body::Joined { account, conversation, membership, from_seq };
        self.append(Topic::Account(account), now, body);
    }

    fn accept(&mut self, account: AccountId, id: ConversationId, now: Timestamp) {
        for (who, what, membership) in &mut self.members {
            if (*who, *what) == (account, id) {
                membership.request = false;
            }
        }
        let conversation = self.place(id).unwrap().0;
        self.append(Topic::Account(account), now, Body::Accepted { account, conversation });
    }

    fn open_direct(
        &mut self,
        account: AccountId,
        peer: AccountId,
        fresh: ConversationId,
        now: Timestamp,
    ) -> Answer {
        let sender = self.card(peer).ok_or(Code::NotFound)?.sender();
        let pair = Pair::of(account, peer);
        let found =
            self.rooms.iter().find(|(known, _)| known.pair == Some(pair)).map(|(known, _)| known.clone());
        let created = found.is_none();
        let conversation = found.unwrap_or_else(|| Conversation::direct(fresh, pair));
        if created {
            self.rooms.push((conversation.clone(), account));
            let body = Body::ConversationCreated { conversation: conversation.clone(), owner: account };
            self.append(Topic::Account(account), now, body);
        }
        let entry = match self.membership(account, conversation.id) {
            Some(_) => Entry::Before,
            None if created => Entry::Made,
            None => Entry::Joined,
        };
        match self.membership(account, conversation.id) {
            None => self.join_direct(account, conversation.id, false, now),
            Some(membership) if membership.request => self.accept(account, conversation.id, now),
            Some(_) => {}
        }
        Ok(Reply::Direct { conversation, peer: sender, entry })
    }

    /// What comes before a message of a member's, if it is in a direct chat. Whether it is hidden from the other.
    pub(super) fn before_direct(
        &mut self,
        sender: AccountId,
        id: ConversationId,
        now: Timestamp,
    ) -> Result<bool, Code> {
        let hidden = self.hides(sender, id)?;
        let Some(peer) = self.other(sender, id) else { return Ok(false) };
        let other = self.membership(peer, id);
        let messages = self.timeline(Topic::Conversation(id)).into_iter().filter(|event| is_message(event));
        if messages.count() >= 5 && other.is_none_or(|other| other.request) {
            return Err(Code::RequestPending);
        }
        if self.membership(sender, id).unwrap().request {
            self.accept(sender, id, now);
        }
        if other.is_none() && !hidden {
            self.join_direct(peer, id, true, now);
        }
        Ok(hidden)
    }

    /// The other of a direct chat; none of notes and of what is none.
    fn other(&self, sender: AccountId, id: ConversationId) -> Option<AccountId> {
        let pair = self.place(id)?.0.pair;
        pair.iter().flat_map(|pair| pair.accounts()).find(|account| *account != sender)
    }

    /// Whether what a member writes now is hidden from the other of a direct chat.
    pub(super) fn hides(&self, sender: AccountId, id: ConversationId) -> Result<bool, Code> {
        let Some(peer) = self.other(sender, id) else { return Ok(false) };
        if self.blocks.contains(&(sender, peer)) {
            return Err(Code::Blocked);
        }
        Ok(self.blocks.contains(&(peer, sender)))
    }

    /// Whom an account talks to in a direct chat.
    pub(super) fn peer(&self, account: AccountId, conversation: &Conversation) -> Option<Sender> {
        let two: Vec<AccountId> = conversation.pair.iter().flat_map(|pair| pair.accounts()).collect();
        let peer = two.iter().find(|one| **one != account).or(two.first())?;
        Some(self.sender(*peer))
    }

    pub(super) fn blocks(&self, account: AccountId) -> Vec<Sender> {
        let own = self.blocks.iter().filter(|(who, _)| *who == account);
        let mut blocked: Vec<Sender> = own.map(|(_, blocked)| self.sender(*blocked)).collect();
        blocked.sort_by_key(|sender| sender.id);
        blocked
    }
}
