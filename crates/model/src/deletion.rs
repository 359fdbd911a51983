//! An account that is deleted. What the server does in steps is done here at once: ask only when it is done there.

use chinwag_protocol::{
    AccountChange, AccountId, Code, ConversationId, DeletionBody, Kind, MemberChange, MembersChange, Record,
    Removal, Seq, Timestamp,
};

use crate::log::{nameless, nowhere};
use crate::{Expected, Marks, Model};

impl Model {
    pub(crate) fn delete_account(
        &mut self,
        who: AccountId,
        body: &DeletionBody,
        now: Timestamp,
    ) -> Result<Expected, Code> {
        match &body.password {
            Some(typed) => self.check_is_password(who, typed)?,
            // Only a guest has none.
            None if self.account(who).is_some_and(|account| account.password.is_some()) => {
                return Err(Code::WrongCredentials);
            }
            None => {}
        }
        if self.owns_shared(who) {
            return Err(Code::LastOwner);
        }
        let account = self.account_mut(who);
        let card = account.card().removed(Removal::Deleted);
        account.cards.push(card);
        account.password = None;
        account.codes.clear();
        account.blocks.clear();
        self.tell_account(who, AccountChange::Deleted);
        self.remove_devices(who, |_| true);
        let mut talks: Vec<(ConversationId, Kind)> = self.conversations().collect();
        talks.retain(|(id, _)| self.member(who, *id).is_some());
        for (id, kind) in talks {
            self.end(who, id, MemberChange::Left);
            if kind == Kind::Group {
                self.members_row(id, who, &[who], (MembersChange::Left, None), now);
            }
        }
        self.erase(who, now);
        Ok(Expected::Nothing)
    }

    /// Takes back all reactions of an account and empties all that it has written; each conversation in which that is something is told once.
    fn erase(&mut self, who: AccountId, now: Timestamp) {
        let ids: Vec<ConversationId> = self.conversations().map(|(id, _)| id).collect();
        for id in &ids {
            let mut own: Vec<(Seq, String)> = Vec::new();
            for (seq, row) in (1..).zip(&self.talk(*id).rows) {
                own.extend(row.marks.mine(who).into_iter().map(|emoji| (Seq::new(seq), emoji)));
            }
            for (target, emoji) in own {
                self.take_back(who, *id, target, &emoji, now);
            }
        }
        for id in ids {
            let written: Vec<usize> = (0..self.talk(id).rows.len())
                .filter(|at| {
                    let row = &self.talk(id).rows[*at];
                    let is_own = matches!(&row.record, Record::Message(message) if message.sender.id == who);
                    is_own && row.emptied_by.is_none()
                })
                .collect();
            if written.is_empty() {
                continue;
            }
            let by: Seq = self.row(id, now, |seq| Record::Erased {
                conversation: id,
                seq,
                sender: nameless(who),
                sent_at: now,
                cursor: nowhere(),
            });
            for at in written {
                let row = &mut self.talk_mut(id).rows[at];
                row.emptied_by = Some(by);
                row.marks = Marks::default();
            }
        }
    }
}
