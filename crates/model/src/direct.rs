//! Direct chats, requests and blocks.

use chinwag_protocol::{
    AccountId, BlockChange, Code, Conversation, ConversationId, DirectBody, MemberChange, Pair, Record, Role,
    Username,
};

use crate::log::{Told, nowhere};
use crate::{Expected, Fresh, Model, REQUEST_MESSAGES_MAX};

impl Model {
    pub(crate) fn open_direct(
        &mut self,
        who: AccountId,
        other: AccountId,
        fresh: &Fresh,
    ) -> Result<Expected, Code> {
        self.account(other).ok_or(Code::NotFound)?;
        let pair = Pair::of(who, other);
        let found = self.talks.iter().find(|talk| talk.about.pair == Some(pair)).map(|talk| talk.about.id);
        let id = match found {
            Some(id) => id,
            None => {
                let id = self.unheard_of(fresh)?;
                self.make(who, Conversation::direct(id, pair));
                id
            }
        };
        match self.member(who, id) {
            None => self.join(who, id, Role::Member, false),
            Some(_) => self.take_up(who, id),
        }
        self.opened(who, id)
    }

    pub(crate) fn open_direct_by_name(
        &mut self,
        who: AccountId,
        body: &DirectBody,
        fresh: &Fresh,
    ) -> Result<Expected, Code> {
        let username = Username::parse(&body.username).map_err(|_| Code::NotFound)?;
        let other = self.account_called(&username).ok_or(Code::NotFound)?;
        self.open_direct(who, other, fresh)
    }

    /// A direct chat in which an account has written to somebody who has not answered.
    pub fn unanswered(&self, who: AccountId) -> Option<ConversationId> {
        let of_two =
            self.talks.iter().filter(|talk| talk.n() > 0 && self.member(who, talk.about.id).is_some());
        let mut unanswered = of_two.filter(|talk| {
            let peer = talk.peer(who).filter(|peer| *peer != who);
            peer.is_some_and(|peer| self.member(peer, talk.about.id).is_none_or(|other| other.request))
        });
        unanswered.next().map(|talk| talk.about.id)
    }

    pub(crate) fn accept(&mut self, who: AccountId, id: ConversationId) -> Result<Expected, Code> {
        self.member(who, id).ok_or(Code::NotFound)?;
        self.take_up(who, id);
        Ok(Expected::Nothing)
    }

    /// Ends a request, if it is one.
    fn take_up(&mut self, who: AccountId, id: ConversationId) {
        if self.member(who, id).is_some_and(|member| member.request) {
            let members = self.talk_mut(id).members.iter_mut();
            members.filter(|member| member.account == who).for_each(|member| member.request = false);
            self.tell_member(who, id, MemberChange::Accepted, Told::default());
        }
    }

    /// What comes before a message of a direct chat: the other is brought in, and a request taken up. Who alone may see the
    /// message, if it is not everybody.
    pub(crate) fn before_direct_message(
        &mut self,
        who: AccountId,
        id: ConversationId,
    ) -> Result<Option<AccountId>, Code> {
        let is_hidden = self.is_hidden_from_other(who, id)?;
        let Some(peer) = self.talk(id).peer(who).filter(|peer| *peer != who) else { return Ok(None) };
        let other = self.member(peer, id);
        let is_answered = other.is_some_and(|other| !other.request);
        if !is_answered && self.talk(id).n() >= REQUEST_MESSAGES_MAX {
            return Err(Code::RequestPending);
        }
        self.take_up(who, id);
        if other.is_none() && !is_hidden {
            self.join(peer, id, Role::Member, true);
        }
        Ok(is_hidden.then_some(who))
    }

    /// Whether what an account writes in a direct chat is hidden from the other, if it may write to it.
    pub(crate) fn is_hidden_from_other(&self, who: AccountId, id: ConversationId) -> Result<bool, Code> {
        let Some(peer) = self.talk(id).peer(who).filter(|peer| *peer != who) else { return Ok(false) };
        if self.blocks(who, peer) {
            return Err(Code::Blocked);
        }
        self.account(peer).ok_or(Code::AccountRemoved)?;
        Ok(self.blocks(peer, who))
    }

    pub(crate) fn block(&mut self, who: AccountId, blocked: AccountId) -> Result<Expected, Code> {
        self.account(blocked).ok_or(Code::NotFound)?;
        if blocked == who {
            return Err(Code::Forbidden);
        }
        if !self.blocks(who, blocked) {
            self.account_mut(who).blocks.push(blocked);
            self.tell_block(who, blocked, BlockChange::Blocked);
        }
        Ok(Expected::Nothing)
    }

    pub(crate) fn unblock(&mut self, who: AccountId, blocked: AccountId) -> Result<Expected, Code> {
        if self.blocks(who, blocked) {
            self.account_mut(who).blocks.retain(|known| *known != blocked);
            self.tell_block(who, blocked, BlockChange::Unblocked);
        }
        Ok(Expected::Nothing)
    }

    fn blocks(&self, who: AccountId, other: AccountId) -> bool {
        self.account(who).is_some_and(|account| account.blocks.contains(&other))
    }

    fn tell_block(&mut self, account: AccountId, blocked: AccountId, change: BlockChange) {
        self.tell(account, Record::Block { account, blocked, change, cursor: nowhere() });
    }
}
